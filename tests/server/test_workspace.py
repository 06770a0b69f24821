"""Workspace folders and their files while they come and go: each folder is a program with a configuration of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.server.test_server import COMMAND, CONFIGURATION, FORGETFUL, HELPER, SCRIPT, connect, opened, shown, typed

pytestmark = pytest.mark.asyncio

BOTH = [("TL709", 8), ("TL501", 12)]
RATE = [("TL709", 8)]
GRADIENTS = [("TL501", 12)]
PUSHED_AND_PULLED = pytest.mark.parametrize("editor", ["emacs", "neovim"], indirect=True)


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A training whose helper zeroes the gradients."""
    return write(tmp_path / "first", train__py=SCRIPT, helper__py=HELPER, pyproject__toml=CONFIGURATION)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The same, but the helper of the same name forgets it, and a configuration that wants less."""
    configuration = '[tool.trainlint]\nselect = ["TL501"]\n'
    return write(tmp_path / "second", train__py=SCRIPT, helper__py=FORGETFUL, pyproject__toml=configuration)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def editor(request: pytest.FixtureRequest, lsp_client: LanguageClient, first: Path) -> AsyncIterator[None]:
    """A server that an editor has opened the first folder in: VS Code, unless the test says otherwise."""
    await connect(lsp_client, first, getattr(request, "param", "visual_studio_code"))
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def stranger(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """A server that no editor has greeted yet."""
    yield


def folders_changed(client: LanguageClient, *, added: Sequence[Path] = (), removed: Sequence[Path] = ()) -> None:
    def named(folders: Sequence[Path]) -> list[lsp.WorkspaceFolder]:
        return [lsp.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]

    event = lsp.WorkspaceFoldersChangeEvent(named(added), named(removed))
    client.workspace_did_change_workspace_folders(lsp.DidChangeWorkspaceFoldersParams(event))


def files_changed(client: LanguageClient, **kinds: list[Path]) -> None:
    changes = [
        lsp.FileEvent(path.as_uri(), lsp.FileChangeType[kind.capitalize()])
        for kind, paths in kinds.items()
        for path in paths
    ]
    client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams(changes))


async def holds(client: LanguageClient, uri: str, expected: list[tuple[str, int]]) -> None:
    assert await shown(client, uri, expected) == expected


async def test_the_server_wants_to_know_of_folders(stranger: LanguageClient, first: Path) -> None:
    result = await connect(stranger, first, "emacs")
    assert result.capabilities.workspace is not None
    assert result.capabilities.workspace.workspace_folders == lsp.WorkspaceFoldersServerCapabilities(True, True)
    await stranger.shutdown_session()


async def test_a_root_is_a_folder_where_no_folders_are_named(stranger: LanguageClient, first: Path) -> None:
    await connect(stranger, first, "emacs", names_folders=False)
    await holds(stranger, opened(stranger, first / "train.py"), RATE)
    await stranger.shutdown_session()


@pytest.fixture
def home(first: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(first))
    monkeypatch.setenv("USERPROFILE", str(first))
    return first


@pytest.mark.parametrize("above", [False, True])
async def test_a_home_is_no_program(home: Path, stranger: LanguageClient, above: bool) -> None:
    """Nor is what it lies in: files there stand alone, and know no helper that isn't open."""
    await connect(stranger, home.parent if above else home, "emacs")
    train = opened(stranger, home / "train.py")
    await holds(stranger, train, [])
    opened(stranger, home / "helper.py")
    await holds(stranger, train, RATE)
    (message,) = [each.message for each in stranger.log_messages]
    assert "stand alone" in message
    await stranger.shutdown_session()


@PUSHED_AND_PULLED
async def test_two_folders_are_two_programs_with_two_configurations(
    editor: LanguageClient, first: Path, second: Path
) -> None:
    folders_changed(editor, added=[second])
    one, other = opened(editor, first / "train.py"), opened(editor, second / "train.py")
    await holds(editor, one, RATE)
    await holds(editor, other, GRADIENTS)
    helper = opened(editor, first / "helper.py")
    typed(editor, helper, 2, FORGETFUL)
    await holds(editor, one, BOTH)
    await holds(editor, other, GRADIENTS)


