"""The configuration of each file: the nearest one above it."""

from __future__ import annotations

import os

from trainlint.config.errors import ConfigError
from trainlint.config.model import Config, parse_config
from trainlint.config.reading import Table, read_table, tables_in
from trainlint.config.rule_paths import rule_folders_of
from trainlint.packs import Registry


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
        for table in tables_in(folder):
            self._check_rule_paths(table)
            return parse_config(table, registry=self._registry)
        parent = os.path.dirname(folder)
        return self._default if parent == folder else self.of_folder(parent)

    def _check_rule_paths(self, table: Table) -> None:
        """The rules are loaded before the files are looked for: a configuration deeper down comes too late."""
        if any(folder.path not in self._registry.folders for folder in rule_folders_of(table)):
            here = os.path.relpath(table.folder)
            raise ConfigError(
                f"{table.where}: rule-paths count where the configuration governs a path that is named: name {here} too"
            )


def read_config(file: str, registry: Registry) -> Config | None:
    """Read one configuration file; None for a ``pyproject.toml`` without ``[tool.trainlint]``. Raises ConfigError."""
    table = read_table(file)
    return None if table is None else parse_config(table, registry=registry)
