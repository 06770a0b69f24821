"""The command line, as somebody at a shell meets it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import trainlint
from trainlint import engine
from trainlint.cli.main import main

Project = Callable[[Mapping[str, str]], Path]
Capture = pytest.CaptureFixture[str]

# `net` is trained, evaluated and saved as it should be, but for what is wrong in each script.
SCRIPT = """
import torch
from torch import nn

net = nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    for x, y in [(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))]:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward(){comment}
        optimizer.step()
        print(loss.item())
"""
BAD = SCRIPT.format(comment="")
EXCUSED = SCRIPT.format(comment="  # trainlint: ignore[missing-zero-grad]")
ONLY = ("--select", "TL501")


def run(*arguments: str) -> int:
    return main([str(argument) for argument in arguments])


def test_findings_exit_with_one(project: Project, capsys: Capture) -> None:
    project({"train.py": BAD})
    assert run(*ONLY, "train.py") == 1
    output = capsys.readouterr()
    assert output.out.startswith("train.py:10:9: error[TL501] ")
    assert "\n10 |         loss.backward()\n   |         ^^^^^" in output.out
    assert output.out.endswith("\nFound 1 error in 1 file.\n")
    assert output.err == ""


def test_check_is_the_default_command_and_here_the_default_path(project: Project, capsys: Capture) -> None:
    project({"train.py": BAD})
    texts = []
    for arguments in (["train.py"], ["check", "train.py"], ["check"], ["."], []):
        assert run(*arguments, *ONLY) == 1
        texts.append(capsys.readouterr().out)
    assert len(set(texts)) == 1


def test_nothing_found_exits_with_zero(project: Project, capsys: Capture) -> None:
    project({"train.py": EXCUSED})
    assert run(*ONLY, "train.py") == 0
    assert capsys.readouterr().out == "No mistakes found in 1 file.\n"
    assert run(*ONLY, "--quiet", "train.py") == 0
    assert capsys.readouterr() == ("", "")


def test_exit_zero_forgives_findings_but_no_failure(project: Project, capsys: Capture) -> None:
    project({"train.py": BAD, "broken.py": "import torch\nif:\n"})
    assert run(*ONLY, "--exit-zero", "train.py") == 0
    assert run(*ONLY, "--exit-zero", ".") == 2
    output = capsys.readouterr()
    assert output.err.startswith("trainlint: broken.py:2:")
    assert output.err.count("\n") == 1
    assert "TL501" in output.out


def test_a_file_name_cannot_break_the_line(project: Project, capsys: Capture) -> None:
    project({"new\nline\x1b[2J.py": "import torch\nif:\n"})
    assert run(".") == 2
    assert capsys.readouterr().err.startswith("trainlint: new\ufffdline\ufffd[2J.py:2:")


def test_json_goes_to_standard_output_whatever_else_happens(project: Project, capsys: Capture) -> None:
    project({"train.py": BAD, "broken.py": "import torch\nif:\n"})
    assert run("--output-format", "json", *ONLY, ".") == 2
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["code"], finding["filename"], finding["location"]["row"]) == ("TL501", "train.py", 10)


def test_statistics(project: Project, capsys: Capture) -> None:
    project({"a.py": BAD, "b.py": BAD})
    assert run(*ONLY, "--statistics", ".") == 1
    assert capsys.readouterr().out == "2  TL501  missing-zero-grad\nFound 2 errors in 2 files.\n"


def standard_input(text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_under_a_name(project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    project({"lib/trainlint.toml": 'ignore = ["TL501"]\n'})
    standard_input(BAD, monkeypatch)
    assert run(*ONLY, "--output-format", "concise", "-") == 1
    assert capsys.readouterr().out.startswith("<stdin>:10:9: error[TL501]")
    standard_input(BAD, monkeypatch)
    assert run("--output-format", "concise", "--extend-select", "TL501", "-", "--stdin-filename", "lib/x.py") == 1
    assert capsys.readouterr().out.startswith("lib/x.py:")
    standard_input(BAD, monkeypatch)
    run("--output-format", "json", "-", "--stdin-filename", "lib/x.py")
    assert "TL501" not in capsys.readouterr().out, "the configuration above the name governs"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no/such.py"], "no/such.py: no such file or directory"),
        (["--select", "TL50O", "."], "no rule has the code, prefix, name or level 'TL50O'; did you mean TL5"),
        (["--select", "", "."], "--select names no rule"),
        (["--diff", "--output-format", "json", "."], "--diff prints a patch: it goes with none of --output-format,"),
        (["--diff", "--output-file", "fixes.diff", "."], "--diff prints a patch: it goes with none of"),
        (["--diff", "--statistics", "."], "--diff prints a patch: it goes with none of"),
        (["--statistics", "--output-format", "sarif", "."], "--statistics is text, or JSON with --output-format json"),
        (["run"], "the following arguments are required: SCRIPT (see"),
        (["run", "odd/x.py"], "odd/trainlint.toml: unknown key 'selekt'; did you mean select?"),
        (["run", "--html", "odd", "train.py"], "odd: is a folder"),
        (["run", "explore.ipynb"], "explore.ipynb: is a notebook; make a script of it: jupyter nbconvert --to script"),
        (["--selct", "TL501", "."], "unrecognized arguments: --selct"),
        (["--output-format", "xml"], "invalid choice: 'xml'"),
        (["-", "train.py"], "- (standard input) stands alone, without further paths"),
        (["--stdin-filename", "x.py", "train.py"], "--stdin-filename goes with - (standard input)"),
        (["--config", "none.toml"], "none.toml: cannot be read: No such file or directory"),
        (["--config", "bare/pyproject.toml"], "bare/pyproject.toml: has no [tool.trainlint]"),
        (["--config", "odd.toml"], "odd.toml: unknown key 'selekt'; did you mean select?"),
        (["odd"], "odd/trainlint.toml: unknown key 'selekt'; did you mean select?"),
        (["explain", "missing-zero-grd"], "no rule has the code or name 'missing-zero-grd'; did you mean missing-zero"),
        (["explain", "qqq"], "no rule has the code or name 'qqq'; `trainlint rules` lists them"),
        (["explain"], "the following arguments are required: RULE"),
        (["show", "no/such.py"], "no/such.py: no such file or directory"),
        (
            ["--color", "never", "show", "train.py"],
            "show: no such file or directory; a command stands before its options",
        ),
        (["chek", "train.py"], "chek: no such file or directory; did you mean the command check?"),
    ],
)
def test_what_is_not_understood_is_one_line_and_exits_with_two(
    project: Project, capsys: Capture, arguments: list[str], complaint: str
) -> None:
    odd = "selekt = []\n"
    project(
        {
            "train.py": BAD,
            "bare/pyproject.toml": "",
            "odd.toml": odd,
            "odd/trainlint.toml": odd,
            "odd/x.py": "",
            "explore.ipynb": "{}",
        }
    )
    try:
        code = run(*arguments)
    except SystemExit as error:  # argparse leaves so
        code = error.code if isinstance(error.code, int) else -1
    output = capsys.readouterr()
    assert code == 2
    assert output.out == ""
    assert output.err.startswith("trainlint: ")
    assert complaint in output.err
    assert output.err.count("\n") == 1


def test_config_and_isolated(project: Project, capsys: Capture) -> None:
    project({"trainlint.toml": 'ignore = ["TL501"]', "all.toml": 'select = ["TL501"]', "train.py": BAD})
    assert run("--select", "TL501", "--ignore", "TL501", "train.py") == 0
    assert run("--config", "all.toml", "train.py") == 1
    capsys.readouterr()
    run("--isolated", "--output-format", "concise", "train.py")
    assert "TL501" in capsys.readouterr().out
    run("--output-format", "concise", "train.py")
    assert "TL501" not in capsys.readouterr().out


def test_explain_by_code_and_by_name(capsys: Capture) -> None:
    assert run("explain", "TL501") == 0
    page = capsys.readouterr().out
    assert page.startswith("TL501 missing-zero-grad (error)\n\n")
    assert "\n## Remedy\n" in page
    assert run("explain", "missing-zero-grad") == 0
    assert capsys.readouterr().out == page


def test_rules_as_a_table_and_as_json(capsys: Capture) -> None:
    assert run("rules") == 0
    table = capsys.readouterr().out
    assert run("rules", "--output-format", "json") == 0
    rules = json.loads(capsys.readouterr().out)
    assert [line.split()[:3] for line in table.splitlines()] == [[r["code"], r["level"], r["name"]] for r in rules]
    assert {"TL001", "TL501"} <= {rule["code"] for rule in rules}
    assert set(rules[0]) == {"code", "name", "level", "summary", "pack", "options"}


def test_show_prints_the_trace(project: Project, capsys: Capture) -> None:
    project({"train.py": BAD})
    assert run("show", "train.py") == 0
    tree = capsys.readouterr().out
    assert "train.py" in tree
    assert "backward" in tree
    assert "\x1b[" not in tree
    assert run("show", "--color", "always", "train.py") == 0
    assert "\x1b[" in capsys.readouterr().out


def test_help_names_the_commands(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        run("--help")
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert all(f"\n  {command}  " in text for command in ("check", "show   ", "explain", "rules  "))


@pytest.mark.parametrize(
    ("environment", "option", "coloured"),
    [
        ({}, "auto", False),  # the output is captured: no terminal
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", True),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
)
def test_colour(
    project: Project,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    option: str,
    coloured: bool,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project({"train.py": BAD})
    run(*ONLY, "--color", option, "train.py")
    assert ("\x1b[" in capsys.readouterr().out) == coloured


def test_no_traceback_even_where_trainlint_itself_is_wrong(
    project: Project, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("out of\nideas")

    monkeypatch.setattr(engine, "apply_suppressions", fail)
    project({"train.py": BAD})
    assert run("train.py") == 2
    error = capsys.readouterr().err
    assert error.startswith("trainlint: internal error: RuntimeError: out of ideas (test_commands.py:")
    assert error.count("\n") == 1


def trainlint_process(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "trainlint", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]


def test_a_reader_that_has_seen_enough_is_no_error(project: Project) -> None:
    project({f"train{number}.py": BAD for number in range(200)})
    with trainlint_process("--select", "TL501", ".") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def opened_for_writing(pipe: Path, reader: subprocess.Popen[bytes]) -> int:
    """Wait until a process reads from a named pipe."""
    while reader.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    raise AssertionError(f"ended too early: {reader.communicate()[1].decode()}")


def test_an_interrupt_is_one_line(project: Project) -> None:
    root = project({})
    pipe = root / "endless.py"
    os.mkfifo(pipe)
    process = trainlint_process("endless.py")
    writer = opened_for_writing(pipe, process)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    os.close(writer)
    assert error == b"trainlint: interrupted\n"
    assert process.returncode == 130


def test_output_in_a_terminal_without_unicode(project: Project) -> None:
    project({"mod\xe8le.py": BAD.replace("net", "r\xe9seau")})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = trainlint_process("--select", "TL501", ".", env=environment)
    output, error = process.communicate()
    assert output.startswith(b"mod\\xe8le.py:10:9: error[TL501]")
    assert error == b""
    assert process.returncode == 1


def test_version(capsys: Capture) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"trainlint {trainlint.__version__}\n"
