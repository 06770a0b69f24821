"""The trace of the linted programs: runs, loops and events, which rules query."""

from __future__ import annotations

from trainlint.trace.render import render
from trainlint.trace.runs import Failure, Start, Trace, Walk, trace
from trainlint.trace.view import Run

__all__ = ["Failure", "Run", "Start", "Trace", "Walk", "render", "trace"]
