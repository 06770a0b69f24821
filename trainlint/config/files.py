"""Finds and reads the configuration files. The nearest one above a file governs it."""

from __future__ import annotations

import os
import sys
from typing import Any

from trainlint.config.errors import ConfigError
from trainlint.config.model import Config, parse_config
from trainlint.packs import Registry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILE = "trainlint.toml"
PROJECT_FILE = "pyproject.toml"


class Configurations:
    """The configuration of each folder, each file read once.

    ``pinned`` governs every file where it is given (``--config``, ``--isolated``).
    """

    def __init__(self, registry: Registry, pinned: Config | None = None) -> None:
        self._registry = registry
        self._pinned = pinned
        self._by_folder: dict[str, Config] = {}
        self._default = Config(folder=os.getcwd())

    def of_file(self, path: str) -> Config:
        """The configuration that governs a file. Raises ConfigError where it is not understood."""
        return self.of_folder(os.path.dirname(os.path.abspath(path)))

    def of_folder(self, folder: str) -> Config:
        """The configuration that governs the files directly in a folder (an absolute path)."""
        if self._pinned is not None:
            return self._pinned
        known = self._by_folder.get(folder)
        if known is None:
            known = self._by_folder[folder] = self._nearest(folder)
        return known

    def _nearest(self, folder: str) -> Config:
        for name in (OWN_FILE, PROJECT_FILE):
            file = os.path.join(folder, name)
            if os.path.isfile(file):
                config = read_config(file, self._registry)
                if config is not None:
                    return config
        parent = os.path.dirname(folder)
        return self._default if parent == folder else self.of_folder(parent)


def read_config(file: str, registry: Registry) -> Config | None:
    """Read one configuration file; None for a ``pyproject.toml`` without ``[tool.trainlint]``. Raises ConfigError."""
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
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: is not valid TOML: {error}") from error
    if shared:
        tool = table.get("tool")
        if not isinstance(tool, dict) or "trainlint" not in tool:
            return None
        table = tool["trainlint"]
        where = f"{where}: [tool.trainlint]"
        if not isinstance(table, dict):
            raise ConfigError(f"{where} must be a table")
    return parse_config(table, folder=os.path.dirname(os.path.abspath(file)), where=where, registry=registry)
