"""``trainlint rules``: list all rules."""

from __future__ import annotations

import argparse
import json
import sys

from trainlint.cli import options as shared
from trainlint.cli import trust
from trainlint.cli.exit import ExitCode
from trainlint.packs import Registry
from trainlint.report.style import Style


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    trust.add_trust(parser)
    shared.add_color(parser)


def run(options: argparse.Namespace) -> ExitCode:
    known = trust.registry(options)
    for problem in known.missing:
        shared.complain(problem)
    as_json = options.output_format == "json"
    sys.stdout.write(_json(known) if as_json else _table(known, shared.style(options, sys.stdout)))
    return ExitCode.FAILURE if known.missing else ExitCode.CLEAN


def _json(known: Registry) -> str:
    objects = [
        {
            "code": entry.code,
            "name": entry.name,
            "level": entry.level.value,
            "summary": entry.page.summary,
            "pack": entry.pack,
            "options": dict(entry.options),
        }
        for entry in known
    ]
    return json.dumps(objects, indent=2) + "\n"


def _table(known: Registry, style: Style) -> str:
    name_width = max(len(entry.name) for entry in known)
    lines = []
    for entry in known:
        level = style.level(f"{entry.level.value:7}", entry.level)
        summary = " ".join(entry.page.summary.split())
        lines.append(f"{entry.code}  {level}  {entry.name:{name_width}}  {summary}\n")
    return "".join(lines)
