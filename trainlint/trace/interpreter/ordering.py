"""Orders that are random or not fixed, and the splits that are made by them.

A permutation, a shuffled list or a random mask divides data once two parts of it are taken: by slices, by a mask and its
opposite, or by what was sampled and what was not.
"""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.events import SplitDrawn
from trainlint.trace.interpreter.learning import divided
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.tensors import reshaped
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import DrawnToken, PermutedToken, Tokens, UnorderedToken, union
from trainlint.trace.values import Choice, Constant, Data, Instance, Kind, Library, ListValue, Stream, TupleValue, Value


def listing(m: Machine, place: Place, kind: str = "list") -> ListValue:
    """Names in whatever order the file system gives them."""
    return ListValue((), Data(Kind.TEXT, frozenset((unordered_token(m, place),))), place, kind)


def unordered_token(m: Machine, place: Place, of: str = "listing") -> UnorderedToken:
    key = (UnorderedToken, place)
    if key not in m.shared:
        m.shared[key] = UnorderedToken(place, of)
    token: UnorderedToken = m.shared[key]
    return token


def permuted_token(m: Machine, value: Value | None, place: Place, draws: str, seeded: bool | None) -> Tokens:
    """The token of a random order of ``value`` that a generator of ``draws`` (torch, numpy, python) makes at a place."""
    key = (PermutedToken, place, seeded)
    if key not in m.shared:
        m.shared[key] = PermutedToken(place, value, draws, seeded)
    token: PermutedToken = m.shared[key]
    token.value = value
    return frozenset((token,))


def permuted(m: Machine, value: Value | None, place: Place, draws: str, *, seeded: bool | None) -> Data:
    """A random order of something, or a random sample of it."""
    tokens = permuted_token(m, value, place, draws, seeded)
    return Data(Kind.UNKNOWN, union(tokens_of(value), tokens), origin="permutation")


def one_of(m: Machine, order: Value, element: Value) -> Value:
    """One index out of a random order, ``permutation[i]``: what it picks is one sample."""
    if not isinstance(order, Data) or order.origin != "permutation" or not isinstance(element, Data):
        return element
    marks = frozenset(_single(m, mark) if isinstance(mark, PermutedToken) else mark for mark in element.tokens)
    if marks == element.tokens:
        return element
    result = reshaped(element)
    result.tokens = marks
    return result


def _single(m: Machine, mark: PermutedToken) -> PermutedToken:
    if mark.single:
        return mark
    key = ("single", id(mark))
    if key not in m.shared:
        made = PermutedToken(mark.place, mark.value, mark.draws, mark.seeded)
        made.single = True
        m.shared[key], m.shared["of", id(made)] = made, mark
    single: PermutedToken = m.shared[key]
    return single


def shuffle_in_place(m: Machine, value: Value | None, place: Place, draws: str, *, seeded: bool | None) -> None:
    """``random.shuffle(files)``."""
    tokens = permuted_token(m, copied(value), place, draws, seeded)
    if isinstance(value, Data):
        value.tokens = union(value.tokens, tokens)
    elif isinstance(value, ListValue):
        known = tuple(_marked(item, tokens) for item in value.items)
        m.store.set(value.state, "items", known)
        m.store.set(value.state, "rest", _marked(value.rest, tokens) if value.rest is not None else Data(tokens=tokens))


def copied(value: Value | None) -> Value | None:
    """A list as it is now."""
    return ListValue(value.items, value.rest, value.place, value.kind) if isinstance(value, ListValue) else value


def _marked(value: Value, tokens: Tokens) -> Value:
    if isinstance(value, Data | Constant):
        kind = value.kind if isinstance(value, Data) else Kind.UNKNOWN
        return Data(kind, union(tokens_of(value), tokens), name=value.name)
    return value


