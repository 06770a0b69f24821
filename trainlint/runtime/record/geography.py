"""Where in the script's project a moment of the run stands: spans, and the loops, conditions and names around them."""

from __future__ import annotations

import ast
import io
import itertools
import os
import site
import sysconfig
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType

from trainlint.findings import Place

OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKS = ("gradients", "gradient_noise", "initial_loss", "learning_rate", "overfitting", "structure")
"""Parts of trainlint.runtime that train and evaluate by themselves, on copies or to put everything back."""

Loop = ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSION_CODE = frozenset({"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"})


@dataclass(frozen=True)
class Condition:
    """An ``if`` around a position, and which side of it the position is on."""

    node: ast.If
    place: Place
    text: str
    side: bool


@dataclass(frozen=True)
class Spot:
    """A position in a frame: its span, and what stands around it in the same function, outermost first."""

    place: Place
    loops: tuple[tuple[Loop, Place], ...]
    conditions: tuple[Condition, ...]
    name: str | None
    heads: tuple[Loop, ...] = ()


class Text:
    """One file: its text, where its lines start, and its syntax tree."""

    def __init__(self, path: str, key: str) -> None:
        self.key = key
        with open(path, "rb") as file:
            data = file.read()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        self.text = data.decode(encoding).removeprefix("\ufeff")
        self.tree = ast.parse(self.text)
        self._lines = self.text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The character at a line (from 1) and a column in UTF-8 bytes (from 0)."""
        if not 1 <= line <= len(self._lines):
            return min(max(0, len(self.text) - 1), self._starts[-1])
        text = self._lines[line - 1]
        prefix = text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore")
        return self._starts[line - 1] + len(prefix)

    def line(self, number: int) -> tuple[int, int]:
        """The span of a line without its indentation and newline."""
        if not 1 <= number <= len(self._lines):
            return 0, 0
        text, start = self._lines[number - 1], self._starts[number - 1]
        return start + len(text) - len(text.lstrip()), start + len(text.rstrip())

    def indentation(self, number: int) -> int:
        text = self._lines[number - 1] if 1 <= number <= len(self._lines) else ""
        return len(text) - len(text.lstrip())

    def span(self, node: ast.stmt | ast.expr) -> Place:
        end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return Place(self.key, self.offset(node.lineno, node.col_offset), self.offset(*end))

    def around(self, start: tuple[int, int], end: tuple[int, int]) -> list[ast.AST]:
        """The nodes around a span, outermost first."""
        found: list[ast.AST] = []
        node: ast.AST | None = self.tree
        while node is not None:
            found.append(node)
            node = next((child for child in _children(node) if _holds(child, start, end)), None)
        return found


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            yield child
        else:
            yield from _children(child)


def _holds(node: ast.AST, start: tuple[int, int], end: tuple[int, int]) -> bool:
    first = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    for decorator in getattr(node, "decorator_list", ()):
        first = min(first, (decorator.lineno, decorator.col_offset))
    last = (getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0))
    return first <= start and end <= last


class Geography:
    """The files of the script's project, below ``root``, and the positions in them."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._keys: dict[str, str | None] = {}
        self._texts: dict[str, Text | None] = {}
        # By the address of the code, since hashing code objects is slow; they are kept so that no address is used twice.
        self._spots: dict[int, dict[int, Spot | None]] = {}
        self._codes: list[CodeType] = []
        self._checks: dict[str, bool] = {}
        self._foreign = tuple(
            os.path.realpath(path) + os.sep
            for path in {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages(), OWN}
            if path and not self.root.startswith(os.path.realpath(path) + os.sep)
        )

    def key(self, filename: str) -> str | None:
        """A project file's path relative to the root with slashes; None for all others."""
        if filename not in self._keys:
            self._keys[filename] = self._find_key(filename)
        return self._keys[filename]

    def _find_key(self, filename: str) -> str | None:
        real = os.path.realpath(filename)
        below = real.startswith(self.root.rstrip(os.sep) + os.sep) and real.endswith(".py") and os.path.isfile(real)
        if not below or real.startswith(self._foreign):
            return None
        return os.path.relpath(real, self.root).replace(os.sep, "/")

    def is_check(self, code: CodeType) -> bool:
        """Whether code belongs to a check of trainlint's own, which is no part of the training."""
        filename = code.co_filename
        if filename not in self._checks:
            runtime, path = os.path.realpath(os.path.join(OWN, "runtime")) + os.sep, os.path.realpath(filename)
            part = path.removeprefix(runtime).split(os.sep)[0].removesuffix(".py")
            self._checks[filename] = path.startswith(runtime) and part in CHECKS
        return self._checks[filename]

    def files(self) -> list[str]:
        """The project files that were met, relative to the root."""
        return sorted(key for key, text in self._texts.items() if text is not None)

    def text(self, filename: str) -> Text | None:
        key = self.key(filename)
        if key is None:
            return None
        if key not in self._texts:
            try:
                self._texts[key] = Text(filename, key)
            except (OSError, SyntaxError, ValueError):
                self._texts[key] = None
        return self._texts[key]

    def loops_at(self, filename: str, line: int) -> list[Place]:
        """The loops around a line, in whichever function."""
        text = self.text(filename)
        if text is None:
            return []
        at = (line, text.indentation(line))
        return [place for _, place in _loops(text, text.around(at, at), at)]

    def spot(self, frame: FrameType) -> Spot | None:
        """Where a frame stands; None outside of the project."""
        code, last = frame.f_code, frame.f_lasti
        spots = self._spots.get(id(code))
        if spots is None:
            self._codes.append(code)
            spots = self._spots[id(code)] = {}
        if last not in spots:
            text = self.text(code.co_filename)
            spots[last] = None if text is None else _spot(text, frame)
        return spots[last]


