"""The symbolic interpreter: walks lowered programs and writes down events."""

from __future__ import annotations

from trainlint.trace.interpreter.calls import call, dispatch_method, iterate_generator
from trainlint.trace.interpreter.expressions import evaluate
from trainlint.trace.interpreter.imports import scope_at
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.statements import execute
from trainlint.trace.project import Project


class Interpreter(Machine):
    """A machine with its parts in place."""

    evaluate = staticmethod(evaluate)
    execute = staticmethod(execute)
    call = staticmethod(call)
    method = staticmethod(dispatch_method)
    iterate = staticmethod(iterate_generator)
    import_path = staticmethod(scope_at)


def interpreter(project: Project, entry: str) -> Machine:
    """A fresh interpreter for one run."""
    return Interpreter(project, entry)
