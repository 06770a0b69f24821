"""Text edits at places of the traced programs: what rules build their fixes of.

An edit that can't be made so that everything else keeps its bytes and its meaning is None, and with it the fix: the
finding stands all the same.
"""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Applicability, Edit, Fix, Place
from trainlint.trace.locate import ATOMS, Locator

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


class Editor(Locator):
    """Makes edits in programs of which facts and texts are at hand."""

    def fix(self, message: str, applicability: Applicability, *edits: Edit | None) -> Fix | None:
        """A fix of these edits, or None where one of them can't be made."""
        made = [edit for edit in edits if edit is not None]
        return Fix(message, tuple(made), applicability) if made and len(made) == len(edits) else None

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
        return Edit(place, source if isinstance(inner, ATOMS) else f"({source})")

    def call_method(self, place: Place, method: str) -> Edit | None:
        """Call a method of the value of the expression at a place: ``x`` becomes ``x.item()``."""
        index = self._index(place.path)
        node = index.expression(place) if index is not None else None
        if node is None:
            return None
        source = self._source(place.path, node)
        return Edit(place, f"{source}.{method}" if isinstance(node, ATOMS) else f"({source}).{method}")

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


def _is_preamble(node: ir.Statement) -> bool:
    """Whether a statement must stay before any import: the docstring, and imports from the future."""
    if isinstance(node, ir.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ir.ExprStatement) and isinstance(node.value, ir.Constant)
