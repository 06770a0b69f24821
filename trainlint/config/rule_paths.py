"""The folders with rules that configurations name. Nothing in here runs what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from trainlint.config.errors import ConfigError
from trainlint.config.model import check_key
from trainlint.config.reading import Table, nearest_table, read_table
from trainlint.packs import is_beneath

KEY = "rule-paths"


@dataclass(frozen=True)
class RuleFolder:
    """A folder with rule files: where it is, and the project that names it (both with links resolved)."""

    path: str
    project: str
    written: str
    where: str


def rule_folders(folders: Iterable[str], file: str | None = None) -> list[RuleFolder]:
    """The rule folders that the configurations of these folders name, or the one configuration ``file``.

    Raises ConfigError where a configuration cannot be read, or a folder is missing or not in its project.
    """
    if file is not None:
        tables = [read_table(file)]
    else:
        tables = [nearest_table(os.path.abspath(folder)) for folder in dict.fromkeys(folders)]
    found = [folder for table in tables if table is not None for folder in rule_folders_of(table)]
    return list({folder.path: folder for folder in found}.values())


def rule_folders_of(table: Table) -> list[RuleFolder]:
    """The rule folders that one configuration names. Raises ConfigError."""
    if KEY not in table.settings:
        return []
    check_key(table, KEY)
    return [_folder(table, written) for written in table.settings[KEY]]


def _folder(table: Table, written: str) -> RuleFolder:
    project = os.path.realpath(table.folder)
    path = os.path.realpath(os.path.join(project, written))
    if not is_beneath(path, project):
        raise ConfigError(f"{table.where}: {KEY}: {written} leads out of the project, to {path}")
    if not os.path.isdir(path):
        raise ConfigError(f"{table.where}: {KEY}: there is no folder {written}")
    return RuleFolder(path, project, written, table.where)
