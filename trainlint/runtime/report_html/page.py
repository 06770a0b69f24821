"""The page: findings first, then what they were read from."""

from __future__ import annotations

import html
import math

from ..findings import RuntimeFinding
from ..report import readable
from ..training_report import Summary, TrainingReport
from .charts import Band, chart
from .pictures import contact_sheet
from .style import STYLE

RULE_OF_THUMB = Band(1e-3, "rule of thumb: 1e-3")

SHOWN_PLACES = 8
"""Activation places in a chart; those with the largest shares are shown."""


def page(report: TrainingReport) -> str:
    """The whole page, valid HTML, without a link to anything outside."""
    summary = report.summary
    counts = _counts(report)
    head = (
        f"<header><h1>{html.escape(report.title)}</h1>"
        f"<p>{html.escape(summary.model)}, {summary.parameters:,} parameters, {summary.steps:,} steps</p>"
        f'<p class="{"good" if report.ok else "bad"}">{counts}</p></header>'
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in summary.notes)
    sections = [
        f"<section><h2>Findings</h2>{_findings(report.findings)}</section>",
        f'<section><h2>Curves</h2><div class="grid2">{"".join(_curves(summary))}</div></section>',
        _filters(summary),
        f'<section><h2>Notes</h2><ul class="notes">{notes}</ul></section>' if notes else "",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(report.title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{head}{''.join(sections)}</main></body></html>\n"
    )


def _counts(report: TrainingReport) -> str:
    advice = len(report.findings) - len(report.errors) - len(report.warnings)
    numbers = [(len(report.errors), "error"), (len(report.warnings), "warning"), (advice, "piece of advice")]
    plurals = {"piece of advice": "pieces of advice"}
    words = [f"{n} {name if n == 1 else plurals.get(name, name + 's')}" for n, name in numbers if n]
    return ", ".join(words) if words else "nothing found"


def _findings(findings: tuple[RuntimeFinding, ...]) -> str:
    if not findings:
        return '<p class="empty">nothing was found</p>'
    return "".join(map(_finding, findings))


def _finding(finding: RuntimeFinding) -> str:
    code = f"<code>{html.escape(finding.code)}</code> " if finding.code else ""
    told = [finding.where or "", "" if finding.step is None else f"step {finding.step:,}"]
    moment = "".join(f'<span class="where">{html.escape(word)}</span>' for word in reversed(told) if word)
    numbers = "; ".join(f"{key}: {readable(value)}" for key, value in finding.evidence.items())
    evidence = f'<p class="evidence">{html.escape(numbers)}</p>' if numbers else ""
    advice = f'<p class="advice">{html.escape(finding.advice)}</p>' if finding.advice else ""
    level = finding.level.value
    return (
        f'<article class="{level}"><h3><span class="level">{level}</span> {code}'
        f"{html.escape(finding.name)}{moment}</h3>"
        f"<p>{html.escape(finding.message)}</p>{evidence}{advice}</article>"
    )


def _curves(summary: Summary) -> list[str]:
    loss = {"training step": summary.loss, "training mean": summary.training, "validation": summary.validation}
    values = [value for points in loss.values() for _, value in points if math.isfinite(value)]
    wide = bool(values) and min(values) > 0 and max(values) > 20 * min(values)
    places = sorted(summary.units, key=lambda name: -max((value for _, value in summary.units[name]), default=0.0))
    charts = [
        chart("Loss" + (" (logarithmic)" if wide else ""), loss, logarithmic=wide),
        chart("Learning rate", {"learning rate": summary.learning_rate}),
        chart("Updates over weights, by layer", summary.updates, logarithmic=True, band=RULE_OF_THUMB),
        chart("Gradient norm", {"gradient norm": summary.gradient_norm}, logarithmic=True),
        chart("Dead units and saturated outputs, share", {name: summary.units[name] for name in places[:SHOWN_PLACES]}),
    ]
    if summary.oscillation:
        half = Band(0.5, "independent steps: 0.5")
        charts.append(chart("Sign flips between successive updates, share", {"flips": summary.oscillation}, band=half))
    return charts


def _filters(summary: Summary) -> str:
    if not summary.filters:
        return ""
    number = "" if summary.smoothness is None else f" Smoothness {summary.smoothness:.2f}: 0 is noise, 1 is smooth."
    picture = contact_sheet(summary.filters, "filters of the first convolution")
    text = f"Mean over the input channels, each scaled alone.{number}"
    return f"<section><h2>First filters</h2><p>{text}</p>{picture}</section>"
