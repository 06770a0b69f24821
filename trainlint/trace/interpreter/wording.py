"""Source text in few words, as the author wrote its names."""

from __future__ import annotations

from trainlint.facts import ir


def describe(node: ir.Expr) -> str:
    """A condition in few words, as the author wrote its names."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute):
        return f"{describe(node.value)}.{node.attr}"
    if isinstance(node, ir.Constant):
        return repr(node.value)
    if isinstance(node, ir.Comparison):
        parts = [describe(node.left)]
        for op, right in zip(node.ops, node.rights, strict=True):
            parts += [op, describe(right)]
        return " ".join(parts)
    if isinstance(node, ir.BooleanOp | ir.BinaryOp):
        return f"{describe(node.left)} {node.op} {describe(node.right)}"
    if isinstance(node, ir.UnaryOp):
        return f"{node.op} {describe(node.operand)}" if node.op == "not" else f"{node.op}{describe(node.operand)}"
    if isinstance(node, ir.Call):
        return f"{describe(node.func)}({', '.join(describe(argument.value) for argument in node.args)})"
    if isinstance(node, ir.Subscript):
        return f"{describe(node.value)}[{describe(node.index)}]"
    if isinstance(node, ir.Sequence):
        inner = ", ".join(
            f"({describe(part)})" if isinstance(part, ir.Sequence) else describe(part) for part in node.elements
        )
        return f"[{inner}]" if node.kind == "list" else inner
    if isinstance(node, ir.Slice):
        return ":".join(describe(bound) if bound is not None else "" for bound in (node.lower, node.upper))
    return "..."
