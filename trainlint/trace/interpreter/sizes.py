"""How many samples a tensor holds, where a constant says so."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import sources_of
from trainlint.trace.tokens import DrawnToken, ModelToken, Source, holds
from trainlint.trace.values import Constant, Data, Library, TupleValue, Value

# The origin of what was sliced out of a batch, a drawn tensor or the data of a file.
PART = "part"
# Methods of data frames that take rows out of them, and those that keep the rows.
SELECTING = frozenset("sample query head tail truncate between_time get_group".split())
KEEPING = frozenset("copy reset_index dropna fillna astype to_numpy sort_values set_index rename assign".split())


def drawn(m: Machine, place: Place, given: Arguments) -> None:
    """Note how many rows a new tensor of two or more axes has: ``torch.randn(128, 3)``."""
    sizes = given.positional
    if len(sizes) == 1 and isinstance(sizes[0], TupleValue):
        sizes = list(sizes[0].elements)
    if len(sizes) > 1 and isinstance(sizes[0], Constant) and isinstance(sizes[0].value, int):
        m.shared["rows", place] = sizes[0].value


def sliced(base: Data, index: Value, result: Data) -> None:
    """Mark ``x[:4]`` and ``x[mask]``."""
    if isinstance(index, Data) and (index.origin == "slice" or _is_mask(index)):
        made = base.origin is not None and base.origin.startswith("call:torch.rand")
        if made or (base.origin is None and holds(base.tokens, Source)):
            result.origin = PART


def is_own_mask(base: Data, index: Value) -> bool:
    """Whether rows are picked by what stands in them: ``frame[frame["fold"] == 0]``."""
    if not isinstance(index, Data) or not _is_mask(index):
        return False
    return not holds(index.tokens, ModelToken) and not set(sources_of(index)).isdisjoint(sources_of(base))


def _is_mask(index: Data) -> bool:
    return bool(index.operations) and index.operations[-1].name == "comparison"


def selected(receiver: Data, name: str, given: Arguments, result: Value) -> None:
    """Mark ``frame.query(...)`` and the like, and what stays a part: ``frame[:80].copy()``."""
    if not isinstance(result, Data) or result.origin is not None or not holds(result.tokens, Source):
        return
    rest = name == "drop" and isinstance(given.get(0), Data)
    if rest:
        # `frame.drop(train.index)` leaves the rows that are in no part yet.
        result.tokens = receiver.tokens
    if rest or name in SELECTING or (receiver.origin == PART and name in KEEPING):
        result.origin = PART


def is_split_off(value: Data, sources: list[Source]) -> bool:
    """Whether a value is a part of training data: its name tells what for, as of ``valid = train[800:]`` of a file ``train.csv``."""
    return value.origin == PART and all(source.split == "train" and not source.parents for source in sources)


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
