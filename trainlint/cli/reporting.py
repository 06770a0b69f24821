"""How the findings are printed: the format, and where to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from trainlint import __version__
from trainlint.cli import options as shared
from trainlint.cli.exit import CommandError
from trainlint.packs import Registry
from trainlint.physical import PhysicalLines
from trainlint.report import FORMATS, RuleHelp, Setting, render, statistics
from trainlint.results import Report
from trainlint.writing import replace


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-format", choices=tuple(FORMATS), default="full", help="default: full; text is full")
    parser.add_argument(
        "-o",
        "--output-file",
        metavar="FILE",
        help="write the findings to this file, whole or not at all, and print none",
    )
    parser.add_argument("--statistics", action="store_true", help="print how often each rule finds something")
    parser.add_argument("-q", "--quiet", action="store_true", help="print the findings and nothing else")


def text(report: Report, options: argparse.Namespace, known: Registry, contents: Mapping[str, bytes]) -> str:
    """The report in the format that is asked for; ``contents`` are those of files that don't lie on the disk, by name."""
    style = shared.style(options, sys.stdout)
    if options.output_file is not None and options.color != "always":
        style = shared.PLAIN
    if options.statistics:
        return statistics.render(report, style, as_json=options.output_format == "json", quiet=options.quiet)

    def help_on(code: str) -> RuleHelp | None:
        entry = known.find(code)
        if entry is None:
            return None
        return RuleHelp(entry.code, entry.name, entry.level, entry.page.summary, entry.page.markdown)

    setting = Setting(style, options.quiet, help_on, PhysicalLines(contents).of, __version__)
    return render(report, options.output_format, setting)


def write(path: str, content: str) -> None:
    """Put the text into a file, whole or not at all. Raises CommandError where that can't be done."""
    try:
        replace(path, content.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise CommandError(f"{path}: can't be written: {error.strerror or error}") from error
