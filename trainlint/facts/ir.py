"""The lowered form of one Python file: what the later stages need, and nothing of LibCST.

Every node carries the half-open span ``[start, end)`` of its source text, in characters of the program text
(for a notebook: of its code cells joined). Nodes are compared by identity, so that a node can key a table, and
they are serialisable by ``msgspec`` as they stand.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Node(msgspec.Struct, frozen=True, array_like=True, tag=True, tag_field="node", eq=False, gc=False):
    """Anything with a place in the source."""

    start: int
    end: int


# Expressions


class Constant(Node, frozen=True):
    """A literal: None, a truth value, a number or a (concatenated, non-f) string."""

    value: bool | int | float | str | None


class Name(Node, frozen=True):
    id: str


class Attribute(Node, frozen=True):
    """``value.attr``; the attribute's own name ends the span."""

    value: Expr
    attr: str


class Argument(Node, frozen=True):
    """One argument of a call. ``star`` is 0, 1 (``*args``) or 2 (``**kwargs``)."""

    value: Expr
    keyword: str | None
    star: int


class Call(Node, frozen=True):
    func: Expr
    args: list[Argument]


class Subscript(Node, frozen=True):
    """``value[index]``; several indices are a tuple `Sequence`."""

    value: Expr
    index: Expr


class Slice(Node, frozen=True):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class BinaryOp(Node, frozen=True):
    """``left op right`` with op as written: ``+ - * / // % ** @ << >> & | ^``."""

    op: str
    left: Expr
    right: Expr


class UnaryOp(Node, frozen=True):
    """``op operand`` with op one of ``- + ~ not``."""

    op: str
    operand: Expr


class BooleanOp(Node, frozen=True):
    """``left and right`` or ``left or right`` (two operands; chains nest to the left)."""

    op: str
    left: Expr
    right: Expr


class Comparison(Node, frozen=True):
    """``left ops[0] rights[0] ops[1] rights[1] ...`` with ops such as ``<``, ``is not``, ``not in``."""

    left: Expr
    ops: list[str]
    rights: list[Expr]


class Conditional(Node, frozen=True):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr


class Sequence(Node, frozen=True):
    """A display of elements; kind is ``tuple``, ``list`` or ``set``."""

    kind: str
    elements: list[Expr]


class DictItem(Node, frozen=True):
    """``key: value``, or ``**value`` where the key is None."""

    key: Expr | None
    value: Expr


class Dict(Node, frozen=True):
    items: list[DictItem]


class Lambda(Node, frozen=True):
    params: list[Parameter]
    body: Expr


class Generator(Node, frozen=True):
    """``for target in iter if conditions...`` of a comprehension."""

    target: Expr
    iter: Expr
    conditions: list[Expr]


class Comprehension(Node, frozen=True):
    """kind is ``list``, ``set``, ``dict`` or ``generator``; ``value`` only in a dict comprehension."""

    kind: str
    element: Expr
    value: Expr | None
    generators: list[Generator]


class FString(Node, frozen=True):
    """A formatted string: its literal text with ``{}`` where values stand, and those values."""

    text: str
    values: list[Expr]


class Await(Node, frozen=True):
    value: Expr


class Yield(Node, frozen=True):
    """``yield value`` or, with ``delegates``, ``yield from value``."""

    value: Expr | None
    delegates: bool


class NamedExpr(Node, frozen=True):
    target: Name
    value: Expr


class Starred(Node, frozen=True):
    value: Expr


class Opaque(Node, frozen=True):
    """Something that no later stage looks into (bytes, complex numbers, an ellipsis, numbers that JSON lacks).

    ``children`` are the expressions inside it, if any. ``kind`` is ``bytes``, ``complex``, ``ellipsis``, ``number``
    (not finite or beyond 64 bits), ``string`` (not encodable), ``formatted`` (a value of an `FString` with values in
    its format specification), ``template`` (a t-string) or ``type`` (the value of a ``type`` statement).
    """

    kind: str
    children: list[Expr]


Expr: TypeAlias = (
    Constant
    | Name
    | Attribute
    | Call
    | Subscript
    | Slice
    | BinaryOp
    | UnaryOp
    | BooleanOp
    | Comparison
    | Conditional
    | Sequence
    | Dict
    | Lambda
    | Comprehension
    | FString
    | Await
    | Yield
    | NamedExpr
    | Starred
    | Opaque
)


# Statements


class Parameter(Node, frozen=True):
    """One parameter.

    ``kind`` is ``positional`` (also positional-only), ``keyword`` (keyword-only), ``args`` or ``kwargs``. The span goes
    from the name to the end of annotation and default.
    """

    name: str
    kind: str
    default: Expr | None
    annotation: Expr | None


