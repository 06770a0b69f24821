"""Where the sources of a notebook's cells stand in its JSON text, so that all else in it keeps its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Span:
    """A JSON value, and where it stands."""

    start: int
    end: int
    value: object


def cell_sources(text: str) -> list[Span]:
    """The source of each cell, in order (format 3 keeps cells in worksheets and calls a source ``input``).

    The text is known to be a notebook: it has been read as one.
    """
    return [_source(text, cell) for cell in _cells(text)]


def strings_of(text: str, source: Span) -> list[Span]:
    """The strings that a cell's source is written as: usually one a line, or a single one."""
    return list(_items(text, source.start)) if isinstance(source.value, list) else [source]


def _cells(text: str) -> list[Span]:
    top = dict(_members(text, _skip(text, 0)))
    if "cells" in top:
        return list(_items(text, top["cells"].start))
    sheets = _items(text, top["worksheets"].start) if "worksheets" in top else ()
    return [cell for sheet in sheets for cell in _items(text, dict(_members(text, sheet.start))["cells"].start)]


def _source(text: str, cell: Span) -> Span:
    members = dict(_members(text, cell.start))
    return members.get("source") or members.get("input") or Span(cell.end, cell.end, "")


def _members(text: str, start: int) -> Iterator[tuple[str, Span]]:
    """The members of the object that begins at an offset."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        name = _value(text, position)
        value = _value(text, _skip(text, _skip(text, name.end) + 1))  # past the colon
        yield str(name.value), value
        position = _skip(text, value.end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _items(text: str, start: int) -> Iterator[Span]:
    """The items of the array that begins at an offset."""
    position = _skip(text, start + 1)
    while text[position] != "]":
        value = _value(text, position)
        yield value
        position = _skip(text, value.end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _value(text: str, start: int) -> Span:
    value, end = _DECODER.raw_decode(text, start)
    return Span(start, end, value)


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
