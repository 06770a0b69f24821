"""``trainlint show``: print the trace."""

from __future__ import annotations

import argparse
import sys

from trainlint.cli import collection, load, trust
from trainlint.cli import options as shared
from trainlint.cli.exit import ExitCode
from trainlint.cli.progress import ProgressBar
from trainlint.engine import traced_program
from trainlint.trace import render


def configure(parser: argparse.ArgumentParser) -> None:
    load.add_paths(parser)
    shared.add_configuration(parser)
    trust.add_trust(parser)
    shared.add_color(parser)


def run(options: argparse.Namespace) -> ExitCode:
    settings = shared.configurations(options, trust.registry(options, load.named(options)))
    with collection.seldom(), ProgressBar() as progress:
        program = load.program(options, settings, progress)
        problems = list(program.problems)
        traced = traced_program(program, problems, progress)
    for problem in problems:
        shared.complain(problem)
    if traced is not None:
        sys.stdout.write(render(traced, color=shared.style(options, sys.stdout).color))
    return ExitCode.FAILURE if problems else ExitCode.CLEAN
