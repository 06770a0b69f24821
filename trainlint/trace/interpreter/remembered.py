"""Numbers compared with the best so far: what decides is the one that was just measured."""

from __future__ import annotations

import re

from trainlint.facts import ir
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import LossToken, MeasureToken, Source, Tokens, holds, union
from trainlint.trace.values import Value

_BEST = re.compile(r"best|highest|lowest", re.IGNORECASE)
_ORDER = frozenset({"<", "<=", ">", ">="})


def measured_against_best(m: Machine, node: ir.Comparison, values: list[Value], tokens: Tokens) -> Tokens:
    """Of `acc > record["best_test"]` the data of ``acc``: the record holds numbers of other data as well."""
    if len(values) != 2 or node.ops[0] not in _ORDER:
        return tokens
    best = [bool(_BEST.search(m.words(side))) for side in (node.left, node.rights[0])]
    if best[0] == best[1]:
        return tokens
    number, record = (tokens_of(value) for value in (values if best[1] else values[::-1]))
    if not holds(number, Source) or not (holds(number, LossToken) or holds(number, MeasureToken)):
        return tokens
    return union(number, frozenset(token for token in record if not isinstance(token, Source)))
