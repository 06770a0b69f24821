"""Class and token indices that follow an order that is not fixed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.events import Numbered, Reported, Saved
from trainlint.trace.merge import elements_of, tokens_of
from trainlint.trace.queries_saving import written_elsewhere
from trainlint.trace.tokens import NumberedToken, Tokens, UnorderedToken
from trainlint.trace.values import Instance, Value
from trainlint.trace.view import Run

# What a model's outputs or inputs stand for.
_CLASSES = re.compile(
    r"class|label|categor|vocab|word|token|char|(?:^|_)tags?(?:_|2|$)|species|breed|genre|speaker|intent|emotion|letter|entit"
    r"|lang|(?:^|_)cls(?:_|2|$)|ingredient|symbol|artist",
    re.I,
)
# What is looked up by its place alone; numbers that name persons hash to themselves.
_OTHERS = re.compile(
    r"file|im(?:g|age)|path|frame|sample|video|(?:^|_)p?ids?(?:_|2|$)|row|node|edge|user|item|camera|key", re.I
)


# Functions that compare two texts number their words for this once, and those that lay out a table of classes its rows:
# any numbers do.
_FOR_THIS_ONCE = re.compile(
    r"(?:^|_)(?:wer|cer|per|ter|errors?|edit|levenshtein|distance|bleu|rouge|confusion|report)(?:_|$)", re.I
)


def unordered_indices(run: Run) -> Iterator[Numbered]:
    """Numberings of classes or tokens in the order of a set or a listing, where nothing writes them down."""
    numbered = [event for event in run.of(Numbered) if not event.offered]
    if not numbered:
        return
    # Whoever sorts the names once mends all that is numbered by their order.
    told_of: set[Place] = set()
    written, reported = _written(run), [event.tokens for event in run.of(Reported) if event.how == "log"]
    for event in numbered:
        names = [name for name in (event.into.name, event.element) if name]
        if any(_OTHERS.search(name) for name in names):
            continue
        if event.unordered in told_of:
            continue
        if any(_FOR_THIS_ONCE.search(call.function) for call in event.calls):
            continue
        told = any(_CLASSES.search(name) for name in names)
        if not told and not (event.by == "set" and event.text):
            continue
        if not any(_is_in(event, value) for value in written) and not any(_is_among(event, each) for each in reported):
            told_of.add(event.unordered)
            yield event


def _written(run: Run) -> list[Value]:
    saved = [event.value for event in run.of(Saved) if event.value is not None]
    return [*saved, *written_elsewhere(run)]


def _is_in(event: Numbered, value: Value, depth: int = 0) -> bool:
    """Whether what is written holds the numbering, or the names in their order."""
    if value is event.into:
        return True
    if _is_among(event, tokens_of(value)):
        return True
    if depth > 3:
        return False
    if isinstance(value, Instance):
        # A vocabulary that is pickled: its attributes are not known any more.
        node = value.cls.node
        return value.cls.module_path == event.place.path and node.start <= event.place.start < node.body_end
    return any(_is_in(event, inner, depth + 1) for inner in elements_of(value))


def _is_among(event: Numbered, tokens: Tokens) -> bool:
    return any(
        (isinstance(token, NumberedToken) and token.place == event.place)
        or (isinstance(token, UnorderedToken) and token.place == event.unordered)
        for token in tokens
    )
