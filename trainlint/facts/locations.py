"""From offsets to rows and columns."""

from __future__ import annotations

from bisect import bisect_right

from trainlint.facts import ir
from trainlint.findings import Location


def locate(module: ir.Module, start: int, end: int) -> Location:
    """The rows and columns (characters, from 1) of the span ``[start, end)``, in a notebook relative to its cell."""
    row, column = _row_and_column(module.line_starts, start)
    end_row, end_column = _row_and_column(module.line_starts, end)
    cell = _cell(module, start)
    if cell is None:
        return Location(row, column, end_row, end_column)
    first, _ = _row_and_column(module.line_starts, cell.start)
    return Location(row - first + 1, column, end_row - first + 1, end_column, cell.number)


def _row_and_column(line_starts: list[int], offset: int) -> tuple[int, int]:
    row = bisect_right(line_starts, offset)
    return row, offset - line_starts[row - 1] + 1


def _cell(module: ir.Module, offset: int) -> ir.Cell | None:
    """The cell that holds an offset; one at the very end of the text belongs to the last cell."""
    if not module.cells:
        return None
    index = bisect_right([cell.start for cell in module.cells], offset) - 1
    return module.cells[max(index, 0)]
