"""The precision of tensors and networks: what creates them, converts them, and changes the default."""

from __future__ import annotations

from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import parts
from trainlint.trace.merge import options_of
from trainlint.trace.values import Constant, Data, External, Instance, Kind, Library, ListValue, TupleValue, Value

DOUBLE, SINGLE, HALF, INTEGER = "double", "single", "half", "int"
NAMES: dict[str, str] = {
    **dict.fromkeys(("float64", "double", "DoubleTensor"), DOUBLE),
    **dict.fromkeys(("float32", "float", "FloatTensor"), SINGLE),
    **dict.fromkeys(("float16", "half", "bfloat16", "HalfTensor", "BFloat16Tensor"), HALF),
    **dict.fromkeys(
        ("int64", "int32", "int16", "int8", "uint8", "long", "int", "short", "bool", "LongTensor"), INTEGER
    ),
}
METHODS = frozenset("double float half bfloat16 long int short bool".split())
# Created as whole numbers, or as what the data is.
_OTHERWISE = frozenset(
    "randint arange range randperm tensor as_tensor from_numpy asarray Tensor multinomial bincount".split()
)


def named(value: Value | None) -> str | None:
    """The precision that a value names: ``torch.float64``, ``"torch.DoubleTensor"``, ``x.dtype``."""
    if isinstance(value, External):
        return (
            NAMES.get(value.dotted.rpartition(".")[2])
            if value.dotted.startswith(("torch.", "numpy.", "builtins."))
            else None
        )
    if isinstance(value, Constant) and isinstance(value.value, str):
        return NAMES.get(value.value.rpartition(".")[2])
    if isinstance(value, Data) and value.origin is not None and value.origin.startswith("dtype:"):
        return value.origin.removeprefix("dtype:")
    return None


def default(m: Machine) -> str:
    return str(m.flags.get("dtype") or SINGLE)


def set_default(m: Machine, value: Value | None) -> None:
    """``torch.set_default_dtype(torch.float64)``; what cannot be told makes every later precision unknown."""
    m.store.set(m.flags, "dtype", named(value) or "unknown")


def created(m: Machine, dotted: str, given: Arguments) -> str | None:
    """The precision of a new tensor (``torch.rand(3, dtype=torch.double)``)."""
    if "dtype" in given.keywords:
        return named(given.keywords["dtype"])
    short = dotted.rpartition(".")[2]
    like = given.get(0)
    if short.endswith("_like") or short.startswith("new_"):
        return like.dtype if isinstance(like, Data) else None
    if short in _OTHERWISE or given.open_keywords:
        return (
            INTEGER
            if short in ("randint", "randperm")
            else _of_numbers(m, given)
            if short in ("tensor", "Tensor")
            else None
        )
    return _known(default(m))


def _of_numbers(m: Machine, given: Arguments) -> str | None:
    """``torch.tensor([1.0, 2.0])`` takes the default precision."""
    value: Value | None = given.get(0)
    while isinstance(value, ListValue | TupleValue):
        elements = value.items if isinstance(value, ListValue) else value.elements
        value = elements[0] if elements else None
    return _known(default(m)) if isinstance(value, Constant) and isinstance(value.value, float) else None


def _known(dtype: str) -> str | None:
    return None if dtype == "unknown" else dtype


def converted(m: Machine, value: Data, method: str, given: Arguments) -> Data:
    """The value after ``.double()``, ``.to(torch.float64)``, ``.type_as(other)``."""
    found = target(method, given)
    if found is not None:
        value.dtype = _known(found)
    return value


def target(method: str, given: Arguments) -> str | None:
    """What precision a conversion asks for, unknown where it may ask for one that cannot be told; None where for none."""
    if method in METHODS:
        return NAMES[method]
    if method in ("to", "type", "astype", "type_as"):
        for value in given.all():
            if isinstance(value, Data) and value.dtype is not None:
                return value.dtype
            found = named(value)
            if found is not None:
                return found
        if method != "to" or "dtype" in given.keywords:
            return "unknown"
        return (
            "unknown" if any(isinstance(value, Data) and value.name != "device" for value in given.positional) else None
        )
    return None


def _key(part: Value) -> str:
    return f"dtype of {id(part)}"


def convert_network(m: Machine, network: Value, method: str, given: Arguments) -> None:
    found = target(method, given)
    if found is not None:
        for part in parts(network):
            m.store.set(m.flags, _key(part), found)


def of_network(m: Machine, network: Value) -> str | None:
    """The precision of a network's parameters; None where it has none or it is not known."""
    found: set[str | None] = set()
    for part in parts(network):
        if _key(part) in m.flags:
            found.add(_known(str(m.flags[_key(part)])))
        elif isinstance(part, Library):
            found.update(_of_layer(m, part))
        elif isinstance(part, Instance) and part.place is None:
            found.add(None)
    return found.pop() if len(found) == 1 else None


def _of_layer(m: Machine, part: Library) -> list[str | None]:
    if part.role == "model":
        return [None]
    if not part.entry.learns:
        return []
    return [named(part.arguments["dtype"]) if "dtype" in part.arguments else _known(default(m))]


def of_inputs(value: Value | None) -> set[str | None]:
    """The precisions of the floating-point tensors that are handed over."""
    if isinstance(value, TupleValue | ListValue):
        elements = value.elements if isinstance(value, TupleValue) else (*value.items, value.rest)
        return {dtype for element in elements if element is not None for dtype in of_inputs(element)}
    found = {
        option.dtype for option in options_of(value) if isinstance(option, Data) and option.kind is not Kind.NUMBER
    }
    return found - {INTEGER}
