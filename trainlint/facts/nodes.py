"""LibCST's parser, making plain nodes.

Two fifths of the time that `libcst.parse_module` takes go into the checks that LibCST's nodes make of themselves, which
guard against trees built by hand, and a quarter of a second into importing LibCST as a whole. The parser itself
lies in the extension module ``libcst.native``, and makes each node by calling the name of its kind in the module
``libcst`` with the node's fields. While it parses, a module of plain nodes stands there in LibCST's place: same names,
same fields, no checks. Where a version of the parser does not take to that, ``cst`` is LibCST itself. Another thread must
not import LibCST for the first time meanwhile; none of trainlint's does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

__all__ = ["ParserError", "cst", "parse_module"]

_LIBCST = "libcst"
_NATIVE = "libcst.native"

# Fields that the parser does not name where a node lacks them.
_OPTIONAL = (
    "annotation asname asynchronous bound cause comma comment conversion default equal exc finalbody format_spec guard "
    "inner_for_in keyword lbracket lower lpar module msg name orelse pattern posonly_ind rest returns rpar semicolon star "
    "star_arg star_kwarg step type type_parameters upper value"
).split()


class ParserError(Exception):
    """What the parser raises; the arguments are those of `libcst.ParserSyntaxError`."""

    def __init__(self, message: str, **place: Any) -> None:
        super().__init__(message)
        self.message = message


class _Node(SimpleNamespace):
    """A node, by its fields."""


for _field in _OPTIONAL:
    setattr(_Node, _field, None)


def _native() -> Any:
    """The extension module, without the package around it."""
    if _LIBCST in sys.modules or _NATIVE in sys.modules:
        return import_module(_NATIVE)
    package = find_spec(_LIBCST)
    spec = PathFinder.find_spec(_NATIVE, package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        return import_module(_NATIVE)
    module = sys.modules[_NATIVE] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Loaded:
    """The specification of a module that has been imported, which the parser's import asks for with each node."""

    _initializing = False


class _PlainNodes:
    """What stands in LibCST's place, and makes each kind of node when it is first asked for.

    No module: to ask one for what it lacks, as an import does, costs more.
    """

    __spec__ = _Loaded()
    ParserSyntaxError = ParserError

    def __getattr__(self, kind: str) -> type[_Node]:
        if kind.startswith("_"):
            raise AttributeError(kind)
        made = type(kind, (_Node,), {})
        setattr(self, kind, made)
        return made


_parser = _native()


def parse_module(text: str) -> Any:
    """The tree of a program text. Raises `ParserError`, or a SyntaxError where LibCST's own nodes refuse it."""
    known = sys.modules.get(_LIBCST)
    sys.modules[_LIBCST] = cst
    try:
        return _parser.parse_module(text, encoding="utf-8")
    finally:
        if known is None:
            del sys.modules[_LIBCST]
        else:
            sys.modules[_LIBCST] = known


def _takes_to_it() -> bool:
    try:
        return type(parse_module("a = b\n")) is cst.Module
    except Exception:  # whatever a later version does
        return False


if TYPE_CHECKING:
    import libcst as cst
else:
    cst = _PlainNodes()
    if not _takes_to_it():
        import libcst as cst

        ParserError = cst.ParserSyntaxError
