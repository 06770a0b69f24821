"""``trainlint new-rule``: write the beginning of a rule, and its test."""

from __future__ import annotations

import argparse
import os
import re
import sys

from trainlint.cli import options as shared
from trainlint.cli import trust
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.config import ConfigError, rule_folders
from trainlint.findings import Level
from trainlint.packs import Registry
from trainlint.packs.loader import CODE, NAME
from trainlint.packs.skeleton import next_code, rule_file_name, rule_skeleton, skeleton_of_test
from trainlint.writing import create

FOLDER = "lint_rules"
PREFIX = "LAB"
OWN_PREFIX = "TL"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="says the mistake, in small letters with hyphens: graph-retained")
    parser.add_argument("--code", metavar="CODE", help=f"capitals and three digits; default: the next {PREFIX} code")
    levels = tuple(level.value for level in Level)
    parser.add_argument("--level", choices=levels, default="warning", help="default: warning")
    parser.add_argument(
        "--directory", metavar="DIR", help=f"where it goes; default: the first of rule-paths, else {FOLDER}"
    )
    parser.add_argument("--tests", metavar="DIR", default="tests", help="where its test goes; default: tests")


def run(options: argparse.Namespace) -> ExitCode:
    named = _named_folders()
    folder = options.directory or (named[0] if named else FOLDER)
    code = _checked(options.name, options.code or next_code(_names_in(folder), PREFIX), folder)
    if _is_same(options.tests, folder):
        raise CommandError(f"{folder} is the folder of rule files: a test belongs elsewhere (--tests)")
    rule = os.path.join(folder, rule_file_name(code, options.name))
    test = os.path.join(options.tests, "test_" + rule_file_name(code, options.name))
    relative = os.path.relpath(os.path.realpath(rule), os.path.realpath(options.tests)).replace(os.sep, "/")
    texts = {
        rule: rule_skeleton(code, options.name, options.level),
        test: skeleton_of_test(code, options.name, relative),
    }
    _write(texts)
    sys.stdout.write(f"Wrote {rule} and its test {test}.\n")
    if not any(_is_same(folder, other) for other in named):
        shared.say(f'To lint with it, put rule-paths = ["{folder}"] into [tool.trainlint], and give {trust.OPTION}.')
    return ExitCode.CLEAN


def _named_folders() -> list[str]:
    """The folders that the configuration of the current directory names, relative to here."""
    try:
        return [os.path.relpath(folder.path) for folder in rule_folders(["."])]
    except ConfigError as error:
        raise CommandError(str(error)) from error


def _checked(name: str, code: str, folder: str) -> str:
    """The code, where it and the name have the right form and no rule has them yet."""
    if not NAME.fullmatch(name):
        hint = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        meant = f"; did you mean {hint}?" if NAME.fullmatch(hint) else ""
        raise CommandError(f"{name!r} is no name for a rule: small letters and digits, with hyphens between{meant}")
    if not CODE.fullmatch(code):
        raise CommandError(f"{code!r} is no code for a rule: at least two capitals and three digits, as in {PREFIX}101")
    if re.fullmatch(rf"{OWN_PREFIX}\d+", code):
        raise CommandError(f"codes that begin with {OWN_PREFIX} are trainlint's own; take a prefix of yours")
    known = trust.installed()
    for word in (code, name):
        _check_free(word, known)
    for file in _names_in(folder):
        if file.startswith(f"{code.lower()}_") or re.fullmatch(
            rf"[a-z]+\d+{re.escape(rule_file_name('', name))}", file
        ):
            raise CommandError(f"{os.path.join(folder, file)} is a rule of this code or name already")
    return code


def _check_free(word: str, known: Registry) -> None:
    entry = known.find(word)
    if entry is not None:
        raise CommandError(f"the pack {entry.pack} has a rule {word} already")


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CommandError(f"{folder}: {error.strerror}") from error


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _write(texts: dict[str, str]) -> None:
    """Write files that must not exist yet."""
    for path in texts:
        if os.path.lexists(path):
            raise CommandError(f"{path} exists already, and is left as it is")
    for path, text in texts.items():
        try:
            create(path, text)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
