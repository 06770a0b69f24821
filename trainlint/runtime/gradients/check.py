"""check_gradients: the analytic gradient against the numeric one."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn

from trainlint.runtime.batches import LossFunction, batch_size, to_precision
from trainlint.runtime.captured import captured
from trainlint.runtime.copies import plain_arithmetic, unwrap, working_copy
from trainlint.runtime.modes import dropouts, quiet
from trainlint.runtime.report import Part, Verdict
from trainlint.runtime.state import preserved

from .compare import Comparisons, compare
from .forward import check_determinism, check_precision
from .problem import DetachedError, Problem, Regularization, input_leaves, parameter_leaves
from .report import GradientReport, describe, regularized

# With kinks about, relative errors up to 1e-4 are usual in double precision; without, they are below 1e-7 (Stanford
# CS231n notes, "Gradient checks"). A wrong formula is off by far more.
TOLERANCE = {torch.float64: 1e-4, torch.float32: 2e-2}
# The smallest gradient that is compared at all, before it is told from rounding.
TINY = 1e-12
# More samples meet more kinks (Common Practices, Part 1, P8).
MANY_SAMPLES = 64

OptimizerFactory = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


def check_gradients(
    model: nn.Module | Callable[..., Any],
    inputs: Any,
    targets: Any = None,
    loss: LossFunction | None = None,
    *,
    regularization: Regularization | None = None,
    warmup_steps: int = 0,
    warmup_optimizer: OptimizerFactory | None = None,
    loss_scale: float = 1.0,
    step: float | None = None,
    tolerance: float | None = None,
    samples: int = 6,
    directions: int = 3,
    batch_statistics: bool = False,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that autograd gives with central differences.

    Works on a copy of ``model`` in ``dtype``, with dropout off and batch norm normalising by its running statistics
    (by the batch with ``batch_statistics``); model, inputs and random generators are left as they were. Checked are
    ``samples`` entries of every parameter and of every floating-point input, a random direction in each of these
    tensors, and ``directions`` through all of them. Probes share forwards as long as they agree, so that a network
    with millions of weights needs some 60 forwards.

    An entry's step is ``step * max(|x|, 1)``; by default ``step`` is the cube root of the precision (6e-6 in double),
    where truncation and rounding of a central difference balance; entries that disagree are looked at again with
    smaller steps. The error is relative, |a-n| / (|a|+|n|), and entries where both are lost in rounding are counted
    as tiny. Where the one-sided slopes stay apart, the loss has a kink; the entry is then compared right beside it.

    Args:
        model: a module, or any function of tensors; of a function the gradients by its inputs are checked.
        inputs: a tensor, a tuple (several arguments) or a mapping (keyword arguments), any shapes. A few samples do.
        targets: passed to ``loss`` as second argument, where given.
        loss: ``loss(output, targets)`` or ``loss(output)`` to one number. Without it the output's own loss counts, or
            a fixed random combination of all outputs.
        regularization: ``regularization(module)`` to one number. The check is made without it first, then with it.
        warmup_steps: train the copy for so many steps before the check (``warmup_optimizer``, by default Adam).
        loss_scale: multiply the loss, for losses whose gradients are tiny.
        tolerance: the largest relative error that passes; by default 1e-4 in double and 2e-2 in single precision.
        seed: for what is sampled. The same seed gives the same check.

    Raises:
        ValueError: there is nothing to check (no trainable parameter and no floating-point input), or lazy layers.
        TypeError: the loss is not one number.
    """
    if dtype not in TOLERANCE:
        raise ValueError(f"gradients can be checked in float64 or float32, not in {dtype}")
    if regularization is not None and not isinstance(model, nn.Module):
        raise ValueError("regularization= needs a module: a function's own terms belong into the function")
    settings = _Settings(
        step or torch.finfo(dtype).eps ** (1 / 3), tolerance or TOLERANCE[dtype], samples, directions, seed
    )
    with _problem(model, inputs, targets, loss, loss_scale, batch_statistics, dtype) as problem:
        report = GradientReport("check_gradients", notes=_notes(model, inputs))
        try:
            problem.evaluate()
        except (RuntimeError, TypeError, ValueError) as error:
            if not any(word in str(error) for word in ("dtype", "Double", "double", "float64")):
                raise
            report.parts = (_not_capable(model, error),)
            return report
        if warmup_steps and problem.module is not None:
            _warm_up(problem, warmup_steps, warmup_optimizer)
            report.notes += (f"checked after {warmup_steps} steps of training on the given batch",)
        _check(problem, report, settings, dtype)
        if regularization is not None and report.comparisons is not None:
            plain = report.comparisons
            problem.regularization = regularization
            report.parts += regularized(_try_compare(problem, settings), plain, settings.tolerance)
        report.forwards = problem.forwards
        return report


