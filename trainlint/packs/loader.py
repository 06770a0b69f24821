"""Finds and imports the rules of all installed packs, and checks their form."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from trainlint.findings import Level
from trainlint.packs.entry_points import entry_points
from trainlint.packs.errors import PackError
from trainlint.packs.page import PageError, parse_page
from trainlint.packs.registry import RuleEntry
from trainlint.rule import Rule

GROUP = "trainlint.rules"

_CODE = re.compile(r"[A-Z]{2,}\d{3,}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def load_rules(only: str | None = None) -> list[RuleEntry]:
    """The rules of all installed packs, or of the pack whose entry point is named ``only``.

    Raises PackError where no pack is installed, a pack does not load, or a rule in it breaks the form.
    """
    packs = entry_points(GROUP, sys.path)
    if only is not None:
        packs = {name: package for name, package in packs.items() if name == only}
    if not packs:
        raise PackError("no rule pack is installed, not even the built-in one; install trainlint from its checkout")
    rules = [rule for name, package in sorted(packs.items()) for rule in load_pack(name, package)]
    if not rules:
        raise PackError(f"there are no rules in the installed packs ({', '.join(sorted(packs))})")
    return rules


def load_pack(pack: str, package: str) -> list[RuleEntry]:
    """The rules in the files of one package. Raises PackError."""
    return [_load_rule(pack, package, stem) for folder in _folders(pack, package) for stem in _stems(folder)]


def _folders(pack: str, package: str) -> list[str]:
    try:
        spec = importlib.util.find_spec(package)
    except Exception as error:  # finding a nested package imports its parents, which may raise anything
        raise _unloadable(pack, package, error) from error
    if spec is None:
        raise PackError(f"the rule pack {pack} does not load: there is no package {package}")
    if spec.submodule_search_locations is None:
        raise PackError(f"the rule pack {pack} does not load: {package} is one module, not a package of rule files")
    return list(spec.submodule_search_locations)


def _stems(folder: str) -> Iterator[str]:
    for name in sorted(os.listdir(folder)):
        stem, suffix = os.path.splitext(name)
        if suffix == ".py" and not stem.startswith("_"):
            yield stem


def _load_rule(pack: str, package: str, stem: str) -> RuleEntry:
    try:
        module = importlib.import_module(f"{package}.{stem}")
    except Exception as error:  # a rule file may raise anything
        raise _unloadable(pack, f"{package}.{stem}", error) from error
    rule = _only_rule(pack, module, stem)
    _check_form(pack, rule, stem)
    try:
        page = parse_page(rule.__doc__)
    except PageError as error:
        raise PackError(f"the rule {rule.code} of the pack {pack} {error}") from error
    return RuleEntry(rule.code, rule.name, rule.level, page, pack, rule, rule.options)


def _only_rule(pack: str, module: ModuleType, stem: str) -> type[Rule]:
    rules = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__
    ]
    if len(rules) != 1:
        raise PackError(f"the file {stem}.py of the pack {pack} defines {len(rules)} rules, where one belongs")
    return rules[0]


def _check_form(pack: str, rule: type[Rule], stem: str) -> None:
    for attribute, form in (("code", _CODE), ("name", _NAME)):
        value = getattr(rule, attribute, None)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise PackError(f"the rule in {stem}.py of the pack {pack} has {value!r} as its {attribute}")
    if not isinstance(getattr(rule, "level", None), Level):
        raise PackError(f"the rule {rule.code} of the pack {pack} has no level")
    wanted = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
    if stem != wanted:
        raise PackError(f"the rule {rule.code} {rule.name} of the pack {pack} belongs in {wanted}.py, not in {stem}.py")


def _unloadable(pack: str, module: str, error: Exception) -> PackError:
    cause = " ".join(str(error).split())
    return PackError(f"the rule pack {pack} does not load: {module}: {type(error).__name__}: {cause}")
