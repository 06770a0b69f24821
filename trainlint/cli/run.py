"""``trainlint run``: run a training script, and say what was wrong with the training."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from trainlint.cli import options as shared
from trainlint.cli import trust
from trainlint.cli.exit import CommandError
from trainlint.config import ConfigError, Configurations
from trainlint.recorded import CannotRun, Outcome, run_script


def configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = "trainlint run [OPTIONS] SCRIPT [ARGS...]\n       trainlint run [OPTIONS] -m MODULE [ARGS...]"
    parser.add_argument("-m", dest="is_module", action="store_true", help="SCRIPT is a module, as for `python -m`")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the findings to this file")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page with findings and curves to this file")
    shared.add_selection(parser)
    shared.add_configuration(parser)
    trust.add_trust(parser)
    shared.add_color(parser)
    parser.add_argument("script", metavar="SCRIPT", help="the script; what follows are its own arguments")
    arguments = parser.add_argument("arguments", metavar="ARGS", nargs=argparse.REMAINDER, help="given to the script")
    arguments.required = False  # argparse before Python 3.13 asks for them where the script is missing


def run(options: argparse.Namespace) -> int:
    known = trust.registry(options, ["." if options.is_module else options.script])
    overrides = shared.selection(options, known)
    settings = shared.configurations(options, known)
    _check(settings, os.curdir if options.is_module else os.path.dirname(options.script))
    for path in (options.json, options.html):
        if path is not None and not path.resolve().parent.is_dir():
            raise CommandError(f"{path}: its folder does not exist")
        if path is not None and path.is_dir():
            raise CommandError(f"{path}: is a folder")
    files = [(path.resolve() if path is not None else None) for path in (options.json, options.html)]
    style = shared.style(options, sys.stderr)
    with os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace") as stream:
        try:
            outcome = run_script(
                options.script, options.arguments, known, settings, overrides, is_module=options.is_module
            )
        except CannotRun as error:
            raise CommandError(str(error)) from error
        if outcome.own:
            stream.write(outcome.text(style))
            for problem in _written(outcome, *files):
                stream.write(f"trainlint: {problem}\n")
    _open_again()
    return outcome.status


def _check(settings: Configurations, folder: str) -> None:
    """A configuration that is not understood is said before hours of training, not after."""
    try:
        settings.of_folder(os.path.abspath(folder))
    except ConfigError as error:
        raise CommandError(str(error)) from error


def _open_again() -> None:
    """Streams that the script closed or took away are flushed by nobody."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or getattr(stream, "closed", False):
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end of the process


def _written(outcome: Outcome, json_file: Path | None, html_file: Path | None) -> list[str]:
    """Write the files asked for; what could not be written, one line each."""
    problems = []
    for path, make in ((json_file, outcome.to_json), (html_file, outcome.to_html)):
        if path is not None:
            try:
                path.write_text(make(), encoding="utf-8")
            except (OSError, ValueError) as error:
                problems.append(f"{path}: {error}")
    return problems
