"""Which part may import which, and what parts must not know."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the bottom up: a part may import those in its set, and itself.
VALUES = {"findings", "facts.ir", "internal", "patterns", "results"}
ALLOWED: dict[str, set[str]] = {
    "findings": set(),
    "internal": set(),
    "patterns": set(),
    "results": {"findings"},
    "facts.ir": set(),
    "facts": {"findings", "facts.ir"},
    "knowledge": set(),
    "trace": {"findings", "facts", "facts.ir", "knowledge"},
    "rule": {"findings", "trace"},
    "packs": {"findings", "rule"},
    "config": {"findings", "rule", "packs", "patterns"},
    "discover": {"patterns"},
    "suppressions": {"findings", "facts.ir", "packs"},
    "program": {*VALUES, "facts", "knowledge", "config", "discover"},
    "fingerprints": {*VALUES, "facts", "program"},
    "engine": {*VALUES, "rule", "packs", "config", "program", "fingerprints", "suppressions", "trace"},
    "writing": set(),
    "fix": {*VALUES, "facts", "program", "writing"},
    "physical": {*VALUES, "fix"},
    "baseline": {*VALUES},
    "flake8_plugin": {*VALUES, "cli", "facts", "config", "discover", "program", "engine"},
    "since": {*VALUES, "facts", "discover", "program"},
    "server": {*VALUES, "facts", "packs", "config", "discover", "program", "engine", "suppressions", "trace"},
    "report": {"findings", "results"},
    "recorded": {*VALUES, "rule", "packs", "config", "program", "engine", "report", "runtime", "trace"},
    "cli": {
        *VALUES,
        "recorded",
        "baseline",
        "physical",
        "server",
        "since",
        "writing",
        "facts",
        "fix",
        "packs",
        "config",
        "discover",
        "program",
        "engine",
        "suppressions",
        "report",
        "trace",
    },
    "rules": {"rule", "findings", "trace"},
    "testing": {*VALUES, "facts", "packs", "config", "program", "engine", "suppressions"},
    # The recorder alone speaks the trace's vocabulary; see below.
    "runtime": {"findings", "knowledge", "trace"},
    "__main__": {"cli"},
}
LIBRARIES: dict[str, set[str]] = {
    "facts": {"libcst", "msgspec"},
    "facts.ir": {"msgspec"},
    "trace": {"msgspec"},
    "patterns": {"pathspec"},
    "discover": {"pathspec"},
    "config": {"tomllib", "tomli"},
    "testing": {"torch"},  # where a rule's examples are run
    "server": {"pygls", "lsprotocol"},
    "flake8_plugin": {"flake8"},
}


def part_of(path: Path) -> str:
    """The part that a source file belongs to: its folder in the package, or its own name."""
    relative = path.relative_to(ROOT).with_suffix("")
    if relative.parts[0] == "rules":
        return "rules"
    module = ".".join(relative.parts[1:])
    return part_named(module)


def part_named(module: str) -> str:
    return "facts.ir" if module == "facts.ir" else module.partition(".")[0]


def sources() -> list[Path]:
    files = [*(ROOT / "trainlint").rglob("*.py"), *(ROOT / "rules").glob("*.py")]
    return sorted(file for file in files if file != ROOT / "trainlint" / "__init__.py")


def imports(path: Path) -> Iterator[str]:
    """The dotted modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            folder = path.parent.relative_to(ROOT).parts
            above = folder[: len(folder) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            submodules = {"trainlint", "trainlint.facts"}  # ``from trainlint.facts import ir``
            yield from [f"{module}.{alias.name}" for alias in node.names] if module in submodules else [module]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_downwards(path: Path) -> None:
    assert [module for module in imports(path) if not may_import(part_of(path), module)] == []


def may_import(part: str, module: str) -> bool:
    top, _, rest = module.partition(".")
    if top in {"rules", "trainlint_rules"}:
        return False  # rules are reached through the loader alone
    if top == "trainlint":
        other = part_named(rest)
        return rest in {"", "__version__"} or other == part or other in ALLOWED[part]
    return part == "runtime" or top in sys.stdlib_module_names or top in LIBRARIES.get(part, set())


def test_only_the_recorder_knows_the_vocabulary_of_the_trace_and_none_of_the_tracer() -> None:
    vocabulary = {"events", "values", "tokens", "view", "anatomy"}
    for path in (ROOT / "trainlint" / "runtime").rglob("*.py"):
        shared = [name for name in imports(path) if name.startswith(("trainlint.trace", "trainlint.knowledge"))]
        assert shared == [] or path.parent.name == "record", path
        traced = {name.removeprefix("trainlint.trace.") for name in shared if name.startswith("trainlint.trace")}
        assert traced <= vocabulary, path


def test_the_table_has_no_circles() -> None:
    def below(part: str, path: tuple[str, ...]) -> None:
        assert part not in path, " -> ".join([*path, part])
        for other in ALLOWED[part]:
            below(other, (*path, part))

    for part in ALLOWED:
        below(part, ())


def test_the_engine_names_no_rule() -> None:
    """But for the findings about suppressions, which are the engine's own."""
    own = ROOT / "trainlint" / "suppressions" / "kinds.py"
    named = [
        f"{path.relative_to(ROOT)}: {code}"
        for path in sources()
        if "rules" not in path.relative_to(ROOT).parts and part_of(path) != "runtime" and path != own
        for code in re.findall(r"\bTL\d{3}\b", _without_docstrings(path))
    ]
    assert named == []


def _without_docstrings(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant("")
    return ast.unparse(tree)


def test_nothing_prints_or_exits_but_the_command_line() -> None:
    loud = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if part_of(path) not in {"cli", "runtime", "__main__"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "exit", "sys.exit", "os._exit"}
    ]
    assert loud == []


def test_every_part_is_in_the_table() -> None:
    assert {part_of(path) for path in sources()} - set(ALLOWED) == set()
