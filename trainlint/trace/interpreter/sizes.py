"""How many samples a tensor holds, where a constant says so."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import holds
from trainlint.trace.tokens import DrawnToken, Source
from trainlint.trace.values import Constant, Data, Library, TupleValue, Value

# The origin of what was sliced out of a batch or a drawn tensor.
PART = "part"


def drawn(m: Machine, place: Place, given: Arguments) -> None:
    """Note how many rows a new tensor of two or more axes has: ``torch.randn(128, 3)``."""
    sizes = given.positional
    if len(sizes) == 1 and isinstance(sizes[0], TupleValue):
        sizes = list(sizes[0].elements)
    if len(sizes) > 1 and isinstance(sizes[0], Constant) and isinstance(sizes[0].value, int):
        m.shared["rows", place] = sizes[0].value


def sliced(base: Data, index: Value, result: Data) -> None:
    """Mark ``x[:4]``."""
    if isinstance(index, Data) and index.origin == "slice":
        made = base.origin is not None and base.origin.startswith("call:torch.rand")
        if made or (base.origin is None and holds(base.tokens, Source)):
            result.origin = PART


def samples_of(m: Machine, value: Value) -> int | None:
    """How many samples a drawn tensor or a loader's batch holds, where nothing was taken out of it."""
    if not isinstance(value, Data) or value.origin == PART:
        return None
    for token in value.tokens:
        if isinstance(token, DrawnToken) and (value.origin or "").startswith("call:"):
            rows: int | None = m.shared.get(("rows", token.place))
            return rows
        if isinstance(token, Source) and isinstance(token.maker, Library) and token.maker.role == "loader":
            size = token.maker.constant(token.maker.parameter("batch_size"))
            return size if isinstance(size, int) else None
    return None
