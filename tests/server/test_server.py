"""The server as editors talk to it: pushed and pulled diagnostics, several files, notebooks, fixes, hover, lenses."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

HELPER = "def advance(optimizer):\n    optimizer.step()\n    optimizer.zero_grad()\n"
FORGETFUL = HELPER.replace("    optimizer.zero_grad()\n", "")
SCRIPT = """\
import torch
from torch import nn

from helper import advance

net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
data = [(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))]
optimizer = torch.optim.Adam(net.parameters(), lr=0.5)
for epoch in range(3):
    for x, y in data:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        advance(optimizer)
        print(loss.item())
"""
CONFIGURATION = '[tool.trainlint]\nselect = ["TL501", "TL709"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A training whose helper zeroes the gradients."""
    for name, text in {"train.py": SCRIPT, "helper.py": HELPER, "pyproject.toml": CONFIGURATION}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


async def connect(
    client: LanguageClient, root: Path, editor: str, settings: object = None, *, names_folders: bool = True
) -> lsp.InitializeResult:
    @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        """The files to watch; the tests tell of changes by themselves."""

    @client.feature(lsp.WORKSPACE_CODE_LENS_REFRESH)
    def refresh(*params: object) -> None:
        """The tests ask by themselves."""

    return await client.initialize_session(
        lsp.InitializeParams(
            capabilities=client_capabilities(editor),
            root_uri=root.as_uri(),
            workspace_folders=[lsp.WorkspaceFolder(root.as_uri(), root.name)] if names_folders else None,
            initialization_options=settings,
        )
    )


COMMAND = [sys.executable, "-m", "trainlint", "server", "--stdio"]
EDITORS = ("visual_studio_code", "neovim", "emacs")


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient, project: Path) -> AsyncIterator[None]:
    """A server that an editor has opened the project in: VS Code, unless the test says otherwise."""
    await connect(lsp_client, project, getattr(request, "param", EDITORS[0]))
    yield
    await lsp_client.shutdown_session()


def opened(client: LanguageClient, path: Path, text: str | None = None) -> str:
    text = path.read_text(encoding="utf-8") if text is None else text
    item = lsp.TextDocumentItem(path.as_uri(), "python", 1, text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return path.as_uri()


def typed(client: LanguageClient, uri: str, version: int, text: str) -> None:
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(version, uri), [lsp.TextDocumentContentChangeWholeDocument(text)]
        )
    )


async def diagnostics(client: LanguageClient, uri: str) -> list[lsp.Diagnostic]:
    """What is shown for a document: pulled where the editor pulls, else the last that was pushed."""
    capabilities = client.capabilities
    if capabilities is not None and capabilities.text_document is not None and capabilities.text_document.diagnostic:
        params = lsp.DocumentDiagnosticParams(lsp.TextDocumentIdentifier(uri))
        return list((await client.text_document_diagnostic_async(params)).items)  # type: ignore[union-attr]
    await client.text_document_hover_async(lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(0, 0)))
    return list(client.diagnostics.get(uri, []))


