"""How long an editor waits: ``python -m benchmarks.latency [--files N] [--lines N] [--edits N]``.

A project of many files, in which one long script is open, and a server that an editor has started. Each edit changes the
script; measured is the time from sending it to having its diagnostics, through the protocol. The pause in which the server
waits for the next keystroke is part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import BaseLanguageClient

from benchmarks.trees import generated
from trainlint.server.session import DEBOUNCE

HELPER = """

def helper_NUMBER(values, scale=NUMBER):
    total = 0.0
    for index, value in enumerate(values):
        if value > scale:
            total += value * index
        else:
            total -= value
    return total / max(len(values), 1)
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
    print(
        f"95th percentile {waits[int(0.95 * (len(waits) - 1))]:.0f} ms, of which {DEBOUNCE * 1000:.0f} ms are the pause"
    )


def _lengthened(text: str, lines: int) -> str:
    head, mark, tail = text.partition("\ndef ")
    helpers = ""
    number = 0
    while text.count("\n") + helpers.count("\n") < lines:
        helpers += HELPER.replace("NUMBER", str(number))
        number += 1
    return head + helpers + "\n" + mark + tail if mark else helpers + text


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
    for version in range(1, edits + 1):
        change = lsp.TextDocumentContentChangeWholeDocument(f"{text}\n# edit {version}\n")
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
