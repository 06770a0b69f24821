"""``trainlint new-rule``: what it writes works, once it is filled in, and nothing is overwritten."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trainlint.cli.main import main
from trainlint.findings import Level
from trainlint.testing import CHECKS, check_examples_run, check_page, rule_in, rules_in

Project = Callable[[Mapping[str, str]], Path]
Capture = pytest.CaptureFixture[str]

RULE = "lint_rules/lab101_graph_retained.py"
TEST = "tests/test_lab101_graph_retained.py"


def run(*arguments: str) -> int:
    try:
        return main(["new-rule", *arguments])
    except SystemExit as error:  # argparse leaves so
        return error.code if isinstance(error.code, int) else -1


def fill_in(file: Path) -> None:
    file.write_text(file.read_text().replace("FILL IN: ", "Something about "))


def test_a_new_rule_lacks_nothing_but_its_words(project: Project, capsys: Capture) -> None:
    root = project({})
    assert run("graph-retained") == 0
    output = capsys.readouterr()
    assert output.out == f"Wrote {RULE} and its test {TEST}.\n"
    assert output.err == (
        'To lint with it, put rule-paths = ["lint_rules"] into [tool.trainlint], and give --trust-rule-paths.\n'
    )
    rule = rule_in(RULE)
    assert (rule.code, rule.name, rule.level) == ("LAB101", "graph-retained", Level.WARNING)
    with pytest.raises(AssertionError, match="LAB101 graph-retained: the summary still says FILL IN"):
        check_page(rule)
    fill_in(root / RULE)
    for check in (*CHECKS, check_examples_run):
        check(rule_in(RULE))


def test_its_test_fails_until_the_page_is_filled_in(project: Project) -> None:
    root = project({"pyproject.toml": '[tool.trainlint]\nrule-paths = ["checks"]\n', "checks/_words.py": ""})
    assert run("graph-retained", "--code", "HUT7042", "--tests", "tests/lint") == 0
    command = [sys.executable, "-Im", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    first = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert "HUT7042 graph-retained: the summary still says FILL IN" in first.stdout
    assert "2 failed, 2 passed" in first.stdout
    fill_in(root / "checks" / "hut7042_graph_retained.py")
    second = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert "4 passed" in second.stdout, second.stdout


def test_codes_go_on_where_a_folder_has_some(project: Project, capsys: Capture) -> None:
    project({"lint_rules/lab219_other.py": "", "lint_rules/hut900_hut.py": "", "pyproject.toml": ""})
    assert run("retained") == 0
    assert run("graph-retained", "--level", "advice") == 0
    assert "lint_rules/lab220_retained.py" in capsys.readouterr().out
    assert rule_in("lint_rules/lab221_graph_retained.py").level is Level.ADVICE


@pytest.mark.parametrize("name", ["none", "rule", "trace", "level-2", "library"])
def test_names_that_mean_something_in_python_or_in_the_file(project: Project, name: str) -> None:
    root = project({})
    assert run(name) == 0
    (file,) = (root / "lint_rules").glob("*.py")
    fill_in(file)
    (rule,) = rules_in("lint_rules")
    for check in CHECKS:
        check(rule)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["GraphRetained"], "'GraphRetained' is no name for a rule: small letters and digits, with hyphens between"),
        (["graph_retained"], "did you mean graph-retained?"),
        (["graph-retained", "--code", "LAB1"], "'LAB1' is no code for a rule: at least two capitals and three digits"),
        (["graph-retained", "--code", "TL950"], "codes that begin with TL are trainlint's own"),
        (["missing-zero-grad"], "the pack builtin has a rule missing-zero-grad already"),
        (["taken"], "lint_rules/lab101_taken.py is a rule of this code or name already"),
        (["other", "--code", "LAB101"], "lint_rules/lab101_taken.py is a rule of this code or name already"),
        (["other", "--directory", "tests"], "tests is the folder of rule files: a test belongs elsewhere"),
        (["other", "--directory", "file.txt/rules"], "file.txt/rules: Not a directory"),
        (["other", "--tests", "file.txt"], "file.txt/test_lab102_other.py: File exists"),
        (["written"], "tests/test_lab102_written.py exists already, and is left as it is"),
        (["other", "--level", "fatal"], "invalid choice: 'fatal'"),
        ([], "the following arguments are required: NAME"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    project: Project, capsys: Capture, arguments: list[str], complaint: str
) -> None:
    files = {"lint_rules/lab101_taken.py": "x = 1\n", "tests/test_lab102_written.py": "y = 2\n", "file.txt": "z\n"}
    root = project(files)
    assert run(*arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("trainlint: ")
    assert complaint in output.err
    assert output.err.count("\n") == 1
    if "--tests" not in arguments:
        assert {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.*")} == files


def test_a_configuration_that_is_not_understood_is_one_line(project: Project, capsys: Capture) -> None:
    project({"trainlint.toml": 'rule-paths = ["nowhere"]\n'})
    assert run("graph-retained") == 2
    assert capsys.readouterr().err == "trainlint: trainlint.toml: rule-paths: there is no folder nowhere\n"