async def shown(client: LanguageClient, uri: str, expected: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """What is shown in the end: an editor that is told, and doesn't ask, learns of it when it comes."""
    found = told(await diagnostics(client, uri))
    for _ in range(40):
        if found == expected:
            break
        await asyncio.sleep(0.1)
        found = told(await diagnostics(client, uri))
    return found


def told(found: list[lsp.Diagnostic]) -> list[tuple[str, int]]:
    return [(str(each.code), each.range.start.line + 1) for each in found]


@pytest.mark.asyncio
@pytest.mark.parametrize("client", EDITORS, indirect=True)
async def test_a_finding_follows_the_edit_of_another_file(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    helper = opened(client, project / "helper.py")
    expected = [("TL709", 8)]
    assert await shown(client, train, expected) == expected
    typed(client, helper, 2, FORGETFUL)
    expected = [("TL709", 8), ("TL501", 12)]
    assert await shown(client, train, expected) == expected
    typed(client, helper, 3, HELPER)
    expected = [("TL709", 8)]
    assert await shown(client, train, expected) == expected


@pytest.mark.asyncio
async def test_related_places_lie_in_other_files(client: LanguageClient, project: Path) -> None:
    (project / "helper.py").write_text(FORGETFUL)
    train = opened(client, project / "train.py")
    found = [each for each in await diagnostics(client, train) if each.code == "TL501"]
    (related,) = found[0].related_information or []
    assert related.location.uri == (project / "helper.py").as_uri()
    assert related.location.range.start.line == 1


@pytest.mark.asyncio
async def test_hover_shows_the_page_and_what_happens_to_a_name(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    texts = []
    for character in (3, 52):
        params = lsp.HoverParams(lsp.TextDocumentIdentifier(train), lsp.Position(7, character))
        shown = await client.text_document_hover_async(params)
        assert shown is not None
        assert isinstance(shown.contents, lsp.MarkupContent)
        texts.append(shown.contents.value)
    assert texts[0].startswith("optimizer: Adam, lr 0.5")
    assert "steps at helper.py line 2" in texts[0]
    assert "schedule: none" in texts[0]
    assert texts[1].startswith("### TL709 learning-rate-out-of-range")


@pytest.mark.asyncio
async def test_fixes_and_comments_are_offered(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py", SCRIPT.replace("advance(optimizer)", "optimizer.step()"))
    found = await diagnostics(client, train)
    where = lsp.Range(lsp.Position(11, 0), lsp.Position(11, 0))
    context = lsp.CodeActionContext([each for each in found if each.code == "TL501"])
    params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(train), where, context)
    offered = {action.title: action for action in await client.text_document_code_action_async(params) or []}
    ignore = offered["Ignore missing-zero-grad on this line"]
    assert ignore.edit.changes[train][0].new_text == "  # trainlint: ignore[missing-zero-grad]"  # type: ignore[union-attr, index]
    fixes = [title for title in offered if title.endswith("(TL501)")]
    assert len(fixes) == 1


@pytest.mark.asyncio
async def test_a_lens_sums_the_training_up(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    params = lsp.CodeLensParams(lsp.TextDocumentIdentifier(train))
    (lens,) = await client.text_document_code_lens_async(params) or []
    assert lens.range.start.line == 8
    assert lens.command is not None
    assert lens.command.title == "3 rounds · evaluates nothing · saves: never"


@pytest.mark.asyncio
async def test_broken_text_keeps_the_server_alive(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    typed(client, train, 2, SCRIPT + "(((\n")
    await diagnostics(client, train)
    typed(client, train, 3, SCRIPT)
    assert told(await diagnostics(client, train)) == [("TL709", 8)]


@pytest.mark.asyncio
async def test_the_configuration_is_read_again(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    assert told(await diagnostics(client, train)) == [("TL709", 8)]
    (project / "pyproject.toml").write_text('[tool.trainlint]\nselect = ["TL501"]\n')
    change = lsp.FileEvent((project / "pyproject.toml").as_uri(), lsp.FileChangeType.Changed)
    client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
    assert told(await diagnostics(client, train)) == []


@pytest.mark.asyncio
async def test_a_configuration_that_is_not_understood_is_one_message(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    (project / "pyproject.toml").write_text('[tool.trainlint]\nselct = ["TL501"]\n')
    change = lsp.FileEvent((project / "pyproject.toml").as_uri(), lsp.FileChangeType.Changed)
    client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
    await diagnostics(client, train)
    (message,) = [each.message for each in client.messages]
    assert message.startswith("trainlint: ")
    assert "selct" in message
    assert "\n" not in message


@pytest.mark.asyncio
async def test_notebooks_are_linted_cell_by_cell(client: LanguageClient, project: Path) -> None:
    uri = (project / "explore.ipynb").as_uri()
    code = SCRIPT.partition("for epoch")
    texts = [
        "# Training",
        "%matplotlib inline\n" + code[0].replace("from helper import advance\n", ""),
        code[1] + code[2],
    ]
    texts[2] = texts[2].replace("advance(optimizer)", "optimizer.step()")
    cells = [f"vscode-notebook-cell:{uri.removeprefix('file:')}#c{number}" for number in range(3)]
    kinds = [lsp.NotebookCellKind.Markup, lsp.NotebookCellKind.Code, lsp.NotebookCellKind.Code]
    client.notebook_document_did_open(
        lsp.DidOpenNotebookDocumentParams(
            lsp.NotebookDocument(
                uri, "jupyter-notebook", 1, [lsp.NotebookCell(k, c) for k, c in zip(kinds, cells, strict=True)]
            ),
            [
                lsp.TextDocumentItem(cell, "python" if number else "markdown", 1, text)
                for number, (cell, text) in enumerate(zip(cells, texts, strict=True))
                if number
            ],
        )
    )
    assert told(await diagnostics(client, cells[1])) == [("TL709", 8)]
    assert told(await diagnostics(client, cells[2])) == [("TL501", 4)]


@pytest.mark.asyncio
async def test_python_code_under_a_notebooks_name_is_python_code(client: LanguageClient, project: Path) -> None:
    uri = opened(client, project / "other.ipynb", SCRIPT)
    assert told(await diagnostics(client, uri)) == [("TL709", 8)]


@pytest.mark.asyncio
@pytest.mark.parametrize("client", ["emacs"], indirect=True)
async def test_closing_a_file_takes_its_diagnostics_away(client: LanguageClient, project: Path) -> None:
    train = opened(client, project / "train.py")
    await diagnostics(client, train)
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(train)))
    await asyncio.sleep(0.5)
    assert not client.diagnostics.get(train)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def plain(lsp_client: LanguageClient, project: Path) -> AsyncIterator[None]:
    """A server whose editor sets something."""
    await connect(lsp_client, project, "visual_studio_code", {"ignore": ["TL709"], "codeLens": False, "colour": 3})
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_settings_hold_and_odd_ones_are_named(plain: LanguageClient, project: Path) -> None:
    train = opened(plain, project / "train.py")
    assert told(await diagnostics(plain, train)) == []
    assert not await plain.text_document_code_lens_async(lsp.CodeLensParams(lsp.TextDocumentIdentifier(train)))
    assert [each.message for each in plain.messages] == ["trainlint: there is no setting colour"]
