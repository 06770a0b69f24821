"""Growth with the size of the tree: ``python -m benchmarks.growth [--files N...]``.

CPU time per line, and memory, on a generated tree of 100 files and on larger ones. What a run costs on a single file of
the same kind (starting Python, importing LibCST, loading the rules) is taken off first: it would make small trees look slow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import trees
from benchmarks.costs import Cost, cost_of, environment, one_core, spread, table

SMALLEST = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One size of tree: CPU seconds of each round, microseconds per line of each round, the largest peak memory in MiB."""

    files: int
    lines: int
    cpu: list[float]
    per_line: list[float]
    memory: float


def main() -> int:
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch, one_core():
        folder = Path(scratch)
        sizes = {files: trees.generated(files, folder / str(files)) for files in (SMALLEST, *sorted(options.files))}
        costs = _measured(sizes, folder, environment(folder / "bytecode"), options.rounds)
    rows = [_row(size, costs) for files, size in sizes.items() if files != SMALLEST]
    base = rows[0]
    print(f"{options.rounds} rounds: median (smallest to largest)\n")
    head = ("files", "lines", "CPU seconds", "microseconds a line", f"times that on {base.files}", "MiB", "KiB a file")
    print(table(head, [_cells(row, base, costs) for row in rows]))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument(
        "--files", type=_many, nargs="+", default=[100, 1000], metavar="N", help="sizes of tree (default: 100 1000)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is linted, in turn (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    return parser


def _many(text: str) -> int:
    number = int(text)
    if number <= SMALLEST:
        raise argparse.ArgumentTypeError("a tree to compare has at least 2 files")
    return number


def _measured(
    sizes: Mapping[int, trees.Size], folder: Path, variables: Mapping[str, str], rounds: int
) -> dict[int, list[Cost]]:
    """Lint all trees in turn, after one run that compiles the modules."""
    command = [sys.executable, "-m", "trainlint", "--isolated", "-q", "."]
    cost_of(command, folder / str(SMALLEST), variables)
    costs: dict[int, list[Cost]] = {files: [] for files in sizes}
    for _ in range(rounds):
        for files in sizes:
            cost = cost_of(command, folder / str(files), variables)
            if cost.status not in (0, 1):
                sys.exit(f"growth: trainlint exits with {cost.status} on {files} files: {cost.complaint}")
            costs[files].append(cost)
    return costs


def _row(size: trees.Size, costs: Mapping[int, Sequence[Cost]]) -> Row:
    cpu = [cost.cpu for cost in costs[size.files]]
    net = [cost.cpu - least.cpu for cost, least in zip(costs[size.files], costs[SMALLEST], strict=True)]
    memory = max(cost.memory for cost in costs[size.files])
    return Row(size.files, size.lines, cpu, [1e6 * seconds / size.lines for seconds in net], memory)


def _cells(row: Row, base: Row, costs: Mapping[int, Sequence[Cost]]) -> tuple[str, ...]:
    ratios = [mine / theirs for mine, theirs in zip(row.per_line, base.per_line, strict=True)]
    least = max(cost.memory for cost in costs[SMALLEST])
    return (
        str(row.files),
        str(row.lines),
        spread(row.cpu).text(),
        spread(row.per_line).text(0),
        spread(ratios).text(),
        f"{row.memory:.0f}",
        f"{1024 * (row.memory - least) / row.files:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
