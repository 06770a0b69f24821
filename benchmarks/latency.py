"""How long an editor waits: ``python -m benchmarks.latency [--files N] [--lines N] [--edits N]``.

A project of many files, in which one long script is open, and a server that an editor has started. Each edit puts a statement
more into one of the script's functions, here and there; measured is the time from sending it to having the
script's diagnostics, through the protocol, by asking for them.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import BaseLanguageClient

from benchmarks.trees import generated

# What makes the script long: a layer, a loop over batches, a measure and a bit of arithmetic.
HELPERS = """

class BlockNUMBER(nn.Module):
    def __init__(self, width, drop=0.1):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, NUMBER * width)
        self.outer = nn.Linear(NUMBER * width, width)
        self.drop = nn.Dropout(drop)

    def forward(self, x):
        return x + self.drop(self.outer(torch.relu(self.inner(self.norm(x)))))


@torch.no_grad()
def features_NUMBER(model, loader, device, limit=None):
    model.eval()
    found = []
    for index, (images, _) in enumerate(loader):
        if limit is not None and index >= limit:
            break
        found.append(model(images.to(device)).flatten(1).cpu())
    return torch.cat(found)


def precision_NUMBER(output, target, topk=(1, 5)):
    _, predicted = output.topk(max(topk), dim=1)
    hits = predicted.t().eq(target.view(1, -1))
    return [100.0 * hits[:k].reshape(-1).float().sum().item() / len(target) for k in topk]


def smoothed_NUMBER(values, weight=0.NUMBER):
    last, found = values[0], []
    for value in values:
        last = weight * last + (1 - weight) * value
        found.append(last)
    return found
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--edits", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = generated(options.files, root)
        script = max(root.rglob("*.py"), key=lambda path: path.stat().st_size)
        text = _lengthened(script.read_text(encoding="utf-8"), options.lines)
        seconds = asyncio.run(_edited(root, script, text, options.edits))
    waits = sorted(second * 1000 for second in seconds)
    print(f"{size.files} files, {text.count(chr(10))} lines in the open one, {len(waits)} edits")
    print(f"from an edit to its diagnostics: median {statistics.median(waits):.0f} ms, ", end="")
    print(f"95th percentile {waits[int(0.95 * (len(waits) - 1))]:.0f} ms")


def _lengthened(text: str, lines: int) -> str:
    head, mark, tail = text.partition("\ndef ")
    helpers = ""
    number = 0
    while text.count("\n") + helpers.count("\n") < lines:
        number += 1
        helpers += HELPERS.replace("NUMBER", str(number))
    return head + helpers + "\n" + mark + tail if mark else helpers + text


def _edits(text: str, count: int) -> Iterator[str]:
    """The text with more and more statements, each before another one of its functions, here and there."""
    chance = random.Random(0)
    lines = text.splitlines(keepends=True)
    for number in range(count):
        tree = ast.parse("".join(lines))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        statement = chance.choice(chance.choice(functions).body)
        lines.insert(statement.lineno - 1, f"{' ' * statement.col_offset}edit = {number}\n")
        yield "".join(lines)


async def _edited(root: Path, script: Path, text: str, edits: int) -> list[float]:
    client = BaseLanguageClient("benchmark", "1")
    client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda params: None)
    await client.start_io(sys.executable, "-m", "trainlint", "server")
    pulls = lsp.TextDocumentClientCapabilities(diagnostic=lsp.DiagnosticClientCapabilities())
    folder = lsp.WorkspaceFolder(root.as_uri(), root.name)
    capabilities = lsp.ClientCapabilities(text_document=pulls)
    await client.initialize_async(lsp.InitializeParams(capabilities=capabilities, workspace_folders=[folder]))
    client.initialized(lsp.InitializedParams())
    uri = script.as_uri()
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "python", 0, text)))
    question = lsp.DocumentDiagnosticParams(lsp.TextDocumentIdentifier(uri))
    await client.text_document_diagnostic_async(question)
    seconds = []
    for version, edited in enumerate(_edits(text, edits), 1):
        change = lsp.TextDocumentContentChangeWholeDocument(edited)
        start = time.perf_counter()
        identifier = lsp.VersionedTextDocumentIdentifier(version, uri)
        client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [change]))
        await client.text_document_diagnostic_async(question)
        seconds.append(time.perf_counter() - start)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return seconds


if __name__ == "__main__":
    main()
