"""From files to findings, with rules of a pack made here over a trace that is just the lowered modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from linting import reported
from rulepacks import MakePack, rule_source

from trainlint import engine
from trainlint.config import ConfigError, Configurations, Selection
from trainlint.discover import PathError
from trainlint.facts import ir
from trainlint.packs import Registry, load_rules
from trainlint.program import Program, load_program
from trainlint.results import Report
from trainlint.suppressions.kinds import engine_entries
from trainlint.trace import Failure

Project = Callable[[Mapping[str, str]], Path]

FLAGS = """
from trainlint.findings import Place
for path, module in trace.modules.items():
    for statement in module.body:
        if getattr(getattr(getattr(statement, "value", None), "func", None), "id", None) == {name!r}:
            yield self.finding(Place(path, statement.start, statement.end), f"Called {{self.settings}}.")
"""


def flags(code: str, name: str, function: str, level: str = "ERROR", options: object = None) -> dict[str, str]:
    """A rule file whose rule flags each top-level call of a function."""
    source = rule_source(code, name, level, body=FLAGS.format(name=function), options=options)
    return {f"{code.lower()}_{name.replace('-', '_')}.py": source}


@dataclass
class FakeTrace:
    """A trace that is just the lowered modules."""

    modules: Mapping[str, ir.Module]
    failures: Sequence[Failure] = ()
    recorded: bool = False


@pytest.fixture
def registry(make_pack: MakePack, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setattr(engine, "trace", lambda modules, root, **_: FakeTrace(modules))
    make_pack(
        {
            **flags("LAB101", "bad-call", "bad", options={"limit": 1}),
            **flags("LAB102", "worse-call", "worse", "WARNING"),
            **flags("LAB201", "so-so-call", "so_so", "ADVICE"),
            "lab301_broken_rule.py": rule_source(
                "LAB301", "broken-rule", "ADVICE", body="yield from ()\nraise KeyError('the\\nkey')"
            ),
        }
    )
    return Registry([*load_rules(only="lab"), *engine_entries()])


def lint(registry: Registry, *paths: str, selection: Selection | None = None) -> Report:
    settings = Configurations(registry)
    program = load_program(paths or ["."], settings, lambda stage, done, total: None)
    return engine.lint(program, registry, settings, selection or Selection(), lambda stage, done, total: None)


def lines(report: Report) -> list[str]:
    """``file:row code`` of each finding, in the report's order."""
    return [f"{name}:{row} {code}" for (name, _, row, code) in reported(report).elements()]


def test_findings_come_by_file_and_place(project: Project, registry: Registry) -> None:
    project({"z.py": "import torch\nbad()\n", "a/b.py": "import torch\nworse()\nx = 1\nbad()\nso_so()\n"})
    assert lines(lint(registry)) == ["a/b.py:2 LAB102", "a/b.py:4 LAB101", "z.py:2 LAB101"]


def test_places_are_told_as_the_paths_were_given(project: Project, registry: Registry) -> None:
    root = project({"a/b.py": "import torch\nbad()\n"})
    assert lines(lint(registry, "a")) == ["a/b.py:2 LAB101"]
    assert lines(lint(registry, "./a/b.py")) == ["a/b.py:2 LAB101"]
    assert lines(lint(registry, str(root / "a"))) == [f"{root}/a/b.py:2 LAB101"]


def test_files_elsewhere_are_traced_from_their_common_folder(
    project: Project, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({"here/x.py": "", "there/train.py": "import torch\nbad()\n", "there/lib/nets.py": "import torch\n"})
    monkeypatch.chdir(root / "here")
    roots = []

    def trace(modules: Mapping[str, ir.Module], root: str, **_: object) -> FakeTrace:
        roots.append((root, [*modules]))
        return FakeTrace(modules)

    monkeypatch.setattr(engine, "trace", trace)
    assert lines(lint(registry, "../there")) == ["../there/train.py:2 LAB101"]
    assert roots == [(str(root / "there"), ["lib/nets.py", "train.py"])]


def test_notebook_cells_count_from_one(project: Project, registry: Registry) -> None:
    cells = '{"cell_type": "markdown", "source": "# x"}, {"cell_type": "code", "source": ["import torch\\n", "bad()"]}'
    project({"nb.ipynb": f'{{"cells": [{cells}], "nbformat": 4, "nbformat_minor": 5, "metadata": {{}}}}'})
    assert reported(lint(registry)) == {("nb.ipynb", 2, 2, "LAB101"): 1}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["LAB101", "LAB102"]),
        (Selection(select=("advice",), ignore=("LAB3",)), ["LAB201"]),
        (Selection(extend_select=("so-so-call",)), ["LAB101", "LAB102", "LAB201"]),
        (Selection(ignore=("LAB1",)), []),
    ],
)
def test_the_selection_decides(project: Project, registry: Registry, selection: Selection, expected: list[str]) -> None:
    project({"a.py": "import torch\nbad()\nworse()\nso_so()\n"})
    assert [item.finding.code for item in lint(registry, selection=selection).diagnoses] == expected


def test_each_file_has_its_own_configuration(project: Project, registry: Registry) -> None:
    code = "import torch\nbad()\nworse()\n"
    project(
        {
            "trainlint.toml": """
            exclude = ["old/"]
            [per-file-ignores]
            "tests/**" = ["warning"]
            [rules.bad-call]
            limit = 7
            """,
            "a.py": code,
            "old/a.py": code,
            "tests/a.py": code,
            "inner/trainlint.toml": 'ignore = ["bad-call"]',
            "inner/a.py": code,
        }
    )
    report = lint(registry)
    assert lines(report) == ["a.py:2 LAB101", "a.py:3 LAB102", "inner/a.py:3 LAB102", "tests/a.py:2 LAB101"]
    assert {item.finding.message for item in report.diagnoses if item.finding.code == "LAB101"} == {
        "Called {'limit': 7}."
    }


