"""Finds and imports the rules of all installed packs, and checks their form."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import zlib
from abc import ABCMeta
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType

from trainlint.findings import Level
from trainlint.packs.entry_points import entry_points
from trainlint.packs.errors import PackError
from trainlint.packs.page import PageError, parse_page
from trainlint.packs.registry import RuleEntry
from trainlint.packs.skeleton import rule_file_name
from trainlint.rule import Rule

GROUP = "trainlint.rules"

CODE = re.compile(r"[A-Z]{2,}\d{3,}")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


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
    return [
        _load_rule(pack, package, stem, f"{package}.{stem}")
        for folder in _folders(pack, package)
        for stem in _stems(folder)
    ]


def load_folder(pack: str, folder: str, project: str) -> list[RuleEntry]:
    """The rules in the files of a folder of a project; both are absolute paths with links resolved.

    The folder need not be a package; its files may import each other relatively (``from . import _units``). Raises
    PackError, also where a file is a link that leads out of the project.
    """
    files = {stem: os.path.join(folder, stem + ".py") for stem in _stems(folder)}
    if not files:
        raise PackError(f"there are no rule files in {pack}")
    for stem, file in files.items():
        target = os.path.realpath(file)
        if not is_beneath(target, project):
            raise PackError(f"{pack}/{stem}.py leads out of the project, to {target}")
    package = _package_of_folder(folder)
    return [_load_rule(pack, package, stem, f"{stem}.py") for stem in files]


def load_file(pack: str, file: str) -> RuleEntry:
    """The rule in one file (an absolute path), beside which helpers may stand as in `load_folder`. Raises PackError."""
    folder, name = os.path.split(file)
    stem, suffix = os.path.splitext(name)
    if suffix != ".py" or not os.path.isfile(file):
        raise PackError(f"there is no rule file {name} in {folder}")
    return _load_rule(pack, _package_of_folder(folder), stem, name)


def is_beneath(path: str, folder: str) -> bool:
    """Whether a path is a folder or something in it; both absolute with links resolved."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _package_of_folder(folder: str) -> str:
    """Make the folder a package under a name of its own, afresh."""
    name = f"trainlint_rules_in_{zlib.crc32(os.fsencode(folder)):08x}"
    for module in [known for known in sys.modules if known.partition(".")[0] == name]:
        del sys.modules[module]
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [folder]
    sys.modules[name] = importlib.util.module_from_spec(spec)
    importlib.invalidate_caches()
    return name


def _folders(pack: str, package: str) -> list[str]:
    try:
        spec = importlib.util.find_spec(package)
    except (Exception, SystemExit) as error:  # finding a nested package imports its parents, which may raise anything
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


def _load_rule(pack: str, package: str, stem: str, shown: str) -> RuleEntry:
    try:
        module = importlib.import_module(f"{package}.{stem}")
    except (Exception, SystemExit) as error:  # a rule file may raise anything
        raise _unloadable(pack, shown, error) from error
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
        # Rules are abstract classes. `type` would not do: Python 3.10 takes `tuple[int, str]` for one.
        if isinstance(value, ABCMeta) and issubclass(value, Rule) and value.__module__ == module.__name__
    ]
    if len(rules) != 1:
        raise PackError(f"the file {stem}.py of the pack {pack} defines {len(rules)} rules, where one belongs")
    return rules[0]


def _check_form(pack: str, rule: type[Rule], stem: str) -> None:
    for attribute, form in (("code", CODE), ("name", NAME)):
        value = getattr(rule, attribute, None)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise PackError(f"the rule in {stem}.py of the pack {pack} has {value!r} as its {attribute}")
    if not isinstance(getattr(rule, "level", None), Level):
        raise PackError(f"the rule {rule.code} of the pack {pack} has no level")
    wanted = rule_file_name(rule.code, rule.name)
    if f"{stem}.py" != wanted:
        raise PackError(f"the rule {rule.code} {rule.name} of the pack {pack} belongs in {wanted}, not in {stem}.py")


def _unloadable(pack: str, module: str, error: BaseException) -> PackError:
    cause = " ".join(str(error).split())
    return PackError(f"the rule pack {pack} does not load: {module}: {type(error).__name__}: {cause}")
