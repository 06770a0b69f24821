"""The server itself: the folders that an editor has open, when they are linted, and what it is told of that."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from trainlint import __version__
from trainlint.config import ConfigError, enabled_codes
from trainlint.internal import one_line
from trainlint.packs import Registry, is_beneath
from trainlint.server.diagnostics import diagnostics_of
from trainlint.server.documents import OpenCell, OpenFile, OpenNotebook
from trainlint.server.folder import Document, Folder, Outcome
from trainlint.server.places import Places
from trainlint.server.settings import Settings, parse_settings

DEBOUNCE = 0.05
"""Seconds without a keystroke before the folder is linted anew, unless the editor asks for diagnostics: it has waited itself."""

CONFIGURATION_FILES = ("pyproject.toml", "trainlint.toml")


class Stale(BaseException):
    """The text has changed while it was linted. No mistake, so that nothing on the way takes it for one (as of asyncio's
    own CancelledError)."""


class State:
    """One folder in the editor: what it is, and how far its linting is."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.version = 0
        self.outcome: Outcome | None = None
        self.diagnostics: dict[str, list[lsp.Diagnostic]] = {}
        self.task: asyncio.Task[None] | None = None
        self.asked = asyncio.Event()
        self.complaint = ""
        self.logged: set[str] = set()
        self.is_announced = False

    def forget(self, path: str, *, is_new: bool) -> None:
        """A file changed on the disk; or, where ``is_new``, was made or deleted."""
        if os.path.basename(path) in CONFIGURATION_FILES:
            self.folder.forget_configuration()
        self.folder.forget(path)
        if is_new:
            self.folder.forget_files()


