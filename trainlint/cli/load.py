"""The program that the paths of a command line name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from trainlint.cli.commands import COMMANDS
from trainlint.cli.exit import CommandError
from trainlint.config import ConfigError, Configurations
from trainlint.discover import PathError
from trainlint.facts import FactsError
from trainlint.facts.source import source_from_bytes
from trainlint.program import Program, Progress, load_program, program_of_source

STDIN = "-"


def add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help="a file or folder, or - for standard input; default: ."
    )
    parser.add_argument("--stdin-filename", metavar="FILE", help="the name of what comes from standard input")


def named(options: argparse.Namespace) -> list[str]:
    """The paths whose configurations count; for standard input, the name that was given to it."""
    return [(options.stdin_filename or ".") if path == STDIN else path for path in options.paths]


def program(options: argparse.Namespace, settings: Configurations, progress: Progress) -> Program:
    if STDIN in options.paths:
        if len(options.paths) > 1:
            raise CommandError("- (standard input) stands alone, without further paths")
        return _of_stdin(options, progress)
    if options.stdin_filename is not None:
        raise CommandError("--stdin-filename goes with - (standard input)")
    try:
        return load_program(options.paths, settings, progress)
    except PathError as error:
        raise CommandError(f"{error}{_meant_command(options.paths)}") from error
    except ConfigError as error:
        raise CommandError(str(error)) from error


def _meant_command(paths: Sequence[str]) -> str:
    if os.path.exists(paths[0]):
        return ""
    if paths[0] in COMMANDS:
        return "; a command stands before its options"
    nearest = get_close_matches(paths[0], COMMANDS, n=1)
    return f"; did you mean the command {nearest[0]}?" if nearest else ""


def _of_stdin(options: argparse.Namespace, progress: Progress) -> Program:
    options.stdin_data = sys.stdin.buffer.read()
    try:
        return program_of_source(source_from_bytes(options.stdin_filename or "<stdin>", options.stdin_data), progress)
    except FactsError as error:
        raise CommandError(str(error)) from error


def stdin_contents(options: argparse.Namespace, program: Program | None) -> dict[str, bytes]:
    """The bytes that came from standard input, by the keys of the program's files."""
    if STDIN not in options.paths:
        return {}
    keys = list(program.sources) if program is not None else [STDIN]
    return dict.fromkeys(keys, options.stdin_data)
