"""What a finding is known by when its line has moved: the rule, the function it stands in, and the code itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from trainlint.facts import ir
from trainlint.findings import Finding
from trainlint.program import Program
from trainlint.results import Diagnosis

LENGTH = 32
"""Hexadecimal digits of a fingerprint: 128 bits."""


def with_fingerprints(program: Program, diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The diagnoses, each with its fingerprint.

    A fingerprint holds the rule's code, the names of the functions and classes around the finding, and the code that is
    marked, without its spacing; neither the file's name nor the line. Findings that are alike in all of these are
    counted from the top of the file, so that no two findings of a file share one.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    marked = []
    for diagnosis in diagnoses:
        place = diagnosis.finding.place
        words = (
            diagnosis.finding.code,
            *scope_of(program.modules[place.path], place.start),
            code_of(program, diagnosis),
        )
        key = (place.path, *words)
        number = counts[key]
        counts[key] += 1
        digest = hashlib.sha256("\0".join((*words, str(number))).encode("utf-8", "surrogatepass"))
        marked.append(replace(diagnosis, fingerprint=digest.hexdigest()[:LENGTH]))
    return marked


def code_of(program: Program, diagnosis: Diagnosis) -> str:
    """The code that a finding marks, as far as its first line, without spacing."""
    finding: Finding = diagnosis.finding
    text = program.sources[finding.place.path].text[finding.place.start : finding.place.end]
    return "".join((text.splitlines() or [""])[0].split())


def scope_of(module: ir.Module, offset: int) -> tuple[str, ...]:
    """The names of the functions and classes around an offset, outermost first; none at the top level."""
    names: list[str] = []
    statements: Iterable[ir.Statement] = module.body
    while True:
        inner = _around(statements, offset)
        if inner is None:
            return tuple(names)
        names.append(inner.name)
        statements = inner.body


def _around(statements: Iterable[ir.Statement], offset: int) -> ir.FunctionDef | ir.ClassDef | None:
    """The definition among these statements, or in the blocks that they hold, that an offset lies in."""
    for statement in statements:
        if isinstance(statement, (ir.FunctionDef, ir.ClassDef)):
            if statement.start <= offset < statement.body_end:
                return statement
            continue
        for block in _blocks(statement):
            found = _around(block, offset)
            if found is not None:
                return found
    return None


def _blocks(statement: ir.Statement) -> list[list[ir.Statement]]:
    if isinstance(statement, (ir.If, ir.For, ir.While)):
        return [statement.body, statement.orelse]
    if isinstance(statement, ir.With):
        return [statement.body]
    if isinstance(statement, ir.Try):
        return [
            statement.body,
            *(handler.body for handler in statement.handlers),
            statement.orelse,
            statement.finalbody,
        ]
    if isinstance(statement, ir.Match):
        return [case.body for case in statement.cases]
    return []
