"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import trainlint.runtime
from trainlint.cli.commands import COMMANDS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rule_pages_are_not_stale(generator: ModuleType) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert written == generator.pages(), "run `python docs/generate.py`"


def test_the_practices_page_is_not_stale(generator: ModuleType) -> None:
    written = (ROOT / "docs" / "practices.md").read_text(encoding="utf-8")
    assert written == generator.practices_page(), "run `python docs/generate.py`"


def test_every_runtime_name_that_a_page_recommends_exists() -> None:
    pages = [*(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"`trainlint\.runtime\.(\w+)", page.read_text("utf-8"))}
    assert len(named) > 15
    assert named - set(trainlint.runtime.__all__) == set()


def test_every_package_is_listed_for_the_wheel() -> None:
    """An editable install works without the list, a wheel does not."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {file.parent.relative_to(ROOT) for file in (ROOT / "trainlint").rglob("*.py")}
    assert sorted(setuptools["packages"]) == sorted(
        [*(".".join(folder.parts) for folder in folders), "trainlint_rules"]
    )


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_command_is_in_the_usage_page() -> None:
    usage = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"trainlint {name}" not in usage] == []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert project["version"] == trainlint.__version__ == newest[1]
