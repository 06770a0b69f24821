"""Text edits at places of the traced programs: what rules build their fixes of.

An edit that can't be made so that everything else keeps its bytes and its meaning is None, and with it the fix: the
finding stands all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from trainlint.facts import ir
from trainlint.findings import Applicability, Edit, Fix, Place
from trainlint.trace.syntax import Block, Index

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


class Editor:
    """Makes edits in programs of which facts and texts are at hand."""

    def __init__(self, modules: Mapping[str, ir.Module], texts: Mapping[str, str]) -> None:
        self._modules = modules
        self._texts = texts
        self._indexes: dict[str, Index] = {}

    def fix(self, message: str, applicability: Applicability, *edits: Edit | None) -> Fix | None:
        """A fix of these edits, or None where one of them can't be made."""
        made = [edit for edit in edits if edit is not None]
        return Fix(message, tuple(made), applicability) if made and len(made) == len(edits) else None

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

    def replace(self, place: Place | None, replacement: str) -> Edit | None:
        return Edit(place, replacement) if place is not None and place.path in self._texts else None

    def set_argument(self, place: Place, name: str, value: str, position: int | None = None) -> Edit | None:
        """Give an argument of the call at a place this value, in place of the one that it has, if any."""
        present = self.argument(place, name, position)
        if present is not None:
            return Edit(present, value)
        call = self.call(place)
        if call is None or any(argument.star for argument in call.args):
            return None
        if not call.args:
            end = place.end - 1
            is_empty = self._texts[place.path][call.func.end : place.end].strip() == "()"
            return Edit(Place(place.path, end, end), f"{name}={value}") if is_empty else None
        last = call.args[-1]
        if isinstance(last.value, ir.Comprehension) and len(call.args) == 1:
            return None  # a bare generator takes no argument beside it
        return Edit(Place(place.path, last.end, last.end), f", {name}={value}")

    def replace_argument(self, place: Place, name: str, code: str) -> Edit | None:
        """Put other code where an argument is given by name in the call at a place: ``type=bool`` becomes ``action=...``."""
        found = self._argument(place, name, None)
        return Edit(Place(place.path, found.start, found.end), code) if found is not None else None

    def remove_argument(self, place: Place, name: str) -> Edit | None:
        """Take an argument that is given by name out of the call at a place, with the comma that goes with it."""
        call, found = self.call(place), self._argument(place, name, None)
        if call is None or found is None:
            return None
        index = call.args.index(found)
        if index:
            return Edit(Place(place.path, call.args[index - 1].end, found.end), "")
        end = call.args[1].start if len(call.args) > 1 else found.end
        between = self._texts[place.path][found.end : end]
        return Edit(Place(place.path, found.start, end), "") if "#" not in between else None

    def unwrap(self, place: Place) -> Edit | None:
        """Put the first argument of the call at a place where the call stands."""
        call = self.call(place)
        if call is None or not call.args or call.args[0].star or call.args[0].keyword not in (None, "input"):
            return None
        inner = call.args[0].value
        source = self._source(place.path, inner)
        return Edit(place, source if isinstance(inner, _ATOMS) else f"({source})")

    def call_method(self, place: Place, method: str) -> Edit | None:
        """Call a method of the value of the expression at a place: ``x`` becomes ``x.item()``."""
        index = self._index(place.path)
        node = index.expression(place) if index is not None else None
        if node is None:
            return None
        source = self._source(place.path, node)
        return Edit(place, f"{source}.{method}" if isinstance(node, _ATOMS) else f"({source}).{method}")

    def insert_before(self, place: Place, code: str) -> Edit | None:
        """A line of its own before the statement around a place, in the same block."""
        block = self._block(place)
        if block is None or self._indent(place.path, block.statement.start) is None:
            return None
        start = block.statement.start
        return Edit(
            Place(place.path, start, start), f"{code}{self._newline(place.path)}{self._indent(place.path, start)}"
        )

    def insert_after(self, place: Place, code: str) -> Edit | None:
        """A line of its own after the simple statement around a place, in the same block."""
        block = self._block(place)
        if block is None or block.is_compound:
            return None
        indent = self._indent(place.path, block.statement.start)
        end = self._end_of_line(place.path, block.statement.end)
        if indent is None or end is None:
            return None
        return Edit(Place(place.path, end, end), f"{self._newline(place.path)}{indent}{code}")

    def insert_in(self, header: Place, code: str) -> Edit | None:
        """A first line in the body of the compound statement whose header stands at, or around, a place."""
        block = self._block(header)
        if block is None or not isinstance(block.statement, ir.For | ir.While | ir.With | ir.If):
            return None
        first = block.statement.body[0]
        return self.insert_before(Place(header.path, first.start, first.end), code)

    def remove(self, place: Place) -> Edit | None:
        """Take the simple statement around a place out, with its line and the comment on it."""
        block = self._block(place)
        if block is None or block.is_compound or len(block.siblings) == 1:
            return None
        text, statement = self._texts[place.path], block.statement
        end = self._end_of_line(place.path, statement.end)
        indent = self._indent(place.path, statement.start)
        if indent is None or end is None:
            return None
        start = statement.start - len(indent)
        return Edit(Place(place.path, start, min(end + len(self._newline(place.path)), len(text))), "")

    def move_before(self, place: Place, other: Place) -> tuple[Edit | None, ...]:
        """Move the simple statement around a place to before that around another one."""
        return self.remove(place), self._moved(place, self.insert_before(other, self._statement(place)))

    def move_after(self, place: Place, other: Place) -> tuple[Edit | None, ...]:
        """Move the simple statement around a place to after the simple statement around another one."""
        return self.remove(place), self._moved(place, self.insert_after(other, self._statement(place)))

    def move_to_end(self, place: Place) -> tuple[Edit | None, ...]:
        """Move the simple statement around a place to the end of its own block."""
        block = self._block(place)
        if block is None or block.siblings[-1] is block.statement:
            return (None,)
        last = block.siblings[-1]
        other = self._block(Place(place.path, last.start, last.end))
        indent = self._indent(place.path, block.statement.start)
        end = self._end_of_line(place.path, other.end) if other is not None else None
        if indent is None or end is None or isinstance(last, ir.Return | ir.Break | ir.Continue | ir.Raise):
            return (None,)
        moved = f"{self._newline(place.path)}{indent}{self._statement(place)}"
        return self.remove(place), Edit(Place(place.path, end, end), moved)

    def _moved(self, place: Place, edit: Edit | None) -> Edit | None:
        """A moved statement keeps its meaning only on one line (another indentation), and within one function."""
        if edit is None or "\n" in self._statement(place) or not self.same_function(place, edit.place):
            return None
        return edit

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
        if block is None or not isinstance(block.statement, ir.Assign) or not isinstance(block.statement.value, _ATOMS):
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

    def import_module(self, path: str, name: str) -> Edit | None:
        """``import name`` at the top of a file."""
        module = self._modules.get(path)
        if module is None or path not in self._texts:
            return None
        first = next((node for node in module.body if not _is_preamble(node)), None)
        if first is None or self._indent(path, first.start) != "":
            return None
        return Edit(Place(path, first.start, first.start), f"import {name}{self._newline(path)}")

    def under(self, place: Place, header: str) -> tuple[Edit, ...]:
        """Put the statement around a place, whole, under a header such as ``with torch.no_grad():``; empty if that can't be."""
        block = self._block(place)
        text = self._texts.get(place.path, "")
        if block is None or (indent := self._indent(place.path, block.statement.start)) is None:
            return ()
        start, end = block.statement.start, block.end
        step = "\t" if indent.endswith("\t") else "    "
        lines = [at for at in self._modules[place.path].line_starts if start < at < end]
        if any(string.start < at <= string.end for string in block.strings for at in lines):
            return ()  # shifting its lines would change what a string holds
        shifted = [Edit(Place(place.path, at, at), step) for at in lines if text[at : at + 1] not in "\r\n"]
        opening = f"{header}{self._newline(place.path)}{indent}{step}"
        return (Edit(Place(place.path, start, start), opening), *shifted)

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


_ATOMS = (ir.Name, ir.Attribute, ir.Call, ir.Subscript, ir.Constant)


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


def _is_preamble(node: ir.Statement) -> bool:
    """Whether a statement must stay before any import: the docstring, and imports from the future."""
    if isinstance(node, ir.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ir.ExprStatement) and isinstance(node.value, ir.Constant)
