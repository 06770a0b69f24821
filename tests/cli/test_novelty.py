"""Baselines and comparisons with git revisions, as a team adopts trainlint."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trainlint.cli.main import main

Project = Callable[[Mapping[str, str]], Path]
Capture = pytest.CaptureFixture[str]

SCRIPT = """
import torch
from torch import nn
{helper}

def train(net, data):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(3):
        for x, y in data:
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step(){more}
            print(loss.item())
"""
OLD = SCRIPT.format(helper="", more="")
ONLY = ("--select", "TL501,TL521")
TWICE = OLD + OLD.partition("from torch import nn\n")[2].replace("def train", "def again")


def run(*arguments: str) -> int:
    return main([str(argument) for argument in arguments])


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_a_baseline_hides_what_is_there_and_nothing_new(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD})
    assert run("baseline", *ONLY, ".") == 0
    assert capsys.readouterr().out == "Wrote 1 finding to trainlint-baseline.json.\n"
    assert run(*ONLY, "--baseline", "trainlint-baseline.json", ".") == 0
    assert capsys.readouterr().out == "No new mistakes found in 1 file (1 older finding not shown).\n"
    (folder / "train.py").write_text("# moved\n" + OLD.replace("range(3)", "range(4)"))
    assert run(*ONLY, "--baseline", "trainlint-baseline.json", ".") == 0
    (folder / "train.py").write_text(TWICE)
    capsys.readouterr()
    assert run(*ONLY, "--baseline", "trainlint-baseline.json", ".") == 1
    assert "train.py:21:13: error[TL501]" in capsys.readouterr().out


def test_a_second_finding_of_the_same_kind_in_the_same_function_is_new(project: Project, capsys: Capture) -> None:
    kept = OLD.replace("    for epoch", "    total = 0\n    for epoch").replace(
        "            print", "            total += loss\n            print"
    )
    folder = project({"train.py": kept})
    run("baseline", "--select", "TL507")
    (folder / "train.py").write_text(kept.replace("total += loss\n", "total += loss\n            total += loss * 2\n"))
    capsys.readouterr()
    assert run("--select", "TL507", "--output-format", "concise", "--baseline", "trainlint-baseline.json", ".") == 1
    assert capsys.readouterr().out.startswith("train.py:15:13: warning[TL507]")


def test_what_was_fixed_is_told(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD, "pyproject.toml": '[tool.trainlint]\nselect = ["TL501"]\n'})
    run("baseline")
    (folder / "train.py").write_text(SCRIPT.format(helper="", more="; optimizer.zero_grad()"))
    capsys.readouterr()
    assert run("--baseline", "trainlint-baseline.json", ".") == 0
    told = capsys.readouterr().err
    assert "1 finding of trainlint-baseline.json is fixed (train.py: TL501)" in told
    (folder / "train.py").unlink()
    (folder / "other.py").write_text("import torch\n")
    run("--baseline", "trainlint-baseline.json", ".")
    assert "is fixed (train.py: TL501)" in capsys.readouterr().err


def test_files_that_were_not_linted_are_not_called_fixed(project: Project, capsys: Capture) -> None:
    project({"train.py": OLD, "other.py": "import torch\n", "pyproject.toml": '[tool.trainlint]\nselect = ["TL501"]\n'})
    run("baseline")
    capsys.readouterr()
    assert run("--baseline", "trainlint-baseline.json", "other.py") == 0
    assert capsys.readouterr().err == ""


def test_a_baseline_holds_from_any_folder(project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project({"src/train.py": OLD})
    run("baseline", *ONLY)
    monkeypatch.chdir(folder / "src")
    assert run(*ONLY, "--baseline", "../trainlint-baseline.json", ".") == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is no baseline: "),
        ("[]", 'no object "files" in it'),
        ('{"version": 9, "files": {}}', "has version 9; this trainlint reads version 1"),
        ('{"version": 1, "files": {"a.py": 3}}', "what stands under 'a.py' is no list"),
        ('{"version": 1, "files": {"a.py": [{"code": 1}]}}', "lacks a code, name or fingerprint"),
        ("[" * 100_000, "is no baseline"),
    ],
)
def test_what_is_no_baseline_is_one_line(project: Project, capsys: Capture, content: str, complaint: str) -> None:
    project({"train.py": OLD, "base.json": content})
    assert run("--baseline", "base.json", ".") == 2
    told = capsys.readouterr().err
    assert told.startswith("trainlint: base.json: ")
    assert complaint in told
    assert told.count("\n") == 1


def test_no_baseline_is_written_of_half_a_program(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD, "bad.py": "import torch; x = ("})
    assert run("baseline") == 2
    assert "trainlint-baseline.json was not written" in capsys.readouterr().err
    assert not (folder / "trainlint-baseline.json").exists()


def test_the_baseline_is_sorted_and_readable(project: Project) -> None:
    folder = project({"b.py": OLD, "a.py": OLD})
    run("baseline", *ONLY)
    data = json.loads((folder / "trainlint-baseline.json").read_text())
    assert list(data["files"]) == ["a.py", "b.py"]
    assert data["files"]["a.py"][0]["name"] == "missing-zero-grad"


def test_diff_base_tells_of_changed_lines_and_of_what_a_change_elsewhere_brought(
    project: Project, capsys: Capture
) -> None:
    helper = "def advance(optimizer):\n    optimizer.step()\n    optimizer.zero_grad()\n"
    script = OLD.replace("optimizer.step()", "advance(optimizer)").replace(
        "import nn\n", "import nn\nfrom helper import advance\n"
    )
    folder = project({"train.py": script, "helper.py": helper, "old.py": OLD})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    assert run(*ONLY, "--diff-base", "HEAD", ".") == 0
    assert "(1 older finding not shown)" in capsys.readouterr().out
    (folder / "helper.py").write_text(helper.replace("    optimizer.zero_grad()\n", ""))
    assert run(*ONLY, "--diff-base", "HEAD", ".") == 1
    output = capsys.readouterr().out
    assert "train.py:12:13: error[TL501]" in output
    assert "old.py" not in output
    (folder / "old.py").write_text(OLD.replace("loss.backward()", "loss.backward()  # touched"))
    run(*ONLY, "--diff-base", "HEAD", ".")
    assert "old.py:11:13" in capsys.readouterr().out


def test_diff_base_starts_where_the_branches_parted(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD})
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "checkout", "-qb", "topic")
    git(folder, "checkout", "-q", "main")
    (folder / "train.py").write_text(SCRIPT.format(helper="", more="; optimizer.zero_grad()"))
    git(folder, "commit", "-qam", "fixed on main")
    git(folder, "checkout", "-q", "topic")
    assert run(*ONLY, "--diff-base", "main", ".") == 0  # main has it no more, but the branch did not bring it


def test_a_renamed_file_keeps_its_findings_and_a_new_one_has_them(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    (folder / "train.py").rename(folder / "learn.py")
    assert run(*ONLY, "--diff-base", "HEAD", ".") == 0
    (folder / "train.py").write_text(OLD)
    assert run(*ONLY, "--diff-base", "HEAD", ".") == 1
    assert "learn.py:11:13" in capsys.readouterr().out


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD:train.py"])
def test_an_unknown_revision_is_one_line(project: Project, capsys: Capture, revision: str) -> None:
    folder = project({"train.py": OLD})
    git(folder, "init", "-q")
    assert run(f"--diff-base={revision}", ".") == 2
    told = capsys.readouterr().err
    assert told.startswith(f"trainlint: --diff-base: git knows no commit {revision!r}")
    assert told.count("\n") == 1


def test_without_a_repository_diff_base_is_one_line(project: Project, capsys: Capture) -> None:
    project({"train.py": OLD})
    assert run("--diff-base", "HEAD", ".") == 2
    assert "--diff-base needs a git repository" in capsys.readouterr().err


def test_findings_go_to_a_file_whole_or_not_at_all(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD})
    assert run(*ONLY, "--output-format", "sarif", "-o", "out.sarif", ".") == 1
    assert capsys.readouterr().out == ""
    assert json.loads((folder / "out.sarif").read_text())["version"] == "2.1.0"
    assert run(*ONLY, "-o", "no/such/folder/out.txt", ".") == 2
    assert "no/such/folder/out.txt: can't be written" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["out.sarif", "train.py"]


def test_a_rule_that_is_off_now_has_not_been_obeyed(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD, "trainlint.toml": 'select = ["TL501"]\n'})
    run("baseline")
    (folder / "trainlint.toml").write_text('select = ["TL521"]\n')
    capsys.readouterr()
    assert run("--baseline", "trainlint-baseline.json", ".") == 0
    assert capsys.readouterr().err == ""
    (folder / "trainlint.toml").write_text('select = ["TL501"]\n')
    assert run("--baseline", "trainlint-baseline.json", "--ignore", "TL501", ".") == 0
    assert capsys.readouterr().err == ""


def test_standard_input_is_compared_with_its_file_in_the_commit(
    project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project({"train.py": SCRIPT.format(helper="", more="; optimizer.zero_grad()")})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OLD.encode())))
    assert run(*ONLY, "--diff-base", "HEAD", "--stdin-filename", "train.py", "-") == 1
    assert "train.py:11:13: error[TL501]" in capsys.readouterr().out


def test_a_report_goes_into_what_is_no_file_and_through_links(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": OLD})
    (folder / "real.txt").write_text("old")
    (folder / "link.txt").symlink_to("real.txt")
    assert run(*ONLY, "-o", "link.txt", ".") == 1
    assert (folder / "link.txt").is_symlink()
    assert "TL501" in (folder / "real.txt").read_text()
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert run(*ONLY, "-o", "pipe", ".") == 1
    assert b"TL501" in os.read(reader, 100_000)
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
