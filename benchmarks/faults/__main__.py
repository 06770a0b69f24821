"""Run the laboratory: ``python -m benchmarks.faults [--seed N] [--width N] [--json FILE] [NAME...]``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
import warnings
from pathlib import Path

import torch

from . import data, healthy, losses, order, rates, wiring  # noqa: F401 - each enters its configurations
from .examine import examine
from .registry import FAULTS, HEALTHY


@dataclasses.dataclass
class Row:
    """The outcome of one configuration. ``others`` are warnings and errors that the fault does not call for."""

    name: str
    expected: tuple[str, ...]
    found: bool
    named: bool
    first: bool
    names: list[str]
    seconds: float


def main() -> None:
    """Run all configurations, or those named, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # what torch itself says of a fault does not count
    configurations = [(fault.name, fault.expected, fault.build) for fault in FAULTS]
    configurations += [(name, (), build) for name, build in HEALTHY]
    rows = []
    for name, expected, build in configurations:
        if options.names and name not in options.names:
            continue
        start = time.perf_counter()
        names = examine(build, options.seed, options.width)
        named = [entry for entry in names if entry in expected]
        row = Row(
            name, expected, bool(names), bool(named), names[:1] == named[:1] != [], names, time.perf_counter() - start
        )
        rows.append(row)
        print(line(row), flush=True)
    summarise(rows)
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))


def line(row: Row) -> str:
    """One row of the table."""
    verdict = (
        ("FIRST" if row.first else "named" if row.named else "found" if row.found else "MISSED")
        if row.expected
        else ("quiet" if not row.found else "ALARM")
    )
    return f"{verdict:<7}{row.name:<40}{row.seconds:5.1f} s  {', '.join(row.names)}"


def summarise(rows: list[Row]) -> None:
    """The counts that the goals are set in."""
    faults = [row for row in rows if row.expected]
    sound = [row for row in rows if not row.expected]
    found, named, first = (sum(getattr(row, key) for row in faults) for key in ("found", "named", "first"))
    print(f"{len(faults)} faults: {found} found, {named} named rightly, {first} of them first in the list")
    print(f"{len(sound)} healthy runs: {sum(row.found for row in sound)} with a warning or an error")


if __name__ == "__main__":
    main()
