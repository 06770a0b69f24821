"""Conditions as the trace tells them: what the author wrote, in few words."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainlint.facts import ir, lower, source_from_text
from trainlint.trace.interpreter.wording import describe


def told(text: str) -> str:
    (statement,) = lower(source_from_text("script.py", text)).body
    assert isinstance(statement, ir.ExprStatement)
    return describe(statement.value)


@pytest.mark.parametrize(
    "text",
    [
        "(step + 1) % 4 == 0",
        "not val_loss < best",
        "(not resumed) == (start == 0)",
        "name in {'a', 'b'}",
        "i, (x, y)",
        "(a or b) and c",
        "args.resume and os.path.exists(args.resume)",
        "epoch not in (1, 2)",
        "len(loader) - (seen - skipped)",
        "2 ** -n",
        "(-n) ** 2",
        "scheduler.get_last_lr()[0] < 1e-06",
        "isinstance(model, (DDP, FSDP))",
        "accuracy(logits, target, topk=(1,)) > best",
        "run(*batch, **options)",
        "x[1:] is not None",
    ],
)
def test_a_condition_reads_as_it_was_written(text: str) -> None:
    assert told(text) == text


def test_what_would_be_long_is_left_out() -> None:
    assert told("any(x for x in rows) and ready") == "any(...) and ready"


names = st.sampled_from(["a", "b", "c"])
conditions = st.recursive(
    names,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+ - * / % ** | & ^ << and or < == in".split()), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        ),
        st.tuples(st.sampled_from(["not", "-", "~"]), inner).map(lambda parts: f"{parts[0]} ({parts[1]})"),
    ),
    max_leaves=5,
)


class Flat(ast.NodeTransformer):
    """`(a and b) and c` is `a and b and c`."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        self.generic_visit(node)
        first = node.values[0]
        if isinstance(first, ast.BoolOp) and type(first.op) is type(node.op):
            node.values[:1] = first.values
        return node


def parsed(text: str) -> str:
    return ast.dump(Flat().visit(ast.parse(text)))


@settings(max_examples=60)
@given(conditions)
def test_brackets_stand_wherever_they_are_needed(text: str) -> None:
    assert parsed(told(f"({text})")) == parsed(text)
