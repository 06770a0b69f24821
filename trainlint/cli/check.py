"""``trainlint check``: find mistakes."""

from __future__ import annotations

import argparse
import sys

from trainlint.cli import collection, fixing, load, novelty, reporting, trust
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.cli.progress import ProgressBar
from trainlint.config import ConfigError, enabled_codes
from trainlint.engine import lint
from trainlint.fix import Fixed
from trainlint.packs import Registry
from trainlint.program import Program
from trainlint.results import Report


def configure(parser: argparse.ArgumentParser) -> None:
    load.add_paths(parser)
    shared.add_selection(parser)
    fixing.add_options(parser)
    novelty.add_options(parser)
    reporting.add_options(parser)
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also where there are findings")
    shared.add_configuration(parser)
    trust.add_trust(parser)
    shared.add_color(parser)


def run(options: argparse.Namespace) -> ExitCode:
    is_fixing = fixing.is_wanted(options)
    known = trust.registry(options, load.named(options))
    overrides = shared.selection(options, known)
    settings = shared.configurations(options, known)
    with collection.seldom(), ProgressBar() as progress:
        program = load.program(options, settings, progress)

        def linted(current: Program) -> Report:
            return lint(current, known, settings, overrides, progress)

        def is_on(path: str, code: str) -> bool:
            return code in enabled_codes(known, [settings.of_file(path).selection, overrides])

        try:
            new = novelty.Novelty(options, program, settings, linted, is_on)
            result = fixing.fixed(program, new.lint, options) if is_fixing else Fixed(new.lint(program))
        except ConfigError as error:
            raise CommandError(str(error)) from error
    problems = [*result.report.problems, *result.problems]
    if options.fix:
        problems += fixing.write_all(result, options)
    for problem in problems:
        shared.complain(problem)
    _print(result, options, known)
    if not options.quiet:
        new.tell(program)
    if problems:
        return ExitCode.FAILURE
    found = bool(result.after) if options.diff else bool(result.report.diagnoses)
    return ExitCode.FINDINGS if found and not options.exit_zero else ExitCode.CLEAN


def _print(result: Fixed, options: argparse.Namespace, known: Registry) -> None:
    """The findings; with --diff the changes in their place, and beside a fixed standard input on the other stream."""
    if options.diff:
        fixing.show_diff(result)
    else:
        text = reporting.text(result.report, options, known, fixing.stdin_contents(result, options))
        if options.output_file is not None:
            reporting.write(options.output_file, text)
        else:
            stream = sys.stderr if options.fix and load.STDIN in options.paths else sys.stdout
            stream.write(text)
    fixing.tell(result, options)
