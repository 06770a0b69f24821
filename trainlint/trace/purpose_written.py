"""Examples that stand in a program, learnt to show how something is called, and samples that are picked at random from data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainlint.trace.events import Forward, LossComputed
from trainlint.trace.merge import elements_of, options_of, tokens_of
from trainlint.trace.tokens import DrawnToken, PermutedToken, Source, Tokens, WrittenToken, holds
from trainlint.trace.values import Constant, Data, Kind, ListValue, TupleValue, Value

if TYPE_CHECKING:
    from trainlint.trace.view import Training

# Pairs up to which a list is one of examples.
_FEW = 20


def learns_what_is_written(training: Training) -> bool:
    """Whether the network is given nothing but a handful of examples that stand in the program: XOR, two sentences."""
    if training.sources:
        return False
    inputs = [event.tokens for event in training.of(Forward) if event.direct]
    if not inputs or any(holds(tokens, Source) for tokens in inputs):
        return False
    if _are_examples(training.batch_loop.over_value):
        return not any(inputs)
    targets = [tokens_of(loss.target) for loss in training.of(LossComputed)]
    return bool(targets) and all(_is_written(tokens) for tokens in [*inputs, *targets])


def _is_written(tokens: Tokens) -> bool:
    return holds(tokens, WrittenToken) and not holds(tokens, (Source, DrawnToken))


def _are_examples(over: Value | None) -> bool:
    """Whether a list of pairs of sentences or of lists of numbers stands in the program."""
    if not isinstance(over, ListValue) or over.rest is not None or not 2 <= len(over.items) <= _FEW:
        return False
    return all(
        isinstance(item, TupleValue) and len(item.elements) > 1 and all(map(_is_example, item.elements))
        for item in over.items
    )


def _is_example(value: Value) -> bool:
    if isinstance(value, Constant):
        return isinstance(value.value, str) and " " in value.value
    if isinstance(value, ListValue):
        return value.rest is None or not tokens_of(value.rest)
    return isinstance(value, Data) and not value.tokens


def is_picked(tokens: Tokens) -> bool:
    """Whether something is a random choice out of what came from elsewhere (`choice(items_of[user])`), and so is data."""
    return any(isinstance(token, PermutedToken) and _is_from_elsewhere(token.value) for token in tokens)


def _is_from_elsewhere(value: Value | None) -> bool:
    return any(_is_unknown(inner) for option in options_of(value) for inner in (elements_of(option) or [option]))


def _is_unknown(value: Value) -> bool:
    if isinstance(value, ListValue):
        # A list that is chosen from is not empty: what fills it is out of sight.
        return not elements_of(value)
    if not isinstance(value, Data) or value.kind is not Kind.UNKNOWN or value.origin == "option":
        return False
    return not holds(value.tokens, DrawnToken)
