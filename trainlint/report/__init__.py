"""Output formats, one module each. A format is a function from a report to the text that it prints."""

from __future__ import annotations

import importlib
from typing import Protocol

from trainlint.report.style import Style
from trainlint.results import Report

FORMATS = {"full": "full", "text": "full", "concise": "concise", "json": "json_"}
"""The names of the formats and their modules here; ``text`` is ``full``."""


class Writer(Protocol):
    """What a format's module has."""

    def render(self, report: Report, style: Style, *, quiet: bool) -> str: ...


def render(report: Report, output_format: str, style: Style, *, quiet: bool = False) -> str:
    """The report in one of the FORMATS. ``quiet`` leaves out what is not a finding."""
    writer: Writer = importlib.import_module(f"trainlint.report.{FORMATS[output_format]}")
    return writer.render(report, style, quiet=quiet)
