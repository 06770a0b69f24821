"""Starts a language server as jupyter-lsp does by a configuration, and opens a notebook in it as JupyterLab does.

    python drive_jupyter.py CONFIGURATION NAME SCRIPT

Runs where jupyter-lsp is installed. The cells that JupyterLab would send for the notebook are those of the script. Prints
the code and line (from 1) of what it is told.
"""

import asyncio
import json
import sys
from pathlib import Path

from jupyter_lsp import LanguageServerManager
from tornado.websocket import WebSocketHandler
from traitlets.config import Config

CAPABILITIES = {"textDocument": {"publishDiagnostics": {"relatedInformation": False}}}


class Page(WebSocketHandler):
    """What jupyter-lsp takes for the browser's connection."""

    def __init__(self, name: str) -> None:  # none of a request
        self.language_server = name
        self.messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    def write_message(self, message: str) -> None:
        self.messages.put_nowait(json.loads(message))

    async def until(self, key: str, value: object) -> dict[str, object]:
        while (message := await asyncio.wait_for(self.messages.get(), 120)).get(key) != value:
            pass
        return message


async def main(configuration: str, name: str, script: str) -> None:
    manager = LanguageServerManager(config=Config(json.loads(Path(configuration).read_text())), autodetect=False)
    manager.initialize()
    page = Page(name)
    manager.subscribe(page)

    async def say(method: str, params: object, **more: object) -> None:
        await manager.on_client_message(
            json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}), page
        )

    root = Path(script).parent.as_uri()
    # As @jupyterlab/lsp has it: a root, and no folders.
    start = {"processId": None, "rootUri": root, "workspaceFolders": None, "capabilities": CAPABILITIES}
    await say("initialize", start, id=1)
    await page.until("id", 1)
    await say("initialized", {})
    document = {"uri": f"{root}/explore.ipynb", "languageId": "python", "version": 1}
    await say("textDocument/didOpen", {"textDocument": {**document, "text": Path(script).read_text()}})
    told = await page.until("method", "textDocument/publishDiagnostics")
    for found in told["params"]["diagnostics"]:
        sys.stdout.write(f"{found['code']}:{found['range']['start']['line'] + 1} {found['message']}\n")
    manager.unsubscribe(page)


asyncio.run(main(*sys.argv[1:]))
