"""Finds and reads the files in which settings stand, without asking what the settings mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trainlint.config.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILE = "trainlint.toml"
PROJECT_FILE = "pyproject.toml"


@dataclass(frozen=True)
class Table:
    """The settings of one file as they were written. ``where`` begins what is said about them: the file, and the table."""

    folder: str
    where: str
    settings: Mapping[str, Any]


def nearest_table(folder: str) -> Table | None:
    """The settings that govern the files directly in a folder (an absolute path). Raises ConfigError."""
    while True:
        for table in tables_in(folder):
            return table
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def tables_in(folder: str) -> Iterator[Table]:
    """The settings that stand directly in a folder, those that come first before the others. Raises ConfigError."""
    for name in (OWN_FILE, PROJECT_FILE):
        file = os.path.join(folder, name)
        if os.path.isfile(file):
            table = read_table(file)
            if table is not None:
                yield table


def read_table(file: str) -> Table | None:
    """Read one file; None for a ``pyproject.toml`` without ``[tool.trainlint]``. Raises ConfigError."""
    where = os.path.relpath(file)
    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is not UTF-8 text") from error
    shared = os.path.basename(file) == PROJECT_FILE
    if shared and "trainlint" not in text:
        return None  # templates and other tools' oddities in here are no business of ours
    settings = parse_toml(text, where)
    if shared:
        tool = settings.get("tool")
        if not isinstance(tool, dict) or "trainlint" not in tool:
            return None
        settings = tool["trainlint"]
        where = f"{where}: [tool.trainlint]"
        if not isinstance(settings, dict):
            raise ConfigError(f"{where} must be a table")
    return Table(os.path.dirname(os.path.abspath(file)), where, settings)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The tables and values of a TOML text; ``where`` names it in the ConfigError that is raised for one that is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: is not valid TOML: {error}") from error
