"""What a format needs to know beside the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trainlint.findings import Level, Location
from trainlint.report.style import Style
from trainlint.results import Spot


@dataclass(frozen=True, slots=True)
class RuleHelp:
    """A rule as consumers show it beside its findings: its page, and the page's first sentence."""

    code: str
    name: str
    level: Level
    summary: str
    markdown: str


def _in_cell(spot: Spot) -> Location:
    return spot.location


@dataclass(frozen=True, slots=True)
class Setting:
    """``quiet`` leaves out what is not a finding; ``rules`` are the known rules by code; ``physical`` gives the place in
    the file of what may stand in a notebook's cell; ``version`` is trainlint's."""

    style: Style = field(default_factory=Style)
    quiet: bool = False
    rules: Callable[[str], RuleHelp | None] = lambda code: None
    physical: Callable[[Spot], Location] = _in_cell
    version: str = ""
