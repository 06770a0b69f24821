"""Which functions an edit leaves as they were."""

from __future__ import annotations

import pytest

from trainlint.facts import ir, source_from_text
from trainlint.facts.editing import Lowering
from trainlint.trace.affected import unaffected

TEXT = """\
import torch
RATE = 0.1

def leaf(a):
    return a + 0


def uses_leaf(a):
    return leaf(a)


def far(a):
    return uses_leaf(a) * RATE


def by_name(a):
    return getattr(a, "leaf")


class Holder:
    def method(self):
        return 1


def apart(a):
    return a - 1


if __name__ == "__main__":
    far(leaf(1))
"""


def holding(old: str, new: str, text: str = TEXT) -> set[str]:
    """The functions that an edit of the text leaves as they were."""
    lowering = Lowering()
    before, after = (lowering.lower(source_from_text("a.py", each)) for each in (text, text.replace(old, new)))
    starts = unaffected(before, after)
    return {node.name for node in functions(after.body) if node.start in starts}


def functions(body: list[ir.Statement]) -> list[ir.FunctionDef]:
    classes = [inner for each in body if isinstance(each, ir.ClassDef) for inner in functions(each.body)]
    return [each for each in body if isinstance(each, ir.FunctionDef)] + classes


def test_what_names_the_edited_function_is_affected_also_through_others() -> None:
    assert holding("a + 0", "a * 2") == {"method", "apart"}


def test_a_function_that_nobody_names_affects_itself_alone() -> None:
    assert holding("a - 1", "a - 2") == {"leaf", "uses_leaf", "far", "by_name", "method"}


@pytest.mark.parametrize(("old", "new"), [("RATE = 0.1", "RATE = 0.2"), ("import torch", "import numpy")])
def test_an_edit_outside_definitions_affects_all(old: str, new: str) -> None:
    assert holding(old, new) == set()


def test_code_that_runs_at_once_and_names_it_affects_all() -> None:
    text = TEXT + "\nready = leaf(2)\n"
    assert holding("a + 0", "a * 2", text) == set()
    assert holding("a - 1", "a - 2", text) == {"leaf", "uses_leaf", "far", "by_name", "method"}
