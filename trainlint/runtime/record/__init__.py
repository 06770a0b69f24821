"""Running a training script under the monitors, and recording what happens in the vocabulary of the trace."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from trainlint.trace.view import Run

from ..findings import RuntimeFinding
from ..training_report import Summary
from .numbers import Numbers
from .recorder import Recorder
from .script import Ending, Script, ScriptError, execute
from .wrappers import Wrappers

__all__ = ["Ending", "Recording", "Script", "ScriptError", "record"]


@dataclass(frozen=True)
class Recording:
    """A finished run: how it ended, its trace, the project files (relative to ``root``) that it speaks of, and the numbers.

    ``own`` is False in a child process that the script forked: whatever is to be said, the parent says.
    """

    ending: Ending
    root: str
    run: Run
    files: tuple[str, ...]
    findings: tuple[RuntimeFinding, ...]
    summary: Summary
    notes: tuple[str, ...]
    own: bool


def record(script: Script) -> Recording:
    """Run a script and record it. Raises ScriptError where it can't be started."""
    path = script.locate()
    root = _root(path)
    recorder = Recorder(root)
    numbers, wrappers = Numbers(recorder), Wrappers(recorder)
    process = os.getpid()
    wrappers.attach()
    try:
        ending = execute(script, path)
    finally:
        wrappers.remove()
    recorder.geography.text(path)
    key = recorder.geography.key(path) or os.path.basename(path)
    findings: tuple[RuntimeFinding, ...] = ()
    summary, notes = Summary(steps=recorder.steps), []
    if os.getpid() == process:
        try:
            numbers.close()
            findings, summary = numbers.results()
        except Exception as error:
            notes.append(f"the monitor failed: {type(error).__name__}: {error}".splitlines()[0])
    if recorder.problem is not None:
        notes.append(f"recording ended early: {recorder.problem}")
    if not recorder.steps:
        notes.append("no optimizer step was seen")
    notes += numbers.notes
    if any(recorder.trains_at(filename, line) for filename, line in ending.left):
        ending = replace(ending, complete=False)
    run = recorder.run(key, complete=ending.complete)
    files = tuple(recorder.geography.files())
    return Recording(ending, root, run, files, findings, summary, tuple(notes), os.getpid() == process)


def _root(path: str) -> str:
    """The current directory where the script lies below it, else the script's folder."""
    here, folder = os.path.realpath(os.getcwd()), os.path.dirname(os.path.realpath(path))
    return here if folder == here or folder.startswith(here.rstrip(os.sep) + os.sep) else folder
