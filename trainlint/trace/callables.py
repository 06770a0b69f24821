"""The functions of a file, and the names that a function calls, without walking it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from trainlint.facts import ir
from trainlint.facts.children import CHILDREN


def functions_of(body: list[ir.Statement]) -> Iterator[tuple[ir.ClassDef | None, ir.FunctionDef]]:
    """Functions and methods among a module's statements, also under ``if`` and ``try``."""
    for statement in _flat(body):
        if isinstance(statement, ir.FunctionDef):
            yield None, statement
        elif isinstance(statement, ir.ClassDef):
            for inner in _flat(statement.body):
                if isinstance(inner, ir.FunctionDef):
                    yield statement, inner


def _flat(body: list[ir.Statement]) -> Iterator[ir.Statement]:
    for statement in body:
        yield statement
        if isinstance(statement, ir.If):
            yield from _flat(statement.body)
            yield from _flat(statement.orelse)
        elif isinstance(statement, ir.Try):
            yield from _flat(statement.body)


@lru_cache(maxsize=16_384)
def called_names(node: ir.FunctionDef) -> frozenset[str]:
    """Names and attributes that stand in a function, other than its own."""
    found = names_in(node.body)
    return found if node.name in found and _asks_another(node) else found - {node.name}


def _asks_another(node: ir.FunctionDef) -> bool:
    """Whether a function uses its own name for something else's: `def train(): trainer.train()`."""
    return any(
        isinstance(part, ir.Attribute)
        and part.attr == node.name
        and not (isinstance(part.value, ir.Name) and part.value.id in ("self", "cls"))
        for part in nodes_in(node.body)
    )


def names_in(item: Any) -> frozenset[str]:
    """Names and attributes that stand in an expression or in statements."""
    found: set[str] = set()
    _names(item, found)
    return frozenset(found)


def nodes_in(item: Any) -> Iterator[ir.Node]:
    """All nodes of statements or expressions."""
    stack = [item]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, ir.Node):
            yield current
            stack.extend(CHILDREN[type(current)](current))


def _names(item: Any, found: set[str]) -> None:
    stack = [item]
    while stack:
        current = stack.pop()
        kind = type(current)
        if kind is ir.Name:
            found.add(current.id)
        elif kind is list:
            stack += current
        elif kind is ir.Attribute:
            found.add(current.attr)
            stack.append(current.value)
        else:
            stack += CHILDREN[kind](current)


# Names that start a backward pass, and that update parameters.
BACKWARD = frozenset({"backward", "manual_backward", "backward_step"})
UPDATE = frozenset({"step", "optimizer_step", "zero_grad"})
# What trains or checks gradients by one call, in a framework's hands.
ENGAGING = frozenset(
    "training_step gradcheck gradgradcheck Trainer TrainingArguments Seq2SeqTrainer Seq2SeqTrainingArguments fit".split()
)
# Names that mean too many things to follow a training through them.
COMMON = frozenset({"forward", "main", "step", "get", "run", "call", "update", "to", "apply", "wrapper", "inner"})
# A run reaches its update through a few calls (`main`, `fit`, `train_epoch`, `train_step`); beyond that a name is chance.
HOPS = 3


def training_functions(nodes: list[ir.FunctionDef]) -> set[int]:
    """The functions that go back and update, themselves or through functions of these names (by identity of the node)."""
    names = [(node, called_names(node)) for node in nodes]
    going_back = BACKWARD | {node.name for node, called in names if called & BACKWARD and node.name not in COMMON}
    updating = UPDATE | {node.name for node, called in names if called & UPDATE and node.name not in COMMON}
    training = {id(node) for node, called in names if (called & going_back and called & updating) or called & ENGAGING}
    known = {node.name for node, _ in names if id(node) in training} - COMMON
    for _ in range(HOPS):
        callers = [node for node, called in names if id(node) not in training and called & known]
        training.update(id(node) for node in callers)
        known |= {node.name for node in callers if not node.name.startswith("__")} - COMMON
    return training
