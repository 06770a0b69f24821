"""Which rules a command knows: those of installed packs, and those in a project's own folders if the user trusts them.

A configuration belongs to the linted project, and so does the folder that it names: neither may bring code to run. The
consent comes from where the project cannot write: the command line, or the user's environment.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from trainlint.cli.exit import CommandError
from trainlint.config import ConfigError, RuleFolder, rule_folders
from trainlint.packs import PackError, Registry, RuleEntry, is_beneath, load_folder, load_rules
from trainlint.suppressions.kinds import engine_entries

OPTION = "--trust-rule-paths"
VARIABLE = "TRAINLINT_TRUST_RULE_PATHS"


def add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        OPTION,
        action="store_true",
        help="load the rules in the folders that the configuration names: this runs code of the linted project",
    )


def registry(options: argparse.Namespace, paths: Sequence[str] = (".",)) -> Registry:
    """The rules for linting these files and folders."""
    file = getattr(options, "config", None)
    if getattr(options, "isolated", False):
        return _registry([], trusts_all=False)
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    try:
        return _registry(rule_folders(folders, file), trusts_all=options.trust_rule_paths)
    except ConfigError as error:
        raise CommandError(str(error)) from error


def registry_of(folder: str) -> Registry:
    """The rules for a folder where no command line can give consent: in an editor, in flake8. Raises ConfigError."""
    try:
        return _registry(rule_folders([folder]), trusts_all=False)
    except CommandError as error:
        raise ConfigError(str(error)) from error


def installed() -> Registry:
    """The rules of installed packs, whatever a configuration names."""
    return _registry([], trusts_all=False)


def _registry(folders: Sequence[RuleFolder], *, trusts_all: bool) -> Registry:
    trusted = _trusted_by_the_environment() if folders else []
    entries: list[RuleEntry] = []
    missing: list[str] = []
    try:
        entries += [*load_rules(), *engine_entries()]
        for folder in folders:
            if trusts_all or any(is_beneath(folder.path, root) for root in trusted):
                entries += _loaded(folder)
            else:
                missing.append(_refusal(folder))
        return Registry(entries, (folder.path for folder in folders), missing)
    except PackError as error:
        raise CommandError(str(error)) from error


def _loaded(folder: RuleFolder) -> Iterable[RuleEntry]:
    return (replace(entry, scope=folder.project) for entry in load_folder(folder.written, folder.path, folder.project))


def _refusal(folder: RuleFolder) -> str:
    return (
        f"{folder.where}: rule-paths: the rules in {folder.written} were not loaded, since that runs code of the linted "
        f"project; {OPTION} allows it this once, {VARIABLE}={folder.path} in your environment always"
    )


def _trusted_by_the_environment() -> list[str]:
    folders = [folder for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    for folder in folders:
        if not os.path.isabs(folder):  # would mean another folder in each project, whoever made it
            raise CommandError(f"{VARIABLE}: {folder} is not an absolute path")
    return [os.path.realpath(folder) for folder in folders]
