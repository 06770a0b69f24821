"""Where Python's own parser sees the nodes of a program, to compare with the facts."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from trainlint.facts import ir, lower, source_from_text

Place = tuple[str, int, "int | None"]

# Before 3.12, Python gives wrong positions inside formatted strings.
FORMATTED_STRINGS = sys.version_info >= (3, 12)

COMPARED = (
    *(ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.Lambda, ast.Await),
    *(ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred),
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
DROPPED = {"returns", "cause", "type_params"}  # the facts lack them

NAMES = {"BinaryOp": "BinOp", "Comparison": "Compare", "Conditional": "IfExp"}
DISPLAYS = {"tuple": "Tuple", "list": "List", "set": "Set"}
COMPREHENSIONS = {"list": "ListComp", "set": "SetComp", "dict": "DictComp", "generator": "GeneratorExp"}
LITERALS = {"bytes", "complex", "ellipsis", "number", "string"}
SIMPLE = (
    *(ir.ExprStatement, ir.Assign, ir.AnnAssign, ir.AugAssign, ir.Return, ir.Raise, ir.Assert, ir.Delete, ir.Global),
    *(ir.Pass, ir.Break, ir.Continue, ir.Import, ir.ImportFrom),
)


def facts(text: str) -> ir.Module:
    return lower(source_from_text("program.py", text))


def nodes(value: Any) -> Iterator[ir.Node]:
    """All nodes of a module or within a node, in no particular order."""
    if isinstance(value, list):
        for element in value:
            yield from nodes(element)
    elif isinstance(value, ir.Module):
        yield from nodes(value.body)
    elif isinstance(value, ir.Node):
        yield value
        for field in value.__struct_fields__:
            yield from nodes(getattr(value, field))


def python_places(text: str) -> set[Place]:
    """Kind, start and end of the nodes as Python's parser tells them; of definitions no end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    offset = _offsets(text)
    return {place for node in _walk(tree) for place in _python_places(node, offset)}


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr) and not FORMATTED_STRINGS:
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in DROPPED:
            continue
        for child in value if isinstance(value, list) else [value]:
            is_text = isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)
            if isinstance(child, ast.AST) and not is_text and not _is_pattern(child):
                yield from _walk(child)


def _is_pattern(node: ast.AST) -> bool:
    return type(node).__name__.startswith("Match") and not isinstance(node, getattr(ast, "Match", ()))


def _python_places(node: Any, offset: Callable[[int, int], int]) -> Iterator[Place]:
    if not hasattr(node, "end_lineno"):
        return
    start, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
    if isinstance(node, COMPARED):
        yield type(node).__name__, start, end
    elif isinstance(node, DEFINITIONS):
        yield type(node).__name__, start, None
    elif isinstance(node, ast.stmt) and not hasattr(node, "body") and not hasattr(node, "cases"):
        yield "statement", start, end


def _offsets(text: str) -> Callable[[int, int], int]:
    """From Python's lines and columns (in bytes of UTF-8) to offsets in characters."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]

    def offset(line: int, column: int) -> int:
        start = starts[line - 1]
        prefix = text[start : start + column]
        return start + (column if prefix.isascii() else len(text[start:].encode()[:column].decode()))

    return offset


def fact_places(module: ir.Module) -> set[Place]:
    """The places that the facts tell, as `python_places` does."""
    return {place for node in nodes(module) for place in _fact_places(node)}


def _fact_places(node: ir.Node) -> Iterator[Place]:
    kind = type(node).__name__
    if isinstance(node, ir.FunctionDef):
        yield "AsyncFunctionDef" if node.is_async else "FunctionDef", node.start, None
    elif isinstance(node, ir.ClassDef):
        yield kind, node.start, None
    elif isinstance(node, SIMPLE):
        yield "statement", node.start, node.end
    elif isinstance(node, ir.Sequence):
        yield DISPLAYS[node.kind], node.start, node.end
    elif isinstance(node, ir.Comprehension):
        yield COMPREHENSIONS[node.kind], node.start, node.end
    elif isinstance(node, ir.Opaque):
        yield "Constant" if node.kind in LITERALS else node.kind, node.start, node.end
    elif isinstance(node, ir.Argument):
        yield "Starred" if node.star == 1 else kind, node.start, node.end
    elif isinstance(node, ir.Yield):
        yield "YieldFrom" if node.delegates else "Yield", node.start, node.end
    else:
        yield NAMES.get(kind, kind), node.start, node.end


def misplaced(text: str) -> list[tuple[str, str]]:
    """Kind and text of each node that the facts of a program lack or place elsewhere than Python does."""
    missing = python_places(text) - fact_places(facts(text))
    return [(kind, text[start:end]) for kind, start, end in sorted(missing, key=lambda place: place[1])]
