"""``trainlint check``: find mistakes."""

from __future__ import annotations

import argparse
import sys

from trainlint.cli import collection, load
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.cli.progress import ProgressBar
from trainlint.config import ConfigError
from trainlint.engine import lint
from trainlint.report import FORMATS, render, statistics
from trainlint.results import Report


def configure(parser: argparse.ArgumentParser) -> None:
    load.add_paths(parser)
    shared.add_selection(parser)
    parser.add_argument("--output-format", choices=tuple(FORMATS), default="full", help="default: full; text is full")
    parser.add_argument("--statistics", action="store_true", help="print how often each rule finds something")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also where there are findings")
    parser.add_argument("-q", "--quiet", action="store_true", help="print the findings and nothing else")
    shared.add_configuration(parser)
    shared.add_color(parser)


def run(options: argparse.Namespace) -> ExitCode:
    known = shared.registry()
    overrides = shared.selection(options, known)
    settings = shared.configurations(options, known)
    with collection.seldom(), ProgressBar() as progress:
        program = load.program(options, settings, progress)
        try:
            report = lint(program, known, settings, overrides, progress)
        except ConfigError as error:
            raise CommandError(str(error)) from error
    for problem in report.problems:
        shared.complain(problem)
    sys.stdout.write(_text(report, options))
    if report.problems:
        return ExitCode.FAILURE
    return ExitCode.FINDINGS if report.diagnoses and not options.exit_zero else ExitCode.CLEAN


def _text(report: Report, options: argparse.Namespace) -> str:
    style = shared.style(options, sys.stdout)
    if options.statistics:
        return statistics.render(report, style, as_json=options.output_format == "json", quiet=options.quiet)
    return render(report, options.output_format, style, quiet=options.quiet)
