"""``--baseline`` and ``--diff-base``: which findings are new."""

from __future__ import annotations

import argparse
import os

from trainlint.baseline import Baseline, BaselineError, read_baseline
from trainlint.cli import load
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError
from trainlint.config import ConfigError, Configurations
from trainlint.patterns import matches
from trainlint.program import Program
from trainlint.report.wording import counted
from trainlint.results import Report
from trainlint.since import Before, Lint, SinceError, only_new, program_before


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline", metavar="FILE", help="leave out the findings in this file, which `trainlint baseline` wrote"
    )
    parser.add_argument(
        "--diff-base",
        metavar="REV",
        help="leave out what was there before the changes since this git revision (since the branches parted)",
    )


class Novelty:
    """What tells new findings from older ones in one run of the linter. Raises CommandError."""

    def __init__(self, options: argparse.Namespace, program: Program, settings: Configurations, lint: Lint) -> None:
        self._options = options
        self._lint = lint
        self._baseline: Baseline | None = None
        self._before: Before | None = None
        try:
            if options.baseline is not None:
                self._baseline = read_baseline(options.baseline)
            if options.diff_base is not None:
                self._before = program_before(
                    options.diff_base, program, lambda path: _is_linted(path, options, settings)
                )
        except (BaselineError, SinceError, ConfigError) as error:
            raise CommandError(str(error)) from error
        self._all: Report | None = None

    def lint(self, program: Program) -> Report:
        """The new findings in a program."""
        report = self._lint(program)
        self._all = self._all or report
        if self._baseline is not None:
            report = self._baseline.without_known(report)
        if self._before is not None:
            report = only_new(report, program, self._before, self._lint)
        return report

    def tell(self, program: Program) -> None:
        """Say which entries of the baseline have been fixed; not where a selection on the command line looks for less."""
        options = self._options
        if self._baseline is None or self._all is None or options.quiet:
            return
        if options.select is not None or options.extend_select is not None or options.ignore is not None:
            return
        linted = [source.path for source in program.files_read.values()]
        codes = {entry.code for entry in self._baseline.entries}
        fixed = self._baseline.fixed(self._all, linted, codes)
        if fixed:
            listed = ", ".join(f"{entry.path}: {entry.code}" for entry in fixed[:5])
            more = f" and {len(fixed) - 5} more" if len(fixed) > 5 else ""
            verb = "is" if len(fixed) == 1 else "are"
            shared.say(
                f"{counted(len(fixed), 'finding')} of {options.baseline} {verb} fixed ({listed}{more}); "
                "run `trainlint baseline` again to drop what is fixed"
            )


def _is_linted(path: str, options: argparse.Namespace, settings: Configurations) -> bool:
    """Whether a file that no longer exists would have been linted."""
    roots = [os.path.realpath(root) for root in load.named(options)]
    if not any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        return False
    config = settings.of_file(path)
    return not matches(config.exclude, config.folder, path)
