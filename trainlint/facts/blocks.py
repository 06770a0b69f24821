"""From the steps of the lowering pass to pieces."""

from __future__ import annotations

from collections.abc import Sequence

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor
from trainlint.facts.pieces import Piece

# Statements that end with their body, unless an ``else`` follows.
_ENDS_WITH_BODY = (ir.FunctionDef, ir.ClassDef, ir.With, ir.If, ir.For, ir.While)


def pieces_of(cursor: Cursor, lowered: list[ir.Statement]) -> Sequence[Piece]:
    """The pieces of a block that the cursor has passed; none for one that stands on the line of its header."""
    steps = cursor.blocks.get(id(lowered))
    if steps is None:
        return ()
    pieces = []
    for index, stop in enumerate(steps.stops):
        mark, after = steps.marks[index], steps.marks[index + 1]
        body = lowered[mark.lowered : after.lowered]
        yields = steps.yields[index]
        inner = pieces_of(cursor, body[0].body) if _is_open(body[0]) else ()  # type: ignore[union-attr]
        if inner:
            header = cursor.blocks[id(body[0].body)]  # type: ignore[union-attr]
            after = header.marks[0]
            yields = yields if isinstance(body[0], ir.FunctionDef) else header.yielded
        pieces.append(
            Piece(
                cursor.starts[mark.row],
                mark.row,
                stop,
                body,
                cursor.imports[mark.imports : after.imports],
                cursor.statements[mark.statements : after.statements],
                cursor.strings[mark.strings : after.strings],
                yields,
                inner,
            )
        )
    return pieces


def _is_open(statement: ir.Statement) -> bool:
    return isinstance(statement, _ENDS_WITH_BODY) and not getattr(statement, "orelse", None)
