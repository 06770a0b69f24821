"""Where the time goes: ``python -m benchmarks.stages [FOLDER]``.

CPU time of each stage over a folder, in one process, the rules that cost most, and with ``--functions`` the functions.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.costs import table

if TYPE_CHECKING:
    from trainlint.packs import RuleEntry
    from trainlint.trace import Trace

T = TypeVar("T")


@dataclass(slots=True)
class Stages:
    """CPU seconds by stage and by rule."""

    stages: dict[str, float] = field(default_factory=dict)
    rules: dict[str, float] = field(default_factory=dict)

    def timed(self, into: dict[str, float], name: str, work: Callable[[], T]) -> T:
        start = time.process_time()
        try:
            return work()
        finally:
            into[name] = into.get(name, 0.0) + time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("examples"), metavar="FOLDER")
    parser.add_argument("--rules", type=int, default=10, metavar="N", help="show the N slowest rules (default: 10)")
    parser.add_argument(
        "--functions", type=int, default=0, metavar="N", help="profile, and show the N slowest functions"
    )
    options = parser.parse_args()
    if not options.folder.exists():
        print(f"stages: {options.folder}: no such file or folder", file=sys.stderr)
        return 2
    measured = Stages()
    profiler = cProfile.Profile()
    if options.functions:
        profiler.enable()
    lines = _run(str(options.folder), measured)
    profiler.disable()
    print(f"{lines} lines parsed\n")
    print(_shares(measured.stages, "stage"))
    print()
    slowest = sorted(measured.rules.items(), key=lambda item: -item[1])[: options.rules]
    print(_shares(dict(slowest), "rule", sum(measured.stages.values())))
    if options.functions:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(options.functions)
    return 0


def _run(folder: str, measured: Stages) -> int:
    """Go through the stages as a run of trainlint does; gives the number of lines that were parsed."""

    def timed(name: str, work: Callable[[], T]) -> T:
        return measured.timed(measured.stages, name, work)

    timed("import", _import)
    from trainlint.discover import find_files
    from trainlint.discover.imports import files_that_matter, imported_names
    from trainlint.facts import FactsError, Source, ir, read
    from trainlint.facts.lowering import lower_parsed
    from trainlint.facts.parsing import Refused, parse
    from trainlint.knowledge.reach import brings_torch
    from trainlint.packs import load_rules
    from trainlint.trace import trace

    rules = timed("load rules", lambda: list(load_rules()))
    sources: dict[str, Source] = {}
    for path in timed("find", lambda: find_files([folder], lambda _: False)):
        try:
            source = timed("read", partial(read, Path(path)))
        except FactsError as error:
            print(error, file=sys.stderr)
        else:
            sources[os.path.relpath(path, folder)] = source
    imports = timed("imports", lambda: {path: imported_names(source.text) for path, source in sources.items()})
    matter = timed("imports", lambda: files_that_matter(imports, brings_torch))
    modules: dict[str, ir.Module] = {}
    for path, text in ((path, source.text) for path, source in sources.items() if path in matter):
        try:
            tree = timed("parse", partial(parse, text))
        except Refused as error:
            print(f"{path}:{error.line}: {error.message}", file=sys.stderr)
        else:
            modules[path] = timed("lower", partial(lower_parsed, tree, text))
    traced = timed("trace", partial(trace, modules, folder))
    for entry in rules:
        measured.timed(measured.rules, f"{entry.code} {entry.name}", partial(_check, entry, traced))
    measured.stages["rules"] = sum(measured.rules.values())
    return sum(len(module.line_starts) for module in modules.values())


def _check(entry: RuleEntry, traced: Trace) -> None:
    assert entry.make is not None
    list(entry.make().check(traced))


def _import() -> None:
    import trainlint.cli.check
    import trainlint.facts.lowering  # noqa: F401


def _shares(seconds: dict[str, float], kind: str, whole: float | None = None) -> str:
    total = whole or sum(seconds.values()) or 1.0
    rows = [(name, f"{value:.3f}", f"{100 * value / total:.1f} %") for name, value in seconds.items()]
    return table((kind, "CPU seconds", "share"), rows)


if __name__ == "__main__":
    sys.exit(main())
