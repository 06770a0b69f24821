"""``--fix`` and ``--diff``: what of the fixes is written, shown or counted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from trainlint.cli import load
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError
from trainlint.findings import Applicability
from trainlint.fix import Fixed, WriteError, apply_fixes, unified, write
from trainlint.program import Program
from trainlint.report.wording import counted
from trainlint.results import Report


def add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--fix", action="store_true", help="apply the safe fixes to the files")
    group.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    parser.add_argument(
        "--unsafe-fixes", action="store_true", help="with --fix or --diff: also fixes that need your review"
    )


# The formats beside which --statistics has one of its own.
_COUNTED = frozenset({"full", "text", "concise", "json"})


def is_wanted(options: argparse.Namespace) -> bool:
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise CommandError("--unsafe-fixes goes with --fix or --diff")
    if options.diff and (options.statistics or options.output_file is not None or options.output_format != "full"):
        raise CommandError(
            "--diff prints a patch: it goes with none of --output-format, --output-file and --statistics"
        )
    if options.statistics and options.output_format not in _COUNTED:
        raise CommandError("--statistics is text, or JSON with --output-format json")
    return bool(options.fix or options.diff)


def fixed(program: Program, lint: Callable[[Program], Report], options: argparse.Namespace) -> Fixed:
    """The program with its fixes applied in memory."""
    allowed = {Applicability.SAFE, *([Applicability.UNSAFE] if options.unsafe_fixes else [])}
    return apply_fixes(program, lint, allowed, load.stdin_contents(options, program))


def show_diff(result: Fixed) -> None:
    for key in sorted(result.after):
        sys.stdout.write(unified(key, result.before[key], result.after[key]))


def write_all(result: Fixed, options: argparse.Namespace) -> list[str]:
    """Write the fixed files, each whole or not at all; gives what kept some of them from being written."""
    if load.STDIN in options.paths:
        for data in load.stdin_contents(options, None).values():
            sys.stdout.buffer.write(next(iter(result.after.values()), data))
        return []
    problems = []
    for key in sorted(result.after):
        try:
            write(result.names[key], result.before[key], result.after[key])
        except WriteError as error:
            problems.append(str(error))
    return problems


def stdin_contents(result: Fixed, options: argparse.Namespace) -> dict[str, bytes]:
    """What came from standard input, fixed where that was asked for, by the name that findings give it."""
    if load.STDIN not in options.paths:
        return {}
    return {options.stdin_filename or "<stdin>": next(iter(result.after.values()), options.stdin_data)}


def tell(result: Fixed, options: argparse.Namespace) -> None:
    """How much was fixed, or would be, for a person."""
    if result.applied and not options.quiet:
        verb = "Fixed" if options.fix else "Would fix"
        shared.say(f"{verb} {counted(len(result.applied), 'finding')} in {counted(len(result.after), 'file')}.")
