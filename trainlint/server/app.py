"""What the editor says and asks, by the protocol's methods, and what is done about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from trainlint.packs import Registry
from trainlint.server.actions import KINDS, actions
from trainlint.server.hover import hover
from trainlint.server.lenses import lenses
from trainlint.server.places import Places
from trainlint.server.session import CONFIGURATION_FILES, Server, path_of

WATCHED = ("**/*.py", "**/*.ipynb", *(f"**/{name}" for name in CONFIGURATION_FILES))


def make_server(registry_for: Callable[[str], Registry]) -> Server:
    """The server with all that it answers to."""
    server = Server(registry_for)
    _add_lifecycle(server)
    _add_documents(server)
    _add_answers(server)
    return server


def _add_lifecycle(server: Server) -> None:
    @server.feature(lsp.INITIALIZED)
    async def initialized(params: lsp.InitializedParams) -> None:
        for uri in server.workspace.folders or [server.workspace.root_uri]:  # JupyterLab names a root alone
            server.open_folder(uri)
        for state in list(server.states.values()):
            server.changed(state, at_once=True)
        await _watch(server)

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        options = params.initialization_options
        server.apply_settings(options.get("settings", options) if isinstance(options, Mapping) else options)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def settings_changed(params: lsp.DidChangeConfigurationParams) -> None:
        given: Any = params.settings
        server.apply_settings(given.get("trainlint", given) if isinstance(given, Mapping) else given)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        for gone in params.event.removed:
            path = path_of(gone.uri)
            state = server.states.pop(path, None) if path is not None else None
            if state is not None:
                state.version += 1
        for new in params.event.added:
            server.open_folder(new.uri)
        for state in list(server.states.values()):
            server.changed(state)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: lsp.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            path = path_of(change.uri)
            state = server.state_of(change.uri)
            if path is None or state is None:
                continue
            state.forget(path, is_new=change.type != lsp.FileChangeType.Changed)
            server.changed(state)

    @server.feature(lsp.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.worker.shutdown(wait=False, cancel_futures=True)


async def _watch(server: Server) -> None:
    """Ask to be told of changes on the disk, where the editor can do so."""
    workspace = server.client_capabilities.workspace
    if workspace is None or workspace.did_change_watched_files is None:
        return
    if not workspace.did_change_watched_files.dynamic_registration:
        return
    options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(pattern) for pattern in WATCHED])
    registration = lsp.Registration("trainlint-files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    with contextlib.suppress(JsonRpcException):  # an editor that refuses tells of what is saved in it, at least
        await server.client_register_capability_async(lsp.RegistrationParams([registration]))


def _add_documents(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.changed(server.state_of(params.text_document.uri), at_once=True)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.changed(server.state_of(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        path, state = path_of(params.text_document.uri), server.state_of(params.text_document.uri)
        if path is not None and state is not None:
            state.forget(path, is_new=False)
            server.changed(state)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.tell(params.text_document.uri, [], None)
        path, state = path_of(params.text_document.uri), server.state_of(params.text_document.uri)
        if path is not None and state is not None:
            state.forget(path, is_new=False)
            server.changed(state)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(params: lsp.DidOpenNotebookDocumentParams) -> None:
        server.changed(server.state_of(params.notebook_document.uri), at_once=True)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(params: lsp.DidChangeNotebookDocumentParams) -> None:
        server.changed(server.state_of(params.notebook_document.uri))

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_SAVE)
    def notebook_saved(params: lsp.DidSaveNotebookDocumentParams) -> None:
        path, state = path_of(params.notebook_document.uri), server.state_of(params.notebook_document.uri)
        if path is not None and state is not None:
            state.folder.forget(path)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(params: lsp.DidCloseNotebookDocumentParams) -> None:
        for cell in params.cell_text_documents:
            server.tell(cell.uri, [], None)
        server.changed(server.state_of(params.notebook_document.uri))


def _add_answers(server: Server) -> None:
    @server.feature(
        lsp.TEXT_DOCUMENT_DIAGNOSTIC,
        lsp.DiagnosticOptions(identifier="trainlint", inter_file_dependencies=True, workspace_diagnostics=False),
    )
    async def diagnostics(params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
        state = await server.settled(params.text_document.uri, at_once=True)
        found = state.diagnostics.get(params.text_document.uri, []) if state is not None else []
        return lsp.RelatedFullDocumentDiagnosticReport(items=found)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def show_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        state = await server.settled(params.text_document.uri)
        if state is None or state.outcome is None or state.folder.registry is None:
            return None
        places = Places(state.outcome, server.encoding)
        return hover(state.outcome, places, state.folder.registry, params.text_document.uri, params.position)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(list(KINDS)))
    async def offer(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        state = await server.settled(params.text_document.uri)
        if state is None or state.outcome is None:
            return []
        places = Places(state.outcome, server.encoding)
        lines = (params.range.start.line, params.range.end.line)
        context = params.context
        uri = params.text_document.uri
        return list(actions(state.outcome, places, uri, lines, context.diagnostics, context.only))

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    async def show_lenses(params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        state = await server.settled(params.text_document.uri) if server.settings.code_lens else None
        if state is None or state.outcome is None:
            return []
        return lenses(state.outcome, Places(state.outcome, server.encoding), params.text_document.uri)
