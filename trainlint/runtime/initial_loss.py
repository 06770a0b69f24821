"""check_initial_loss: an untrained network knows nothing, so its loss is that of guessing, for every class."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .batches import LossFunction, batch_size, call, cloned, loss_value, main_output, take
from .captured import captured
from .copies import working_copy
from .inputs import check_input_scale
from .modes import batch_norms, quiet
from .outputs import Task, attainable_loss, check_output, guessing_loss, task_of
from .redraw import constant_weights, redraw
from .report import Part, Report, Verdict
from .state import preserved

# Scores of an untrained network spread by about one at most, which adds up to half a nat to the cross entropy of
# guessing ("Verify loss @ init", A. Karpathy, A Recipe for Training Neural Networks, 2019). Three times the loss of
# guessing means scores of several units: confident nonsense.
HIGH = 1.5
TOO_HIGH = 3.0
# Below this the network knows something about the targets already.
LOW = 0.7
# An untrained regressor answers about zero, which costs more than the targets' mean where these are not centred.
HIGH_REGRESSION = 3.0
TOO_HIGH_REGRESSION = 100.0


@dataclass
class InitialLossReport(Report):
    """The report of :func:`check_initial_loss`: the losses of all draws (the first as found), what guessing costs,
    and by class the mean over the draws relative to guessing."""

    losses: tuple[float, ...] = ()
    expected: float | None = None
    by_class: dict[int, float] = field(default_factory=dict)

    def details(self) -> dict[str, object]:
        by_class = {str(label): ratio for label, ratio in self.by_class.items()}
        return {"losses": [*self.losses], "expected": self.expected, "by_class": by_class}


def check_initial_loss(
    model: nn.Module | Callable[[], nn.Module],
    inputs: Any,
    targets: Any = None,
    loss: LossFunction | None = None,
    *,
    expected: float | None = None,
    seeds: int = 5,
    regularization: Callable[[nn.Module], Tensor] | None = None,
    batch_statistics: bool = True,
) -> InitialLossReport:
    """Compare the untrained network's loss with that of guessing, overall and class by class.

    The loss of guessing is the user's own ``loss`` of a constant answer: equal scores (log C for cross entropy, log 2
    for binary cross entropy, whatever weights and smoothing the loss has), or the targets' mean (their variance, for
    squared errors). The network is judged as found and for ``seeds - 1`` further draws of its weights, on a copy, with
    dropout off; weight decay belongs to the optimizer and is no part of it.

    Args:
        model: an untrained module, or a function that builds one (called once a seed).
        inputs: a batch: tensor, tuple or mapping. Some samples of every class make the comparison by class telling.
        targets: class indices of shape (N,) or (N, ...), 0/1 values, or real values.
        loss: ``loss(output, targets)`` to one number.
        expected: what the loss should be, where it is no standard one.
        seeds: how many draws; must be positive.
        regularization: ``regularization(module)``, if the training adds such a term: its share is reported.
        batch_statistics: normalise by the batch, as the first training step does; else by running statistics.

    Raises:
        ValueError: ``seeds`` is not positive, or lazy layers have no shape yet.
        TypeError: the loss is not one number.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be positive, not {seeds}")
    report = InitialLossReport("check_initial_loss")
    draws = []
    with preserved(*captured(loss, None if isinstance(model, nn.Module) else model), *_modules(model)):
        for number, network in enumerate(_networks(model, seeds)):
            _quiet(network, inputs, batch_statistics)
            with torch.no_grad():
                output = call(network, cloned(inputs))
                draws.append((output, float(loss_value(output, targets, loss))))
                if number == 0:
                    report.parts = (check_input_scale(inputs), check_output(output, targets, loss))
                    report.parts += (_weights(network), *_regularization(network, regularization, draws[0][1]))
        report.losses = tuple(value for _, value in draws)
        output = draws[0][0]
        task = task_of(output, targets)
        report.expected = guessing_loss(output, targets, loss, task) if expected is None else expected
        report.parts += (_overall(report, task, _entropy(targets, task), _share_at_least(output, targets, loss, task)),)
        report.by_class = _by_class([output for output, _ in draws], targets, loss, task)
        report.parts += tuple(_classes(report, targets))
    return report


