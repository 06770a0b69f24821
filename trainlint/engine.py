"""Runs the rules over the trace of a program, and settles which of their findings stand."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trainlint.config import Config, Configurations, Selection, enabled_codes
from trainlint.config.selection import ALL, codes_of
from trainlint.findings import Finding
from trainlint.fingerprints import with_fingerprints
from trainlint.internal import one_line
from trainlint.packs import Registry, RuleEntry
from trainlint.patterns import matches
from trainlint.program import Program, Progress
from trainlint.results import Diagnosis, Report
from trainlint.rule import Option
from trainlint.suppressions.apply import apply_suppressions
from trainlint.trace import Start, Trace, Walk, trace


@dataclass(frozen=True)
class Governing:
    """What the configuration says of one file: the codes that are on, and the options of the rules."""

    enabled: frozenset[str]
    config: Config


def lint(
    program: Program,
    registry: Registry,
    configurations: Configurations,
    overrides: Selection,
    progress: Progress,
) -> Report:
    """Lint a program; ``overrides`` is the selection of the command line. Raises ConfigError."""
    problems = list(program.problems)
    traced = traced_program(program, problems, progress)
    return lint_trace(traced, program, registry, configurations, overrides, progress, problems)


def lint_trace(
    traced: Trace | None,
    program: Program,
    registry: Registry,
    configurations: Configurations,
    overrides: Selection,
    progress: Progress,
    problems: list[str] | None = None,
) -> Report:
    """Put the rules to a trace of a program, walked or recorded; ``problems`` are those met so far. Raises ConfigError."""
    problems = list(program.problems) if problems is None else problems
    governing = _governing(program, registry, configurations, overrides)
    findings: list[Finding] = []
    if traced is not None:
        findings = list(_findings(traced, program, registry, governing, problems, progress))
    enabled = {key: setting.enabled for key, setting in governing.items()}
    standing = apply_suppressions(findings, program.modules, registry, enabled)
    if traced is not None and traced.recorded:
        # A rule that reads no recorded trace leaves its suppressions unused.
        standing = [finding for finding in standing if finding in findings]
    diagnoses = sorted((_diagnosis(program, finding) for finding in standing), key=_order)
    return Report(tuple(with_fingerprints(program, diagnoses)), (*registry.missing, *problems), program.files)


def traced_program(
    program: Program, problems: list[str], progress: Progress, known: Mapping[Start, Walk] | None = None
) -> Trace | None:
    """The trace of a program, with the runs that could not be walked noted; None where tracing fails as a whole.

    ``known`` are walks of an earlier trace that still hold.
    """
    try:
        texts = {key: source.text for key, source in program.sources.items()}
        traced = trace(program.modules, program.root, texts=texts, progress=progress, known=known)
        traced.tests_left_out = program.tests_left_out
    except Exception as error:
        problems.append(f"internal error while tracing: {one_line(error)}")
        return None
    for failure in traced.failures:
        filename = program.sources[failure.path].path
        problems.append(f"{filename}: internal error while tracing: {failure.message}; please report this")
    return traced


def silenced_codes(
    program: Program, registry: Registry, configurations: Configurations, overrides: Selection
) -> frozenset[str]:
    """The codes that somebody turned off for all files of a program, or that a comment in one of them suppresses.

    A rule that is only off by default, as advice is, is not among them. Raises ConfigError.
    """
    all_on = Selection(select=(ALL,))
    governing = _governing(program, registry, configurations, overrides, all_on)
    on = frozenset().union(*(setting.enabled for setting in governing.values()))
    if not governing:
        on = enabled_codes(registry, [all_on, overrides])
    words = {
        word for module in program.modules.values() for comment in module.suppressions for word in comment.rules or ()
    }
    suppressed = {entry.code for word in words if (entry := registry.find(word)) is not None}
    return frozenset(entry.code for entry in registry if entry.code not in on) | suppressed


def _governing(
    program: Program, registry: Registry, configurations: Configurations, overrides: Selection, *base: Selection
) -> dict[str, Governing]:
    by_config: dict[int, frozenset[str]] = {}
    governing = {}
    for key, source in program.sources.items():
        config = configurations.of_file(source.path)
        if id(config) not in by_config:
            by_config[id(config)] = enabled_codes(registry, [*base, config.selection, overrides])
            by_config[id(config)] -= _foreign(config, registry)
        ignored = _ignored_codes(config, source.path, registry)
        enabled = by_config[id(config)]
        governing[key] = Governing(enabled - ignored if ignored else enabled, config)
    return governing


def _foreign(config: Config, registry: Registry) -> frozenset[str]:
    """The rules that another configuration brought."""
    scoped = {entry.code: entry.scope for entry in registry if entry.scope is not None}
    here = os.path.realpath(config.folder) if scoped else ""
    return frozenset(code for code, scope in scoped.items() if scope != here)


def _ignored_codes(config: Config, path: str, registry: Registry) -> frozenset[str]:
    words = [
        word
        for pattern, ignored in config.per_file_ignores.items()
        if matches((pattern,), config.folder, path)
        for word in ignored
    ]
    return codes_of(registry, words)


def _findings(
    traced: Trace,
    program: Program,
    registry: Registry,
    governing: Mapping[str, Governing],
    problems: list[str],
    progress: Progress,
) -> Iterator[Finding]:
    """What the rules find in the files for which they are on, each code once a place."""
    seen = set()
    entries = list(registry)
    alike = _alike(governing)
    for number, entry in enumerate(entries, 1):
        for options, files in _variants(entry, alike):
            for finding in _checked(entry, options, traced, program, problems):
                if finding.place.path in files and (finding.code, finding.place) not in seen:
                    seen.add((finding.code, finding.place))
                    yield finding
        progress("checking", number, len(entries))


def _alike(governing: Mapping[str, Governing]) -> list[tuple[Governing, set[str]]]:
    """What the configuration says, and the files of which it says just that."""
    found: dict[tuple[int, frozenset[str]], tuple[Governing, set[str]]] = {}
    for key, setting in governing.items():
        found.setdefault((id(setting.config), setting.enabled), (setting, set()))[1].add(key)
    return list(found.values())


def _variants(
    entry: RuleEntry, alike: Iterable[tuple[Governing, set[str]]]
) -> list[tuple[Mapping[str, Option], set[str]]]:
    """The distinct options that a rule has in the files for which it is on, and these files."""
    files: dict[tuple[tuple[str, Option], ...], set[str]] = defaultdict(set)
    for setting, keys in alike:
        if entry.make is not None and entry.code in setting.enabled:
            files[tuple(sorted(setting.config.rules.get(entry.code, {}).items()))] |= keys
    return [(dict(options), keys) for options, keys in files.items()]


def _checked(
    entry: RuleEntry, options: Mapping[str, Option], traced: Trace, program: Program, problems: list[str]
) -> Sequence[Finding]:
    assert entry.make is not None
    found: list[Finding] = []
    try:
        rule = entry.make(**options)
        for finding in rule.check(traced) if rule.reads_recorded or not traced.recorded else ():
            _diagnosis(program, finding)  # a place that is none is the rule's error
            found.append(finding)
    except Exception as error:
        problems.append(f"internal error in the rule {entry.code} {entry.name}: {one_line(error)}")
    return found


def _diagnosis(program: Program, finding: Finding) -> Diagnosis:
    return Diagnosis(
        finding,
        program.spot(finding.place),
        tuple(program.spot(related.place) for related in finding.related),
        tuple(program.spot(edit.place) for edit in finding.fix.edits) if finding.fix else (),
    )


def _order(diagnosis: Diagnosis) -> tuple[str, int, int, str]:
    place = diagnosis.finding.place
    return diagnosis.spot.filename, place.start, place.end, diagnosis.finding.code
