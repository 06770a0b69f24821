"""Line charts as inline SVG: linear or logarithmic, with ticks that people read."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[int, float]]

WIDTH, HEIGHT = 560, 230
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 34
COLOURS = ("#2563a8", "#c2571a", "#2f855a", "#8b3a8f", "#b0892b", "#b83250", "#4a5568", "#0e7c86")
"""Line colours that differ in lightness too, so that a grey print can be read; further lines are dashed."""


@dataclass(frozen=True)
class Band:
    """A horizontal line with a label: a rule of thumb, the loss of guessing."""

    value: float
    label: str


def chart(
    title: str, curves: Mapping[str, Points], *, logarithmic: bool = False, band: Band | None = None, unit: str = ""
) -> str:
    """A figure with ``curves`` by name over the step. Points that are no numbers are left out; without any, a line of
    text says so."""
    kept = {name: _drawable(points, logarithmic) for name, points in curves.items()}
    kept = {name: points for name, points in kept.items() if points}
    if not kept:
        return (
            f'<figure><figcaption>{html.escape(title)}</figcaption><p class="empty">nothing was measured</p></figure>'
        )
    frame = _Frame.around(kept, logarithmic, band)
    body = [frame.axes(unit)]
    if band is not None:
        body.append(frame.band(band))
    body += [frame.line(points, index, name) for index, (name, points) in enumerate(kept.items())]
    label = html.escape(f"{title}: {', '.join(kept)}")
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(body)}</svg>'
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{svg}{_legend(list(kept))}</figure>"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About ``count`` round numbers between ``low`` and ``high``."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A short form of ``value`` for a tick or a table."""
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:.4g}"


def _drawable(points: Points, logarithmic: bool) -> list[tuple[int, float]]:
    return [(x, y) for x, y in points if math.isfinite(y) and (y > 0 or not logarithmic)]


def _legend(names: list[str]) -> str:
    if len(names) < 2:
        return ""
    entries = [
        f'<li><svg viewBox="0 0 22 8"><path d="M0 4H22" {_stroke(index)}/></svg>{html.escape(name)}</li>'
        for index, name in enumerate(names)
    ]
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _stroke(index: int) -> str:
    dash = ("", "6 3", "2 3")[index // len(COLOURS) % 3]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'fill="none" stroke="{COLOURS[index % len(COLOURS)]}" stroke-width="1.6"{dashes}'


@dataclass(frozen=True)
class _Frame:
    """The ranges of both axes; ``low`` and ``high`` are exponents where the axis is logarithmic."""

    first: float
    last: float
    low: float
    high: float
    logarithmic: bool

    @classmethod
    def around(cls, curves: Mapping[str, Points], logarithmic: bool, band: Band | None) -> _Frame:
        steps = [x for points in curves.values() for x, _ in points]
        values = [y for points in curves.values() for _, y in points] + ([band.value] if band else [])
        scaled = [math.log10(y) for y in values if y > 0] if logarithmic else values
        low, high = min(scaled), max(scaled)
        if not logarithmic and low >= 0 and low < 0.5 * high:
            low = 0.0
        margin = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
        low = low if low == 0.0 and not logarithmic else low - margin
        last = max(steps) if max(steps) > min(steps) else min(steps) + 1
        return cls(min(steps), last, low, high + margin, logarithmic)

    def x(self, step: float) -> float:
        return LEFT + (step - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        scaled = math.log10(value) if self.logarithmic else value
        return HEIGHT - BOTTOM - (scaled - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def axes(self, unit: str) -> str:
        parts = []
        for value in self._value_ticks():
            y = self.y(value)
            parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{number(value)}</text>')
        parts += [
            f'<text x="{self.x(step):.1f}" y="{HEIGHT - 18}" text-anchor="middle">{number(step)}</text>'
            for step in ticks(self.first, self.last)
        ]
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">step</text>')
        if unit:
            parts.append(f'<text x="{LEFT}" y="{HEIGHT - 3}">{html.escape(unit)}</text>')
        parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
        return "".join(parts)

    def _value_ticks(self) -> list[float]:
        if not self.logarithmic:
            return ticks(self.low, self.high)
        exponents = ticks(self.low, self.high)
        if all(abs(exponent - round(exponent)) < 1e-9 for exponent in exponents) and len(exponents) > 1:
            return [10.0**exponent for exponent in exponents]
        return [float(f"{10.0**exponent:.1g}") for exponent in exponents if self.low < exponent < self.high]

    def band(self, band: Band) -> str:
        y = self.y(band.value)
        place = f'x="{WIDTH - RIGHT - 4}" y="{y - 4:.1f}" text-anchor="end"'
        text = f'<text class="band" {place}>{html.escape(band.label)}</text>'
        return f'<path class="band" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>{text}'

    def line(self, points: Points, index: int, name: str) -> str:
        if len(points) == 1:
            x, y = self.x(points[0][0]), self.y(points[0][1])
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{COLOURS[index % len(COLOURS)]}"/>'
        path = "L".join(f"{self.x(step):.1f} {self.y(value):.1f}" for step, value in points)
        return f'<path d="M{path}" {_stroke(index)}><title>{html.escape(name)}</title></path>'
