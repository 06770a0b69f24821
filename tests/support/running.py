"""``trainlint run`` on many scripts, from one process that imports torch once and forks for each script."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a script came to under ``trainlint run``; ``found`` is the JSON."""

    status: int
    output: str
    errors: str
    found: dict[str, Any]

    @property
    def traced(self) -> list[tuple[str, int]]:
        """Codes and rows of what the rules found in the trace."""
        return [(item["code"], item["location"]["row"]) for item in self._seen_by("trace")]

    @property
    def watched(self) -> list[str]:
        """Names of what the monitors found."""
        return [item["name"] for item in self._seen_by("monitor")]

    def _seen_by(self, whom: str) -> list[dict[str, Any]]:
        return [item for item in self.found.get("findings", ()) if item["seen_by"] == whom]


class Runner:
    """The process that runs scripts, each forked from it."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # a thread pool would not survive the fork
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def scripts(self, folder: Path, scripts: Mapping[str, str], *arguments: str) -> dict[str, Ran]:
        """Run the texts of scripts as ``train.py ARGUMENTS``, each in a folder of its own below ``folder``."""
        for name, text in scripts.items():
            (folder / name).mkdir(parents=True)
            (folder / name / "train.py").write_text(text, encoding="utf-8")
        return {name: self.run(folder / name, "train.py", *arguments) for name in scripts}

    def run(self, folder: Path, *arguments: str) -> Ran:
        """``trainlint run ARGUMENTS`` in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), *arguments]) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        output, errors = ((folder / name).read_text(encoding="utf-8") for name in ("stdout.txt", "stderr.txt"))
        written = folder / "found.json"
        found = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
        return Ran(status, output, errors, found)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _serve() -> None:
    # What is imported here is imported once; the first optimizer of a process would import the compiler.
    import torch._dynamo  # noqa: F401

    import trainlint.facts.lowering
    import trainlint.packs
    import trainlint.runtime.record
    import trainlint.runtime.training_report

    trainlint.packs.load_rules()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be_the_command(*json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be_the_command(folder: str, *arguments: str) -> None:
    from trainlint.cli import main

    os.chdir(folder)
    for number, name in ((1, "stdout.txt"), (2, "stderr.txt")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 99
    try:
        status = main(["run", "--isolated", "--json", "found.json", *arguments])
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError):  # the script may have closed it
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