def test_two_values_of_an_option_each_hold_in_their_own_files(project: Project, registry: Registry) -> None:
    project(
        {
            "a/trainlint.toml": "[rules.bad-call]\nlimit = 5\n",
            "a/x.py": "import torch\nbad()\n",
            "b/x.py": "import torch\nbad()\n",
        }
    )
    assert [(item.spot.filename, item.finding.message) for item in lint(registry).diagnoses] == [
        ("a/x.py", "Called {'limit': 5}."),
        ("b/x.py", "Called {'limit': 1}."),
    ]


def test_one_finding_a_code_and_place(project: Project, make_pack: MakePack, registry: Registry) -> None:
    twice = FLAGS.format(name="bad") + FLAGS.format(name="bad")
    make_pack({"lab401_twice_said.py": rule_source("LAB401", "twice-said", body=twice)}, name="other")
    both = Registry([*load_rules(only="lab"), *load_rules(only="other")])
    project({"a.py": "import torch\nbad()\n"})
    assert lines(lint(both)) == ["a.py:2 LAB101", "a.py:2 LAB401"]


def test_a_broken_file_does_not_keep_the_others_from_being_linted(project: Project, registry: Registry) -> None:
    root = project({"a.py": "import torch\nbad()\n", "py2.py": "import torch\nprint 'x'\n", "nb.ipynb": "{"})
    (root / "latin.py").write_bytes(b"import torch\nx = '\xe9'\n")
    report = lint(registry)
    assert lines(report) == ["a.py:2 LAB101"]
    assert sorted(problem.partition(":")[0] for problem in report.problems) == ["latin.py", "nb.ipynb", "py2.py"]
    assert "py2.py:2:" in " ".join(report.problems)
    assert not [problem for problem in report.problems if "\n" in problem]


def test_a_broken_rule_is_one_line_and_the_others_still_speak(project: Project, registry: Registry) -> None:
    project({"a.py": "import torch\nbad()\n"})
    report = lint(registry, selection=Selection(extend_select=("LAB301",)))
    assert lines(report) == ["a.py:2 LAB101"]
    (problem,) = report.problems
    assert problem.startswith("internal error in the rule LAB301 broken-rule: KeyError: ")
    assert "lab301_broken_rule.py:" in problem
    assert "\n" not in problem


def test_a_rule_that_flags_nothing_that_exists_is_broken(
    project: Project, make_pack: MakePack, registry: Registry
) -> None:
    body = "from trainlint.findings import Place\nyield self.finding(Place('gone.py', 0, 1), 'x')"
    make_pack({"lab401_lost_place.py": rule_source("LAB401", "lost-place", body=body)}, name="other")
    project({"a.py": "import torch\n"})
    report = lint(Registry(load_rules(only="other")))
    assert report.diagnoses == ()
    assert "LAB401 lost-place: KeyError: 'gone.py'" in report.problems[0]


def test_a_trace_that_fails_is_one_line(project: Project, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(engine, "trace", fail)
    project({"a.py": "import torch\nbad()\n"})
    report = lint(registry)
    assert report.diagnoses == ()
    assert report.problems[0].startswith("internal error while tracing: RecursionError: too deep (test_engine.py:")


def test_a_run_that_cannot_be_traced_is_one_line(
    project: Project, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [Failure("a.py", "KeyError: 'x'")]
    monkeypatch.setattr(engine, "trace", lambda modules, root, **_: FakeTrace(modules, failures))
    project({"a.py": "import torch\nbad()\n"})
    report = lint(registry)
    assert lines(report) == ["a.py:2 LAB101"]
    assert report.problems == ("a.py: internal error while tracing: KeyError: 'x'; please report this",)


def test_files_without_a_route_to_torch_are_not_parsed(project: Project, registry: Registry) -> None:
    project(
        {
            "train.py": "import torch\nimport meters\n",
            "meters.py": "bad()\n",
            "web.py": "import flask\nthis is no python\n",
            "noted.py": "bad()  # trainlint: ignore[bad-call]\n",
        }
    )
    settings = Configurations(registry)
    program: Program = load_program(["."], settings, lambda stage, done, total: None)
    assert sorted(program.modules) == ["meters.py", "noted.py", "train.py"]
    assert program.files == 4
    assert program.problems == []


def test_progress_is_told_by_stage(project: Project, registry: Registry) -> None:
    project({"a.py": "import torch\n", "b.py": "import torch\n"})
    steps: list[tuple[str, int, int]] = []
    settings = Configurations(registry)

    def tell(stage: str, done: int, total: int) -> None:
        steps.append((stage, done, total))

    engine.lint(load_program(["."], settings, tell), registry, settings, Selection(), tell)
    assert steps[:4] == [("reading", 1, 2), ("reading", 2, 2), ("parsing", 1, 2), ("parsing", 2, 2)]
    assert steps[-1] == ("checking", len(registry), len(registry))


def test_what_is_not_understood_is_raised(project: Project, registry: Registry) -> None:
    project({"a.py": "import torch\n"})
    with pytest.raises(PathError):
        lint(registry, "b.py")
    with pytest.raises(ConfigError, match="LAB999"):
        lint(registry, selection=Selection(select=("LAB999",)))
    project({"trainlint.toml": "nonsense = 1"})
    with pytest.raises(ConfigError, match="nonsense"):
        lint(registry)


def test_no_files_is_nothing_found(project: Project, registry: Registry) -> None:
    project({"readme.md": ""})
    assert lint(registry) == Report((), (), 0)
