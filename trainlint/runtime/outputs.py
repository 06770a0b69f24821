"""What a model's output looks like to its loss: scores, probabilities, log-probabilities; and what guessing costs."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .batches import LossFunction, loss_value, main_output
from .report import Part, Verdict

# Sums of probabilities differ from one by rounding only: half precision has three digits.
SUM_TOLERANCE = 2e-3


class Task(enum.Enum):
    """What is learned, as far as targets and outputs tell."""

    CLASSES = "classes"  # whole-number targets, scores over an axis of classes
    BINARY = "binary"  # targets between 0 and 1 in the output's shape
    REGRESSION = "regression"
    UNKNOWN = "unknown"


def task_of(output: Any, targets: Any) -> Task:
    """Tell the task from a batch's output and targets."""
    scores = main_output(output)
    if scores is None or not isinstance(targets, Tensor) or not scores.is_floating_point():
        return Task.UNKNOWN
    if _is_class_index(targets) and scores.dim() == targets.dim() + 1 and scores.shape[1] > 1:
        return Task.CLASSES
    if scores.numel() == targets.numel() and _is_binary(targets):
        return Task.BINARY
    if targets.is_floating_point() and scores.dim() == targets.dim() == 2 and scores.shape == targets.shape:
        return Task.CLASSES if _is_distribution(targets, 1) and scores.shape[1] > 1 else Task.REGRESSION
    return Task.REGRESSION if targets.is_floating_point() else Task.UNKNOWN


def _is_class_index(targets: Tensor) -> bool:
    return not targets.is_floating_point() and not targets.is_complex() and targets.dtype != torch.bool


def _is_binary(targets: Tensor) -> bool:
    values = targets.detach().cpu().double()
    return bool(((values == 0) | (values == 1)).all())


def _is_distribution(scores: Tensor, axis: int) -> bool:
    values = scores.detach().cpu().double()
    if scores.shape[axis] < 2 or not bool(torch.isfinite(values).all()):
        return False
    sums = values.sum(axis)
    return bool((values >= 0).all()) and bool(((sums - 1).abs() < SUM_TOLERANCE).all())


def is_log_distribution(scores: Tensor, axis: int = 1) -> bool:
    """Whether the scores are log-probabilities over ``axis``."""
    if scores.dim() <= axis or scores.shape[axis] < 2:
        return False
    values = scores.detach().cpu().double()
    return bool((values <= 1e-6).all()) and bool((values.logsumexp(axis).abs() < SUM_TOLERANCE).all())


def is_distribution(scores: Tensor, axis: int = 1) -> bool:
    """Whether the scores are probabilities that sum to one over ``axis``."""
    return scores.dim() > axis and _is_distribution(scores, axis)


def guessing_loss(output: Any, targets: Any, loss: LossFunction | None, task: Task) -> float | None:
    """What the user's own loss says of a constant answer: equal scores for all classes, even odds, the targets' mean.

    ``None`` where no constant answer can be built, or the loss does not take it.
    """
    scores = main_output(output)
    if loss is None or scores is None or not isinstance(output, Tensor):
        return None
    if task is Task.REGRESSION and isinstance(targets, Tensor):
        if targets.shape != scores.shape:
            return None
        answer = targets.mean(0, keepdim=True).expand_as(scores).to(scores.dtype)
    elif task is Task.CLASSES:
        classes = scores.shape[1]
        uniform = -math.log(classes) if is_log_distribution(scores) else 1 / classes if is_distribution(scores) else 0.0
        answer = torch.full_like(scores, uniform)
    elif task is Task.BINARY:
        answer = torch.full_like(scores, 0.5 if takes_probabilities(loss) else 0.0)
    else:
        return None
    return _tried(answer, targets, loss)


def attainable_loss(output: Any, targets: Any, loss: LossFunction | None, task: Task) -> float | None:
    """The user's own loss of a perfect answer: zero for most losses, above it with label smoothing or soft targets.
    ``None`` where it is not clear what a perfect answer looks like."""
    scores = main_output(output)
    if loss is None or scores is None or not isinstance(output, Tensor) or not isinstance(targets, Tensor):
        return None
    if task is Task.REGRESSION:
        return _tried(targets.to(scores.dtype), targets, loss) if targets.shape == scores.shape else None
    if task is Task.CLASSES and not (is_log_distribution(scores) or is_cross_entropy(output, targets, loss)):
        return None
    if task is Task.CLASSES and _is_class_index(targets):
        # ignore_index and other marks outside the classes get any answer.
        safe = targets.clamp(0, scores.shape[1] - 1)
        perfect = functional.one_hot(safe, scores.shape[1]).movedim(-1, 1).to(scores.dtype)
    elif task is Task.BINARY:
        perfect = targets.reshape(scores.shape).to(scores.dtype)
    else:
        return None
    return _best_of_perfect(perfect, scores, targets, loss)


def _best_of_perfect(perfect: Tensor, scores: Tensor, targets: Tensor, loss: LossFunction) -> float | None:
    if takes_probabilities(loss):
        tried = [_tried(perfect, targets, loss)]
    elif is_log_distribution(scores):
        tried = [_tried(functional.log_softmax(sharpness * perfect, 1), targets, loss) for sharpness in _SHARPNESS]
    else:
        tried = [_tried(sharpness * (2 * perfect - 1), targets, loss) for sharpness in _SHARPNESS]
    values = [value for value in tried if value is not None and math.isfinite(value)]
    return min(values) if values else None


