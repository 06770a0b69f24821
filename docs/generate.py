"""Writes the rule pages in docs/rules from the rules themselves: ``python docs/generate.py`` after a rule changed."""

from __future__ import annotations

from pathlib import Path

from trainlint.packs import Registry, RuleEntry, load_rules
from trainlint.suppressions.kinds import engine_entries

FOLDER = Path(__file__).parent / "rules"


def pages() -> dict[str, str]:
    """File name to text of every generated page."""
    registry = Registry([*load_rules(only="builtin"), *engine_entries()])
    return {"index.md": _index(registry), **{_file(entry): _page(entry) for entry in registry}}


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
    print(f"{len(wanted)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
