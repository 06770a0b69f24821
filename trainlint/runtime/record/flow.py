"""What the tensors of a run were computed from, as far as autograd and the run's own calls tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

MAX_NODES = 5_000
"""Nodes of a graph that are followed in search of its parameters; deeper graphs are known by those nearest to the loss."""

_SAME_VALUES = (
    "View",
    "UnsafeView",
    "ReshapeAlias",
    "Transpose",
    "Permute",
    "T",
    "Squeeze",
    "Unsqueeze",
    "Clone",
    "ToCopy",
    "Slice",
    "Select",
    "Alias",
)
_OPERATIONS = {"Softmax": "softmax", "Sigmoid": "sigmoid", "LogSoftmax": "log_softmax"}


def leaves(tensor: Tensor) -> list[Tensor]:
    """The parameters that a loss's graph reaches."""
    root = tensor.grad_fn
    if root is None:
        return [tensor] if tensor.requires_grad else []
    found: list[Tensor] = []
    queue: list[Any] = [root]
    seen = {root}
    for node in queue:
        if len(queue) > MAX_NODES:
            break
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            found.append(variable)
        for child, _ in node.next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                queue.append(child)
    return found


def last_operation(tensor: Tensor) -> str | None:
    """The operation that gave a tensor its values, by the knowledge tables' name, where it is one that a criterion minds."""
    node: Any = tensor.grad_fn
    while node is not None and _name(node) in _SAME_VALUES and node.next_functions:
        node = node.next_functions[0][0]
    return None if node is None else _OPERATIONS.get(_name(node))


def _name(node: Any) -> str:
    return str(node.name()).partition("Backward")[0]


def tensors(value: object, depth: int = 0) -> Iterator[Tensor]:
    """The tensors in what is passed around: nested tuples, lists, dicts and plain objects of outputs."""
    if isinstance(value, Tensor):
        yield value
    elif depth < 4 and isinstance(value, (list, tuple)):
        for element in value:
            yield from tensors(element, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for element in value.values():
            yield from tensors(element, depth + 1)
