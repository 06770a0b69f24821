"""Events in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainlint.trace.events import (
    Backward,
    Clip,
    Decided,
    Escaped,
    Event,
    Forward,
    FrameworkFit,
    GradientChecked,
    Loaded,
    LoadFailureCaught,
    LossComputed,
    Made,
    Measured,
    ModeSwitch,
    OptimizerStep,
    RateWritten,
    Reported,
    Restored,
    SamplerEpochSet,
    Saved,
    ScalerUpdate,
    SchedulerStep,
    Seeded,
    SplitDrawn,
    Stopped,
    Unscale,
    Watched,
    ZeroGrad,
)
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import IndexToken, LossToken, holds
from trainlint.trace.values import Class, Constant, Data, Instance, Library, Value, Wrapped

MADE = frozenset(
    {"optimizer", "scheduler", "loader", "dataset", "dataset_loader", "model", "scaler", "framework", "wrapper", "loss"}
)


def object_name(value: Value | None) -> str:
    """A value as the author knows it: its name, and what it is."""
    if value is None:
        return "something unknown"
    if isinstance(value, Wrapped):
        return f"{value.dotted.rpartition('.')[2]}({object_name(value.inner)})"
    kind = _kind(value)
    if isinstance(value, Data) and value.promoted is not None:
        return object_name(value.promoted)
    elif isinstance(value, Class):
        kind = value.name or ""
    name = value.name or ""
    if isinstance(value, Class):
        return kind
    if name and kind and name != kind:
        return f"{name} ({kind})"
    return name or kind or "something unknown"


def _kind(value: Value) -> str:
    if isinstance(value, Instance):
        return value.cls.name or ""
    return value.short if isinstance(value, Library) and value.dotted not in ("?", "<part>") else ""


def called(thing: Value) -> str:
    """An object as messages call it: by its own name, with its class; where it has none, by its class."""
    kind = _kind(thing)
    if not thing.name:
        return kind or "an object without a name"
    return f"`{thing.name}` ({kind})" if kind else f"`{thing.name}`"


def _made(event: Made) -> str | None:
    if event.role == "module" and isinstance(event.thing, Instance) and len(event.calls) <= 3:
        return f"network {object_name(event.thing)} is made"
    if event.role not in MADE:
        return None
    text = f"{event.role.replace('_', ' ')} {object_name(event.thing)} is made"
    if isinstance(event.thing, Library):
        known = {key: value.value for key, value in event.thing.arguments.items() if isinstance(value, Constant)}
        settings = ", ".join(f"{key}={value!r}" for key, value in known.items() if key not in ("*", "root"))
        if settings:
            text += f" with {settings}"
        if event.thing.source is not None:
            text += f": {event.thing.source.split} data"
    return text


def _forward(event: Forward) -> str | None:
    if not event.direct:
        return None
    gradients = {True: "gradients on", False: "gradients off", None: "gradients unknown"}[event.gradients]
    return f"{object_name(event.model)} is applied ({event.mode} mode, {gradients})"


def _measured(event: Measured) -> str:
    if event.what == "number":
        return "a number is taken out of what was computed"
    return f"predictions meet targets ({event.what})"


def _reported(event: Reported) -> str | None:
    if not holds(event.tokens, LossToken):
        return None
    return {
        "print": "loss is printed",
        "log": "loss is logged",
        "kept": "loss is kept",
        "returned": "loss is returned",
    }.get(event.how, "loss is handed to unknown code")


def _escaped(event: Escaped) -> str | None:
    names = [object_name(value) for value in event.values if isinstance(value, Library | Instance | Wrapped)]
    return f"{event.callee}(...) is unknown and is given {', '.join(dict.fromkeys(names))}" if names else None


def _scheduler_step(event: SchedulerStep) -> str:
    steps = f"{object_name(event.scheduler)} steps"
    if event.metric is None:
        return steps
    # Some schedules are told the epoch.
    told = tokens_of(event.metric)
    return (
        f"{steps} to an epoch"
        if told and all(isinstance(token, IndexToken) for token in told)
        else f"{steps} by a metric"
    )


def _split(event: SplitDrawn) -> str:
    seeded = {True: "seeded", False: "without a seed of its own", None: "seed unknown"}[event.seeded]
    parts = ", ".join(object_name(part) for part in event.parts) or "parts"
    return f"random split into {parts} ({seeded})"


WORDS: dict[type[Event], Callable[[Any], str | None]] = {
    Made: _made,
    Forward: _forward,
    LossComputed: lambda event: f"loss {event.kind.replace('_', ' ')} is computed",
    Measured: _measured,
    Backward: lambda event: "backward" + ("" if event.via == "tensor" else f" by {event.via}"),
    OptimizerStep: lambda event: (
        f"{object_name(event.optimizer)} steps" if event.optimizer is not None else "parameters are updated"
    ),
    ZeroGrad: lambda event: (
        f"gradients of {object_name(event.target)} are zeroed" if event.target is not None else "gradients are zeroed"
    ),
    Clip: lambda event: "gradients are clipped",
    Unscale: lambda event: "gradients are unscaled",
    ScalerUpdate: lambda event: "loss scale is updated",
    SchedulerStep: _scheduler_step,
    RateWritten: lambda event: "learning rate is written",
    ModeSwitch: lambda event: f"{object_name(event.model)} goes to {event.mode} mode",
    Saved: lambda event: f"saved: {', '.join(sorted(event.holds)) or 'something'}",
    Loaded: lambda event: f"loaded into {object_name(event.into)}" if event.into is not None else "checkpoint is read",
    Restored: lambda event: f"{event.target} is restored from '{event.key}'",
    LoadFailureCaught: lambda event: "whatever goes wrong with loading is caught",
    Reported: _reported,
    Decided: lambda event: f"decided by a measured number ({event.how})",
    Stopped: lambda event: f"left by {event.how}" if event.how != "return" else None,
    Escaped: _escaped,
    Seeded: lambda event: f"seed is set ({event.what})",
    SplitDrawn: _split,
    GradientChecked: lambda event: "gradients are checked",
    Watched: lambda event: f"{' and '.join(sorted(event.what))} watched",
    SamplerEpochSet: lambda event: "sampler is told the epoch",
    FrameworkFit: lambda event: f"{object_name(event.framework)} runs {event.how}",
}


def describe(event: Event) -> str | None:
    """What happens, in a few words; None for what a reader need not see."""
    words = WORDS.get(type(event))
    return words(event) if words is not None else None