class Server(LanguageServer):
    """trainlint for an editor. ``registry_for`` gives the rules that govern a folder."""

    def __init__(self, registry_for: Callable[[str], Registry]) -> None:
        super().__init__(
            "trainlint",
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
            notebook_document_sync=lsp.NotebookDocumentSyncOptions(
                [lsp.NotebookDocumentFilterWithNotebook("jupyter-notebook", [lsp.NotebookCellLanguage("python")])]
            ),
        )
        self.registry_for = registry_for
        self.settings = Settings()
        self.states: dict[str, State] = {}
        self.published: set[str] = set()
        self.warned: set[str] = set()
        self.tokens = itertools.count(1)
        # One thread: folders remember what they have read, and two at a time would only share a core.
        self.worker = ThreadPoolExecutor(1, "trainlint")

    # What the editor can do

    @property
    def pulls(self) -> bool:
        """Whether the editor asks for diagnostics, instead of being told."""
        document = self.client_capabilities.text_document
        return document is not None and document.diagnostic is not None

    @property
    def relates(self) -> bool:
        """Whether the editor shows places that a diagnostic is related to."""
        document = self.client_capabilities.text_document
        published = document.publish_diagnostics if document is not None else None
        return published is not None and bool(published.related_information)

    @property
    def encoding(self) -> str:
        encoding = self.workspace.position_encoding
        return str(getattr(encoding, "value", encoding) or "utf-16")

    # Folders and documents

    def state_of(self, uri: str) -> State | None:
        """The innermost workspace folder around a document, or one of its own."""
        path = path_of(uri)
        if path is None:
            return None
        around = [root for root in self.states if is_beneath(path, root)]
        if around:
            return self.states[max(around, key=len)]
        state = State(Folder(os.path.dirname(path), self.registry_for, is_single=True))
        state.folder.overrides = self.settings.selection
        return self.states.setdefault(os.path.dirname(path), state)

    def open_folder(self, uri: str | None) -> None:
        """A home folder, or one above it, is no program: it would be read for minutes, and its files stand alone."""
        path = path_of(uri) if uri is not None else None
        if path is None or not os.path.isdir(path):
            return
        if is_beneath(os.path.expanduser("~"), path):
            told = f"trainlint: the files in {path} stand alone, since it is more than a project: open the project's folder"
            self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Warning, told))
            return
        folder = Folder(path, self.registry_for)
        folder.overrides = self.settings.selection
        self.states[os.path.realpath(path)] = State(folder)

    def documents(self, state: State) -> dict[str, Document]:
        """The open documents that belong to a folder, by their absolute paths."""
        found: dict[str, Document] = {}
        cells = {cell.document for notebook in self.workspace.notebook_documents.values() for cell in notebook.cells}
        for uri, document in self.workspace.text_documents.items():
            path = path_of(uri)
            if uri not in cells and path is not None and self.state_of(uri) is state:
                found[path] = OpenFile(path, uri, document.source)
        for uri, notebook in self.workspace.notebook_documents.items():
            path = path_of(uri)
            if path is not None and self.state_of(uri) is state:
                found[path] = OpenNotebook(path, uri, [self._cell(cell) for cell in notebook.cells])
        return found

    def _cell(self, cell: lsp.NotebookCell) -> OpenCell:
        document = self.workspace.text_documents.get(cell.document)
        text = document.source if document is not None else ""
        language = str(document.language_id or "python") if document is not None else "python"
        return OpenCell(cell.document, text, cell.kind == lsp.NotebookCellKind.Code and document is not None, language)

    # Linting

    def changed(self, state: State | None, *, at_once: bool = False) -> None:
        """Lint a folder, after a while in which nothing else changes, or when the editor asks what there is."""
        if state is None:
            return
        state.version += 1  # by which what is under way gives up
        state.asked.clear()
        state.task = asyncio.ensure_future(self._lint_later(state, 0.0 if at_once else DEBOUNCE))

    async def settled(self, uri: str, *, at_once: bool = False) -> State | None:
        """The folder of a document when all changes so far have been linted: ``at_once``, or after the usual while."""
        state = self.state_of(uri)
        if state is None:
            return None
        if state.outcome is None and state.task is None:
            self.changed(state, at_once=True)
        if at_once:
            state.asked.set()
        while state.task is not None and not state.task.done():
            await asyncio.wait([state.task])
        return state

    async def _lint_later(self, state: State, delay: float) -> None:
        version = state.version
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(state.asked.wait(), delay)
        if state.version != version:
            return

        def progress(stage: str, done: int, total: int) -> None:
            if state.version != version:
                raise Stale

        documents = self.documents(state)
        loop = asyncio.get_running_loop()
        token = await self._begin(state)
        try:
            outcome = await loop.run_in_executor(self.worker, state.folder.lint, documents, progress)
        except Stale:
            return
        except ConfigError as error:
            self._complain(state, str(error))
            return
        except Exception as error:
            self._complain(state, f"internal error: {one_line(error)}")
            return
        finally:
            if token is not None:
                self.work_done_progress.end(token, lsp.WorkDoneProgressEnd(message="done"))
        if state.version == version:
            self._show(state, outcome)

    async def _begin(self, state: State) -> str | None:
        """Announce the first scan of a folder, which takes longest."""
        window = self.client_capabilities.window
        if state.is_announced or state.folder.is_single or window is None or not window.work_done_progress:
            return None
        state.is_announced = True
        token = f"trainlint:{state.folder.root}:{next(self.tokens)}"
        try:
            await self.work_done_progress.create_async(token)
        except JsonRpcException:  # the editor won't show it after all
            return None
        self.work_done_progress.begin(token, lsp.WorkDoneProgressBegin("trainlint reads the project"))
        return token

    def _show(self, state: State, outcome: Outcome) -> None:
        places = Places(outcome, self.encoding)
        before = state.diagnostics
        if state.outcome is None:
            gc.freeze()  # what a folder's first scan made mostly stays, and takes long to look through amid an edit
        state.outcome, state.diagnostics = outcome, diagnostics_of(outcome, places, relates=self.relates)
        state.complaint = ""
        self._mention(state, outcome)
        if self.pulls:
            self._refresh(before != state.diagnostics)
        else:
            self._publish(state)

    def _mention(self, state: State, outcome: Outcome) -> None:
        """Show which rules are missing, log which files: once, since they are missing at each keystroke."""
        missing = state.folder.registry.missing if state.folder.registry is not None else ()
        for problem in missing:
            if problem not in self.warned:
                self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, f"trainlint: {problem}"))
        for problem in outcome.problems:
            if problem not in state.logged and problem not in missing:
                self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Warning, f"trainlint: {problem}"))
        self.warned.update(missing)
        state.logged = {*outcome.problems}

    def _refresh(self, has_changed: bool) -> None:
        """Other open files may have other findings now: the editor is to ask again."""
        workspace = self.client_capabilities.workspace
        if has_changed and workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support and self.settings.code_lens:
            self.workspace_code_lens_refresh(None)

    def _publish(self, state: State) -> None:
        """Tell the open documents' diagnostics, also that there are none any more."""
        for uri, document in self.workspace.text_documents.items():
            if self.state_of(uri) is state:
                self.tell(uri, state.diagnostics.get(uri, []), document.version)

    def tell(self, uri: str, found: list[lsp.Diagnostic], version: int | None) -> None:
        if found or uri in self.published:
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))
        (self.published.add if found else self.published.discard)(uri)

    def _complain(self, state: State, problem: str) -> None:
        """Once for each new problem: it comes again with each keystroke."""
        if problem != state.complaint:
            state.complaint = problem
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"trainlint: {problem}"))

    # Settings

    def apply_settings(self, given: object) -> None:
        settings, problems = parse_settings(given)
        try:
            enabled_codes(self.registry_for(os.curdir), [settings.selection])
        except ConfigError as error:
            problems.append(str(error))
            settings = Settings(code_lens=settings.code_lens)
        for problem in problems:
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, f"trainlint: {problem}"))
        self.settings = settings
        for state in self.states.values():
            state.folder.overrides = settings.selection
            if state.outcome is not None:
                self.changed(state)


def path_of(uri: str) -> str | None:
    """The absolute path of a document; of one that was never saved, a path in the current folder."""
    parsed = urlparse(uri)
    if parsed.scheme in ("file", "vscode-notebook-cell"):
        path = uris.to_fs_path(parsed._replace(scheme="file", fragment="").geturl())
        return None if path is None else os.path.realpath(path)
    if parsed.scheme == "untitled":
        return os.path.join(os.getcwd(), os.path.basename(unquote(parsed.path)) or "untitled")
    return None
