"""What a gradient check takes for granted: the forward is deterministic, and in double precision throughout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainlint.runtime.recording import Call, first_to_differ, record
from trainlint.runtime.report import Part, Verdict

from .problem import Problem, differentiable

# Two forwards of one network differ by this much at most through the order of sums on an accelerator.
SAME_FORWARD = 1e-10


def check_determinism(problem: Problem) -> Part:
    """Two forwards must agree. Where they don't, the module that differs is named, and ``problem`` is seeded so that
    the gradients can still be compared; a part with verdict ``SKIP`` means that seeding did not help either."""
    first, second = problem.evaluate(), problem.evaluate()
    if agree(first, second, problem):
        _match_grad_mode(problem, first)
        return Part("deterministic forward", Verdict.PASS, "two forwards agree", evidence={"loss": first})
    culprit = _culprit(problem)
    problem.seeded = True
    by_seed = agree(problem.evaluate(), problem.evaluate(), problem)
    evidence = {"first loss": first, "second loss": second}
    where = culprit.title if culprit is not None else "the function or the loss itself"
    if by_seed:
        return Part(
            "deterministic forward",
            Verdict.FAIL,
            f"two forwards differ, in {where}, although dropout is off",
            "tie the randomness to self.training (F.dropout(x, training=self.training)) and take random augmentation "
            "out of the forward. The gradients below were compared with the generators reset before each forward",
            cause="random-forward",
            code="TL201",
            where=where,
            evidence=evidence,
        )
    return Part(
        "deterministic forward",
        Verdict.FAIL,
        f"two forwards differ, in {where}, even from the same seed: something in it changes with each call",
        "find what the forward changes or reads (a counter, a cache, running statistics) and freeze it for the check",
        cause="stateful-forward",
        where=where,
        evidence=evidence,
    )


def check_precision(problem: Problem, dtype: torch.dtype) -> Part:
    """Every module must compute in ``dtype`` once its inputs are; the first that falls back is named."""
    narrow = _first_narrow(record(problem.module, problem.evaluate), dtype) if problem.module is not None else None
    with torch.no_grad():
        loss_type = problem.forward().dtype
    name = str(dtype).removeprefix("torch.")
    if narrow is None and loss_type == dtype:
        message = f"everything is computed in {name}"
        if dtype == torch.float64:
            return Part("precision", Verdict.PASS, message)
        advice = "check in float64 where the layers allow it: rounding hides errors here"
        return Part("precision", Verdict.WARN, message, advice, cause="not-double", code="TL202")
    where = narrow.title if narrow is not None else "the loss"
    return Part(
        "precision",
        Verdict.FAIL,
        f"{where} leaves {name} for a smaller type, whatever comes in",
        "remove .float(), .half() and autocast from the forward, or make them follow the input's dtype; until then the "
        "comparison below sees rounding, not gradients",
        cause="not-double",
        code="TL202",
        where=where,
    )


def agree(first: float, second: float, problem: Problem) -> bool:
    """Whether two losses are the same but for the order of sums."""
    if first == second or (first != first and second != second):
        return True
    slack = SAME_FORWARD if all(leaf.real.dtype == torch.float64 for leaf in problem.leaves) else 1e-5
    return problem.leaves[0].tensor.device.type != "cpu" and abs(first - second) <= slack * (abs(first) + abs(second))


def _match_grad_mode(problem: Problem, without: float) -> None:
    """Some layers take another path when no gradient is wanted; then the numeric side has to want one too."""
    problem.with_graph = True
    with_graph = problem.evaluate()
    problem.with_graph = abs(with_graph - without) > SAME_FORWARD * (abs(with_graph) + abs(without))


def _culprit(problem: Problem) -> Call | None:
    module = problem.module
    if module is None:
        return None
    return first_to_differ(record(module, problem.evaluate), record(module, problem.evaluate), _equal)


def _equal(first: Tensor, second: Tensor) -> bool:
    if not differentiable(first):
        return torch.equal(first, second)
    return torch.allclose(first, second, rtol=SAME_FORWARD, atol=0.0, equal_nan=True)


def _first_narrow(calls: list[Call], dtype: torch.dtype) -> Call | None:
    for call in calls:
        wide = all(tensor.dtype == dtype for tensor in call.inputs if tensor.is_floating_point())
        narrow = any(tensor.is_floating_point() and tensor.dtype != dtype for tensor in call.outputs)
        if wide and narrow and not isinstance(call.module, nn.Embedding):
            return call
    return None