_SHARPNESS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 50.0)


def takes_probabilities(loss: Callable[..., Any]) -> bool:
    """Whether the loss is torch's binary cross entropy over probabilities."""
    return isinstance(loss, nn.BCELoss) or loss is functional.binary_cross_entropy


def is_cross_entropy(output: Any, targets: Any, loss: LossFunction | None) -> bool:
    """Whether the loss applies a softmax of its own: adding a constant to all scores changes nothing, scaling does."""
    if loss is None or not isinstance(output, Tensor) or output.dim() < 2:
        return False
    if isinstance(loss, nn.CrossEntropyLoss) or loss is functional.cross_entropy:
        return True
    here, moved = _tried(output, targets, loss), _tried(output + 3.0, targets, loss)
    scaled = _tried(output * 3.0, targets, loss)
    if here is None or moved is None or scaled is None:
        return False
    return abs(here - moved) < 1e-4 * (1 + abs(here)) and abs(here - scaled) > 1e-4 * (1 + abs(here))


def is_logits_bce(loss: LossFunction | None) -> bool:
    """Whether the loss is torch's binary cross entropy over logits."""
    return isinstance(loss, nn.BCEWithLogitsLoss) or loss is functional.binary_cross_entropy_with_logits


def check_output(output: Any, targets: Any, loss: LossFunction | None) -> Part:
    """Whether the output is of the kind that the loss expects."""
    scores = main_output(output)
    if scores is None or not isinstance(output, Tensor) or loss is None or not scores.is_floating_point():
        return Part("output and loss", Verdict.SKIP, "no single output tensor and loss to compare")
    if not bool(torch.isfinite(scores).all()):
        return _fault("non-finite-output", None, "the output holds NaN or infinity", "look at inputs, divisions, logs")
    if is_logits_bce(loss) and bool(((scores > 0) & (scores < 1)).all()):
        return _fault(
            "sigmoid-before-bce-with-logits",
            "TL602",
            "the output lies between 0 and 1, and the loss takes its sigmoid once more",
            "return the logits, without sigmoid",
        )
    shapes = _mismatched_shapes(scores, targets, loss)
    if shapes is not None:
        return shapes
    cross_entropy = is_cross_entropy(output, targets, loss)
    if cross_entropy and is_distribution(scores):
        return _fault(
            "softmax-twice",
            "TL601",
            "the output is a distribution over the classes, and the loss takes its softmax once more",
            "return the raw scores, without softmax",
        )
    if cross_entropy and scores.dim() == 2 and scores.shape[0] > 1 and is_distribution(scores, 0):
        return _fault(
            "softmax-over-batch",
            "TL604",
            "the output sums to one over the batch: a softmax runs along the wrong axis",
            "remove the softmax (the loss takes its own), or give it dim=1",
        )
    if cross_entropy and _is_rectified(scores):
        return _fault(
            "rectified-logits",
            "TL607",
            "no score is ever negative and many are exactly zero: a ReLU stands between the last layer and the loss",
            "return the last layer's scores as they are",
        )
    if (isinstance(loss, nn.NLLLoss) or loss is functional.nll_loss) and not is_log_distribution(scores):
        return _fault(
            "raw-scores-into-nll",
            "TL603",
            "NLLLoss gets scores that are no log-probabilities",
            "apply log_softmax(dim=1), or use CrossEntropyLoss on the raw scores",
        )
    return Part("output and loss", Verdict.PASS, f"the loss gets what it expects, shape {tuple(scores.shape)}")


def _mismatched_shapes(scores: Tensor, targets: Any, loss: LossFunction) -> Part | None:
    if not isinstance(targets, Tensor) or not targets.is_floating_point() or targets.shape == scores.shape:
        return None
    elementwise = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)
    functions = (functional.mse_loss, functional.l1_loss, functional.smooth_l1_loss, functional.huber_loss)
    if targets.numel() != scores.numel() or scores.numel() == 1:
        return None
    if isinstance(loss, elementwise) or loss in functions or _broadcasts(scores, targets, loss):
        return _fault(
            "broadcast-targets",
            None,
            f"output {tuple(scores.shape)} and targets {tuple(targets.shape)} are broadcast against each other: every "
            "sample is compared with every target",
            "give both the same shape, e.g. output.squeeze(1)",
        )
    return None


def _broadcasts(scores: Tensor, targets: Tensor, loss: LossFunction) -> bool:
    """Whether the loss of equal numbers in the two shapes is other than in one shape."""
    apart, together = _tried(targets.reshape(scores.shape), targets, loss), _tried(targets, targets, loss)
    return apart is not None and together is not None and apart > together + 1e-6 * (1 + abs(together))


def _is_rectified(scores: Tensor) -> bool:
    return bool((scores >= 0).all()) and float((scores == 0).float().mean()) > 0.05 and bool((scores > 0).any())


def _fault(cause: str, code: str | None, message: str, advice: str) -> Part:
    return Part("output and loss", Verdict.FAIL, message, advice, cause=cause, code=code)


def _tried(answer: Tensor, targets: Any, loss: LossFunction) -> float | None:
    """The loss of an answer, ``None`` where the loss refuses it."""
    try:
        with torch.no_grad():
            return float(loss_value(answer, targets, loss))
    except (RuntimeError, TypeError, ValueError, IndexError):
        return None
