"""Cells' places in the notebook's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainlint.findings import Location
from trainlint.physical import TOP, PhysicalLines
from trainlint.results import Spot

CELL = "import torch\nname = 'größe \U0001f600'; loss.backward()\n\tx = \"\\\\\"\n"


def notebook(source: object, **how: object) -> str:
    cells = [{"cell_type": "markdown", "source": ["# a\n"]}, {"cell_type": "code", "outputs": ["x"], "source": source}]
    return json.dumps({"cells": cells, "metadata": {}}, **how)  # type: ignore[arg-type]


def spot(row: int, column: int, end_row: int, end_column: int, cell: int = 2) -> Spot:
    return Spot("nb.ipynb", Location(row, column, end_row, end_column, cell), "")


def marked(text: str, place: Location) -> str:
    lines = text.split("\n")
    assert place.row == place.end_row
    return lines[place.row - 1][place.column - 1 : place.end_column - 1]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("source", [CELL, CELL.splitlines(keepends=True), [CELL[:20], CELL[20:]]])
def test_the_place_is_where_the_code_stands_in_the_file(source: object, indent: int | None, ascii_only: bool) -> None:
    text = notebook(source, indent=indent, ensure_ascii=ascii_only)
    column = CELL.splitlines()[1].index("loss") + 1
    place = PhysicalLines({"nb.ipynb": text.encode()}).of(spot(2, column, 2, column + 4))
    assert marked(text, place) == "loss"
    first = PhysicalLines({"nb.ipynb": text.encode()}).of(spot(1, 8, 1, 13))
    assert marked(text, first) == "torch"


def test_outside_of_notebooks_nothing_changes() -> None:
    place = Location(3, 4, 3, 9)
    assert PhysicalLines().of(Spot("a.py", place, "")) == place


def test_a_notebook_that_cannot_be_read_again_is_shown_at_its_top(tmp_path: Path) -> None:
    assert PhysicalLines().of(Spot(str(tmp_path / "gone.ipynb"), Location(3, 4, 3, 9, 2), "")) == TOP
    assert PhysicalLines({"nb.ipynb": b"no json"}).of(spot(1, 1, 1, 2)) == TOP
    assert PhysicalLines({"nb.ipynb": notebook(CELL).encode()}).of(spot(1, 1, 1, 2, cell=9)) == TOP


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12), min_size=1),
    st.data(),
)
def test_every_character_is_found(lines: list[str], data: st.DataObject) -> None:
    source = [line + "\n" for line in lines]
    row = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[row - 1]) + 1))
    text = notebook(source, indent=1)
    place = PhysicalLines({"nb.ipynb": text.encode()}).of(spot(row, 1, row, column))
    assert json.loads(f'"{marked(text, place)}"') == lines[row - 1][: column - 1]
