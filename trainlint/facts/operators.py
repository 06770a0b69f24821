"""The operators of LibCST, as they are written."""

from __future__ import annotations

from trainlint.facts.nodes import cst

BINARY: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.And: "and",
    cst.Or: "or",
}

AUGMENTED: dict[type[cst.CSTNode], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
}

UNARY: dict[type[cst.CSTNode], str] = {cst.Plus: "+", cst.Minus: "-", cst.BitInvert: "~", cst.Not: "not"}

# Each with its words, between which there may be whitespace.
COMPARISON: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.LessThan: ("<",),
    cst.GreaterThan: (">",),
    cst.Equal: ("==",),
    cst.LessThanEqual: ("<=",),
    cst.GreaterThanEqual: (">=",),
    cst.NotEqual: ("!=",),
    cst.In: ("in",),
    cst.NotIn: ("not", "in"),
    cst.Is: ("is",),
    cst.IsNot: ("is", "not"),
}
