"""``--baseline`` and ``--diff-base``: which findings are new."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Callable

from trainlint.baseline import Baseline, BaselineError, read_baseline
from trainlint.cli import load
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError
from trainlint.config import ConfigError, Configurations
from trainlint.patterns import matches
from trainlint.program import Program
from trainlint.report.wording import counted
from trainlint.results import Report
from trainlint.since import Before, Lint, SinceError, only_new, state_before

NAMED = 5
"""Entries that a message names before it counts the rest."""


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

    def __init__(
        self,
        options: argparse.Namespace,
        program: Program,
        settings: Configurations,
        lint: Lint,
        is_on: Callable[[str, str], bool],
    ) -> None:
        self._file = options.baseline
        self._lint = lint
        self._is_on = is_on
        self._baseline: Baseline | None = None
        self._before: Before | None = None
        try:
            if options.baseline is not None:
                self._baseline = read_baseline(options.baseline)
            if options.diff_base is not None:
                is_linted = functools.partial(_is_linted, options=options, settings=settings)
                self._before = state_before(options.diff_base, program, is_linted, lint)
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
            report = only_new(report, program, self._before)
        return report

    def tell(self, program: Program) -> None:
        """Say which entries of the baseline have been fixed."""
        if self._baseline is None or self._all is None:
            return
        linted = [source.path for source in program.files_read.values()]
        fixed = self._baseline.fixed(self._all, linted, self._is_on)
        if fixed:
            listed = ", ".join(f"{entry.path}: {entry.code}" for entry in fixed[:NAMED])
            more = f" and {len(fixed) - NAMED} more" if len(fixed) > NAMED else ""
            verb = "is" if len(fixed) == 1 else "are"
            shared.say(
                f"{counted(len(fixed), 'finding')} of {self._file} {verb} fixed ({listed}{more}); "
                "run `trainlint baseline` again to drop what is fixed"
            )


def _is_linted(path: str, options: argparse.Namespace, settings: Configurations) -> bool:
    """Whether a file that no longer exists would have been linted."""
    roots = [os.path.realpath(root) for root in load.named(options)]
    if not any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        return False
    config = settings.of_file(path)
    return not matches(config.exclude, config.folder, path)