@PUSHED_AND_PULLED
async def test_files_that_were_open_before_their_folder_came_join_it(editor: LanguageClient, second: Path) -> None:
    """Alone, they know no helper."""
    train = opened(editor, second / "train.py")
    script = SCRIPT.replace("from helper", "import sys\nsys.path.append('..')\nfrom helper")
    deeper = opened(editor, write(second / "tools", train__py=script) / "train.py")
    await holds(editor, train, [])
    await holds(editor, deeper, [])
    folders_changed(editor, added=[second])
    await holds(editor, train, GRADIENTS)
    await holds(editor, deeper, [("TL501", 14)])


@PUSHED_AND_PULLED
async def test_a_removed_folder_takes_its_program_away(editor: LanguageClient, first: Path, second: Path) -> None:
    folders_changed(editor, added=[second])
    train = opened(editor, second / "train.py")
    await holds(editor, train, GRADIENTS)
    folders_changed(editor, removed=[second])
    await holds(editor, train, [])
    folders_changed(editor, added=[second])
    await holds(editor, train, GRADIENTS)


@PUSHED_AND_PULLED
async def test_a_folder_within_a_folder_is_a_program_of_its_own(
    editor: LanguageClient, first: Path, second: Path
) -> None:
    inner = second.rename(first / "inner")
    train = opened(editor, inner / "train.py")
    await holds(editor, train, GRADIENTS)
    (inner / "pyproject.toml").unlink()
    folders_changed(editor, added=[inner])
    await holds(editor, train, BOTH)  # by the configuration of the folder around it


@PUSHED_AND_PULLED
async def test_a_deleted_and_a_new_file_count_when_the_editor_tells(editor: LanguageClient, first: Path) -> None:
    train = opened(editor, first / "train.py")
    await holds(editor, train, RATE)
    (first / "helper.py").unlink()
    files_changed(editor, deleted=[first / "helper.py"])
    await holds(editor, train, [])  # what advance() does is unknown now
    write(first, helper__py=FORGETFUL)
    files_changed(editor, created=[first / "helper.py"])
    await holds(editor, train, BOTH)
    write(first, helper__py=HELPER)
    files_changed(editor, changed=[first / "helper.py"])
    await holds(editor, train, RATE)


@PUSHED_AND_PULLED
async def test_a_renamed_file_is_followed_by_its_new_name(editor: LanguageClient, first: Path) -> None:
    write(first, helper__py=FORGETFUL)
    train = opened(editor, first / "train.py")
    await holds(editor, train, BOTH)
    (first / "helper.py").rename(first / "advancing.py")
    (first / "train.py").rename(first / "main.py")
    editor.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(train)))
    text = (first / "main.py").read_text().replace("from helper", "from advancing")
    main = opened(editor, first / "main.py", text)
    gone = [first / "helper.py", first / "train.py"]
    files_changed(editor, deleted=gone, created=[first / "advancing.py", first / "main.py"])
    await holds(editor, main, BOTH)
    await holds(editor, train, [])


@PUSHED_AND_PULLED
async def test_a_deleted_folder_takes_its_files_along(editor: LanguageClient, first: Path) -> None:
    """Editors tell of the folder alone."""
    package = write(first / "parts")
    (package / "__init__.py").touch()
    write(package, steps__py=FORGETFUL)
    train = opened(editor, first / "train.py", SCRIPT.replace("from helper", "from parts.steps"))
    files_changed(editor, created=[package / "steps.py"])
    await holds(editor, train, BOTH)
    for path in (package / "__init__.py", package / "steps.py"):
        path.unlink()
    package.rmdir()
    files_changed(editor, deleted=[package])
    await holds(editor, train, [])


RULES = '[tool.trainlint]\nselect = ["TL709"]\nrule-paths = ["lint_rules"]\n'


async def test_rules_that_were_not_loaded_are_told_once(editor: LanguageClient, first: Path, second: Path) -> None:
    (second / "lint_rules").mkdir()
    (second / "lint_rules" / "lab101_one.py").write_text("raise SystemExit('loaded')\n")
    write(second, pyproject__toml=RULES)
    deeper = opened(editor, write(second / "tools", other__py=SCRIPT) / "other.py")
    train = opened(editor, second / "train.py")
    await holds(editor, deeper, [])  # alone, they know no helper
    await holds(editor, train, [])
    folders_changed(editor, added=[second])
    await holds(editor, train, RATE)
    typed(editor, train, 2, SCRIPT + "\n")
    await holds(editor, train, RATE)
    (message,) = [each.message for each in editor.messages]
    assert "rule-paths: the rules in lint_rules were not loaded, since that runs code of the linted project" in message
    assert f"TRAINLINT_TRUST_RULE_PATHS={second / 'lint_rules'}" in message
