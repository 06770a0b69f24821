"""Writes the rule pages in docs/rules from the rules themselves, and docs/practices.md from the practices and them:
``python docs/generate.py`` after a rule changed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from trainlint.packs import Registry, RuleEntry, load_rules
from trainlint.suppressions.kinds import engine_entries

FOLDER = Path(__file__).parent / "rules"
PRACTICES = Path(__file__).parent / "practices.md"
NOTHING = "\N{EN DASH}"

_ABOUT = """# Practices

The advice of the lecture notes that trainlint was founded on, "Lecture Notes in Deep Learning: Common Practices - Part 1"
(Pattern Recognition Lab, FAU; CC BY 4.0), in our words, with the rules that find where code departs from it, and the
names of `trainlint.runtime` that check it in a run. A dash stands where no rule can see it, or no run can check it.

| | practice | rules | `trainlint.runtime` |
| --- | --- | --- | --- |
"""


def pages() -> dict[str, str]:
    """File name to text of every generated page."""
    registry = Registry([*load_rules(only="builtin"), *engine_entries()])
    return {"index.md": _index(registry), **{_file(entry): _page(entry) for entry in registry}}


def practices_page() -> str:
    """The text of docs/practices.md: the rules that exist are linked."""
    files = {entry.code: _file(entry) for entry in Registry([*load_rules(only="builtin")])}
    rows = []
    for practice in _practices().PRACTICES:
        links = [f"[{code}](rules/{files[code]})" for code in practice.rules.split() if code in files]
        checks = [f"`{name.replace(',', ', ')}`" for name in practice.checks.split()]
        cells = (" ".join(cell) or NOTHING for cell in (links, checks))
        rows.append(f"| P{practice.number} | {practice.advice} | {' | '.join(cells)} |\n")
    return _ABOUT + "".join(rows)


def _practices() -> ModuleType:
    spec = importlib.util.spec_from_file_location("practices", Path(__file__).parent / "practices.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _file(entry: RuleEntry) -> str:
    return f"{entry.code.lower()}-{entry.name}.md"


def _page(entry: RuleEntry) -> str:
    state = "off until selected" if entry.level.value == "advice" else "on by default"
    head = f"# {entry.name} ({entry.code})\n\nLevel: **{entry.level.value}**, {state}.\n\n"
    return head + entry.page.markdown + _options(entry)


def _options(entry: RuleEntry) -> str:
    if not entry.options:
        return ""
    rows = "".join(f"- `{name}`: default `{default!r}`\n" for name, default in entry.options.items())
    return f"\n## Options\n\nIn `[tool.trainlint.rules.{entry.name}]`:\n\n{rows}"


def _index(registry: Registry) -> str:
    lines = ["# Rules", "", "| code | name | level | what it finds |", "| --- | --- | --- | --- |"]
    for entry in registry:
        summary = " ".join(entry.page.summary.split()).replace("|", "\\|")
        lines.append(f"| {entry.code} | [{entry.name}]({_file(entry)}) | {entry.level.value} | {summary} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    wanted = pages()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    PRACTICES.write_text(practices_page(), encoding="utf-8")
    print(f"{len(wanted)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