def _modules(model: object) -> tuple[nn.Module, ...]:
    return (model,) if isinstance(model, nn.Module) else ()


def _networks(model: nn.Module | Callable[[], nn.Module], seeds: int) -> Iterator[nn.Module]:
    """The network as found or as built, then drawn anew for each further seed."""
    if isinstance(model, nn.Module):
        with working_copy(model) as network:
            for seed in range(seeds):
                if seed:
                    redraw(network, seed)
                yield network
        return
    for seed in range(seeds):
        torch.manual_seed(seed)
        network = model()
        if not isinstance(network, nn.Module):
            raise TypeError(f"the function given as model must build a module, not {type(network).__name__}")
        yield network


def _quiet(network: nn.Module, inputs: Any, batch_statistics: bool) -> None:
    size = batch_size(inputs)
    quiet(network, batch_statistics=batch_statistics and (size is None or size > 1) and bool(batch_norms(network)))


def _overall(report: InitialLossReport, task: Task, entropy: float | None, best: float | None) -> Part:
    expected, losses = report.expected, report.losses
    if any(not math.isfinite(value) for value in losses):
        return Part(
            "initial loss",
            Verdict.FAIL,
            "the untrained network's loss is not finite",
            "look at the scale of inputs and weights, and at logarithms and divisions",
            cause="non-finite-loss",
            evidence={"losses": losses},
        )
    if expected is None:
        advice = "give the value that you expect as expected="
        return Part("initial loss", Verdict.SKIP, "what guessing costs is not known for this loss", advice)
    evidence = {"as found": losses[0], "mean over draws": statistics.fmean(losses), "guessing": expected}
    if best is not None and best > expected + 1e-6 * (1 + abs(expected)):
        return Part(
            "initial loss",
            Verdict.FAIL,
            f"a perfect answer costs more ({best:.3g}) than guessing ({expected:.3g}): the loss rewards errors",
            "look for a wrong sign, or swapped arguments",
            cause="negated-loss",
            evidence=evidence,
        )
    if expected <= 0:
        return Part(
            "initial loss", Verdict.SKIP, "guessing costs nothing, there is nothing to compare", evidence=evidence
        )
    ratios = (losses[0] / expected, statistics.fmean(losses) / expected)
    return _judged(ratios, task, evidence, low=LOW if entropy is None else min(LOW, 0.9 * entropy / expected))


def _judged(ratios: tuple[float, float], task: Task, evidence: dict[str, float], low: float) -> Part:
    high, too_high = (HIGH_REGRESSION, TOO_HIGH_REGRESSION) if task is Task.REGRESSION else (HIGH, TOO_HIGH)
    worst = max(ratios)
    if worst > high:
        if task is Task.REGRESSION:
            advice = "standardise the targets, or start the last layer's bias at their mean"
        else:
            advice = "scale the inputs, and initialise the last layer with smaller weights"
        return Part(
            "initial loss",
            Verdict.FAIL if worst > too_high else Verdict.WARN,
            f"the untrained network's loss is {worst:.2f} times that of guessing: it is confidently wrong",
            advice,
            cause="targets-not-centred" if task is Task.REGRESSION else "confident-initialisation",
            evidence=evidence,
        )
    if ratios[0] < low:
        return Part(
            "initial loss",
            Verdict.WARN,
            f"the loss is only {ratios[0]:.2f} times that of guessing: the network knows the targets before training",
            "if it is untrained, the inputs give the targets away; if it is trained or pretrained, build a fresh one",
            cause="knows-targets",
            evidence=evidence,
        )
    return Part("initial loss", Verdict.PASS, f"{ratios[0]:.2f} times the loss of guessing", evidence=evidence)


def _entropy(targets: Any, task: Task) -> float | None:
    """The loss of answering with the class frequencies: what a last bias set to them starts with."""
    if task not in (Task.CLASSES, Task.BINARY) or not isinstance(targets, Tensor) or targets.is_floating_point():
        return None
    shares = [count / targets.numel() for count in Counter(targets.reshape(-1).tolist()).values()]
    return -sum(share * math.log(share) for share in shares)


