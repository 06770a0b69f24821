"""Whether the parts hold the labels in the same shares."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trainlint.runtime.report import Part, Verdict

# A difference is reported where chance does not explain it (so many standard deviations) and it is not small: a tenth
# of the samples would have to change their label, or the means of real labels lie a quarter of their spread apart.
SURPRISE = 6.0
DIFFERENT_SHARES = 0.1
DIFFERENT_MEANS = 0.25
# A label is missing where so many of it were to be expected.
EXPECTED = 5.0
# More distinct values than this, and more than half of the samples, are measurements and not classes.
CLASSES = 50


def check_balance(labels: Mapping[str, Sequence[Any] | None]) -> Part:
    """Compare the labels of all parts."""
    known = {name: list(values) for name, values in labels.items() if values}
    if len(known) < 2:
        return Part("labels", Verdict.SKIP, "labels are not known for two parts (pass labels=)")
    everything = [value for values in known.values() for value in values]
    if all(isinstance(value, float) for value in everything) or _many_values(everything):
        return _real(known) if all(isinstance(value, (int, float)) for value in everything) else _uncountable()
    return _missing(known) or _shares(known)


def _many_values(values: Sequence[Any]) -> bool:
    distinct = len(set(values))
    return distinct > CLASSES and distinct > len(values) / 2


def _uncountable() -> Part:
    return Part("labels", Verdict.SKIP, "nearly every sample has a label of its own")


def _missing(labels: Mapping[str, list[Any]]) -> Part | None:
    total = Counter(value for values in labels.values() for value in values)
    size = sum(total.values())
    for name, values in labels.items():
        held = Counter(values)
        gone = [label for label, count in total.items() if not held[label] and count * len(values) / size >= EXPECTED]
        if gone:
            return _warning(
                f"{name} holds no sample of {', '.join(map(repr, gone[:5]))}",
                "missing-labels",
                name,
                {f"labels in {part}": len(set(entries)) for part, entries in labels.items()},
            )
    return None


def _shares(labels: Mapping[str, list[Any]]) -> Part:
    total = Counter(value for values in labels.values() for value in values)
    size = sum(total.values())
    distances = {}
    for name, values in labels.items():
        held = Counter(values)
        expected = {label: count * len(values) / size for label, count in total.items()}
        distance = sum(abs(held[label] - expected[label]) for label in total) / (2 * len(values))
        statistic = sum((held[label] - expected[label]) ** 2 / expected[label] for label in total)
        freedom = max(len(total) - 1, 1)
        distances[name] = distance
        if distance > DIFFERENT_SHARES and (statistic - freedom) / math.sqrt(2 * freedom) > SURPRISE:
            odd = max(total, key=lambda label: abs(held[label] - expected[label]))
            return _warning(
                f"{name} holds other shares of the labels than the rest: {held[odd]} of {odd!r} where "
                f"{expected[odd]:.0f} were to be expected",
                "unbalanced-labels",
                name,
                {"share that differs": distance},
            )
    evidence: dict[str, object] = {f"difference of {name}": distance for name, distance in distances.items()}
    return Part("labels", Verdict.PASS, f"{len(total)} labels in like shares", evidence=evidence)


def _real(labels: Mapping[str, list[Any]]) -> Part:
    everything = [float(value) for values in labels.values() for value in values]
    mean, spread = statistics.fmean(everything), statistics.pstdev(everything)
    means = {name: statistics.fmean(map(float, values)) for name, values in labels.items()}
    for name, values in labels.items():
        gap = abs(means[name] - mean) / spread if spread else 0.0
        if gap > DIFFERENT_MEANS and gap * math.sqrt(len(values)) > SURPRISE:
            message = f"the labels of {name} average {means[name]:.4g}, all labels {mean:.4g} (spread {spread:.3g})"
            return _warning(message, "unbalanced-labels", name, means)
    return Part("labels", Verdict.PASS, "the labels of all parts have like means", evidence=means)


def _warning(message: str, cause: str, where: str, evidence: Mapping[str, object]) -> Part:
    advice = "shuffle before splitting, and stratify (split_dataset); data sorted by label must not be cut in order"
    return Part("labels", Verdict.WARN, message, advice, cause=cause, where=where, evidence=evidence)