def _spot(text: Text, frame: FrameType) -> Spot:
    line = frame.f_lineno or frame.f_code.co_firstlineno
    exact = _exact(frame)
    if exact is None:
        start, end = text.line(line)
        place = Place(text.key, start, end)
        first = last = (line, text.indentation(line))
    else:
        first, last = exact
        place = Place(text.key, text.offset(*first), text.offset(*last))
    nodes = text.around(first, last)
    own = _own(nodes, frame.f_code.co_name in _COMPREHENSION_CODE)
    return Spot(
        place, tuple(_loops(text, own, first)), tuple(_conditions(text, own)), _name(nodes), tuple(_heads(nodes))
    )


def _exact(frame: FrameType) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The span of the instruction that a frame is at, which Python tells from 3.11 on."""
    positions = getattr(frame.f_code, "co_positions", None)
    if positions is None or frame.f_lasti < 0:
        return None
    for number, (line, end_line, column, end_column) in enumerate(positions()):
        if number == frame.f_lasti // 2:
            if line is None or end_line is None or column is None or end_column is None:
                return None
            return (line, column), (end_line, end_column)
    return None


def _own(nodes: list[ast.AST], comprehension: bool) -> list[ast.AST]:
    """Those nodes that the frame's own code holds."""
    for number in range(len(nodes) - 1, -1, -1):
        if isinstance(nodes[number], _SCOPES):
            return nodes[number + 1 :]
        if comprehension and isinstance(nodes[number], _COMPREHENSIONS):
            return nodes[number:]
    return nodes


def _loops(text: Text, nodes: list[ast.AST], at: tuple[int, int]) -> Iterator[tuple[Loop, Place]]:
    for node in nodes:
        if isinstance(node, _LOOPS):
            body = node.body[0], node.body[-1]
            end = (body[1].end_lineno or 0, body[1].end_col_offset or 0)
            if (body[0].lineno, body[0].col_offset) <= at < end or (isinstance(node, ast.While) and at < end):
                yield node, text.span(node)
        elif isinstance(node, _COMPREHENSIONS):
            first = node.generators[0].iter
            if not _holds(first, at, at):
                yield node, text.span(node)


def _heads(nodes: list[ast.AST]) -> Iterator[Loop]:
    """The loops whose iterable the position is in, or which the position is."""
    for number, node in enumerate(nodes):
        inner = nodes[number + 1] if number + 1 < len(nodes) else None
        if isinstance(node, (ast.For, ast.AsyncFor)):
            over = node.iter
        elif isinstance(node, _COMPREHENSIONS):
            over = node.generators[0].iter
        else:
            continue
        if inner is None or inner is over:
            yield node


def _conditions(text: Text, nodes: list[ast.AST]) -> Iterator[Condition]:
    for node, inner in itertools.pairwise(nodes):
        if isinstance(node, ast.If) and inner is not node.test:
            words = ast.get_source_segment(text.text, node.test) or ""
            yield Condition(node, text.span(node.test), " ".join(words.split()), inner in node.body)


def _name(nodes: list[ast.AST]) -> str | None:
    """The name that a value made here is given: that of a variable or attribute, or a key."""
    if len(nodes) < 2:
        return None
    node, inner = nodes[-2], nodes[-1]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else None
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if value is inner and isinstance(key, ast.Constant) and isinstance(key.value, str):
                return key.value
    return None


def iterated_name(loop: Loop) -> str | None:
    """The name of what a loop goes over: ``val_loader`` in ``for x, y in tqdm(val_loader)``."""
    if isinstance(loop, ast.While):
        return None
    node: ast.expr = loop.iter if isinstance(loop, (ast.For, ast.AsyncFor)) else loop.generators[0].iter
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
