"""Linting of texts in memory, with chosen rules and without any configuration file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from trainlint.config import Config, Configurations, Selection
from trainlint.engine import lint as run_rules
from trainlint.facts import Source, source_from_text
from trainlint.packs import Registry, RuleEntry, load_rules
from trainlint.program import program_of_sources
from trainlint.results import Report
from trainlint.suppressions.kinds import engine_entries

SCRIPT = "train.py"


@cache
def builtin_rules() -> Registry:
    """trainlint's own rules alone, whatever else is installed, with its findings about suppressions."""
    return Registry([*load_rules(only="builtin"), *engine_entries()])


def lint(
    program: str | Mapping[str, str],
    rules: Iterable[RuleEntry] = (),
    *,
    beside: Iterable[RuleEntry] | None = None,
) -> Report:
    """Lint a program: the text of one script (then named ``train.py``), or the texts of several files by their paths.

    ``rules`` are on whatever their level. Those ``beside`` them, by default trainlint's own, are on where they are errors
    or warnings. Raises PackError where two rules have one code or name.
    """
    files = {SCRIPT: program} if isinstance(program, str) else program
    return lint_sources([source_from_text(path, text) for path, text in files.items()], rules, beside=beside)


def lint_sources(
    sources: Iterable[Source], rules: Iterable[RuleEntry] = (), *, beside: Iterable[RuleEntry] | None = None
) -> Report:
    """As `lint`, for files that were read."""
    chosen = {entry.code: entry for entry in rules}
    others = [entry for entry in (builtin_rules() if beside is None else beside) if entry.code not in chosen]
    known = Registry([*chosen.values(), *others])
    settings = Configurations(known, pinned=Config(folder="/"))
    program = program_of_sources(sources, _silent)
    return run_rules(program, known, settings, Selection(extend_select=tuple(chosen)), _silent)


def _silent(stage: str, done: int, total: int) -> None:
    """Nobody watches."""
