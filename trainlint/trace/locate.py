"""Where things stand in the texts of the traced programs: the parts of the calls, assignments and blocks at a place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.syntax import Block, Index

# What needs no brackets before a dot.
ATOMS = (ir.Name, ir.Attribute, ir.Call, ir.Subscript, ir.Constant)


class Locator:
    """Finds places in programs of which facts and texts are at hand."""

    def __init__(self, modules: Mapping[str, ir.Module], texts: Mapping[str, str]) -> None:
        self._modules = modules
        self._texts = texts
        self._indexes: dict[str, Index] = {}

    def text(self, place: Place) -> str:
        """The source at a place; empty where it isn't at hand."""
        return self._texts.get(place.path, "")[place.start : place.end]

    def call(self, place: Place) -> ir.Call | None:
        """The call that stands at a place."""
        index = self._index(place.path)
        return index.calls.get((place.start, place.end)) if index is not None else None

    def receiver(self, place: Place) -> str | None:
        """The source of ``x`` in the call ``x.method(...)`` at a place, where it is a name or attributes of a name."""
        call = self.call(place)
        if call is None or not isinstance(call.func, ir.Attribute) or not _is_dotted(call.func.value):
            return None
        return self._source(place.path, call.func.value)

    def argument(self, place: Place, name: str, position: int | None = None) -> Place | None:
        """Where the value of an argument of the call at a place stands, by its name or else its position."""
        found = self._argument(place, name, position)
        return Place(place.path, found.value.start, found.value.end) if found is not None else None

    def _statement(self, place: Place) -> str:
        """The source of the statement around a place, with the comment behind it."""
        block = self._block(place)
        if block is None:
            return ""
        end = self._end_of_line(place.path, block.statement.end)
        return self._texts[place.path][block.statement.start : end or block.statement.end]

    def is_dotted(self, place: Place) -> bool:
        """Whether a name, or attributes of a name, stand at a place: evaluating them twice changes nothing."""
        index = self._index(place.path)
        node = index.expression(place) if index is not None else None
        return node is not None and _is_dotted(node)

    def name_in(self, place: Place, name: str) -> Place | None:
        """Where a name stands in the expression at a place, if it stands there once."""
        index = self._index(place.path)
        found = index.names(place, name) if index is not None else []
        return Place(place.path, found[0].start, found[0].end) if len(found) == 1 else None

    def callee_name(self, place: Place, name: str) -> Place | None:
        """Where ``name`` stands in the call ``x.name(...)`` at a place."""
        call = self.call(place)
        if call is None or not isinstance(call.func, ir.Attribute) or call.func.attr != name:
            return None
        return Place(place.path, call.func.end - len(name), call.func.end)

    def assigned(self, place: Place) -> Place | None:
        """Where the value stands that the assignment at, or around, a place binds, if it is one name, attribute or call."""
        block = self._block(place)
        if block is None or not isinstance(block.statement, ir.Assign) or not isinstance(block.statement.value, ATOMS):
            return None
        return Place(place.path, block.statement.value.start, block.statement.value.end)

    def bound_name(self, place: Place) -> str | None:
        """The plain name that the assignment around the call at a place binds to what that call gives."""
        block = self._block(place)
        statement = block.statement if block is not None else None
        if not isinstance(statement, ir.Assign) or len(statement.targets) != 1:
            return None
        target, value = statement.targets[0], statement.value
        whole = (value.start, value.end) == (place.start, place.end)
        return target.id if whole and isinstance(target, ir.Name) else None

    def added(self, place: Place) -> Place | None:
        """Where the one value stands that ``x += value``, ``x = x + value`` or ``x.append(value)`` at a place adds."""
        block = self._block(place)
        statement = block.statement if block is not None else None
        if isinstance(statement, ir.AugAssign):
            found = statement.value
        elif (
            isinstance(statement, ir.ExprStatement)
            and isinstance(statement.value, ir.Call)
            and len(statement.value.args) == 1
        ):
            found = statement.value.args[0].value
        else:
            return None
        is_plain = isinstance(found, ir.Name | ir.Attribute | ir.Subscript | ir.Call)
        return Place(place.path, found.start, found.end) if is_plain else None

    def made(self, place: Place) -> Iterator[Place]:
        """The calls that made what stands at a place: it is a call, a tuple of them, or names that the same block binds to one."""
        index, block = self._index(place.path), self._block(place)
        node = index.expression(place) if index is not None else None
        if node is None or block is None:
            return
        for part in node.elements if isinstance(node, ir.Sequence) else [node]:
            found = _bound(part.id, block.siblings) if isinstance(part, ir.Name) else part
            if isinstance(found, ir.Call):
                yield Place(place.path, found.start, found.end)

    def same_block(self, one: Place, other: Place) -> bool:
        """Whether the statements around two places stand in one block."""
        mine, theirs = self._block(one), self._block(other)
        return mine is not None and theirs is not None and mine.siblings is theirs.siblings

    def same_function(self, one: Place, other: Place) -> bool:
        """Whether two places stand in one function, or both at the top of one file."""
        index = self._index(one.path)
        return one.path == other.path and index is not None and index.function(one) is index.function(other)

    def enclosing_loops(self, place: Place) -> Iterator[Place]:
        """The headers of the loops around a place in its function, innermost first."""
        index = self._index(place.path)
        for loop in index.loops(place) if index is not None else ():
            yield Place(place.path, loop.start, loop.end)

    def imported_as(self, path: str, name: str) -> str | None:
        """The name that ``import name`` or ``import name as n`` binds at the top of a file."""
        for node in self._modules[path].body if path in self._modules else ():
            if isinstance(node, ir.Import):
                for alias in node.names:
                    if alias.name == name:
                        return alias.asname or name
        return None

    def _argument(self, place: Place, name: str, position: int | None) -> ir.Argument | None:
        call = self.call(place)
        if call is None or place.path not in self._texts:
            return None
        for argument in call.args:
            if argument.keyword == name:
                return argument
        if position is not None and position < len(call.args):
            found = call.args[position]
            if found.keyword is None and not any(argument.star for argument in call.args[: position + 1]):
                return found
        return None

    def _index(self, path: str) -> Index | None:
        if path not in self._modules or path not in self._texts:
            return None
        if path not in self._indexes:
            self._indexes[path] = Index(self._modules[path])
        return self._indexes[path]

    def _block(self, place: Place) -> Block | None:
        index = self._index(place.path)
        return index.block(place) if index is not None else None

    def _source(self, path: str, node: ir.Expr) -> str:
        return self._texts[path][node.start : node.end]

    def _indent(self, path: str, start: int) -> str | None:
        """The white space before a statement, or None where something else stands before it on its line."""
        starts = self._modules[path].line_starts
        before = self._texts[path][starts[bisect_right(starts, start) - 1] : start]
        return before if not before.strip() else None

    def _end_of_line(self, path: str, end: int) -> int | None:
        """Where the line ends on which a statement does, or None where another statement follows on it."""
        text = self._texts[path]
        starts = self._modules[path].line_starts
        row = bisect_right(starts, end)
        stop = starts[row] if row < len(starts) else len(text)
        rest = text[end:stop].rstrip("\r\n")
        return end + len(rest) if not rest.strip() or rest.lstrip().startswith("#") else None

    def _newline(self, path: str) -> str:
        """The newline that a file uses."""
        starts, text = self._modules[path].line_starts, self._texts[path]
        line = text[: starts[1]] if len(starts) > 1 else "\n"
        return "\r\n" if line.endswith("\r\n") else "\r" if line.endswith("\r") else "\n"


def _bound(name: str, body: list[ir.Statement]) -> ir.Expr | None:
    """The value that a block binds a name to, if it does so once."""
    values = [
        node.value
        for node in body
        if isinstance(node, ir.Assign)
        and any(isinstance(target, ir.Name) and target.id == name for target in node.targets)
    ]
    return values[0] if len(values) == 1 else None


def _is_dotted(node: ir.Expr) -> bool:
    return isinstance(node, ir.Name) or (isinstance(node, ir.Attribute) and _is_dotted(node.value))
