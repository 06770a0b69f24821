"""What learns from data before the training: scalers, imputers, vocabularies.

What was fitted on data marks it, so that a later split of that data tells that the fit has seen all its parts.
"""

from __future__ import annotations

import re

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import Fitted, FittedDataParted, Transformed
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.merge import sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import UNKNOWN_SPLIT, FitToken, PermutedToken, Tokens, holds, union
from trainlint.trace.values import Choice, Constant, Data, Instance, Kind, Library, ListValue, Stream, TupleValue, Value

FITTING = frozenset({"fit", "partial_fit", "fit_transform", "fit_resample"})
_PARTS = frozenset({"random_split", "subset", "slice", "sampler"})
# Where samples are handled one by one: slices there are a sample's own.
BY_SAMPLE = frozenset({"__getitem__", "__call__", "forward"})


def preprocessor_method(
    m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope
) -> Value:
    """``scaler.fit(x)``, ``scaler.transform(x)``, ``smote.fit_resample(x, y)``."""
    value = given.get(0, "X")
    place = m.place(node, scope)
    if value is None:
        return receiver if name == "fit" else Data()
    if name in FITTING or name == "transform":
        # Not for other methods (`field.build_vocab(train, dev)`): what an unknown call gave as one is not told apart there.
        as_sources(m, value)
    if name not in FITTING:
        return _transformed(m, receiver, name, value, place)
    what, called = str(receiver.trait("kind")), receiver.name or receiver.short
    m.emit(Fitted(place, value, what, called, receiver))
    m.shared["fits"] = True
    part = _is_part(value)
    made = _fit_token(m, FitToken(place, what, called, receiver, applied=True, on_part=part))
    results = [Data(Kind.UNKNOWN, union(tokens_of(each), made)) for each in given.positional]
    if isinstance(value, Data):
        fitted = FitToken(place, what, called, receiver, applied=False, on_part=part)
        value.tokens = union(value.tokens, _fit_token(m, fitted))
    if name in ("fit", "partial_fit"):
        return receiver
    if name == "fit_resample":
        return TupleValue(tuple(results))
    return results[0] if results else Data(tokens=made)


def fitted_by_hand(m: Machine, whole: Value, name: str, result: Data, place: Place) -> None:
    """Mark what went through a normalisation that is written out."""
    m.shared["fits"] = True
    made = FitToken(place, "statistics", name, whole, applied=True, on_part=_is_part(whole))
    result.tokens = union(result.tokens, _fit_token(m, made))


def put_back(m: Machine, owner: Data, value: Value) -> None:
    """Note that a data set's own field is replaced by what went through a fit: ``dataset.data.y = (y - mean) / std``."""
    fits = [token for token in tokens_of(value) if isinstance(token, FitToken)]
    for source in sources_of(owner) if fits else ():
        known: list[FitToken] = m.shared.setdefault(("fitted", source), [])
        known += [token for token in fits if token not in known]


def _transformed(m: Machine, receiver: Library, name: str, value: Value, place: Place) -> Value:
    if name != "transform":
        return Data(Kind.UNKNOWN, tokens_of(value))
    m.emit(Transformed(place, value, receiver))
    through = [
        _fit_token(m, FitToken(token.place, token.what, token.name, receiver, applied=True, on_part=token.on_part))
        for token in tokens_of(value)
        if isinstance(token, FitToken) and token.learner is receiver
    ]
    return Data(Kind.UNKNOWN, union(tokens_of(value), *through))


def _fit_token(m: Machine, made: FitToken) -> Tokens:
    """The token of a fit, the same one for all walks over it."""
    key = (FitToken, made.place, id(made.learner), made.applied, made.on_part)
    token: FitToken = m.shared.setdefault(key, made)
    return frozenset((token,))


def _is_part(value: Value) -> bool:
    """Whether a value is a part of some data already, by how it was made or by what it is called."""
    if holds(tokens_of(value), PermutedToken):
        return True
    for source in sources_of(value):
        if any(ancestor.part in _PARTS for ancestor in source.ancestors()):
            return True
        if source.place is None and source.split != UNKNOWN_SPLIT:
            return True
    return False


def divided(m: Machine, place: Place, wholes: list[Value | None], parts: tuple[Value, ...] = ()) -> None:
    """Record that data is split on which something was fitted before."""
    fits = _fits(m, wholes)
    if fits:
        m.emit(FittedDataParted(place, fits, parts))


def sliced(m: Machine, whole: Value, index: Value, part: Value, text: str, place: Place) -> None:
    """``x[:n]`` and ``x[n:]``: two slices of which one begins where the other ends are a split."""
    if "fits" not in m.shared or m.frames or not isinstance(index, Data) or index.origin != "slice":
        return
    if m.calls and m.calls[-1].function in BY_SAMPLE:
        return
    lower, _, upper = text.partition(":")
    for token in _fits(m, [whole]):
        taken: list[tuple[str, str, Value]] = m.shared.setdefault(("slices", id(token)), [])
        for begin, end, other in taken:
            if _meet(lower, end) or _meet(begin, upper):
                # `x[:train_size]` says by itself that it is a split.
                how = "split" if _BOUND.search(end if _meet(lower, end) else upper) else "slice"
                m.emit(FittedDataParted(place, (token,), (other, part), how))
        taken.append((lower, upper, part))


# What the end of the training part is called.
_BOUND = re.compile(r"train|test|val|split", re.I)


def _meet(begin: str, end: str) -> bool:
    return begin == end and begin not in ("", "-1")


def _fits(m: Machine, wholes: list[Value | None]) -> tuple[FitToken, ...]:
    if "fits" not in m.shared:
        return ()
    found: dict[int, FitToken] = {}
    for whole in wholes:
        for token in _inside(m, whole, 0):
            found.setdefault(id(token), token)
    return tuple(sorted(found.values(), key=lambda token: (token.place.path, token.place.start)))


def _inside(m: Machine, value: Value | None, depth: int) -> list[FitToken]:
    """The fits on a value, on what it holds, or on what it is the length of."""
    if value is None or depth > 4 or isinstance(value, Constant):
        return []
    found = [token for token in tokens_of(value) if isinstance(token, FitToken)]
    inner: list[Value | None] = []
    if isinstance(value, Data):
        inner = [m.shared.get(("length", id(value)))]
    elif isinstance(value, Instance):
        found += m.shared.get(("fitted", value.source), ())
        inner = [held for held in value.attributes.values() if isinstance(held, ListValue | Data | TupleValue)]
    elif isinstance(value, Library):
        found += m.shared.get(("fitted", value.source), ())
        inner = [*value.arguments.values()]
    elif isinstance(value, Stream):
        inner = [value.over, m.shared.get(("counts", id(value)))]
    elif isinstance(value, Choice):
        inner = [*value.options]
    elif isinstance(value, TupleValue):
        inner = [*value.elements]
    for held in inner:
        found += _inside(m, held, depth + 1)
    return found
