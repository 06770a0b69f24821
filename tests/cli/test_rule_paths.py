"""Rules in a folder that the configuration names: loaded where the user consents, and never for the project's asking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from rulepacks import rule_source

from trainlint.cli.main import main

Project = Callable[[Mapping[str, str]], Path]
Capture = pytest.CaptureFixture[str]

CONFIGURATION = '[tool.trainlint]\nrule-paths = ["lint_rules"]\n'
BACKWARD = """
from trainlint.trace.events import Backward

for run in trace.runs:
    for event in run.of(Backward):
        yield self.finding(event.place, "seen by the lab's rule")
"""
RULE = rule_source("LAB101", "first-mistake", body=BACKWARD)
MARK = "\nimport pathlib\npathlib.Path(__file__).with_name('executed').touch()\n"
SCRIPT = "import torch\n\nweight = torch.zeros(3, requires_grad=True)\nweight.sum().backward()\n"
FOLDER = "lint_rules/lab101_first_mistake.py"
BASIC = {"pyproject.toml": CONFIGURATION, FOLDER: RULE + MARK, "train.py": SCRIPT}


@pytest.fixture(autouse=True)
def no_trust(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose user trusts nothing yet; what was loaded is forgotten at the end."""
    monkeypatch.delenv("TRAINLINT_TRUST_RULE_PATHS", raising=False)
    yield
    for name in [name for name in sys.modules if name.startswith("trainlint_rules_in_")]:
        del sys.modules[name]


def run(*arguments: str) -> int:
    return main([*arguments])


def codes(capsys: Capture) -> list[tuple[str, str]]:
    return [(item["filename"], item["code"]) for item in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize("arguments", [["."], ["train.py"], ["show", "."], ["rules"], ["explain", "LAB101"]])
def test_nothing_of_the_project_runs_without_consent(project: Project, capsys: Capture, arguments: list[str]) -> None:
    root = project(BASIC)
    run(*arguments)
    assert not (root / "lint_rules" / "executed").exists()


def test_what_was_not_loaded_is_one_line_and_the_rest_is_linted(project: Project, capsys: Capture) -> None:
    root = project({**BASIC, "other.py": "import torch\n\ntorch.zeros(1).backward()  # trainlint: ignore\n"})
    assert run("--output-format", "concise", ".") == 2
    output = capsys.readouterr()
    assert "TL002" in output.out
    assert "LAB101" not in output.out
    assert output.err == (
        "trainlint: pyproject.toml: [tool.trainlint]: rule-paths: the rules in lint_rules were not loaded, since that "
        "runs code of the linted project; --trust-rule-paths allows it this once, "
        f"TRAINLINT_TRUST_RULE_PATHS={root}/lint_rules in your environment always\n"
    )


def test_words_that_may_name_rules_of_the_folder_are_no_mistakes(project: Project, capsys: Capture) -> None:
    settings = 'select = ["LAB101", "missing-zero-grad"]\n[tool.trainlint.rules.first-mistake]\nepochs = 3\n'
    script = SCRIPT.replace("backward()", "backward()  # trainlint: ignore[LAB101]")
    project({**BASIC, "pyproject.toml": CONFIGURATION + settings, "train.py": script})
    assert run(".") == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    assert "TL003" not in output.out


def test_the_option_loads_the_folder(project: Project, capsys: Capture) -> None:
    root = project(BASIC)
    assert run("--trust-rule-paths", "--output-format", "concise", ".") == 1
    output = capsys.readouterr()
    assert "train.py:4:1: error[LAB101] seen by the lab's rule (first-mistake)" in output.out
    assert output.err == ""
    assert (root / "lint_rules" / "executed").exists()
    assert run("rules", "--trust-rule-paths") == 0
    assert "LAB101  error    first-mistake" in capsys.readouterr().out
    assert run("explain", "--trust-rule-paths", "first-mistake") == 0
    assert capsys.readouterr().out.startswith("LAB101 first-mistake (error)\n")


def test_a_page_of_an_installed_rule_needs_no_consent(project: Project, capsys: Capture) -> None:
    project(BASIC)
    assert run("explain", "TL501") == 0
    assert capsys.readouterr().err == ""
    assert run("explain", "first-mistake") == 2
    assert "were not loaded" in capsys.readouterr().err
    assert run("rules") == 2
    assert "were not loaded" in capsys.readouterr().err


@pytest.mark.parametrize("trusted", ["{root}/lint_rules", "{root}", "/nowhere/at/all:{root}/lint_rules"])
def test_the_environment_loads_the_folder(
    project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch, trusted: str
) -> None:
    root = project(BASIC)
    monkeypatch.setenv("TRAINLINT_TRUST_RULE_PATHS", trusted.format(root=root))
    assert run("--select", "LAB101", ".") == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("trusted", "complaint"), [("{root}/lint", "not loaded"), ("lint_rules", "no absolute path")])
