"""First values of parameters: constants for a whole network, and values that wipe out what was loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.events import Event, Guard, Initialised, Loaded, Made
from trainlint.trace.merge import options_of
from trainlint.trace.places import place_beside
from trainlint.trace.values import Constant, External, Instance, Library, Stream, Value, Wrapped
from trainlint.trace.view import Run

_WEIGHTED = re.compile(
    r"\b(?:Lazy)?(?:Linear|Bilinear|Conv(?:Transpose)?[123]d|_ConvNd)\b|['\"](?:Conv|Linear)\w*['\"]"
)
# Conditions that ask what kind of layer or parameter it is, not which one.
_OF_KIND = re.compile(
    r"isinstance|['\"](?:weight|bias)['\"]|\btype\(|hasattr|getattr|class_?name|__class__|__name__|\bdim\(\)|\bndim\b|bias|is not None"
    r"|len\([\w.]+\.(?:shape|size\(\))\)"
)
_QUOTED = re.compile(r"['\"]([^'\"]*)['\"]")
_KINDS = re.compile(r"conv|linear|norm|weight|bias|embedding", re.I)
_PAIRS = (("a", "b"), ("down", "up"), ("u", "v"), ("left", "right"))


class ConstantInit(msgspec.Struct, frozen=True):
    """Weights that all start at one number: ``other`` is the other factor of a product of two, else the whole network does."""

    event: Initialised
    other: Initialised | None


class Overwritten(msgspec.Struct, frozen=True):
    """An initialisation, as it stands to the load before it, of what was loaded."""

    place: Place
    loaded: Event
    network: Value


def constant_inits(run: Run) -> Iterator[ConstantInit]:
    """Linear and convolution weights that are set to one constant throughout a network, or in both factors of a product."""
    inits = run.of(Initialised)
    for event in inits:
        if not event.constant or event.offered:
            continue
        if event.every:
            if not _is_of_one_layer(event) and _is_of_all_weights(run, event) and not _is_replaced(run, event, inits):
                yield ConstantInit(event, None)
        elif event.value == 0 and event.parameter == "weight":
            other = next((before for before in inits if _are_factors(before, event)), None)
            if other is not None:
                yield ConstantInit(event, other)


def _is_of_one_layer(event: Initialised) -> bool:
    """Whether just one layer is set: the last one may well start at zero, and a single one has no units to tell apart."""
    if event.layers is None:
        return False
    text = " ".join(guard.text for guard in _conditions(event))
    linear, convolution = event.layers
    if "Conv" in text and "Linear" not in text:
        return convolution < 2
    if "Linear" in text and "Conv" not in text:
        return linear < 2
    return linear + convolution < 2


def _conditions(event: Event) -> list[Guard]:
    return [guard for guard in event.guards if guard.side]


def _is_of_all_weights(run: Run, event: Initialised) -> bool:
    conditions = _conditions(event)
    if event.parameter is None:
        if conditions or run.kind != "script":
            return False
        trained = [model for training in run.trainings for model in training.models]
        return any(run.anatomy.within(model, event.network) for model in trained)
    if event.parameter != "weight" or not conditions:
        return False
    return all(_is_about_weighted_layers(guard.text) for guard in conditions)


def _is_about_weighted_layers(text: str) -> bool:
    """``isinstance(m, (nn.Linear, nn.Conv2d))``, ``hasattr(m, "weight")``; not those of one size, or with one name."""
    if text.startswith("not ") or "!=" in text.replace("!= -1", ""):
        return False
    first, *others = re.split(r"\s+and\s+", text)
    if any(re.search(r"(?:weight|bias)\b", other) is None for other in others):
        return False
    return bool(_WEIGHTED.search(first)) or bool(re.fullmatch(r"hasattr\(\w+, ['\"]weight['\"]\)", first))


def _is_replaced(run: Run, event: Initialised, inits: Sequence[Initialised]) -> bool:
    """Whether other values take the place of the constants later."""
    for later in inits:
        if later.order > event.order and not later.constant and later.every and later.parameter != "bias":
            if later.network is event.network and later.compatible(event):
                return True
    return any(
        load.order > event.order and load.compatible(event) and _meets(run, load, event) for load in run.of(Loaded)
    )


def _meets(run: Run, load: Loaded, event: Initialised) -> bool:
    """Whether what is loaded lies in what is initialised, or the other way round."""
    return any(
        run.anatomy.within(option, event.network) or run.anatomy.within(event.network, option)
        for option in options_of(load.into)
    )


def _are_factors(left: Initialised, right: Initialised) -> bool:
    """Whether two layers of one module are the factors of a low-rank product, and start at zero on one path."""
    if left.every or left.value != 0 or left.parameter != "weight" or left.order >= right.order:
        return False
    if left.calls != right.calls or left.offered or not left.compatible(right):
        return False
    first, second = (left.network.name or "").lower(), (right.network.name or "").lower()
    for pair in _PAIRS:
        for one, two in (pair, pair[::-1]):
            if (
                re.search(rf"(?:^|_){one}(?:_|$)", first)
                and re.sub(rf"(^|_){one}(_|$)", rf"\1{two}\2", first) == second
            ):
                return True
    return False


def overwrites(run: Run) -> Iterator[Overwritten]:
    """Initialisations of a whole network after weights were loaded into it."""
    inits = [event for event in run.of(Initialised) if event.every and not event.offered and _is_of_kinds(event)]
    if not inits:
        return
    loads = [load for load in run.of(Loaded) if _is_of_weights(load)]
    made = [made for made in run.of(Made) if is_pretrained(made.thing)]
    done: set[int] = set()
    for event in inits:
        before = _before(run, event, loads, made)
        if before is None or id(before) in done:
            continue
        if not any(later.order > event.order and _meets(run, later, event) for later in run.of(Loaded)):
            done.add(id(before))
            yield Overwritten(place_beside(event, before.calls), before, event.network)


def _is_of_kinds(event: Initialised) -> bool:
    """Whether weights are set in all layers of a kind: a head, or what a checkpoint lacks, is told by its name."""
    if event.parameter == "bias":
        return False
    conditions = [guard.text for guard in _conditions(event) if len(event.calls) == guard.calls or guard.loops]
    if any("Norm" in text and not _WEIGHTED.search(text) for text in conditions):
        return False
    return all(
        _OF_KIND.search(text) and all(_KINDS.search(word) for word in _QUOTED.findall(text)) for text in conditions
    )


def _is_of_weights(load: Loaded) -> bool:
    """Whether weights of elsewhere are loaded, rather than those of a network beside it."""
    live = isinstance(load.value, Library) and load.value.dotted == "<state_dict>"
    return load.into is not None and not live


def is_pretrained(thing: Value) -> bool:
    """Whether a ready-made network comes with weights that were learnt."""
    if not isinstance(thing, Library):
        return False
    told = thing.trait("pretrained")
    if told is True:
        return True
    for name in told or ():
        given = thing.arguments.get(name)
        if isinstance(given, External) or (isinstance(given, Constant) and given.value):
            return True
    return False


def _before(run: Run, event: Initialised, loads: list[Loaded], made: list[Made]) -> Event | None:
    """What was loaded last into the network or a part of it, in the same round of all loops."""
    found: Event | None = None
    known: list[Made | Loaded] = [*made, *loads]
    for load in known:
        if load.order >= event.order or not load.compatible(event) or not _in_step(load, event):
            continue
        into = [load.thing] if isinstance(load, Made) else list(options_of(load.into))
        if any(run.anatomy.within(option, event.network) and not _is_left_alone(option, event) for option in into):
            found = load if found is None or load.order > found.order else found
    return found


def _is_left_alone(loaded: Value, event: Initialised) -> bool:
    """Whether an embedding was loaded, and other kinds of layers are initialised."""
    if not isinstance(loaded, Library) or loaded.trait("layer") != "embedding":
        return False
    conditions = _conditions(event)
    return bool(conditions) and not any("Embedding" in guard.text for guard in conditions)


def _in_step(load: Event, event: Event) -> bool:
    """Whether the only loops around the initialisation that are not around the load go over the network's parts."""
    return all(frame in load.frames or _goes_over_parts(frame.loop.over_value) for frame in event.frames)


def _goes_over_parts(over: Value | None) -> bool:
    while isinstance(over, Stream):
        over = over.over
    inner = bare(over) if over is not None else None
    return isinstance(inner, Instance | Wrapped) or (isinstance(inner, Library) and inner.source is None)