def _share_at_least(output: Any, targets: Any, loss: LossFunction | None, task: Task) -> float | None:
    return None if task is Task.UNKNOWN else attainable_loss(output, targets, loss, task)


def _by_class(outputs: list[Any], targets: Any, loss: LossFunction | None, task: Task) -> dict[int, float]:
    """For every class the mean over the draws of its samples' loss, relative to guessing."""
    scores = main_output(outputs[0])
    if task not in (Task.CLASSES, Task.BINARY) or not isinstance(targets, Tensor) or scores is None:
        return {}
    labels = targets.reshape(-1)
    if len(labels) != len(scores) or not isinstance(outputs[0], Tensor):
        return {}
    ratios = {}
    for label in sorted(set(labels.tolist())):
        if label < 0:  # a mark such as ignore_index
            continue
        chosen = (labels == label).nonzero().reshape(-1)
        part = take(targets, chosen, len(labels))
        guess = guessing_loss(take(outputs[0], chosen, len(labels)), part, loss, task)
        if guess is None or guess <= 0:
            continue
        with torch.no_grad():
            values = [float(loss_value(take(output, chosen, len(labels)), part, loss)) for output in outputs]
        ratios[int(label)] = statistics.fmean(values) / guess
    return ratios


def _classes(report: InitialLossReport, targets: Any) -> Iterator[Part]:
    if not report.by_class or report.expected is None:
        return
    worst = max(report.by_class, key=lambda label: report.by_class[label])
    least = min(report.by_class, key=lambda label: report.by_class[label])
    evidence = {"by class, relative to guessing": report.by_class}
    if report.by_class[worst] <= HIGH and report.by_class[least] >= 1 / HIGH:
        yield Part("initial loss by class", Verdict.PASS, "no class is favoured", evidence=evidence)
    elif _follows_frequencies(report, targets):
        message = "the scores start at the class frequencies of the batch"
        yield Part("initial loss by class", Verdict.PASS, message, evidence=evidence)
    else:
        odd = worst if report.by_class[worst] > HIGH else least
        yield Part(
            "initial loss by class",
            Verdict.WARN,
            f"class {odd} costs {report.by_class[odd]:.2f} times as much as guessing, over {len(report.losses)} draws: "
            "the untrained network favours some classes",
            "look at the last layer's bias and at the scale of its inputs",
            cause="favoured-class",
            evidence=evidence,
        )


def _follows_frequencies(report: InitialLossReport, targets: Tensor) -> bool:
    assert report.expected is not None
    for label, count in Counter(targets.reshape(-1).tolist()).items():
        cost = -math.log(count / targets.numel())
        if abs(report.by_class.get(int(label), 0.0) * report.expected - cost) > 0.3 * max(cost, 0.5):
            return False
    return True


def _weights(network: nn.Module) -> Part:
    constant = constant_weights(network)
    if len(constant) < 2:
        note = f"; {constant[0]} is constant, as a last layer may be" if constant else ""
        return Part("weights", Verdict.PASS, f"the weights differ from each other{note}")
    return Part(
        "weights",
        Verdict.FAIL,
        f"all entries are equal in {', '.join(constant[:4])}: the units of a layer can never become different",
        "leave the weights to the layers' own initialisation, or draw them at random",
        cause="constant-initialisation",
        code="TL301",
        where=constant[0],
    )


def _regularization(
    network: nn.Module, regularization: Callable[[nn.Module], Tensor] | None, loss: float
) -> tuple[Part, ...]:
    if regularization is None:
        return ()
    term = float(regularization(network))
    evidence = {"regularization": term, "loss without it": loss}
    if term > loss:
        return (
            Part(
                "regularization",
                Verdict.WARN,
                "the regularisation term is larger than the loss itself",
                "start with a smaller coefficient, or the training fits the term and not the data",
                cause="strong-regularization",
                evidence=evidence,
            ),
        )
    return (Part("regularization", Verdict.PASS, "the regularisation term is small", evidence=evidence),)
