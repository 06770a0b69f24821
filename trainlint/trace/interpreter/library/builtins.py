"""Python's own functions."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.trace.events import BatchTaken, Decided, Reported
from trainlint.trace.interpreter import averages, numbering
from trainlint.trace.interpreter.attributes import get_attribute
from trainlint.trace.interpreter.iteration import counted, element_of, enumerated, known_elements, zipped
from trainlint.trace.interpreter.library import records
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.naming import named
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.interpreter.operators import mix, truth
from trainlint.trace.interpreter.ordering import ordered, unordered_token
from trainlint.trace.interpreter.tensors import detached
from trainlint.trace.merge import join, options_of, sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, MeasureToken, ModelToken, holds, union
from trainlint.trace.values import (
    Class,
    Constant,
    Data,
    DictValue,
    External,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    Super,
    TupleValue,
    Value,
)

Builtin = Callable[[Machine, Arguments, ir.Node, Scope], Value]


def call_builtin(m: Machine, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler(m, given, node, scope)
    if name in PASSIVE:
        return Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))
    return unknown_call(m, name, given, node, scope)


def _print(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    tokens = union(*(tokens_of(value) for value in given.all()))
    m.emit(Reported(m.place(node, scope), tokens, "print"))
    return Constant(None)


def _len(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    if isinstance(value, TupleValue):
        return Constant(len(value.elements))
    result = Data(Kind.NUMBER, origin="length", reduction=averages.length_of(m, value))
    if value is not None:
        m.shared["length", id(result)] = value
        m.kept.extend([result, value])
    return result


def _range(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    numbers = [value.value if isinstance(value, Constant) else None for value in given.positional]
    whole = [number for number in numbers if isinstance(number, int)]
    length: int | None = None
    if whole and len(whole) == len(numbers):
        step = whole[2] if len(whole) > 2 and whole[2] else 1
        start, stop = (0, whole[0]) if len(whole) == 1 else (whole[0], whole[1])
        length = max(0, -(-(stop - start) // step))
    elif len(given.positional) == 2 and isinstance(numbers[1], int):
        # `range(args.start_epoch, 90)`: a run from its start.
        length = numbers[1]
    result = counted(length)
    result.from_zero = len(numbers) == 1 or (bool(numbers) and numbers[0] == 0)
    if whole and len(whole) == len(numbers):
        result.bounds = (0, whole[0]) if len(whole) == 1 else (whole[0], whole[1])
    if given.positional:
        m.shared["counts", id(result)] = given.positional[-1]
        m.kept.append(result)
    return result


def _iter(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0) or Data()
    if isinstance(value, Stream):
        return value
    return Stream(element_of(m, value, None, node, scope), value)


def _next(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0) or Data()
    if isinstance(value, Instance):
        return m.method(m, value, "__next__", Arguments(), node, scope)
    sources = sources_of(value)
    if sources:
        m.emit(BatchTaken(m.place(node, scope), tuple(sources)))
    return element_of(m, value, None, node, scope)


def _enumerate(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    result = enumerated(m, given.get(0, "iterable") or Data(), node, scope)
    if isinstance(result, Stream):
        start = given.get(1, "start")
        result.from_zero = start is None or (isinstance(start, Constant) and start.value == 0)
    return result


def _zip(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return zipped(m, given.positional, node, scope)


def _same(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return given.get(0) or Data()


def _list(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    place = m.place(node, scope)
    if value is None:
        return ListValue((), None, place)
    known = known_elements(m, value)
    if known is not None:
        return ListValue(known, None, place)
    if isinstance(value, Library | Data) and not isinstance(value, ListValue):
        return value
    made = ListValue((), element_of(m, value, None, node, scope), place)
    numbering.from_set(m, value, made)
    return made


def _tuple(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    known = known_elements(m, value) if value is not None else []
    return TupleValue(tuple(known)) if known is not None else _list(m, given, node, scope)


def _dict(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    result = DictValue({}, m.place(node, scope))
    first = given.get(0)
    pairs = known_elements(m, first) if isinstance(first, ListValue | TupleValue) else None
    if isinstance(first, DictValue):
        result.entries.update(first.entries)
    elif pairs is not None and all(isinstance(pair, TupleValue) and len(pair.elements) == 2 for pair in pairs):
        for pair in pairs:
            assert isinstance(pair, TupleValue)
            key, value = pair.elements
            result.entries[key.value if isinstance(key, Constant) else DictValue.REST] = value
    elif first is not None:
        result.entries[DictValue.REST] = element_of(m, first, None, node, scope)
        assert result.place is not None
        numbering.paired(m, first, result, result.place)
    for name, value in given.keywords.items():
        result.entries[name] = named(m, value, name, result.place)
    if given.open_keywords:
        result.entries[DictValue.REST] = Data()
    return result


def _super(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if len(given.positional) == 2 and isinstance(given.positional[0], Class):
        return Super(given.positional[1], given.positional[0])
    function = m.activation.function
    if function is None or function.owner is None or not function.node.params:
        return Data()
    receiver = m.activation.scope.find(function.node.params[0].name)
    return Super(receiver, function.owner) if receiver is not None else Data()


def _getattr(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    base, name = given.get(0), given.get(1)
    if base is None:
        return Data()
    if isinstance(name, Constant) and isinstance(name.value, str):
        value = get_attribute(m, base, name.value, node, scope)
        if len(given.positional) > 2 and isinstance(value, Data) and value.promoted is None and not value.tokens:
            return join(value, given.positional[2])
        return value
    if isinstance(base, External):
        # `getattr(torch.optim, args.optimizer)`: one of a family.
        return Data(name=None, origin=f"one of {base.dotted}")
    return Data(Kind.UNKNOWN, tokens_of(base))


def _setattr(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    base, name, value = given.get(0), given.get(1), given.get(2)
    if isinstance(base, Instance) and isinstance(name, Constant) and isinstance(name.value, str) and value is not None:
        m.store.set(base.attributes, name.value, value)
    if isinstance(base, Instance) and value is not None and is_network(base):
        # `setattr(self, f"layer{i}", layer)` registers it all the same.
        for option in options_of(value):
            if is_network(option):
                m.adopt(base, option)
    return Constant(None)


def _isinstance(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value, kind = given.get(0), given.get(1)
    if isinstance(value, Instance) and isinstance(kind, Class):
        return Constant(any(cls.node is kind.node for cls in value.cls.lineage()))
    return Data(Kind.NUMBER)


def _convert(kind: type[int] | type[float] | type[str] | type[bool]) -> Builtin:
    def convert(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
        value = given.get(0)
        if isinstance(value, Constant) and value.value is not None:
            try:
                return Constant(kind(value.value), optional=value.optional)
            except (ValueError, OverflowError):
                return Data(Kind.NUMBER)
        if value is None:
            return Constant(kind())
        tokens = tokens_of(value)
        if kind is str:
            return Data(Kind.TEXT, tokens, origin=value.origin if isinstance(value, Data) else None)
        if kind is bool and truth(value)[0] is not None:
            return Constant(bool(truth(value)[0]))
        result = detached(mix(value), m.place(node, scope))
        result.kind = Kind.NUMBER
        return result

    return convert


def _extreme(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``max(best, acc)`` keeps the best: it decides by what it is given."""
    values = given.positional
    if len(values) >= 2:
        constants = [value for value in values if isinstance(value, Constant)]
        if len(constants) == len(values):
            numbers = [value.value for value in constants if isinstance(value.value, int | float)]
            if len(numbers) == len(values):
                return Data(Kind.NUMBER)
        tokens = union(*(tokens_of(value) for value in values))
        if holds(tokens, (LossToken, MeasureToken, ModelToken)):
            m.emit(Decided(m.place(node, scope), tokens, "best"))
    elif values and isinstance(values[0], ListValue):
        tokens = tokens_of(values[0])
        if holds(tokens, (LossToken, MeasureToken, ModelToken)):
            m.emit(Decided(m.place(node, scope), tokens, "best of all"))
    return mix(*values) if values else Data()


