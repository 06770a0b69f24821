"""What tests of several parts share: rule packs made on the fly, git repositories, and trainlint as a process."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from rulepacks import MakePack

ROOT = Path(__file__).parent.parent

# How long an example takes says more of the machine than of the code.
settings.register_profile("trainlint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("trainlint")


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our repository's committed and new files alone, as a fresh clone would have them."""
    copy = tmp_path_factory.mktemp("tree")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return copy


@pytest.fixture
def make_pack(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePack]:
    """Install a rule pack: file names to texts, as an installed distribution with an entry point. Gives its name."""
    made: list[str] = []

    def make(files: Mapping[str, str], *, name: str = "lab") -> str:
        site = tmp_path_factory.mktemp("site")
        package = f"{name}_rules_{len(made)}_{os.urandom(3).hex()}"
        (site / package).mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (site / package / file).write_text(text)
        info = site / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[trainlint.rules]\n{name} = {package}\n")
        monkeypatch.syspath_prepend(site)
        importlib.invalidate_caches()
        made.append(package)
        return name

    yield make
    for module in [module for module in sys.modules if module.partition(".")[0] in made]:
        del sys.modules[module]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], Path]:
    """Write files (relative path to text) into a fresh current directory, which is no git repository."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(files: Mapping[str, str]) -> Path:
        for relative, text in files.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return folder

    return write


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder, free of the machine's own configuration."""

    def run(folder: Path, *arguments: str, **more: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-C", str(folder), *identity, *arguments],
            env={**environment, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **more},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    return run
