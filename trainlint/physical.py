"""Where a place in a notebook's cell stands in the notebook's file, for consumers that count the lines of files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from trainlint.findings import Location
from trainlint.fix.cells import Span, cell_sources, strings_of
from trainlint.results import Spot

_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
TOP = Location(1, 1, 1, 1)


class PhysicalLines:
    """Turns the places in cells to places in files. Files are read when they are first asked for.

    ``contents`` are those of files that don't lie on the disk, by name.
    """

    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        self._contents = dict(contents or {})
        self._notebooks: dict[str, tuple[str, list[Span]]] = {}

    def of(self, spot: Spot) -> Location:
        """The place in the file; outside of notebooks it is the same. The top of a notebook that can't be read again."""
        location = spot.location
        if location.cell is None:
            return location
        try:
            text, sources = self._notebook(spot.filename)
            strings = strings_of(text, sources[location.cell - 1])
            start = _offset(text, strings, location.row, location.column)
            end = _offset(text, strings, location.end_row, location.end_column)
        except (OSError, ValueError, LookupError):
            return TOP
        return Location(*_row_and_column(text, start), *_row_and_column(text, end))

    def _notebook(self, filename: str) -> tuple[str, list[Span]]:
        if filename not in self._notebooks:
            data = self._contents.get(filename)
            text = (Path(filename).read_bytes() if data is None else data).decode("utf-8-sig")
            self._notebooks[filename] = text, cell_sources(text)
        return self._notebooks[filename]


def _offset(text: str, strings: list[Span], row: int, column: int) -> int:
    """The offset in the JSON text of a cell's row and column, both from 1."""
    above, before = row - 1, column - 1  # line ends, then characters, that are still to be passed
    for number, string in enumerate(strings):
        characters = str(string.value)
        index = 0
        while above and (newline := characters.find("\n", index)) >= 0:
            index = newline + 1
            above -= 1
        if above:
            continue
        if before < len(characters) - index or number == len(strings) - 1:
            return _escaped(text, string.start + 1, index + before)
        before -= len(characters) - index
    raise LookupError("the cell has no such line")


def _escaped(text: str, start: int, characters: int) -> int:
    """The offset after so many characters of the JSON string whose first character stands at ``start``."""
    position = start
    for _ in range(characters):
        found = _CHARACTER.match(text, position)
        if found is None or text[position] == '"':
            break
        position = found.end()
    return position


def _row_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
