"""VS Code as code-server serves it, with our extension from its .vsix, in a real browser. Opt-in: see CONTRIBUTING.md."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.consumers.conftest import ROOT, packaged_extension

pytestmark = pytest.mark.vscode

PACKAGES = ("code-server@4.100.3", "puppeteer-core@24.43.1")
# The extension host doesn't start without these.
NATIVE = ("@vscode/spdlog", "native-watchdog", "node-pty")
SETTINGS = {"security.workspace.trust.enabled": False, "workbench.startupEditor": "none"}
PROBLEMS = ".markers-panel .monaco-list-row"
NOTIFICATIONS = ".notification-list-item-message"

Look = Callable[[str, str, str], "list[str]"]


def npm(folder: Path, *arguments: str) -> None:
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    environment = {**os.environ, "npm_config_yes": "true"}  # node-pty builds itself with what npx brings
    done = subprocess.run(
        ["npm", *arguments, *quiet], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """code-server and what drives the browser, as npm packages. Of VS Code's native parts only the needed ones are built."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "package.json").write_text('{"private": true}')
    npm(folder, "install", "--ignore-scripts", *PACKAGES)
    npm(folder, "rebuild", "argon2")
    editor = folder / "node_modules" / "code-server" / "lib" / "vscode"
    npm(editor, "install", "--ignore-scripts", "--omit=dev")
    npm(editor, "rebuild", *NATIVE)
    (editor / "node_modules.asar").symlink_to("node_modules")
    return folder / "node_modules"


@pytest.fixture(scope="session")
def extensions(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of extensions in which ours is installed."""
    folder = tmp_path_factory.mktemp("extensions")
    extension = packaged_extension(tmp_path_factory.mktemp("extension"))
    command = code_server(modules, tmp_path_factory.mktemp("data"), folder)
    done = subprocess.run(
        [*command, "--install-extension", str(extension)], capture_output=True, text=True, check=False
    )
    assert "was successfully installed" in done.stdout, done.stdout + done.stderr
    return folder


def code_server(modules: Path, data: Path, extensions: Path) -> list[str]:
    program = modules / "code-server" / "out" / "node" / "entry.js"
    folders = ["--user-data-dir", str(data), "--extensions-dir", str(extensions), "--config", str(data / "config.yaml")]
    return ["node", str(program), *folders, "--disable-telemetry", "--disable-update-check"]


@pytest.fixture
def look(modules: Path, extensions: Path, tmp_path: Path) -> Iterator[Look]:
    """What VS Code shows at a selector after a file of the example project was opened, trainlint's interpreter being given."""
    servers: list[subprocess.Popen[bytes]] = []

    def looked(interpreter: str, file: str, selector: str) -> list[str]:
        project, data = tmp_path / "digits", tmp_path / "data"
        shutil.copytree(ROOT / "examples" / "digits", project, ignore=shutil.ignore_patterns("__pycache__"))
        (data / "User").mkdir(parents=True)
        settings = json.dumps({**SETTINGS, "trainlint.interpreter": interpreter})
        (data / "User" / "settings.json").write_text(settings)
        port = free_port()
        command = [*code_server(modules, data, extensions), "--auth", "none", "--bind-addr", f"127.0.0.1:{port}"]
        with (tmp_path / "server.log").open("wb") as log:
            servers.append(subprocess.Popen(command, stdout=log, stderr=log))
        wait_for(port, servers[0])
        browser = shutil.which("chromium")
        assert browser is not None, "needs chromium"
        driver = Path(__file__).with_name("drive_vscode.js")
        url = f"http://127.0.0.1:{port}/?folder={project}"
        done = subprocess.run(
            ["node", str(driver), browser, url, file, selector, str(tmp_path / "screen.png")],
            env={**os.environ, "NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stderr}{tmp_path / 'screen.png'} shows the screen"
        return [str(text) for text in json.loads(done.stdout)]

    yield looked
    for server in servers:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("code-server has ended")


def test_the_problems_panel_shows_findings_with_what_explains_them(look: Look) -> None:
    rows = look(sys.executable, "train.py", PROBLEMS)
    (finding,) = [row for row in rows if "TL501" in row]
    assert finding.startswith("Gradients are never zeroed")
    assert finding.endswith("[Ln 16, Col 9]")
    # The place that explains a finding lies in another file.
    assert "model.py[Ln 18, Col 16]:softmax is applied here" in rows


def test_a_missing_trainlint_is_told_with_what_to_do(look: Look, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-Im", "venv", "--without-pip", bare], check=True)
    interpreter = str(bare / "bin" / "python")
    (notice,) = [text for text in look(interpreter, "train.py", NOTIFICATIONS) if "trainlint" in text]
    assert notice.startswith(f"trainlint can't start with {interpreter} (ModuleNotFoundError")
    assert 'Install trainlint with its extra "lsp" into that environment' in notice