def ordered(value: Value) -> Value:
    """A sorted copy: its order is fixed, whatever it was before."""
    if isinstance(value, Data):
        return Data(value.kind, _fixed(value.tokens), graph=value.graph, name=value.name, origin=value.origin)
    if isinstance(value, ListValue):
        rest = ordered(value.rest) if isinstance(value.rest, Data) else value.rest
        items = [ordered(item) if isinstance(item, Data) else item for item in value.items]
        return ListValue(items, rest, value.place)
    if isinstance(value, Stream) and isinstance(value.element, Data):
        return ListValue((), ordered(value.element), None)
    return value


def _fixed(tokens: Tokens) -> Tokens:
    return frozenset(token for token in tokens if not isinstance(token, UnorderedToken | PermutedToken))


def order_of(m: Machine, value: Value | None, depth: int = 0) -> Place | None:
    """Where a value got an order that the file system or a hash decides; None where its order is fixed, as far as known."""
    if value is None or depth > 4:
        return None
    for token in tokens_of(value):
        if isinstance(token, UnorderedToken):
            return token.place
        if isinstance(token, PermutedToken) and token.value is not value:
            found = order_of(m, token.value, depth + 1)
            if found is not None:
                return found
    for inner in _inside(m, value):
        found = order_of(m, inner, depth + 1)
        if found is not None:
            return found
    return None


def _inside(m: Machine, value: Value) -> list[Value]:
    if isinstance(value, Data):
        measured = m.shared.get(("length", id(value)))
        return [measured] if isinstance(measured, Value) else []
    if isinstance(value, Instance):
        return [held for held in value.attributes.values() if isinstance(held, ListValue | Data)]
    if isinstance(value, Library):
        return [held for held in value.arguments.values() if not isinstance(held, Constant)]
    if isinstance(value, Stream):
        measured = m.shared.get(("counts", id(value)))
        return [part for part in (measured, value.over) if isinstance(part, Value)]
    if isinstance(value, Choice):
        return list(value.options)
    return list(value.elements) if isinstance(value, TupleValue) else []


def parted(m: Machine, whole: Value, by: Value | None, part: Value, text: str) -> None:
    """Record that a part is taken of something in random order, by the index that is written as ``text``: the second
    different part makes it a split."""
    if isinstance(by, Data) and by.origin == "slice":
        for token in tokens_of(whole):
            if isinstance(token, PermutedToken) and not token.single:
                _take(m, token, token.value, part, text)
    elif _is_mask(by):
        for token in tokens_of(by):
            if isinstance(token, DrawnToken):
                # Two masks over different things divide nothing. The key keeps the whole, and so its id.
                m.shared["masked", id(token), id(whole)] = whole
                _take(m, token, whole, part, text, of=id(whole))


def _take(
    m: Machine, token: PermutedToken | DrawnToken, value: Value | None, part: Value, text: str, of: int = 0
) -> None:
    taken: dict[str, Value] = m.shared.setdefault(("parts", id(token), of), {})
    taken[text] = part
    if len(taken) > 1:
        order = order_of(m, value)
        parts, how = tuple(taken.values()), "permutation" if isinstance(token, PermutedToken) else "mask"
        divided(m, token.place, [value], parts)
        m.emit(SplitDrawn(token.place, value, parts, how, token.seeded, order is None, order, token.draws))


def _is_mask(by: Value | None) -> bool:
    return isinstance(by, Data) and any(operation.name == "comparison" for operation in by.operations)


def complemented(m: Machine, sampled: Value, others: Value) -> None:
    """Record that what was not sampled is taken as well: `[i for i in range(n) if i not in held_out]`."""
    for token in tokens_of(sampled):
        if isinstance(token, PermutedToken):
            m.shared.setdefault(("parts", id(token), 0), {})["sampled"] = sampled
            _take(m, token, token.value, others, "others")


def through(index: Value) -> Tokens:
    """What indexing by something does to the order: `x[permutation]` is in random order too."""
    return frozenset(token for token in tokens_of(index) if isinstance(token, PermutedToken))
