"""Where findings stand, in the editor's terms: the document's URI, and positions in the units that the editor counts."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trainlint.facts import locate
from trainlint.findings import Location, Place
from trainlint.server.documents import OpenNotebook
from trainlint.server.folder import Outcome

Units = Callable[[str], int]
"""The length of a piece of a line in the units in which the editor counts."""

UNITS: dict[str, Units] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a document, lines and characters from 0."""

    uri: str
    line: int
    character: int
    end_line: int
    end_character: int

    def meets(self, line: int, end_line: int) -> bool:
        """Whether a range of lines has one in common with the span."""
        return self.line <= end_line and line <= self.end_line


class Places:
    """Turns the places of one outcome into spans, and positions back into offsets."""

    def __init__(self, outcome: Outcome, encoding: str) -> None:
        self._outcome = outcome
        self._units = UNITS[encoding]

    def span(self, place: Place) -> Span:
        """The span of a place; in a notebook that is open, within its cell's document."""
        program = self._outcome.program
        module, text = program.modules[place.path], program.sources[place.path].text
        location = locate(module, place.start, place.end)
        starts = module.line_starts
        rows = [bisect_right(starts, offset) - 1 for offset in (place.start, place.end)]
        characters = [
            self._units(text[starts[row] : at]) for row, at in zip(rows, (place.start, place.end), strict=True)
        ]
        uri = self._uri(place.path, location)
        first, last = (self._line(place.path, row) for row in (location.row, location.end_row))
        return Span(uri, first, characters[0], last, characters[1])

    def offset(self, key: str, cell: int | None, line: int, character: int) -> int:
        """The offset in a file's program text of an editor's position (in a cell, counted from 1)."""
        module, text = self._outcome.program.modules[key], self._outcome.program.sources[key].text
        starts = module.line_starts
        first = next((each.start for each in module.cells or () if each.number == cell), 0)
        layout = self._outcome.layouts.get(key)
        line = layout.to_linted(line) if layout is not None else line
        row = min(bisect_right(starts, first) - 1 + line, len(starts) - 1)
        end = starts[row + 1] if row + 1 < len(starts) else len(text)
        content = text[starts[row] : end].rstrip("\r\n")
        taken = 0
        for length, letter in enumerate(content):
            if taken >= character:
                return starts[row] + length
            taken += self._units(letter)
        return starts[row] + len(content)

    def in_words(self, place: Place, seen_from: str) -> str:
        """``helper.py line 2``, ``explore.ipynb cell 3 line 1``, or without the name where it is ``seen_from``'s."""
        location = locate(self._outcome.program.modules[place.path], place.start, place.end)
        cell = f"cell {location.cell} " if location.cell is not None else ""
        return f"{'' if place.path == seen_from else place.path + ' '}{cell}line {self._line(place.path, location.row) + 1}"

    def _line(self, key: str, row: int) -> int:
        """The editor's line, from 0, of a row of a file or cell, from 1."""
        layout = self._outcome.layouts.get(key)
        return layout.to_editor(row - 1) if layout is not None else row - 1

    def locate(self, uri: str) -> tuple[str, int | None] | None:
        """The program's key of a document, and the number of the cell that it is."""
        for path, document in self._outcome.documents.items():
            key = self.key(path)
            if isinstance(document, OpenNotebook):
                for number, cell in enumerate(document.cells, 1):
                    if cell.uri == uri:
                        return key, number
            elif document.uri == uri:
                return key, None
        return None

    def key(self, path: str) -> str:
        return os.path.relpath(path, self._outcome.program.root).replace(os.sep, "/")

    def _uri(self, key: str, location: Location) -> str:
        path = os.path.join(self._outcome.program.root, key)
        document = self._outcome.documents.get(path)
        if document is None:
            return Path(path).as_uri()
        if isinstance(document, OpenNotebook) and location.cell is not None:
            return document.cells[location.cell - 1].uri
        return document.uri