class _Settings:
    def __init__(self, step: float, tolerance: float, samples: int, directions: int, seed: int) -> None:
        self.step, self.tolerance, self.samples, self.directions = step, tolerance, samples, directions
        self.seed = seed


def _check(problem: Problem, report: GradientReport, settings: _Settings, dtype: torch.dtype) -> None:
    deterministic = check_determinism(problem)
    report.parts = (deterministic, check_precision(problem, dtype))
    if deterministic.cause == "stateful-forward":
        report.parts += (Part("gradients", Verdict.SKIP, "not compared: the loss is not a function of its inputs"),)
        return
    comparisons = _try_compare(problem, settings)
    report.comparisons = comparisons
    report.parts += describe(comparisons, settings.tolerance)


def _try_compare(problem: Problem, settings: _Settings) -> Comparisons | None:
    try:
        return compare(
            problem, settings.step, settings.tolerance, TINY, settings.samples, settings.directions, settings.seed
        )
    except DetachedError:
        return None


@contextlib.contextmanager
def _problem(
    model: nn.Module | Callable[..., Any],
    inputs: Any,
    targets: Any,
    loss: LossFunction | None,
    loss_scale: float,
    batch_statistics: bool,
    dtype: torch.dtype,
) -> Iterator[Problem]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(preserved(*captured(model, loss)))
        function: nn.Module | Callable[..., Any] = model
        if isinstance(model, nn.Module):
            module = stack.enter_context(working_copy(model))
            quiet(module, batch_statistics=batch_statistics)
            convert(module, dtype)
            function = module
        else:
            stack.enter_context(plain_arithmetic(nn.Module()))
        if isinstance(loss, nn.Module):
            loss = copy.deepcopy(loss)
            convert(loss, dtype)
        fresh, leaves = input_leaves(to_precision(inputs, dtype))
        if isinstance(function, nn.Module):
            leaves = parameter_leaves(function) + leaves
        if isinstance(loss, nn.Module):
            leaves += parameter_leaves(loss, "loss.")
        if not leaves:
            raise ValueError("nothing to check: no parameter requires a gradient and no input is floating-point")
        yield Problem(function, fresh, to_precision(targets, dtype), loss, leaves, loss_scale)


def convert(module: nn.Module, dtype: torch.dtype) -> None:
    """Bring all floating and complex parameters and buffers of ``module`` to ``dtype``'s precision, in place."""
    module._apply(lambda tensor: to_precision(tensor, dtype))  # type: ignore[no-untyped-call]


def _warm_up(problem: Problem, steps: int, factory: OptimizerFactory | None) -> None:
    parameters = [leaf.tensor for leaf in problem.leaves if not leaf.is_input]
    trainable = [parameter for parameter in parameters if isinstance(parameter, nn.Parameter)]
    optimizer = factory(trainable) if factory is not None else torch.optim.Adam(trainable)
    # A few steps to warm up a copy before its gradients are compared: nothing here is kept or reported.
    for _ in range(steps):  # trainlint: ignore[TL104]
        optimizer.zero_grad()
        loss = problem.forward()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    optimizer.zero_grad()


def _not_capable(model: object, error: Exception) -> Part:
    reason = str(error).strip().splitlines()[0]
    remedy = (
        "pass the module itself and the loss as loss=, so that a double-precision copy can be made"
        if not isinstance(model, nn.Module)
        else "keep constants in buffers (register_buffer), or check in single precision: dtype=torch.float32"
    )
    return Part(
        "precision",
        Verdict.FAIL,
        f"the forward does not run in double precision: {reason}",
        remedy,
        cause="not-double",
        code="TL202",
    )


def _notes(model: object, inputs: Any) -> tuple[str, ...]:
    notes = []
    if isinstance(model, nn.Module):
        dropped = dropouts(unwrap(model))
        if dropped:
            notes.append(f"dropout was turned off in {', '.join(dropped[:5])}{' ...' if len(dropped) > 5 else ''}")
        frozen = sum(not parameter.requires_grad for parameter in model.parameters())
        if frozen:
            notes.append(f"{frozen} frozen parameter tensors were not checked")
    size = batch_size(inputs)
    if size is not None and size >= MANY_SAMPLES:
        notes.append(f"{size} samples meet many kinks and cost time: 2 to 10 are enough (TL208)")
    return tuple(notes)
