"""The one error that the facts stage raises for input it can't use."""

from __future__ import annotations


class FactsError(ValueError):
    """A file from which no facts can be had, said in one line: ``path:line:column: message``.

    ``line`` and ``column`` count from 1; in a notebook they are those within ``cell`` (counted from 1, all cells).
    """

    def __init__(
        self, path: str, message: str, line: int | None = None, column: int | None = None, cell: int | None = None
    ) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.cell = cell
        self.message = " ".join(message.split())
        super().__init__(path, self.message, line, column, cell)

    def __str__(self) -> str:
        place = [self.path]
        if self.cell is not None:
            place.append(f"cell {self.cell}")
        place.extend(str(number) for number in (self.line, self.column) if number is not None)
        return f"{':'.join(place)}: {self.message}"
