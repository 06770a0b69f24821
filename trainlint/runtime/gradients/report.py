"""Put the comparisons into words."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from trainlint.runtime.report import Part, Report, Verdict

from .compare import Comparisons
from .numeric import Comparison, Outcome

# Tensors reported one by one; a broken layer makes every gradient below it wrong.
SHOWN = 8
# Above this share of kinks the check has seen too little of the smooth rest.
MANY_KINKS = 0.5


@dataclass
class GradientReport(Report):
    """The report of :func:`check_gradients`: ``worst`` is the largest relative error among the entries that were
    compared, ``forwards`` the number of forwards that it took."""

    comparisons: Comparisons | None = None
    forwards: int = 0

    @property
    def worst(self) -> float:
        """The largest relative error; NaN where nothing was compared."""
        return worst(self.comparisons)

    def details(self) -> dict[str, object]:
        return {"forwards": self.forwards, "worst_relative_error": self.worst if math.isfinite(self.worst) else None}


def worst(comparisons: Comparisons | None) -> float:
    """The largest relative error among comparisons that agree or differ."""
    if comparisons is None:
        return math.nan
    decided = (Outcome.AGREES, Outcome.DIFFERS)
    return max((entry.relative_error for entry in comparisons.entries if entry.outcome in decided), default=math.nan)


def describe(comparisons: Comparisons | None, tolerance: float) -> tuple[Part, ...]:
    """The parts about gradients and kinks."""
    if comparisons is None:
        return (_detached_loss(),)
    parts = _wrong(comparisons, tolerance) or [_right(comparisons, tolerance)]
    if comparisons.with_outcome(Outcome.KINK):
        parts.append(_kinks(comparisons))
    return tuple(parts)


def regularized(with_term: Comparisons | None, without: Comparisons, tolerance: float) -> tuple[Part, ...]:
    """The parts about the loss with regularisation, after the one without."""
    if with_term is None:
        return ()
    share = with_term.norm / without.norm if without.norm else math.inf
    wrong = with_term.with_outcome(Outcome.DIFFERS)
    evidence = {
        "worst relative error": worst(with_term),
        "gradient norm without": without.norm,
        "gradient norm with": with_term.norm,
    }
    if not wrong:
        message = f"the gradients agree with regularisation too, whose norm is {share:.3g} times that without"
        return (Part("gradients with regularization", Verdict.PASS, message, evidence=evidence),)
    if without.with_outcome(Outcome.DIFFERS):
        return (Part("gradients with regularization", Verdict.SKIP, "wrong already without it"),)
    entry = max(wrong, key=lambda item: item.relative_error)
    return (
        Part(
            "gradients with regularization",
            Verdict.FAIL,
            f"right without regularisation, wrong with it: {_numbers(entry)}",
            "the fault is in the regularisation term: a part of it is detached, or its backward is wrong",
            cause="wrong-regularization",
            where=entry.probe.where,
            evidence=evidence,
        ),
    )


def _wrong(comparisons: Comparisons, tolerance: float) -> list[Part]:
    by_tensor: dict[str, Comparison] = {}
    for entry in sorted(comparisons.with_outcome(Outcome.DIFFERS), key=lambda item: -item.relative_error):
        name = _tensor(entry)
        # An entry tells more than a direction.
        if name not in by_tensor or (by_tensor[name].probe.length == 1.0 and entry.probe.length != 1.0):
            by_tensor[name] = entry
    if len(by_tensor) > 1:
        by_tensor.pop("all tensors", None)
    ordered = sorted(by_tensor.items(), key=lambda item: _order(item[1]))
    parts = [_wrong_tensor(name, entry, comparisons) for name, entry in ordered[-SHOWN:]]
    if len(ordered) > SHOWN:
        names = ", ".join(name for name, _ in ordered[:-SHOWN])
        parts.append(
            Part("gradients", Verdict.FAIL, f"{len(ordered) - SHOWN} tensors before these are wrong too: {names}")
        )
    undefined = comparisons.with_outcome(Outcome.UNDEFINED)
    if undefined:
        where = undefined[0].probe.where
        parts.append(
            Part(
                "gradients",
                Verdict.FAIL,
                f"the loss is not finite beside {where}",
                "keep logarithms, roots and divisions away from zero, e.g. by clamp or log1p",
                cause="non-finite-loss",
                where=where,
            )
        )
    return parts


def _wrong_tensor(name: str, entry: Comparison, comparisons: Comparisons) -> Part:
    evidence = {
        "analytic": entry.analytic,
        "numeric": entry.numeric,
        "relative error": entry.relative_error,
    }
    if name in comparisons.missing:
        return Part(
            f"gradient of {name}",
            Verdict.FAIL,
            f"no gradient arrives, yet the loss moves with it: {_numbers(entry)}",
            "look for .detach(), .data, .item(), numpy or no_grad between it and the loss",
            cause="detached",
            code="TL509",
            where=name,
            evidence=evidence,
        )
    suspects = comparisons.functions
    advice = f"check the backward of {', '.join(suspects)}" if suspects else _advice(entry)
    return Part(
        f"gradient of {name}",
        Verdict.FAIL,
        f"analytic and numeric gradient differ: {_numbers(entry)}",
        advice,
        cause="wrong-backward" if suspects else "wrong-gradient",
        code="TL203" if suspects else None,
        where=name,
        evidence=evidence,
    )


def _advice(entry: Comparison) -> str:
    if entry.numeric == 0:
        return "a rounding, argmax or straight-through estimate lies on its way; if it is meant, this check cannot pass"
    return (
        "something on its way passes a wrong or partial gradient: a detached branch, a backward hook, a "
        "straight-through estimate, an in-place change of .data"
    )


def _right(comparisons: Comparisons, tolerance: float) -> Part:
    counts = Counter(entry.outcome for entry in comparisons.entries)
    evidence = {
        "compared": counts[Outcome.AGREES],
        "worst relative error": worst(comparisons),
        "skipped as tiny": counts[Outcome.TINY],
        "unresolved": counts[Outcome.UNRESOLVED],
        "at a kink": counts[Outcome.KINK],
        "loss": comparisons.loss,
    }
    if not counts[Outcome.AGREES]:
        return Part(
            "gradients",
            Verdict.WARN,
            "not one entry could be compared: all gradients are tiny or at a kink",
            "check after some training (warmup_steps=20), with other inputs, or scale the loss (loss_scale=)",
            cause="no-gradient",
            evidence=evidence,
        )
    missing = f"; no gradient reaches {', '.join(comparisons.missing[:4])}" if comparisons.missing else ""
    message = f"analytic and numeric gradients agree within {tolerance:g}{missing}"
    return Part("gradients", Verdict.PASS, message, evidence=evidence)


def _kinks(comparisons: Comparisons) -> Part:
    kinks = comparisons.with_outcome(Outcome.KINK)
    share = len(kinks) / len(comparisons.entries)
    entry = kinks[0]
    places = ", ".join(f"{where} (in {module})" for where, module in comparisons.kinks.items())
    slopes = ""
    if entry.left is not None and entry.right is not None and abs(entry.left - entry.right) > 0.01 * abs(entry.left):
        slopes = f", slopes {entry.left:.3g} to the left and {entry.right:.3g} to the right"
    many = share > MANY_KINKS
    return Part(
        "kinks",
        Verdict.WARN if many else Verdict.PASS,
        f"{len(kinks)} of {len(comparisons.entries)} probes stand at a kink of the loss, not counted as failures; they "
        f"agree right beside it: {places or entry.probe.where}{slopes}",
        "use fewer samples, or check after some training (warmup_steps=20)" if many else "",
        cause="many-kinks" if many else None,
        evidence={"kinks": len(kinks), "share": share},
    )


def _detached_loss() -> Part:
    return Part(
        "gradients",
        Verdict.FAIL,
        "the loss carries no gradient: it is cut from every parameter and input",
        "look for .item(), .detach(), .data, numpy, torch.tensor(...) or no_grad between the model and the loss",
        cause="loss-detached",
        code="TL509",
    )


def _numbers(entry: Comparison) -> str:
    return (
        f"at {entry.probe.where} analytic {entry.analytic:.6g}, numeric {entry.numeric:.6g}, "
        f"relative error {entry.relative_error:.2g}"
    )


def _tensor(entry: Comparison) -> str:
    where = entry.probe.where
    if entry.probe.leaf is None:
        return "all tensors"
    if where.endswith(")"):
        return where.rpartition(" (")[0]
    return where.rpartition("[")[0] if entry.probe.shifts[0].index else where


def _order(entry: Comparison) -> tuple[int, int]:
    leaf = entry.probe.leaf
    return (1, 0) if leaf is None else (0, leaf)