def test_another_folder_in_the_environment_does_not(
    project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch, trusted: str, complaint: str
) -> None:
    root = project(BASIC)
    monkeypatch.setenv("TRAINLINT_TRUST_RULE_PATHS", trusted.format(root=root))
    assert run(".") == 2
    error = capsys.readouterr().err
    assert complaint.replace("no absolute", "not an absolute") in error
    assert error.count("\n") == 1
    assert not (root / "lint_rules" / "executed").exists()


def test_helpers_are_imported_relatively(project: Project, capsys: Capture) -> None:
    helped = RULE.replace("from trainlint.rule", "from . import _words\nfrom trainlint.rule").replace(
        '"seen by the lab\'s rule"', "_words.MESSAGE"
    )
    project({**BASIC, FOLDER: helped, "lint_rules/_words.py": "MESSAGE = 'said by the helper'\n"})
    assert run("--trust-rule-paths", "--output-format", "concise", ".") == 1
    assert "said by the helper" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({FOLDER: "def f(:\n"}, "the rule pack lint_rules does not load: lab101_first_mistake.py: SyntaxError"),
        ({FOLDER: "import no_such\n"}, "lint_rules does not load: lab101_first_mistake.py: ModuleNotFoundError"),
        ({FOLDER: "import sys\nsys.exit(0)\n"}, "lint_rules does not load: lab101_first_mistake.py: SystemExit: 0"),
        ({FOLDER: "x = 1\n"}, "the file lab101_first_mistake.py of the pack lint_rules defines 0 rules"),
        ({FOLDER: rule_source("TL501", "first-mistake")}, "belongs in tl501_first_mistake.py"),
        (
            {FOLDER: RULE, "lint_rules/tl501_second.py": rule_source("TL501", "second")},
            "the packs builtin and lint_rules both define a rule TL501",
        ),
        (
            {FOLDER: RULE, "lint_rules/lab102_missing_zero_grad.py": rule_source("LAB102", "missing-zero-grad")},
            "the packs lint_rules and builtin both define a rule missing-zero-grad",
        ),
        (
            {FOLDER: RULE, "lint_rules/lab101_other.py": rule_source("LAB101", "other")},
            "two files of the pack lint_rules define a rule LAB101",
        ),
        ({FOLDER: RULE.replace("## Remedy", "## Cure")}, "the rule LAB101 of the pack lint_rules has the headings"),
        ({FOLDER: RULE.replace('"""', "'", 1)}, "SyntaxError"),
    ],
)
def test_a_broken_pack_is_one_line_and_exits_with_two(
    project: Project, capsys: Capture, files: Mapping[str, str], complaint: str
) -> None:
    project({**BASIC, **files})
    assert run("--trust-rule-paths", ".") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert complaint in output.err
    assert output.err.count("\n") == 1


