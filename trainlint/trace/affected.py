"""What an edit of a file can change for the functions that are walked alone: those that reach none of what was edited."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from trainlint.facts import ir
from trainlint.trace.callables import functions_of, nodes_in

_DEFINITIONS = (ir.FunctionDef, ir.ClassDef)


def unaffected(before: ir.Module, after: ir.Module) -> set[int]:
    """Where the functions stand whose walks hold: they are the same in both, and name nothing that changed, directly or through
    what they name. No function where anything but a definition changed, or code of the module that runs at once names one: it may
    change whatever it likes.
    """
    same = {id(statement) for statement in before.body} & {id(statement) for statement in after.body}
    changed = [statement for statement in (*before.body, *after.body) if id(statement) not in same]
    if not all(isinstance(statement, _DEFINITIONS) for statement in changed):
        return set()
    reached = {statement.name for statement in changed if isinstance(statement, _DEFINITIONS)}
    holding = [statement for statement in after.body if id(statement) in same and not _is_main(statement)]
    while True:
        hit = [statement for statement in holding if _names_of(statement) & reached]
        if not hit:
            break
        if not all(isinstance(statement, _DEFINITIONS) for statement in hit):
            return set()
        reached |= {statement.name for statement in hit if isinstance(statement, _DEFINITIONS)}
        holding = [statement for statement in holding if statement not in hit]
    return {node.start for _, node in functions_of(holding)}


@lru_cache(maxsize=16_384)
def _names_of(statement: ir.Statement) -> frozenset[str]:
    """Names and attributes that stand anywhere in a statement, and strings that may be read as such."""
    return frozenset(_names(statement))


def _names(statement: ir.Statement) -> Iterator[str]:
    for node in nodes_in(statement):
        if isinstance(node, ir.Name):
            yield node.id
        elif isinstance(node, ir.Attribute):
            yield node.attr
        elif isinstance(node, ir.Constant) and isinstance(node.value, str):
            yield from node.value.replace(".", " ").split()[:8]


def _is_main(statement: ir.Statement) -> bool:
    """``if __name__ == "__main__":``, which no import runs."""
    return (
        isinstance(statement, ir.If)
        and isinstance(statement.test, ir.Comparison)
        and isinstance(statement.test.left, ir.Name)
        and statement.test.left.id == "__name__"
        and statement.test.ops == ["=="]
        and isinstance(statement.test.rights[0], ir.Constant)
        and statement.test.rights[0].value == "__main__"
        and not statement.orelse
    )
