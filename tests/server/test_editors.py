"""One session under the capabilities of each editor that pytest-lsp ships, old releases among them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.server.test_server import (
    COMMAND,
    CONFIGURATION,
    FORGETFUL,
    HELPER,
    SCRIPT,
    connect,
    diagnostics,
    opened,
    shown,
    typed,
)

pytestmark = pytest.mark.asyncio

PROFILES = (
    "emacs@v29.1",
    "neovim@v0.6.1",
    "neovim@v0.7.0",
    "neovim@v0.8.0",
    "neovim@v0.9.1",
    "neovim@v0.10.0",
    "neovim@v0.11.0",
    "visual_studio_code@v1.65.2",
)
LENGTHS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8")),
    "utf-16": lambda text: len(text.encode("utf-16-le")) // 2,
    "utf-32": len,
}
# A letter of each length in UTF-8, the last one of two units in UTF-16.
BEFORE = "optimizer = (print('aé€𝄞'), "
CALL = "torch.optim.Adam(net.parameters(), lr=0.5)"
WIDE = SCRIPT.replace(f"optimizer = {CALL}", f"{BEFORE}{CALL})[1]")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A training whose optimizer stands behind letters of all lengths."""
    for name, text in {"train.py": WIDE, "helper.py": HELPER, "pyproject.toml": CONFIGURATION}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))
async def editor(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """A server that no editor has greeted yet."""
    yield
    await lsp_client.shutdown_session()


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_session(editor: LanguageClient, project: Path, profile: str) -> None:
    result = await connect(editor, project, profile)
    encoding = result.capabilities.position_encoding
    length = LENGTHS[getattr(encoding, "value", encoding) or "utf-16"]
    train, helper = opened(editor, project / "train.py"), opened(editor, project / "helper.py")

    rate = [("TL709", 8)]
    assert await shown(editor, train, rate) == rate
    (found,) = await diagnostics(editor, train)
    start, end = lsp.Position(7, length(BEFORE)), lsp.Position(7, length(BEFORE + CALL))
    assert found.range == lsp.Range(start, end)
    answer = await editor.text_document_hover_async(lsp.HoverParams(lsp.TextDocumentIdentifier(train), end))
    assert answer is not None
    assert isinstance(answer.contents, lsp.MarkupContent)
    assert "### TL709 learning-rate-out-of-range" in answer.contents.value

    typed(editor, helper, 2, FORGETFUL)
    both = [*rate, ("TL501", 12)]
    assert await shown(editor, train, both) == both
    found = (await diagnostics(editor, train))[1]
    if _relates(editor):
        (place,) = found.related_information or []
        assert (place.location.uri, place.location.range.start) == (helper, lsp.Position(1, 4))
        assert "helper.py line" not in found.message
    else:
        assert not found.related_information
        assert "\nhelper.py line 2: " in found.message

    edit = await _suppression(editor, train, found)
    assert edit.range.start == lsp.Position(11, length(WIDE.splitlines()[11]))
    lines = WIDE.splitlines(keepends=True)
    lines[11] = f"{lines[11].rstrip()}{edit.new_text}\n"
    typed(editor, train, 2, "".join(lines))
    assert await shown(editor, train, rate) == rate
    assert [each.message for each in editor.messages] == []


def _relates(editor: LanguageClient) -> bool:
    capabilities = editor.capabilities
    assert capabilities is not None
    assert capabilities.text_document is not None
    assert capabilities.text_document.publish_diagnostics is not None
    return bool(capabilities.text_document.publish_diagnostics.related_information)


async def _suppression(editor: LanguageClient, uri: str, found: lsp.Diagnostic) -> lsp.TextEdit:
    """The edit of the action that ignores a finding."""
    context = lsp.CodeActionContext([found], only=[lsp.CodeActionKind.QuickFix])
    params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), found.range, context)
    offered = {action.title: action for action in await editor.text_document_code_action_async(params) or []}
    action = offered["Ignore missing-zero-grad on this line"]
    assert isinstance(action, lsp.CodeAction)
    assert action.edit is not None
    assert action.edit.changes is not None
    (edit,) = action.edit.changes[uri]
    assert isinstance(edit, lsp.TextEdit)
    return edit
