"""check_overfit: a network that cannot learn ten samples by heart will not learn ten thousand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import LossFunction, batch_size, call, cloned, loss_value
from trainlint.runtime.captured import captured
from trainlint.runtime.copies import unwrap, working_copy
from trainlint.runtime.modes import dropouts
from trainlint.runtime.optimizers import OptimizerLike, twin_optimizer
from trainlint.runtime.outputs import attainable_loss, check_output, guessing_loss, task_of
from trainlint.runtime.report import Part, Report, Verdict
from trainlint.runtime.state import preserved

from .diagnosis import check_parameters, failure, seen_in, without_regularization
from .few import few_samples
from .training import Setup, Trial, train

# Five to twenty samples (Common Practices, Part 1, P13).
FEWEST, MOST = 5, 20
# Near zero: this share of the way from a perfect answer's loss to that of the start is left.
NEAR_ZERO = 0.02
# Rates of a plain Adam that stands in for the user's optimizer, to tell a bad rate from a network that is too small.
STAND_IN_RATES = (1e-3, 1e-2)
STAND_IN_STEPS = 300


@dataclass
class OverfitReport(Report):
    """The report of :func:`check_overfit`: ``losses`` of the first training, measured every ten steps with dropout
    off, the ``goal`` it had to reach, and the ``steps`` it took."""

    losses: tuple[float, ...] = ()
    goal: float = 0.0
    steps: int = 0

    def details(self) -> dict[str, object]:
        return {"losses": [*self.losses], "goal": self.goal, "steps": self.steps}


def check_overfit(
    model: nn.Module,
    inputs: Any,
    targets: Any = None,
    loss: LossFunction | None = None,
    optimizer: OptimizerLike = None,
    *,
    samples: int = 10,
    steps: int = 300,
    floor: float | None = None,
    regularization: Callable[[nn.Module], Tensor] | None = None,
    seed: int = 0,
) -> OverfitReport:
    """Train a copy of ``model`` on a handful of samples until its loss is nearly zero.

    If that fails, the report says what it looked like, from the training itself (no gradient, frozen, detached,
    diverged, softmax twice, constant output) or from further ones: without dropout, weight decay and
    ``regularization``, and with another optimizer; what all of these cannot fit is too small a network.

    Args:
        model: a module; it is left as it was.
        inputs: a batch of at least ``samples``: tensor, tuple or mapping. They are taken from its classes in turn.
        targets: of the same leading length.
        loss: ``loss(output, targets)`` to one number; without it the output's own loss counts.
        optimizer: a function from parameters to an optimizer (``functools.partial(torch.optim.SGD, lr=0.1)``, a
            class), or the training's own optimizer, which is copied with its groups; by default Adam.
        samples: 5 to 20.
        steps: a training that is still getting better after so many goes on for up to four times as many.
        floor: the loss of a perfect answer, where it is not zero and not found by trying.
        regularization: a term ``regularization(module)`` that the training adds to the loss.

    Raises:
        ValueError: ``samples`` is not 5 to 20, ``steps`` is not positive, or lazy layers have no shape yet.
        TypeError: ``optimizer`` makes no optimizer, or the loss is not one number.
    """
    if not FEWEST <= samples <= MOST:
        raise ValueError(f"samples must be {FEWEST} to {MOST}, not {samples}")
    if steps < 1:
        raise ValueError(f"steps must be positive, not {steps}")
    few, answers = few_samples(inputs, targets, samples)
    with preserved(model, *captured(loss, optimizer if callable(optimizer) else None)):
        bench = _Bench(model, few, answers, loss, optimizer, regularization, steps, seed)
        report = bench.report(floor)
    size = batch_size(few)
    if size is not None and size < FEWEST:
        report.notes += (f"only {size} samples were given: {FEWEST} to {MOST} tell more",)
    return report


@dataclass
class _Bench:
    model: nn.Module
    inputs: Any
    targets: Any
    loss: LossFunction | None
    optimizer: OptimizerLike
    regularization: Callable[[nn.Module], Tensor] | None
    steps: int
    seed: int

    def report(self, floor: float | None) -> OverfitReport:
        report = OverfitReport("check_overfit")
        with working_copy(self.model) as network:
            with torch.no_grad():
                output = call(network.eval(), cloned(self.inputs))
            task = task_of(output, self.targets)
            best = attainable_loss(output, self.targets, self.loss, task) if floor is None else floor
            start = guessing_loss(output, self.targets, self.loss, task)
            if start is None:
                start = float(loss_value(output, self.targets, self.loss).detach())
            negated = best is not None and best > start + 1e-6 * (1 + abs(start))
            best = start if best is None and start < 0 else best or 0.0
            report.goal = best + NEAR_ZERO * abs(start - best)
            shape = check_output(output, self.targets, self.loss)
        if negated:
            report.parts = (shape, _negated(best, start))
            return report
        trial, setup = self.trial(report.goal, self.optimizer, self.steps)
        report.losses, report.steps = tuple(trial.measured), trial.steps
        parameters = check_parameters(trial, setup)
        report.parts = (shape, parameters, _outcome(trial, report.goal))
        # What these parts found is the cause: it needs no further trials.
        if not trial.reached and Verdict.FAIL not in (shape.verdict, parameters.verdict):
            report.parts += self.explained(trial, setup, report.goal, best)
        return report

    def explained(self, trial: Trial, setup: Setup, goal: float, floor: float) -> tuple[Part, ...]:
        seen = seen_in(trial, setup, floor)
        if seen is None and trial.still_falling:
            return ()
        return (seen or self.tried(trial, goal),)

    def tried(self, trial: Trial, goal: float) -> Part:
        """Further trainings, to tell regularisation, a bad rate and too small a network from each other."""
        plain = self.plain_trial(goal)
        if plain is not None and plain.reached:
            return _regularization(plain, self.model)
        for rate in STAND_IN_RATES:
            other, _ = self.trial(goal, _adam(rate), max(self.steps, STAND_IN_STEPS), regularized=False)
            if other.reached:
                return _learning_rate(trial, other, rate)
        parameters = sum(parameter.numel() for parameter in self.model.parameters() if parameter.requires_grad)
        return failure(
            "too-small",
            None,
            "gradients arrive, all parameters move, and neither less regularisation nor another optimizer helps: the "
            "network seems too small, or something between input and output throws information away",
            "make it wider or deeper; look for a layer of few units, a pooling over everything, or a wrong view()",
            trainable_parameters=parameters,
            last=trial.last,
        )

    def plain_trial(self, goal: float) -> Trial | None:
        """The same training without regularisation; ``None`` where there is none to leave out."""
        with working_copy(self.model) as network:
            found = without_regularization(network, twin_optimizer(self.optimizer, unwrap(self.model), network))
        if not found and self.regularization is None:
            return None
        return self.trial(goal, self.optimizer, self.steps, regularized=False)[0]

    def trial(
        self, goal: float, optimizer: OptimizerLike, steps: int, *, regularized: bool = True
    ) -> tuple[Trial, Setup]:
        with working_copy(self.model) as network:
            torch.manual_seed(self.seed)
            twin = twin_optimizer(optimizer, unwrap(self.model), network)
            setup = Setup(network, twin, self.inputs, self.targets, self.loss, self.regularization)
            if not regularized:
                without_regularization(network, twin)
                setup.regularization = None
            return train(setup, goal, steps), setup


def _adam(rate: float) -> Callable[[Any], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def _outcome(trial: Trial, goal: float) -> Part:
    evidence = {"first": trial.first, "last": trial.last, "goal": goal, "steps": trial.steps}
    if trial.reached and not trial.steps:
        return Part(
            "overfitting",
            Verdict.WARN,
            "the loss is at its goal before the first step",
            "use an untrained model; if the loss can be negative, say by floor= what a perfect answer costs",
            cause="fitted-before-training",
            evidence=evidence,
        )
    if trial.reached:
        return Part("overfitting", Verdict.PASS, f"fitted in {trial.steps} steps", evidence=evidence)
    if trial.still_falling and not trial.detached and not trial.retained:
        return Part(
            "overfitting",
            Verdict.WARN,
            f"the loss fell to {trial.last:.3g} and still falls after {trial.steps} steps",
            "raise the learning rate (find_learning_rate), or give more steps",
            cause="slow",
            code="TL709",
            evidence=evidence,
        )
    return Part(
        "overfitting",
        Verdict.FAIL,
        f"the samples could not be learned by heart: the loss went from {trial.first:.3g} to {trial.last:.3g} only",
        evidence=evidence,
    )


def _negated(best: float, start: float) -> Part:
    return failure(
        "negated-loss",
        None,
        f"a perfect answer costs more ({best:.3g}) than guessing ({start:.3g}): the loss rewards errors",
        "look for a wrong sign, or swapped arguments",
        perfect=best,
        guessing=start,
    )


def _regularization(plain: Trial, model: nn.Module) -> Part:
    dropped = dropouts(unwrap(model))
    where = f" (dropout in {', '.join(dropped[:3])})" if dropped else ""
    return failure(
        "regularization-too-strong",
        None,
        f"without dropout, weight decay and regularisation the samples are fitted in {plain.steps} steps{where}",
        "weaken the regularisation until the samples can be fitted, then find its strength on validation data",
        last=plain.last,
    )


def _learning_rate(trial: Trial, other: Trial, rate: float) -> Part:
    rises = sum(later > 1.02 * earlier for earlier, later in itertools.pairwise(trial.measured))
    large = max(trial.measured) > 1.5 * trial.first or rises > 0.3 * len(trial.measured)
    direction = "too large" if large else "too small"
    return failure(
        f"rate-{direction.replace(' ', '-')}",
        "TL709",
        f"Adam at {rate:g} fits the samples in {other.steps} steps, the given optimizer does not: "
        f"its rate is {direction}",
        "find a rate by find_learning_rate",
        rates=trial.rates,
        last=trial.last,
    )
