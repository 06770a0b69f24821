"""What a framework that steers the training is to do, and the program does past it."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.anatomy import bare, plain
from trainlint.trace.events import Backward, Gathered, Loop, Prepared, Trimmed
from trainlint.trace.merge import tokens_of
from trainlint.trace.sequence import further_guards, shared_loop
from trainlint.trace.tokens import GatheredToken, LossToken, MeasureToken, ModelToken, Tokens, holds, models, sources
from trainlint.trace.values import Data, Kind, Library, ListValue, TupleValue, Value
from trainlint.trace.view import Run

# What goes back in a framework's stead, by its kind.
BACKWARD = {"accelerator": "backward", "fabric": "backward", "deepspeed": "backward"}


def past_framework(run: Run) -> Iterator[tuple[Backward, str, Place | None]]:
    """Bare backward passes of what a framework prepared: each with what to call instead, and where it was prepared."""
    bare_ones = [event for event in run.of(Backward) if event.via == "tensor" and not event.offered]
    if not bare_ones:
        return
    prepared = [event for event in run.of(Prepared) if event.framework.trait("kind") in BACKWARD]
    by_framework = [event for event in run.of(Backward) if event.via in ("accelerator", "framework")]
    for event in bare_ones:
        if event.manual is not None:
            yield event, "self.manual_backward", None
            continue
        engine = _engine(event)
        if engine is not None and not _decided_otherwise(event, by_framework):
            yield event, "engine.backward", engine.place
            continue
        dressed = _dressing(event, prepared)
        if dressed is not None and not _decided_otherwise(event, by_framework):
            yield event, f"{dressed.framework.name or 'accelerator'}.backward", dressed.place


def _engine(event: Backward) -> Library | None:
    """The DeepSpeed engine that a loss came from."""
    for model in map(plain, models(event.tokens)):
        if isinstance(model, Library) and model.role == "framework" and model.trait("kind") == "deepspeed":
            return model
    return None


def _dressing(event: Backward, prepared: list[Prepared]) -> Prepared | None:
    """Where the network that a loss came from was prepared, on every path that leads to the backward pass."""
    networks = [bare(model) for model in models(event.tokens)]
    for candidate in prepared:
        if candidate.order < event.order and not further_guards(candidate, event):
            if any(thing is network for thing in map(bare, candidate.things) for network in networks):
                return candidate
    return None


def _decided_otherwise(event: Backward, by_framework: list[Backward]) -> bool:
    """Whether another path of the program goes back by the framework: this one may be for runs without it."""
    return any(not event.compatible(other) for other in by_framework)


def padded(run: Run) -> Iterator[tuple[Gathered, Library]]:
    """Predictions of a prepared loader's batches that are gathered with the samples that fill up the last batch."""
    gathered = [event for event in run.of(Gathered) if event.framework.trait("kind") == "accelerator"]
    if not gathered:
        return
    trimmed = [event.tokens for event in run.of(Trimmed)]
    loaders = _prepared_loaders(run)
    updating = {frame.loop for event in run.of(Backward) for frame in event.frames}
    seen: set[Loop] = set()
    for event in gathered:
        loop = shared_loop(event)
        if event.offered or loop is None or loop in updating or loop in seen or not _fills_up(event.framework):
            continue
        loader = next((found for found in loaders if set(sources(loop.over)) & set(sources(tokens_of(found)))), None)
        if loader is None or loader.constant("drop_last") is not False:
            continue
        together = [other for other in gathered if other.inside(loop)]
        if _is_trimmed(together, trimmed) or not _are_predictions(together):
            continue
        seen.add(loop)
        yield event, loader


def _prepared_loaders(run: Run) -> list[Library]:
    things = [bare(thing) for event in run.of(Prepared) for thing in event.things]
    return [thing for thing in things if isinstance(thing, Library) and thing.role == "loader"]


def _fills_up(accelerator: Library) -> bool:
    """Whether the last batch is filled up, which is the default."""
    return accelerator.constant("even_batches") is True and accelerator.constant("dataloader_config") is None


def _is_trimmed(gathered: list[Gathered], trimmed: list[Tokens]) -> bool:
    places = {event.place for event in gathered}
    return any(isinstance(token, GatheredToken) and token.place in places for tokens in trimmed for token in tokens)


def _elements(value: Value) -> list[Value]:
    if isinstance(value, TupleValue):
        return list(value.elements)
    return list(value.items) if isinstance(value, ListValue) else [value]


def _are_predictions(gathered: list[Gathered]) -> bool:
    """Whether one value for each sample is gathered: outputs of a network beside their targets, or chosen classes."""
    values = [element for event in gathered for element in _elements(event.value)]
    plain = [value for value in values if isinstance(value, Data) and _is_of_samples(value)]
    outputs = [value for value in plain if holds(value.tokens, ModelToken)]
    targets = [value for value in plain if value not in outputs and sources(value.tokens)]
    chosen = any(value.operations and value.operations[-1].name == "argmax" for value in outputs)
    return bool(outputs) and (bool(targets) or chosen)


def _is_of_samples(value: Data) -> bool:
    if value.kind is Kind.NUMBER or value.reduction in ("mean", "sum"):
        return False
    return not holds(value.tokens, (LossToken, MeasureToken))
