"""Attempts to freeze that freeze nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.trace.events import AttributeSet
from trainlint.trace.values import Constant, Data, Instance, Kind, Library, Value, Wrapped
from trainlint.trace.view import Run

RIGHT = "requires_grad"
LONGER = re.compile(r"requires?d?_?grad(?:s|ients?)?_?")
# What an unknown object of these names holds are settings of the program's own.
SETTINGS = re.compile(r"arg|opt|cfg|conf|param_dict|hparam|self|state|ctx|settings?$", re.I)


def misspelt(run: Run) -> Iterator[AttributeSet]:
    """Attributes set on parameters, tensors or networks that are nearly, or that only tensors call, `requires_grad`. An object may
    well have attributes of its own of such a name, and read them."""
    for event in run.of(AttributeSet):
        value = event.value.value if isinstance(event.value, Constant) else None
        if event.attribute[:1] not in "rR" or not isinstance(value, bool) or event.own:
            continue
        if event.attribute == RIGHT:
            if value is False and _is_network(event.owner):
                yield event
        elif is_near(event.attribute) and _may_have_gradients(event.owner):
            yield event


def is_near(attribute: str) -> bool:
    """Whether an attribute is `requires_grad` but for two letters left out, added, exchanged or in the wrong order."""
    name = attribute.lower()
    return name[:3] == RIGHT[:3] and (LONGER.fullmatch(name) is not None or _distance(name, RIGHT) <= 2)


def _is_network(owner: Value) -> bool:
    """Whether an object is known to be a network of the project or a layer, on which `requires_grad` means nothing."""
    if isinstance(owner, Wrapped):
        return True
    if isinstance(owner, Instance):
        return "module" in owner.kinds and not any(RIGHT in cls.attributes for cls in owner.cls.lineage())
    return isinstance(owner, Library) and owner.role in ("module", "container") and owner.place is not None


def _may_have_gradients(owner: Value) -> bool:
    if isinstance(owner, Wrapped):
        return True
    if isinstance(owner, Instance):
        return "module" in owner.kinds
    if isinstance(owner, Library):
        return owner.role in ("element", "parameters", "module", "container", "model")
    if isinstance(owner, Data):
        return owner.kind is Kind.TENSOR or (owner.name is not None and SETTINGS.search(owner.name) is None)
    return False


def _distance(left: str, right: str) -> int:
    """Edits between two words: letters added, left out, replaced, or two neighbours exchanged."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
