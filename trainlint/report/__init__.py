"""Output formats, one module each. A format is a function from a report to the text that it prints."""

from __future__ import annotations

import importlib
from typing import Protocol

from trainlint.report.setting import RuleHelp, Setting
from trainlint.results import Report

__all__ = ["FORMATS", "RuleHelp", "Setting", "render"]

FORMATS = {
    "full": "full",
    "text": "full",
    "concise": "concise",
    "json": "json_",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
}
"""The names of the formats and their modules here; ``text`` is ``full``."""


class Writer(Protocol):
    """What a format's module has."""

    def render(self, report: Report, setting: Setting) -> str: ...


def render(report: Report, output_format: str, setting: Setting | None = None) -> str:
    """The report in one of the FORMATS; without a setting, plain and with all that the format has."""
    writer: Writer = importlib.import_module(f"trainlint.report.{FORMATS[output_format]}")
    return writer.render(report, setting or Setting())
