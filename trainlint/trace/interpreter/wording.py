"""Source text in few words, as the author wrote its names."""

from __future__ import annotations

from trainlint.facts import ir

# How tightly operators bind, the loosest first.
BINDING = ("or", "and", "not", "compare", "|", "^", "&", "<< >>", "+ -", "* / // % @", "unary", "**")


def describe(node: ir.Expr) -> str:
    """A condition in few words, as the author wrote its names."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute):
        return f"{describe(node.value)}.{node.attr}"
    if isinstance(node, ir.Constant):
        return repr(node.value)
    if isinstance(node, ir.Comparison):
        parts = [_operand(node, node.left, tighter=True)]
        for op, right in zip(node.ops, node.rights, strict=True):
            parts += [op, _operand(node, right, tighter=True)]
        return " ".join(parts)
    if isinstance(node, ir.BooleanOp | ir.BinaryOp):
        # Operators of one strength group to the left, powers to the right.
        left = _operand(node, node.left, tighter=node.op == "**")
        return f"{left} {node.op} {_operand(node, node.right, tighter=node.op != '**')}"
    if isinstance(node, ir.UnaryOp):
        operand = _operand(node, node.operand, tighter=False)
        return f"{node.op} {operand}" if node.op == "not" else f"{node.op}{operand}"
    if isinstance(node, ir.Call):
        return f"{describe(node.func)}({', '.join(_argument(argument) for argument in node.args)})"
    if isinstance(node, ir.Subscript):
        return f"{describe(node.value)}[{describe(node.index)}]"
    if isinstance(node, ir.Sequence):
        inner = ", ".join(_nested(part) for part in node.elements)
        if node.kind == "tuple":
            return f"{inner}," if len(node.elements) == 1 else inner
        return f"[{inner}]" if node.kind == "list" else f"{{{inner}}}"
    if isinstance(node, ir.Slice):
        return ":".join(describe(bound) if bound is not None else "" for bound in (node.lower, node.upper))
    return "..."


def _argument(node: ir.Argument) -> str:
    text = _nested(node.value)
    return f"{'*' * node.star}{text}" if node.star else f"{node.keyword}={text}" if node.keyword else text


def _nested(node: ir.Expr) -> str:
    """A part of something: a tuple has its brackets there."""
    text = describe(node)
    return f"({text})" if isinstance(node, ir.Sequence) and node.kind == "tuple" else text


def _operand(outer: ir.Expr, inner: ir.Expr, *, tighter: bool) -> str:
    """An operand, in brackets where the operation around it binds more tightly (or, if ``tighter``, as tightly)."""
    text = _nested(inner)
    if isinstance(outer, ir.BinaryOp) and outer.op == "**" and inner is outer.right and isinstance(inner, ir.UnaryOp):
        return text if inner.op != "not" else f"({text})"
    around, within = _strength(outer), _strength(inner)
    return f"({text})" if within < around or (tighter and within == around) else text


def _strength(node: ir.Expr) -> int:
    if isinstance(node, ir.Comparison):
        return BINDING.index("compare")
    if isinstance(node, ir.UnaryOp):
        return BINDING.index("not" if node.op == "not" else "unary")
    if isinstance(node, ir.BooleanOp | ir.BinaryOp):
        return next((rank for rank, ops in enumerate(BINDING) if node.op in ops.split()), len(BINDING))
    return len(BINDING)
