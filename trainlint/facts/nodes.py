"""LibCST's parser, making plain nodes.

Two fifths of the time that `libcst.parse_module` takes go into the checks that LibCST's nodes make of themselves, which
guard against trees built by hand, and a quarter of a second into importing LibCST as a whole. The parser itself
lies in the extension module ``libcst.native``, and makes each node by calling the name of its kind in the module
``libcst`` with the node's fields. While it parses, a module of plain nodes stands there in LibCST's place: same names,
same fields, no checks. Where a version of the parser does not take to that, ``cst`` is LibCST itself.
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

# The kinds of nodes that the parser makes. Each must be there before it asks.
_KINDS = (
    "Add AddAssign And AnnAssign Annotation Arg AsName Assert Assign AssignEqual AssignTarget Asynchronous Attribute "
    "AugAssign Await BinaryOperation BitAnd BitAndAssign BitInvert BitOr BitOrAssign BitXor BitXorAssign "
    "BooleanOperation Break Call ClassDef Colon Comma Comment CompFor CompIf Comparison ComparisonTarget "
    "ConcatenatedString Continue Decorator Del Dict DictComp DictElement Divide DivideAssign Dot Element Ellipsis "
    "Else EmptyLine Equal ExceptHandler ExceptStarHandler Expr Finally Float FloorDivide FloorDivideAssign For "
    "FormattedString FormattedStringExpression FormattedStringText From FunctionDef GeneratorExp Global GreaterThan "
    "GreaterThanEqual If IfExp Imaginary Import ImportAlias ImportFrom ImportStar In IndentedBlock Index Integer Is "
    "IsNot Lambda LazyImport LazyImportFrom LeftCurlyBrace LeftParen LeftShift LeftShiftAssign LeftSquareBracket "
    "LessThan LessThanEqual List ListComp Match MatchAs MatchCase MatchClass MatchKeywordElement MatchList "
    "MatchMapping MatchMappingElement MatchOr MatchOrElement MatchPattern MatchSequence MatchSequenceElement "
    "MatchSingleton MatchStar MatchTuple MatchValue MatrixMultiply MatrixMultiplyAssign Minus Module Modulo "
    "ModuloAssign Multiply MultiplyAssign Name NameItem NamedExpr Newline Nonlocal Not NotEqual NotIn Or Param "
    "ParamSlash ParamSpec ParamStar Parameters ParenthesizedWhitespace Pass Plus Power PowerAssign Raise Return "
    "RightCurlyBrace RightParen RightShift RightShiftAssign RightSquareBracket Semicolon Set SetComp "
    "SimpleStatementLine SimpleStatementSuite SimpleString SimpleWhitespace Slice StarredDictComp StarredDictElement "
    "StarredElement Subscript SubscriptElement Subtract SubtractAssign TemplatedString TemplatedStringExpression "
    "TemplatedStringText TrailingWhitespace Try TryStar Tuple TypeAlias TypeParam TypeParameters TypeVar TypeVarTuple "
    "UnaryOperation While With WithItem Yield"
).split()

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
    """What stands in LibCST's place. No module: to ask one for what it lacks, as an import does, costs more."""

    __spec__ = _Loaded()
    ParserSyntaxError = ParserError


for _kind in _KINDS:
    setattr(_PlainNodes, _kind, type(_kind, (_Node,), {}))


_parser = _native()


def parse_module(text: str) -> Any:
    """The tree of a program text. Raises `ParserError`, or a SyntaxError where LibCST's own nodes refuse it."""
    known = sys.modules.get(_LIBCST)
    sys.modules[_LIBCST] = cst
    try:
        return _parser.parse_module(text, encoding="utf-8")
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a kind of node that is not known here
            raise ParserError(str(error)) from error
        raise
    finally:
        if known is None:
            del sys.modules[_LIBCST]
        else:
            sys.modules[_LIBCST] = known


if TYPE_CHECKING:
    import libcst as cst
else:
    cst = _PlainNodes()
    if type(parse_module("")) is not cst.Module:
        import libcst as cst

        ParserError = cst.ParserSyntaxError