class ExprStatement(Node, frozen=True):
    value: Expr


class Assign(Node, frozen=True):
    """``targets[0] = targets[1] = ... = value``."""

    targets: list[Expr]
    value: Expr


class AnnAssign(Node, frozen=True):
    target: Expr
    annotation: Expr
    value: Expr | None


class AugAssign(Node, frozen=True):
    """``target op= value`` with op without the equals sign."""

    target: Expr
    op: str
    value: Expr


class Return(Node, frozen=True):
    value: Expr | None


class Raise(Node, frozen=True):
    value: Expr | None


class Assert(Node, frozen=True):
    test: Expr
    message: Expr | None


class Delete(Node, frozen=True):
    targets: list[Expr]


class Global(Node, frozen=True):
    """``global`` or ``nonlocal`` names."""

    names: list[str]
    nonlocal_: bool


class Pass(Node, frozen=True):
    """``pass``, and whatever else has no effect."""


class Break(Node, frozen=True):
    pass


class Continue(Node, frozen=True):
    pass


class ImportAlias(Node, frozen=True):
    name: str
    asname: str | None


class Import(Node, frozen=True):
    """``import a.b as c``."""

    names: list[ImportAlias]


class ImportFrom(Node, frozen=True):
    """``from ..module import names``; ``level`` counts the dots; a star import has the one name ``*``."""

    module: str
    level: int
    names: list[ImportAlias]


class If(Node, frozen=True):
    """An ``elif`` is an `If` alone in ``orelse``.

    The span is that of the header (``if test``), as with all compound statements.
    """

    test: Expr
    body: list[Statement]
    orelse: list[Statement]


class For(Node, frozen=True):
    target: Expr
    iter: Expr
    body: list[Statement]
    orelse: list[Statement]
    is_async: bool


class While(Node, frozen=True):
    test: Expr
    body: list[Statement]
    orelse: list[Statement]


class WithItem(Node, frozen=True):
    context: Expr
    target: Expr | None


class With(Node, frozen=True):
    items: list[WithItem]
    body: list[Statement]
    is_async: bool


class Handler(Node, frozen=True):
    """``except type as name``; both None for a bare ``except``."""

    type: Expr | None
    name: str | None
    body: list[Statement]


class Try(Node, frozen=True):
    body: list[Statement]
    handlers: list[Handler]
    orelse: list[Statement]
    finalbody: list[Statement]


class Case(Node, frozen=True):
    """One case of a ``match``: the names it binds, the constants it compares with, its guard and body.

    The constants are those that the subject itself may equal (``case 1 | 2``), not those that parts of it may.
    """

    names: list[str]
    constants: list[Expr]
    guard: Expr | None
    body: list[Statement]


class Match(Node, frozen=True):
    subject: Expr
    cases: list[Case]


class FunctionDef(Node, frozen=True):
    """``name_start`` is where the name stands; ``body_end`` where the whole definition ends."""

    name: str
    name_start: int
    body_end: int
    params: list[Parameter]
    decorators: list[Expr]
    body: list[Statement]
    is_async: bool
    is_generator: bool


class ClassDef(Node, frozen=True):
    name: str
    name_start: int
    body_end: int
    bases: list[Argument]
    decorators: list[Expr]
    body: list[Statement]


Statement: TypeAlias = (
    ExprStatement
    | Assign
    | AnnAssign
    | AugAssign
    | Return
    | Raise
    | Assert
    | Delete
    | Global
    | Pass
    | Break
    | Continue
    | Import
    | ImportFrom
    | If
    | For
    | While
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
)


class Suppression(Node, frozen=True):
    """A ``# trainlint: ignore[...]`` comment.

    ``scope`` is ``line`` or ``file``; ``rules`` are as written, None without a list.
    """

    scope: str
    rules: list[str] | None


class StatementSpan(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """First and last line (from 1, of the program text) of a simple statement or a compound statement's header."""

    first: int
    last: int


class Cell(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where one code cell of a notebook lies in the program text. ``number`` counts all cells from 1."""

    number: int
    start: int
    end: int


class Problem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why a cell of a notebook is left out: it can't be parsed at this line and column (from 1, within the cell)."""

    cell: int
    line: int
    column: int
    message: str


class Module(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All facts of one file.

    ``line_starts`` are the offsets at which the lines of the program text begin. ``imports`` are the dotted names of
    all modules that the file may import, wherever the import stands (relative ones with their leading dots).
    ``statements`` are the line spans that a suppression on any of their lines covers.
    """

    body: list[Statement]
    line_starts: list[int]
    imports: list[str]
    suppressions: list[Suppression]
    statements: list[StatementSpan]
    cells: list[Cell] | None = None
    problems: list[Problem] = []  # msgspec makes a new list for each module
