"""Lowering what an edit changed gives the facts of the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.facts.test_positions import SNIPPETS
from trainlint.facts import encode, source_from_text
from trainlint.facts.editing import Lowering, lower_block, lower_pieces
from trainlint.facts.errors import FactsError
from trainlint.facts.pieces import Piece, edited

CASES = sorted((Path(__file__).parents[1] / "cases").glob("own_*.py"))[:12]
TEXTS = [*SNIPPETS.values(), *(path.read_text(encoding="utf-8") for path in CASES)]
# What an edit puts in: whole and half statements, and what joins, opens, closes or hides what stands around it.
INSERTED = [
    *("x", "0", " ", "\n", "\\\n", "#", ":", ",", "(", ")", "'", '"""', "\r", "\t", "\x0c"),
    *("else:\n    pass\n", "elif a: b\n", "@decorated\n", "    ", "if a:\n", "if a:\n    b\n", "'''", "\n\n"),
    *(
        "import a.b\n",
        "from . import c\n",
        "# trainlint: ignore[TL501]\n",
        "def f():\n    yield 1\n",
        "class A: pass\n",
    ),
    *(
        "except A:\n    b\n",
        "finally: c\n",
        "try:\n    a\n",
        "async ",
        "match a:\n    case b: c\n",
        "case d: e\n",
        "a = 1; b = 2\n",
    ),
]


def outcome(lowering: Lowering, text: str) -> bytes | str:
    """The facts of a text, or why there are none."""
    try:
        return encode(lowering.lower(source_from_text("a.py", text)))
    except FactsError as error:
        return str(error)


def replaced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


@given(st.data(), st.sampled_from(TEXTS))
def test_facts_after_edits_are_those_of_the_text(data: st.DataObject, text: str) -> None:
    lowering = Lowering()
    lowering.lower(source_from_text("a.py", text))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.one_of(st.just(start), st.integers(start, min(len(text), start + 200))))
        text = replaced(text, start, end, data.draw(st.sampled_from(["", *INSERTED])))
        assert outcome(lowering, text) == outcome(Lowering(), text)


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
@example("a\nb\nb\nb\nc\n", "a\nb\nc\n")
@example("a\nb\nc\n", "a\nb\nb\nb\nc\n")
@example("", "a\n")
@example("a\n", "")
def test_a_text_may_become_any_other(before: str, after: str) -> None:
    lowering = Lowering()
    outcome(lowering, before)
    assert outcome(lowering, after) == outcome(Lowering(), after)


def lowered_of(before: str, after: str) -> list[str]:
    """The texts that are lowered anew."""
    seen: list[str] = []

    def lower(text: str, indent: str) -> Sequence[Piece]:
        seen.append(text)
        return lower_block(text, indent)

    edited(lower_pieces(before), after, lower)
    return seen


@pytest.mark.parametrize("row", [0, 1, 20, 38, 39])
def test_only_the_statements_around_an_edit_are_lowered_anew(row: int) -> None:
    statements = [f"# before {each}\na = {each}\n" for each in range(40)]
    after = [*statements[:row], f"b = {row}\nc = 1\n", *statements[row + 1 :]]
    around = slice(max(row - 1, 0), row + 2)
    assert lowered_of("".join(statements), "".join(after)) == ["".join(after[around])]


DEEP = """\
def main():
    a = 1
    for b in range(a):
        c = b
        with d:
            e = c
            f = e
            g = f
            h = g
    return c


main()
"""


def test_statements_are_lowered_anew_as_deep_as_they_lie() -> None:
    after = DEEP.replace("f = e", "f = e + 1")
    assert lowered_of(DEEP, after) == ["            e = c\n            f = e + 1\n            g = f\n"]
    left = DEEP.replace("            h = g", "        h = g")
    assert lowered_of(DEEP, left)[-1].startswith("        c = b\n        with d:\n")


def test_pieces_that_stay_in_place_are_the_same_objects() -> None:
    before = lower_pieces("a = 1\nb = 2\nc = 3\nd = 4\n")
    after = edited(before, "a = 1\nb = 2\nc = 3\nd = 5\n", lower_block)
    assert [kept is piece for kept, piece in zip(after.pieces, before.pieces, strict=True)] == [
        True,
        True,
        False,
        False,
    ]
