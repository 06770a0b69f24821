"""``trainlint init``: the files with which a project begins to use trainlint."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from trainlint import __version__
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.config import ConfigError
from trainlint.config.reading import parse_toml, read_table
from trainlint.writing import create, replace

SETTINGS = """\
# Errors and warnings are on. Practices worth adopting: extend-select = ["advice"]
extend-select = []
ignore = []
exclude = []
"""

HOOK = """\
repos:
  - repo: {source}
    rev: v{version}
    hooks:
      - id: trainlint
"""

# Where trainlint's own repository is not known: the trainlint that is installed beside pre-commit.
LOCAL_HOOK = """\
repos:
  - repo: local
    hooks:
      - id: trainlint
        name: trainlint
        entry: trainlint
        language: system
        types_or: [python, jupyter]
        pass_filenames: false
        require_serial: true
"""

GITHUB = """\
name: trainlint
on:
  push:
    branches: [main]
  pull_request:
jobs:
  trainlint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install "trainlint @ git+{source}"
      - run: trainlint --output-format github .
"""

GITLAB = """\
trainlint:
  image: python:3.12
  script:
    - python -m pip install "trainlint @ git+{source}"
    - trainlint --output-format gitlab --output-file gl-code-quality-report.json .
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", default=".", help="the project's top folder; default: .")
    parser.add_argument("--pre-commit", action="store_true", help="write .pre-commit-config.yaml too")
    parser.add_argument("--github", action="store_true", help="write .github/workflows/trainlint.yml too")
    parser.add_argument("--gitlab", action="store_true", help="write .gitlab-ci.yml too")
    parser.add_argument(
        "--source",
        metavar="ADDRESS",
        help="the address of trainlint's git repository, for these files; default: where the installed one came from",
    )


def run(options: argparse.Namespace) -> ExitCode:
    folder = Path(options.folder)
    if not folder.is_dir():
        raise CommandError(f"{options.folder}: no such folder")
    source = options.source or _installed_from()
    wanted = _wanted(options, folder, source)
    for path, text in wanted.items():
        if path.exists():
            raise CommandError(f"{path}: is there already and was left as it is; add by hand:\n{text}")
    _configure(folder)
    for path, text in wanted.items():
        _create(path, text)
    return ExitCode.CLEAN


def _wanted(options: argparse.Namespace, folder: Path, source: str | None) -> dict[Path, str]:
    if (options.github or options.gitlab) and source is None:
        raise CommandError("--github and --gitlab install trainlint from its repository: name it with --source ADDRESS")
    files: dict[Path, str] = {}
    if options.pre_commit:
        hook = LOCAL_HOOK if source is None else HOOK.format(source=source, version=__version__)
        files[folder / ".pre-commit-config.yaml"] = hook
    if options.github:
        files[folder / ".github" / "workflows" / "trainlint.yml"] = GITHUB.format(source=source)
    if options.gitlab:
        files[folder / ".gitlab-ci.yml"] = GITLAB.format(source=source)
    return files


def _configure(folder: Path) -> None:
    """Add the table to the project's pyproject.toml; a project without one gets a trainlint.toml."""
    pyproject = folder / "pyproject.toml"
    try:
        is_configured = pyproject.exists() and read_table(str(pyproject)) is not None
        if is_configured or (folder / "trainlint.toml").exists():
            sys.stdout.write(f"{folder}: is configured already\n")
        elif pyproject.exists():
            _extend(pyproject)
        else:
            _create(folder / "trainlint.toml", SETTINGS)
    except ConfigError as error:
        raise CommandError(str(error)) from error


def _extend(pyproject: Path) -> None:
    try:
        text = pyproject.read_bytes().decode("utf-8")
        parse_toml(text, os.path.relpath(pyproject))
        newline = "\r\n" if "\r\n" in text else "\n"
        table = f"[tool.trainlint]\n{SETTINGS}".replace("\n", newline)
        gap = newline if text.endswith("\n") else 2 * newline
        replace(str(pyproject), f"{text}{gap if text else ''}{table}".encode())
    except OSError as error:
        raise CommandError(f"{pyproject}: can't be written: {error.strerror or error}") from error
    sys.stdout.write(f"Added to {os.path.normpath(pyproject)}\n")


def _create(path: Path, text: str) -> None:
    try:
        create(str(path), text)
    except OSError as error:
        raise CommandError(f"{path}: can't be written: {error.strerror or error}") from error
    sys.stdout.write(f"Wrote {os.path.normpath(path)}\n")


def _installed_from() -> str | None:
    """The address of the repository that the installed trainlint was built from (PEP 610), where it was one."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        record = distribution("trainlint").read_text("direct_url.json")
        told = json.loads(record) if record else {}
    except (PackageNotFoundError, ValueError, OSError):
        return None
    address = told.get("url") if isinstance(told, dict) and told.get("vcs_info", {}).get("vcs") == "git" else None
    return address if isinstance(address, str) else None
