"""Options that several commands share, and what they ask for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import IO

from trainlint.cli.exit import CommandError
from trainlint.config import Config, ConfigError, Configurations, Selection, enabled_codes, read_config
from trainlint.packs import Registry
from trainlint.report.style import Style, shown

PLAIN = Style()


def add_color(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour the output; auto (the default) does on a terminal and obeys NO_COLOR and FORCE_COLOR",
    )


def add_configuration(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--config", metavar="FILE", help="use this configuration file for all files")
    group.add_argument("--isolated", action="store_true", help="use no configuration file")


def add_selection(parser: argparse.ArgumentParser) -> None:
    words = "rules by code, prefix of a code, name or level, or ALL; separated by commas"
    parser.add_argument("--select", metavar="RULES", action="append", help=f"turn on these alone: {words}")
    parser.add_argument("--extend-select", metavar="RULES", action="append", help="turn on these as well")
    parser.add_argument("--ignore", metavar="RULES", action="append", help="turn these off")


def selection(options: argparse.Namespace, known: Registry) -> Selection:
    """The selectors of the command line, checked before any work is done."""
    select = None if options.select is None else _words(options.select)
    if select == ():  # of an empty variable in a script, say: nothing would be looked for
        raise CommandError("--select names no rule")
    layer = Selection(select, _words(options.extend_select), _words(options.ignore))
    try:
        enabled_codes(known, [layer])
    except ConfigError as error:
        raise CommandError(str(error)) from error
    return layer


def _words(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(word.strip() for part in given or () for word in part.split(",") if word.strip())


def configurations(options: argparse.Namespace, known: Registry) -> Configurations:
    if options.isolated:
        return Configurations(known, pinned=Config(folder=os.getcwd()))
    if options.config is None:
        return Configurations(known)
    try:
        config = read_config(options.config, known)
    except ConfigError as error:
        raise CommandError(str(error)) from error
    if config is None:
        raise CommandError(f"{options.config}: has no [tool.trainlint]")
    return Configurations(known, pinned=config)


def style(options: argparse.Namespace, stream: IO[str]) -> Style:
    if options.color != "auto":
        return Style(color=options.color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(color=False)
    return Style(color=bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb"))


def complain(problem: str) -> None:
    """One line about something that could not be done."""
    print(f"trainlint: {shown(problem)}", file=sys.stderr)  # noqa: T201


def say(words: str) -> None:
    """One line for a person, beside the output that programs read."""
    print(shown(words), file=sys.stderr)  # noqa: T201