@pytest.mark.parametrize("consent", [[], ["--trust-rule-paths"]])
@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ('["no_rules"]', "pyproject.toml: [tool.trainlint]: rule-paths: there is no folder no_rules"),
        ('["train.py"]', "rule-paths: there is no folder train.py"),
        ('["../elsewhere"]', "rule-paths: ../elsewhere leads out of the project, to "),
        ('["link"]', "rule-paths: link leads out of the project, to "),
        ('["/usr"]', "rule-paths: /usr leads out of the project, to "),
        ('"lint_rules"', "rule-paths must be a list of strings, not 'lint_rules'"),
    ],
)
def test_a_folder_that_is_none_is_refused_whether_trusted_or_not(
    project: Project, capsys: Capture, tmp_path: Path, setting: str, complaint: str, consent: list[str]
) -> None:
    root = project({"train.py": SCRIPT, "pyproject.toml": f"[tool.trainlint]\nrule-paths = {setting}\n"})
    (tmp_path / "elsewhere").mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    assert run(*consent, ".") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert complaint in output.err
    assert output.err.count("\n") == 1


def test_an_empty_folder_and_a_file_that_leads_out_are_refused(
    project: Project, capsys: Capture, tmp_path: Path
) -> None:
    root = project({"pyproject.toml": CONFIGURATION, "lint_rules/_helper.py": "", "train.py": SCRIPT})
    assert run("--trust-rule-paths", ".") == 2
    assert capsys.readouterr().err == "trainlint: there are no rule files in lint_rules\n"
    (tmp_path / "lab101_first_mistake.py").write_text(RULE)
    (root / FOLDER).symlink_to(tmp_path / "lab101_first_mistake.py")
    assert run("--trust-rule-paths", ".") == 2
    assert "lint_rules/lab101_first_mistake.py leads out of the project, to " in capsys.readouterr().err


def test_the_rules_of_a_project_are_for_its_own_files(project: Project, capsys: Capture) -> None:
    """Two projects side by side, each with its folder; what neither governs meets neither's rules."""
    other = RULE.replace("LAB101", "HUT101").replace("first-mistake", "hut-mistake")
    project(
        {
            "lab/pyproject.toml": CONFIGURATION,
            f"lab/{FOLDER}": RULE,
            "lab/train.py": SCRIPT,
            "hut/trainlint.toml": 'rule-paths = ["checks"]\n',
            "hut/checks/hut101_hut_mistake.py": other,
            "hut/train.py": SCRIPT,
            "train.py": SCRIPT,
        }
    )
    assert run("--trust-rule-paths", "--output-format", "json", "lab", "hut", "train.py") == 1
    assert codes(capsys) == [("hut/train.py", "HUT101"), ("lab/train.py", "LAB101")]
    assert run("--trust-rule-paths", ".") == 2
    error = capsys.readouterr().err
    assert "rule-paths count where the configuration governs a path that is named: name " in error
    assert error.count("\n") == 1


def test_a_configuration_given_by_name_brings_its_folder_for_all_files(project: Project, capsys: Capture) -> None:
    project(
        {"settings/all.toml": 'rule-paths = ["rules"]\n', f"settings/rules/{FOLDER[11:]}": RULE, "train.py": SCRIPT}
    )
    given = ("--config", "settings/all.toml", "--output-format", "json")
    assert run(*given, "train.py") == 2
    capsys.readouterr()
    assert run(*given, "--trust-rule-paths", "train.py") == 1
    assert codes(capsys) == [("train.py", "LAB101")]


def test_without_a_configuration_there_are_no_folders(project: Project, capsys: Capture) -> None:
    project(BASIC)
    assert run("--isolated", "--trust-rule-paths", ".") == 0
    assert capsys.readouterr().err == ""


def test_python_m_trainlint_runs_nothing_of_the_current_directory(project: Project) -> None:
    """Where Python itself would look first: for a pack's package, an entry point, a module that trainlint needs."""
    evil = "import pathlib\npathlib.Path('executed').touch()\n"
    root = project(
        {
            "train.py": SCRIPT,
            "trainlint_rules/__init__.py": evil,
            "evil_rules/__init__.py": evil,
            "evil-1.0.dist-info/entry_points.txt": "[trainlint.rules]\nevil = evil_rules\n",
            "libcst.py": evil,
        }
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "trainlint", "--quiet", "train.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (root / "executed").exists()
