"""What a number counts, and which totals are divided by what: means over batches, sums over samples.

A `Data` value's ``reduction`` says it: ``mean``, ``sum`` and ``none`` of a loss or metric of one batch, ``size`` of a batch,
``means`` and ``sums`` that a loop adds up, ``samples`` and ``batches`` that are counted. What is not certain is None.
"""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.datasets import is_dataset
from trainlint.trace.events import Averaged
from trainlint.trace.interpreter.iteration import without_progress
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.merge import models_of, sources_of, tokens_of
from trainlint.trace.tokens import AccumulatedToken, IndexToken
from trainlint.trace.values import Constant, Data, Kind, Library, Value

RUNNING = {"mean": "means", "sum": "sums", "size": "samples"}
# Factors that make a percentage.
PERCENT = (100, 100.0)
COUNTED = frozenset({"samples", "batches"})


def of(value: Value | None) -> str | None:
    return value.reduction if isinstance(value, Data) else None


def combined(op: str, left: Value, right: Value) -> str | None:
    """What the result of an operator counts."""
    mine, theirs = of(left), of(right)
    if op == "*":
        if {mine, theirs} == {"mean", "size"}:
            return "sum"
        scaled, factor = (mine, right) if isinstance(right, Constant) else (theirs, left)
        is_scale = isinstance(factor, Constant) and (isinstance(factor.value, float) or factor.value in PERCENT)
        return scaled if is_scale else None
    if op == "/":
        if mine == "sum" and theirs == "size":
            return "mean"
        return mine if mine == "mean" and isinstance(right, Constant) else None
    if op == "+":
        if mine == theirs and mine in ("mean", "sum"):
            return mine
        if isinstance(right, Constant) and right.value in (1, 1.0) and _is_index(left):
            return "batches"
    return None


def _is_index(value: Value) -> bool:
    """Whether a value numbers the batches of a loop over a loader."""
    if not isinstance(value, Data) or value.origin != "index" or len(value.tokens) != 1:
        return False
    return any(isinstance(token, IndexToken) and goes_over_batches(token.loop) for token in value.tokens)


def goes_over_batches(loop: object) -> bool:
    """Whether a loop goes over a loader whose batches may hold several samples."""
    over = getattr(loop, "over_value", None)
    return _holds_batches(getattr(over, "over", over))


def reduced(value: Data, method: str) -> str | None:
    """What a mean or sum over a tensor counts. That of a number that was reduced before is the number itself."""
    if method not in ("mean", "sum"):
        return None
    before = value.reduction
    if before in ("mean", "sum"):
        return before
    last = value.operations[-1].name if value.operations else None
    return method if before == "none" or last in ("comparison", "compare") else None


def added(m: Machine, before: Value, addend: Value) -> str | None:
    """What a total counts after a loop has added to it."""
    known = of(addend)
    if known is None and isinstance(addend, Constant) and addend.value == 1 and m.frames:
        running: str | None = "batches" if goes_over_batches(m.frames[-1].loop) else None
    else:
        running = RUNNING.get(known or "")
    is_fresh = isinstance(before, Constant) or (isinstance(before, Data) and not before.tokens)
    return running if running is not None and (of(before) == running or (is_fresh and of(before) is None)) else None


def gives_mean_loss(output: Data) -> bool:
    """Whether something is the output of a network whose own loss is a mean over the batch."""
    networks = models_of(output)
    return bool(networks) and all(isinstance(n, Library) and n.trait("labels") for n in networks)


def size_of(m: Machine, value: Value | None) -> str | None:
    """``size`` where a value is a batch of a loop, so that its length is a number of samples."""
    tokens = tokens_of(value)
    return "size" if tokens and any(frame.loop.over & tokens for frame in m.frames) else None


def length_of(m: Machine, value: Value | None) -> str | None:
    """What the length of something counts."""
    if value is None:
        return None
    if is_dataset(value) or (isinstance(value, Library) and value.role in ("sampler", "subset")):
        return "samples"
    if isinstance(value, Data) and value.name == "dataset":
        return "samples"
    if _holds_batches(value):
        return "batches"
    return size_of(m, value)


def _holds_batches(value: Value | None) -> bool:
    """Whether a value is a loader whose batches may hold several samples."""
    if value is None:
        return False
    value = without_progress(value)
    if isinstance(value, Data):
        if value.promoted is None:
            return "loader" in (value.name or "").lower()
        value = value.promoted
    if not isinstance(value, Library) or value.role != "loader":
        return False
    given = value.arguments.get(value.parameter("batch_size"))
    if given is None:
        # A loader of a library with settings of its own may make batches in another way.
        return "batch_sampler" in value.arguments
    return not isinstance(given, Constant) or given.value not in (None, 1)


def store(m: Machine, container: Data, key: object, value: Value) -> None:
    """Totals may be kept in one tensor: ``totals = torch.zeros(2)``, ``totals[0] += loss.item()``."""
    if isinstance(key, int) and container.origin is not None and container.origin.startswith("call:torch.zeros"):
        known = m.shared.setdefault(("totals", id(container)), {})
        m.kept.append(container)
        m.store.set(known, key, value)


def read(m: Machine, container: Data, index: Value, result: Data) -> None:
    """What one total in a tensor counts. One that nothing was added to is zero, whatever stands beside it."""
    known = m.shared.get(("totals", id(container)))
    if known is None or not isinstance(index, Constant):
        return
    stored = known.get(index.value)
    result.reduction = of(stored)
    result.tokens = tokens_of(stored)


def divided(m: Machine, left: Value, right: Value, place: Place, words: tuple[str, str]) -> None:
    """Record a total that is divided by a number of samples or batches."""
    total, count = of(left), of(right)
    if total not in ("means", "sums") or count not in COUNTED or not isinstance(left, Data):
        return
    if isinstance(right, Data) and right.kind is not Kind.NUMBER and right.origin is None and not right.tokens:
        return
    whole = m.shared.get(("length", id(right)))
    added_at = tuple(token.place for token in left.tokens if isinstance(token, AccumulatedToken))
    if len(added_at) != 1:
        return
    m.emit(Averaged(place, total, str(count), words, added_at[0], part=count == "samples" and _is_part(left, whole)))


def _is_part(total: Data, whole: Value | None) -> bool:
    """Whether a sum was taken over a random part of a data set, by a sampler, of which the whole is counted."""
    if whole is None:
        return False
    for source in sources_of(total):
        loader = source.maker
        if isinstance(loader, Library) and loader.role == "loader":
            sampler = loader.arguments.get("sampler")
            is_subset = isinstance(sampler, Library) and sampler.short == "SubsetRandomSampler"
            if is_subset and loader.arguments.get("dataset") is whole:
                return True
    return False
