"""``trainlint baseline``: write down the findings that are there, so that only new ones are told."""

from __future__ import annotations

import argparse
import os
import sys

from trainlint.baseline import baseline_text
from trainlint.cli import collection, load, reporting, trust
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.cli.progress import ProgressBar
from trainlint.config import ConfigError
from trainlint.engine import lint
from trainlint.report.wording import counted

DEFAULT = "trainlint-baseline.json"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="a file or folder; default: .")
    parser.add_argument("-o", "--output-file", metavar="FILE", default=DEFAULT, help=f"default: {DEFAULT}")
    shared.add_selection(parser)
    shared.add_configuration(parser)
    trust.add_trust(parser)
    parser.set_defaults(stdin_filename=None)


def run(options: argparse.Namespace) -> ExitCode:
    if load.STDIN in options.paths:
        raise CommandError("a baseline is of files: - (standard input) can't be in one")
    known = trust.registry(options, load.named(options))
    overrides = shared.selection(options, known)
    settings = shared.configurations(options, known)
    with collection.seldom(), ProgressBar() as progress:
        program = load.program(options, settings, progress)
        try:
            report = lint(program, known, settings, overrides, progress)
        except ConfigError as error:
            raise CommandError(str(error)) from error
    if report.problems:
        for problem in report.problems:
            shared.complain(problem)
        # A baseline of half a program would let what it missed through as new, or hide that it was never read.
        raise CommandError(f"{options.output_file} was not written: not all could be linted")
    folder = os.path.dirname(os.path.abspath(options.output_file))
    reporting.write(options.output_file, baseline_text(report, folder))
    sys.stdout.write(f"Wrote {counted(len(report.diagnoses), 'finding')} to {options.output_file}.\n")
    return ExitCode.CLEAN
