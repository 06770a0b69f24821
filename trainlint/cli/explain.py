"""``trainlint explain``: print a rule's page."""

from __future__ import annotations

import argparse
import sys

from trainlint.cli import options as shared
from trainlint.cli import trust
from trainlint.cli.exit import CommandError, ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="a rule's code or name")
    trust.add_trust(parser)
    shared.add_color(parser)


def run(options: argparse.Namespace) -> ExitCode:
    known = trust.installed()
    entry = known.find(options.rule)
    if entry is None:  # the configuration is asked last: most pages are those of installed rules
        known = trust.registry(options)
        entry = known.find(options.rule)
    if entry is None:
        for problem in known.missing:
            shared.complain(problem)
        nearest = known.suggestion(options.rule)
        hint = f"did you mean {nearest}?" if nearest else "`trainlint rules` lists them"
        raise CommandError(f"no rule has the code or name {options.rule!r}; {hint}")
    style = shared.style(options, sys.stdout)
    title = f"{style.level(entry.code, entry.level)} {style.paint(entry.name, 'bold')} ({entry.level.value})"
    sys.stdout.write(f"{title}\n\n{entry.page.markdown}")
    return ExitCode.CLEAN
