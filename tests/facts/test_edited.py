"""Lowering what an edit changed gives the facts of the whole text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.facts.test_positions import SNIPPETS
from trainlint.facts import encode, source_from_text
from trainlint.facts.errors import FactsError
from trainlint.facts.lowering import Lowering, lower_pieces
from trainlint.facts.pieces import Pieces

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


@pytest.mark.parametrize("number", range(5))
def test_only_the_statements_around_an_edit_are_lowered_anew(number: int) -> None:
    lines = [f"def f{each}(a):\n    return a + {each}\n" for each in range(40)]
    before = lower_pieces("".join(lines))
    row = (0, 1, 20, 38, 39)[number]
    lines[row] = f"def g(a):\n    # longer\n    return a - {row}\n"
    seen: list[str] = []

    def lower(text: str) -> Pieces:
        seen.append(text)
        return lower_pieces(text)

    before.edited("".join(lines), lower)
    assert seen == ["".join(lines[max(row - 1, 0) : row + 2])]


def test_pieces_that_stay_in_place_are_the_same_objects() -> None:
    before = lower_pieces("a = 1\nb = 2\nc = 3\nd = 4\n")
    after = before.edited("a = 1\nb = 2\nc = 3\nd = 5\n", lower_pieces)
    assert [kept is piece for kept, piece in zip(after.pieces, before.pieces, strict=True)] == [
        True,
        True,
        False,
        False,
    ]
