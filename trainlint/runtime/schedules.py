"""Learning-rate schedules by their usual names, each one of torch's own schedulers.

>>> scheduler = schedules.warmup(optimizer, 5, schedules.exponential(optimizer, 0.97))

An epoch schedule is stepped once an epoch, after the optimizer; one counted in batches is stepped once a batch: the
schedules count calls of ``step()`` and know nothing of either. :func:`~trainlint.runtime.check_schedule` shows what
they will do to the rate.
"""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def step(
    optimizer: Optimizer, every: int, *, factor: float | None = None, decrement: float | None = None
) -> LRScheduler:
    """Lower the rate every ``every`` steps: by a ``factor`` (0.5 by default), or by a constant ``decrement``, to zero.

    Raises:
        ValueError: ``every`` is not positive, ``factor`` is not between 0 and 1, or both are given.
    """
    _positive("every", every)
    if factor is not None and decrement is not None:
        raise ValueError("give factor or decrement, not both")
    if decrement is not None:
        _positive("decrement", decrement)
        starts = [float(group.get("initial_lr", group["lr"])) for group in optimizer.param_groups]
        return LambdaLR(optimizer, [_Decrement(every, decrement / start) for start in starts])
    return StepLR(optimizer, every, gamma=_share("factor", 0.5 if factor is None else factor))


def plateau(
    optimizer: Optimizer,
    *,
    factor: float = 0.5,
    patience: int = 10,
    mode: str = "min",
    threshold: float = 1e-4,
    cooldown: int = 0,
    min_rate: float = 0.0,
) -> ReduceLROnPlateau:
    """Lower the rate by ``factor`` when the metric given to ``step(metric)`` has not improved for ``patience`` steps.
    The metric is a validation loss (``mode="min"``) or score (``mode="max"``), never one of the test set.

    Raises:
        ValueError: ``factor`` is not between 0 and 1, or ``mode`` is neither "min" nor "max".
    """
    if mode not in ("min", "max"):
        raise ValueError(f'mode must be "min" (a loss) or "max" (a score), not {mode!r}')
    return ReduceLROnPlateau(
        optimizer,
        mode=mode,  # type: ignore[arg-type]
        factor=_share("factor", factor),
        patience=patience,
        threshold=threshold,
        cooldown=cooldown,
        min_lr=min_rate,
    )


def exponential(optimizer: Optimizer, gamma: float | None = None, *, half_life: float | None = None) -> LRScheduler:
    """Multiply the rate by ``gamma`` every step, or so that it halves every ``half_life`` steps.

    Raises:
        ValueError: not exactly one of the two is given, or ``gamma`` is not between 0 and 1.
    """
    if (gamma is None) == (half_life is None):
        raise ValueError("give gamma or half_life")
    if half_life is not None:
        _positive("half_life", half_life)
        gamma = 0.5 ** (1 / half_life)
    assert gamma is not None
    return ExponentialLR(optimizer, _share("gamma", gamma))


def inverse_time(optimizer: Optimizer, k: float) -> LRScheduler:
    """The rate divided by ``1 + k * t`` after ``t`` steps.

    Raises:
        ValueError: ``k`` is not positive.
    """
    _positive("k", k)
    return LambdaLR(optimizer, _InverseTime(k))


def warmup(
    optimizer: Optimizer, steps: int, then: LRScheduler | None = None, *, start: float = 0.01
) -> LinearLR | SequentialLR:
    """Raise the rate linearly from ``start`` times its value over ``steps`` steps, then go on with ``then``, whose own
    counting begins there. Without it the rate stays.

    Raises:
        ValueError: ``steps`` is not positive, ``start`` is not between 0 and 1, or ``then`` has another optimizer.
        TypeError: ``then`` is stepped by a metric (a plateau schedule), which cannot follow in torch's sequences.
    """
    _positive("steps", steps)
    _share("start", start)
    if isinstance(then, ReduceLROnPlateau):
        raise TypeError("a plateau schedule cannot follow a warm-up in one scheduler: step both yourself")
    if then is not None and then.optimizer is not optimizer:
        raise ValueError("the following schedule belongs to another optimizer")
    ramp = LinearLR(optimizer, start_factor=start, total_iters=steps)
    return ramp if then is None else SequentialLR(optimizer, [ramp, then], milestones=[steps])


class _InverseTime:
    """A class, so that schedulers save and load it with their state."""

    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, steps: int) -> float:
        return 1 / (1 + self.k * steps)


class _Decrement:
    def __init__(self, every: int, share: float) -> None:
        self.every = every
        self.share = share

    def __call__(self, steps: int) -> float:
        return max(0.0, 1 - self.share * (steps // self.every))


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be positive, not {value}")


def _share(name: str, value: float) -> float:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {value}")
    return value
