"""The rules to be tested."""

from __future__ import annotations

import os

from trainlint.packs import RuleEntry, load_file, load_folder, load_rules


def rule_in(file: str | os.PathLike[str]) -> RuleEntry:
    """The rule in one file. Raises PackError where it does not load or breaks the form."""
    path = os.path.realpath(file)
    return load_file(os.path.basename(os.path.dirname(path)), path)


def rules_in(folder: str | os.PathLike[str]) -> list[RuleEntry]:
    """The rules in all files of a folder but those whose names begin with ``_``. Raises PackError."""
    path = os.path.realpath(folder)
    return load_folder(os.path.basename(path), path, path)


def installed_rules(pack: str) -> list[RuleEntry]:
    """The rules of the installed pack whose entry point has this name. Raises PackError."""
    return load_rules(only=pack)
