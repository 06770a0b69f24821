"""Where the nodes of one file stand: the call at a place, the statement around it, and the blocks and loops around that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from trainlint.facts import ir
from trainlint.facts.children import CHILDREN
from trainlint.findings import Place

_EXPRESSIONS = ir.Expr.__args__
_STATEMENTS = ir.Statement.__args__
_COMPOUND = (ir.If, ir.For, ir.While, ir.With, ir.Try, ir.Match, ir.FunctionDef, ir.ClassDef)


@dataclass(eq=False, slots=True)
class Block:
    """A statement among its ``siblings``. ``end`` is where it ends with all that it holds; ``strings`` are those inside."""

    statement: ir.Statement
    siblings: list[ir.Statement]
    parent: Block | None
    end: int = 0
    strings: list[ir.Node] = field(default_factory=list)

    @property
    def is_compound(self) -> bool:
        return isinstance(self.statement, _COMPOUND)


class Index:
    """The calls, statements and expressions of one file by their spans."""

    def __init__(self, module: ir.Module) -> None:
        self.calls: dict[tuple[int, int], ir.Call] = {}
        self._expressions: dict[tuple[int, int], ir.Expr] = {}
        self._blocks: list[Block] = []
        self._body(module.body, None)

    def expression(self, place: Place) -> ir.Expr | None:
        """The innermost expression that fills a place."""
        return self._expressions.get((place.start, place.end))

    def names(self, place: Place, name: str) -> list[ir.Name]:
        """The uses of a name within a place."""
        return [
            node
            for (start, end), node in self._expressions.items()
            if place.start <= start and end <= place.end and isinstance(node, ir.Name) and node.id == name
        ]

    def block(self, place: Place) -> Block | None:
        """The innermost statement around a place; of a compound statement only the header counts as its own place."""
        found = None
        for block in self._blocks:
            if block.statement.start <= place.start and place.end <= block.end:
                found = block if found is None or block.statement.start >= found.statement.start else found
        return found

    def function(self, place: Place) -> ir.Statement | None:
        """The innermost function around a place."""
        for block in self._outwards(place):
            if isinstance(block.statement, ir.FunctionDef):
                return block.statement
        return None

    def loops(self, place: Place) -> Iterator[ir.For | ir.While]:
        """The loops around a place within its function, innermost first."""
        for block in self._outwards(place):
            if isinstance(block.statement, ir.FunctionDef):
                return
            if isinstance(block.statement, ir.For | ir.While):
                yield block.statement

    def _outwards(self, place: Place) -> Iterator[Block]:
        block = self.block(place)
        while block is not None:
            yield block
            block = block.parent

    def _body(self, body: list[ir.Statement], parent: Block | None) -> None:
        for statement in body:
            block = Block(statement, body, parent, statement.end)
            self._blocks.append(block)
            self._fields(statement, block)
            if parent is not None:
                parent.end = max(parent.end, block.end)
                parent.strings += block.strings

    def _fields(self, node: ir.Node, block: Block) -> None:
        for value in CHILDREN[type(node)](node):
            if isinstance(value, ir.Node):
                self._node(value, block)
            elif isinstance(value, list) and value and isinstance(value[0], ir.Node):
                if isinstance(value[0], _STATEMENTS):
                    self._body(value, block)
                else:
                    for item in value:
                        self._node(item, block)

    def _node(self, node: ir.Node, block: Block) -> None:
        block.end = max(block.end, node.end)
        if isinstance(node, _EXPRESSIONS):
            self._expressions[node.start, node.end] = node
            if isinstance(node, ir.Call):
                self.calls[node.start, node.end] = node
            if isinstance(node, ir.FString) or (isinstance(node, ir.Constant) and isinstance(node.value, str)):
                block.strings.append(node)
        self._fields(node, block)
