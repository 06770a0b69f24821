"""``trainlint check``: find mistakes."""

from __future__ import annotations

import argparse
import sys

from trainlint.cli import collection, fixing, load, trust
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.cli.progress import ProgressBar
from trainlint.config import ConfigError
from trainlint.engine import lint
from trainlint.fix import Fixed
from trainlint.program import Program
from trainlint.report import FORMATS, render, statistics
from trainlint.results import Report


def configure(parser: argparse.ArgumentParser) -> None:
    load.add_paths(parser)
    shared.add_selection(parser)
    parser.add_argument("--output-format", choices=tuple(FORMATS), default="full", help="default: full; text is full")
    fixing.add_options(parser)
    parser.add_argument("--statistics", action="store_true", help="print how often each rule finds something")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also where there are findings")
    parser.add_argument("-q", "--quiet", action="store_true", help="print the findings and nothing else")
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

        try:
            result = fixing.fixed(program, linted, options) if is_fixing else Fixed(linted(program))
        except ConfigError as error:
            raise CommandError(str(error)) from error
    problems = [*result.report.problems, *result.problems]
    if options.fix:
        problems += fixing.write_all(result, options)
    for problem in problems:
        shared.complain(problem)
    _print(result, options)
    if problems:
        return ExitCode.FAILURE
    found = bool(result.after) if options.diff else bool(result.report.diagnoses)
    return ExitCode.FINDINGS if found and not options.exit_zero else ExitCode.CLEAN


def _print(result: Fixed, options: argparse.Namespace) -> None:
    """The findings; with --diff the changes in their place, and beside a fixed standard input on the other stream."""
    if options.diff:
        fixing.show_diff(result)
    else:
        stream = sys.stderr if options.fix and load.STDIN in options.paths else sys.stdout
        stream.write(_text(result.report, options))
    fixing.tell(result, options)


def _text(report: Report, options: argparse.Namespace) -> str:
    style = shared.style(options, sys.stdout)
    if options.statistics:
        return statistics.render(report, style, as_json=options.output_format == "json", quiet=options.quiet)
    return render(report, options.output_format, style, quiet=options.quiet)
