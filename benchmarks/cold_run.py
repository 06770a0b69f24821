"""A cold run, whole process, one core: ``python -m benchmarks.cold_run [FOLDER...]``.

CPU time of trainlint over a folder of training code against that of a process that does nothing but
`libcst.parse_module` on the same files, and against peers, as far as they are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import trees
from benchmarks.costs import Cost, cost_of, environment, one_core, spread, table

ROOT = Path(__file__).parent.parent
DEFAULT = (ROOT / "examples", ROOT / "tests" / "cases")
REFERENCE = "libcst.parse_module"
PARSE = """\
import pathlib, libcst
for path in sorted(pathlib.Path(".").rglob("*.py")):
    try:
        libcst.parse_module(path.read_bytes())
    except (libcst.ParserSyntaxError, UnicodeDecodeError):
        pass
"""
PEERS: Mapping[str, tuple[str, ...]] = {
    "torchfix": ("--select=ALL", "."),
    "fixit": ("--quiet", "lint", "."),
    "flake8": ("--isolated", "-j1", "."),
    "ruff": ("check", "--no-cache", "--isolated", "-q", "."),
}
# Tools exit with 1 where they find something; trainlint and the parser with 2 where a file can't be parsed.
WELL = {"trainlint": (0, 1, 2)}


@dataclass(frozen=True, slots=True)
class Row:
    """One tool: CPU seconds and ratios to the reference, each of one round, and the peak memory in MiB."""

    tool: str
    cpu: list[float]
    ratios: list[float]
    memory: float


def main() -> int:
    options = _parser().parse_args()
    for folder in options.folders:
        if not folder.exists():
            print(f"cold_run: {folder}: no such file or folder", file=sys.stderr)
            return 2
    tools, missing = _tools(options.peers)
    with tempfile.TemporaryDirectory() as scratch, one_core():
        tree = Path(scratch, "tree")
        size = trees.copied([folder.resolve() for folder in options.folders], tree)
        if not size.files:
            print("cold_run: no Python files there", file=sys.stderr)
            return 2
        rows = _measured(tools, tree, environment(Path(scratch, "bytecode")), options.rounds, missing)
    print(f"{size.files} files, {size.lines} lines, {options.rounds} rounds: median (smallest to largest)\n")
    print(table(("tool", "CPU seconds", f"times {REFERENCE}", "MiB"), [_cells(row) for row in rows]))
    for line in missing:
        print(line)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_run")
    parser.add_argument("folders", nargs="*", type=Path, default=DEFAULT, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool runs, in turn (default: 5)")
    parser.add_argument(
        "--peers",
        action="append",
        metavar="FOLDER",
        help="where the peers' commands are, such as the bin of a virtual environment; can be repeated (default: the PATH)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    return parser


def _tools(folders: Sequence[str] | None) -> tuple[dict[str, list[str]], list[str]]:
    """The command of each tool, and a line for each peer that is not there."""
    tools = {
        REFERENCE: [sys.executable, "-c", PARSE],
        "trainlint": [sys.executable, "-m", "trainlint", "--isolated", "-q", "."],
    }
    path = os.pathsep.join(folders) if folders else None
    missing = []
    for peer, arguments in PEERS.items():
        command = shutil.which(peer, path=path)
        if command is None:
            missing.append(f"{peer}: not installed")
        else:
            tools[peer] = [os.path.abspath(command), *arguments]
    return tools, missing


def _measured(
    tools: dict[str, list[str]], tree: Path, variables: Mapping[str, str], rounds: int, missing: list[str]
) -> list[Row]:
    """Run all tools in turn. A first run of each compiles its modules and tells whether it works, and is not counted."""
    for tool, command in list(tools.items()):
        first = cost_of(command, tree, variables)
        if first.status not in WELL.get(tool, (0, 1)):
            missing.append(f"{tool}: exits with {first.status}: {first.complaint}")
            del tools[tool]
    if REFERENCE not in tools:
        return []
    costs: list[dict[str, Cost]] = []
    for _ in range(rounds):
        costs.append({tool: cost_of(command, tree, variables) for tool, command in tools.items()})
    return [
        Row(
            tool,
            [costs_of[tool].cpu for costs_of in costs],
            [costs_of[tool].cpu / costs_of[REFERENCE].cpu for costs_of in costs],
            max(costs_of[tool].memory for costs_of in costs),
        )
        for tool in tools
    ]


def _cells(row: Row) -> tuple[str, ...]:
    return row.tool, spread(row.cpu).text(), spread(row.ratios).text(), f"{row.memory:.0f}"


if __name__ == "__main__":
    sys.exit(main())
