"""Runs a training script under the monitors, puts the rules to what was recorded, and tells both as one list."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trainlint.config import ConfigError, Configurations, Selection
from trainlint.engine import lint_trace, silenced_codes
from trainlint.internal import one_line
from trainlint.packs import Registry
from trainlint.program import program_of_files
from trainlint.report import Setting, render
from trainlint.report.style import Style
from trainlint.results import Report
from trainlint.trace import Trace
from trainlint.trace.project import Project

if TYPE_CHECKING:
    from trainlint.runtime.record import Recording
    from trainlint.runtime.training_report import TrainingReport


class CannotRun(Exception):
    """The script can't be started; the text is one line for the user."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to: the script's exit status, the findings of the rules on its trace, and those of the monitors.

    ``own`` is False in a process that the script forked, which reports nothing.
    """

    status: int
    own: bool
    title: str
    report: Report
    training: TrainingReport
    notes: tuple[str, ...]
    complete: bool

    def text(self, style: Style) -> str:
        """For a person: the rules' findings with their lines, then the monitors'."""
        parts = [render(self.report, "full", Setting(style, quiet=True))] if self.report.diagnoses else []
        parts += [f"{finding}\n" for finding in self.training.findings]
        count = len(self.report.diagnoses) + len(self.training.findings)
        words = "1 finding" if count == 1 else f"{count or 'no'} findings"
        notes = [*self.notes, *self.report.problems]
        steps = self.training.summary.steps
        ending = f"trainlint run: {words} in {self.title} ({steps} optimizer step{'' if steps == 1 else 's'})"
        return "\n".join([*parts, "\n".join([ending, *(f"note: {note}" for note in notes)]) + "\n"])

    def to_json(self) -> str:
        """One object: how the run ended, and one list of findings; ``seen_by`` tells the trace's from the monitors'."""
        traced = [{**item, "seen_by": "trace"} for item in json.loads(render(self.report, "json"))]
        watched = [{**finding.to_dict(), "seen_by": "monitor"} for finding in self.training.findings]
        whole: dict[str, Any] = {
            "script": self.title,
            "exit_status": self.status,
            "complete": self.complete,
            "steps": self.training.summary.steps,
            "findings": [*traced, *watched],
            "notes": [*self.notes, *self.report.problems],
        }
        return json.dumps(whole, indent=2, allow_nan=False) + "\n"

    def to_html(self) -> str:
        """The page of the training report, with the rules' findings before the monitors'."""
        from trainlint.runtime.findings import RuntimeFinding

        traced = tuple(
            RuntimeFinding(
                item.finding.name,
                item.finding.level,
                item.finding.message,
                code=item.finding.code,
                where=f"{item.spot.filename}:{item.spot.location.row}",
            )
            for item in self.report.diagnoses
        )
        return replace(self.training, findings=traced + self.training.findings).to_html()


def run_script(
    target: str,
    arguments: Sequence[str],
    registry: Registry,
    configurations: Configurations,
    overrides: Selection,
    *,
    is_module: bool = False,
) -> Outcome:
    """Run a script (or, as ``python -m`` does, a module) and say what was wrong. Raises CannotRun before anything runs."""
    try:
        from trainlint.runtime.record import Script, ScriptError, record
    except ImportError as error:
        raise CannotRun(f"run needs PyTorch ({error}): install trainlint with its extra, trainlint[runtime]") from error
    here = os.getcwd()
    try:
        recording = record(Script(target, tuple(arguments), is_module))
    except ScriptError as error:
        raise CannotRun(str(error)) from error
    if recording.own:
        os.chdir(here)
    return _outcome(target, recording, registry, configurations, overrides)


def _outcome(
    target: str, recording: Recording, registry: Registry, configurations: Configurations, overrides: Selection
) -> Outcome:
    from trainlint.runtime.training_report import TrainingReport

    report, silenced = Report(()), frozenset[str]()
    if recording.own:
        report, silenced = _linted(recording, registry, configurations, overrides)
    told = {diagnosis.finding.code for diagnosis in report.diagnoses}
    watched = tuple(finding for finding in recording.findings if finding.code not in told | silenced)
    training = TrainingReport(f"Run of {target}", watched, recording.summary)
    ending = recording.ending
    return Outcome(ending.status, recording.own, target, report, training, recording.notes, ending.complete)


def _linted(
    recording: Recording, registry: Registry, configurations: Configurations, overrides: Selection
) -> tuple[Report, frozenset[str]]:
    """What the rules say of a recorded trace, and the codes that nobody wants to hear of, by monitors either."""

    def silent(stage: str, done: int, total: int) -> None:
        return

    try:
        program = program_of_files(recording.root, recording.files)
        trace = Trace(Project(program.modules), recording.root, [recording.run], recorded=True)
        report = lint_trace(trace, program, registry, configurations, overrides, silent)
        return report, silenced_codes(program, registry, configurations, overrides)
    except ConfigError as error:  # of a folder that the script imports from; its own was read before the run
        return Report((), (str(error),)), frozenset()
    except Exception as error:
        problem = f"internal error while reading the recorded trace: {one_line(error)}"
        return Report((), (problem,)), frozenset()