def _number(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    result = mix(*given.positional) if given.positional else Data()
    values = given.positional
    if len(values) == 1 and isinstance(values[0], Constant) and isinstance(values[0].value, int | float):
        return Data(Kind.NUMBER)
    return result


def _map(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if len(given.positional) < 2:
        return Data()
    function, *iterables = given.positional
    elements = [element_of(m, iterable, None, node, scope) for iterable in iterables]
    return Stream(m.call(m, function, Arguments(elements), node, scope), iterables[0])


def _filter(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return given.get(1) or Data()


def _exit(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.shared["exit"] = True
    return Constant(None)


def _set(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    element = element_of(m, value, None, node, scope) if value is not None else None
    place = m.place(node, scope)
    if isinstance(element, Data) and element.kind is not Kind.NUMBER:
        # Numbers hash to themselves: their sets look the same in every run.
        tokens = union(element.tokens, frozenset((unordered_token(m, place, "set"),)))
        element = Data(element.kind, tokens, graph=element.graph, name=element.name, origin=element.origin)
    return ListValue((), element, place, "set")


def _sorted(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0) or Data()
    if isinstance(value, DictValue):
        keys = known_elements(m, value)
        # Unknown ones came in the order of what filled it.
        rest = element_of(m, value, None, node, scope) if keys is None else None
        value = ListValue(keys or (), rest, m.place(node, scope))
    return ordered(value)


def _type(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    return value.cls if isinstance(value, Instance) else Data()


HANDLERS: dict[str, Builtin] = {
    "print": _print,
    "len": _len,
    "range": _range,
    "iter": _iter,
    "next": _next,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": _same,
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "frozenset": _set,
    "dict": _dict,
    "super": _super,
    "getattr": _getattr,
    "setattr": _setattr,
    "isinstance": _isinstance,
    "int": _convert(int),
    "float": _convert(float),
    "str": _convert(str),
    "bool": _convert(bool),
    "max": _extreme,
    "min": _extreme,
    "sum": _number,
    "abs": _number,
    "round": _number,
    "map": _map,
    "filter": _filter,
    "exit": _exit,
    "quit": _exit,
    "sorted": _sorted,
    "type": _type,
    "vars": records.as_dict,
}
PASSIVE = frozenset(
    "open input id hash repr format ord callable hasattr dir all any pow divmod object property issubclass locals"
    " slice Exception ValueError RuntimeError NotImplementedError ImportError KeyError AssertionError".split()
)
# These may run anything.
_OPEN = frozenset({"eval", "exec", "__import__", "classmethod", "staticmethod"})
NAMES = frozenset((*HANDLERS, *PASSIVE, *_OPEN))
