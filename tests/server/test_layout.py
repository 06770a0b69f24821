"""The linted text with room in it: the same program, from which every line finds its way back to the editor's."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from trainlint.facts.editing import cuts, lower_pieces
from trainlint.server.layout import ROOM, Layout

DEFINITIONS = [f"# about f{number}\ndef f{number}(a):\n    b = a + {number}\n    return b\n\n\n" for number in range(5)]
TEXT = (
    "import torch\n\n"
    + "".join(DEFINITIONS)
    + "model = f0(1)\n\n\nclass A:\n    x = 1\n\n    def g(self):\n        return 2"
)
LINES = ["x = 1\n", "    y = 2\n", "\n", "# c\n", "def h():\n    pass\n"]


def laid_out(text: str) -> Layout:
    return Layout.of(text, cuts(lower_pieces(text)))


def holds(layout: Layout, text: str) -> None:
    """Whether it is the text, with nothing but empty lines and comments in it besides."""
    lines, linted = text.split("\n"), layout.text.split("\n")
    assert [linted[layout.to_linted(row)] for row in range(len(lines))] == lines
    assert [layout.to_editor(layout.to_linted(row)) for row in range(len(lines))] == [*range(len(lines))]
    own = {layout.to_linted(row) for row in range(len(lines))}
    assert all(not line.strip(" #") for row, line in enumerate(linted) if row not in own)
    rows = [layout.to_editor(row) for row in range(len(linted))]
    assert rows == sorted(rows)


def test_a_text_is_laid_out_with_room_after_each_definition() -> None:
    layout = laid_out(TEXT)
    holds(layout, TEXT)
    assert len(layout.chunks) == 8
    assert len(layout.text) == len(TEXT) + 7 * ROOM[0]
    assert ast.dump(ast.parse(layout.text)) == ast.dump(ast.parse(TEXT))


def test_an_edit_moves_nothing_outside_the_definition() -> None:
    before = laid_out(TEXT)
    longer = TEXT.replace("b = a + 2\n", "b = a + 2\n    c = b * b\n    b = c\n")
    after = before.edited(longer)
    assert after is not None
    holds(after, longer)
    start, end = before.text.index("def f2"), before.text.index("# about f3")
    assert (after.text[:start], after.text[end:]) == (before.text[:start], before.text[end:])
    assert after.edited(TEXT) == before


def test_where_the_room_does_not_suffice_there_is_no_layout() -> None:
    layout = laid_out(TEXT)
    assert layout.edited(TEXT.replace("b = a + 2", "b = " + "a + " * ROOM[0] + "2")) is None
    assert layout.edited(TEXT.replace("b = a + 2", "b = a + 2\n" + "\n" * ROOM[1])) is None
    # A line that goes on in the next one would go on in the room.
    assert layout.edited(TEXT.replace("return b\n\n\n# about f3", "return b + \\\n\n\n# about f3")) is None
    # Behind the last definition there is as much room as anybody wants.
    assert layout.edited(TEXT + "\n" + "x = 1\n" * 10_000) is not None


@given(st.data())
def test_whatever_is_edited_every_line_is_found(data: st.DataObject) -> None:
    text, layout = TEXT, laid_out(TEXT)
    for _ in range(data.draw(st.integers(1, 5))):
        lines = text.splitlines(keepends=True)
        start = data.draw(st.integers(0, len(lines)))
        end = min(len(lines), start + data.draw(st.integers(0, 8)))
        text = "".join([*lines[:start], *data.draw(st.lists(st.sampled_from(LINES), max_size=4)), *lines[end:]])
        after = layout.edited(text)
        if after is None:
            return
        layout = after
        holds(layout, text)
