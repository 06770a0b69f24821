"""The functions of a file, and the names that a function calls, without walking it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from trainlint.facts import ir


def functions_of(facts: ir.Module) -> Iterator[tuple[ir.ClassDef | None, ir.FunctionDef]]:
    """Top-level functions and methods, also under ``if`` and ``try``."""
    for statement in _flat(facts.body):
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


def called_names(shared: dict[Any, Any], node: ir.FunctionDef) -> frozenset[str]:
    """Names and attributes that stand in a function, other than its own."""
    key = ("called", id(node))
    if key not in shared:
        found: set[str] = set()
        _names(node.body, found)
        found.discard(node.name)
        shared[key] = frozenset(found)
    result: frozenset[str] = shared[key]
    return result


def names_in(item: Any) -> frozenset[str]:
    """Names and attributes that stand in an expression or in statements."""
    found: set[str] = set()
    _names(item, found)
    return frozenset(found)


def _names(item: Any, found: set[str]) -> None:
    stack = [item]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, msgspec.Struct):
            if isinstance(current, ir.Name):
                found.add(current.id)
            elif isinstance(current, ir.Attribute):
                found.add(current.attr)
                stack.append(current.value)
            else:
                stack.extend(getattr(current, name) for name in current.__struct_fields__)


# What a function that trains holds, itself, in what it calls, or in a framework's hands; gradient checks are walked as far.
TRAINING_WORDS = frozenset(
    "backward manual_backward training_step backward_step gradcheck gradgradcheck"
    " Trainer TrainingArguments Seq2SeqTrainer Seq2SeqTrainingArguments fit".split()
)


def training_functions(shared: dict[Any, Any], nodes: list[ir.FunctionDef]) -> set[int]:
    """The functions that hold a backward pass, directly or through functions of these names (by identity of the node)."""
    training: set[int] = set()
    names = set(TRAINING_WORDS)
    grown = True
    while grown:
        grown = False
        for node in nodes:
            if id(node) not in training and names & called_names(shared, node):
                training.add(id(node))
                if not node.name.startswith("__") and node.name not in COMMON and node.name not in names:
                    names.add(node.name)
                    grown = True
    return training


# Names that mean too many things to follow a training through them.
COMMON = frozenset({"forward", "main", "step", "get", "run", "call", "update", "to", "apply", "wrapper", "inner"})
