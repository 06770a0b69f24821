"""What a person reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainlint.findings import Finding, Level, Location, Place
from trainlint.report import Setting, render
from trainlint.report.statistics import render as render_statistics
from trainlint.report.style import Style, shown
from trainlint.results import Diagnosis, Report, Spot

PLAIN = Style()


def test_full_shows_the_line_the_span_and_the_related_places(report: Report) -> None:
    assert render(report, "full") == (
        "nb.ipynb:cell 3:2:7: warning[TL708] `opt` has no momentum (sgd-without-momentum)\n"
        "2 | opt = optim.SGD(model.parameters())\n"
        "  |       ^^^^^^^^^\n"
        "\n"
        "train.py:12:12: error[TL101] `best` is chosen by accuracy on `testset` (test-set-model-selection)\n"
        " 12 |         if test_acc > best:\n"
        "    |            ^^^^^^^^^^^^^^^^\n".replace("^" * 16, "^" * 13)
        + "    = data.py:104:5: the test data is made here\n"
        "104 |     test = CIFAR10(train=False)\n"
        "    |        --------------------\n"
        "    = fix: Select by validation accuracy\n"
        "\n"
        "Found 1 error and 1 warning in 4 files.\n"
    )


def test_concise_is_one_line_a_finding(report: Report) -> None:
    assert render(report, "concise").splitlines() == [
        "nb.ipynb:cell 3:2:7: warning[TL708] `opt` has no momentum (sgd-without-momentum)",
        "train.py:12:12: error[TL101] `best` is chosen by accuracy on `testset` (test-set-model-selection)",
        "Found 1 error and 1 warning in 4 files.",
    ]


@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_quiet_leaves_out_the_closing_line(report: Report, output_format: str) -> None:
    assert "Found" not in render(report, output_format, Setting(quiet=True))
    assert render(Report((), files=3), output_format, Setting(quiet=True)) == ""


@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_colours_are_all_that_style_adds(report: Report, output_format: str) -> None:
    coloured = render(report, output_format, Setting(Style(color=True)))
    assert "\x1b[1;31merror[TL101]\x1b[0m" in coloured
    for code in ("1", "2", "1;31", "1;33", "36", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == render(report, output_format)


def test_text_is_full(report: Report) -> None:
    assert render(report, "text") == render(report, "full")


@pytest.mark.parametrize(
    ("levels", "problems", "closing"),
    [
        ([], (), "No mistakes found in 4 files."),
        ([], ("x.py: unreadable",), "No mistakes found in what could be read of 4 files."),
        ([Level.ERROR], (), "Found 1 error in 4 files."),
        ([Level.WARNING] * 3 + [Level.ERROR] * 2, (), "Found 2 errors and 3 warnings in 4 files."),
        (
            [Level.ADVICE, Level.ADVICE, Level.WARNING, Level.ERROR],
            (),
            "Found 1 error, 1 warning and 2 pieces of advice in 4 files.",
        ),
    ],
)
def test_the_closing_line(levels: list[Level], problems: tuple[str, ...], closing: str) -> None:
    where = Spot("a.py", Location(1, 1, 1, 2), "x")
    diagnoses = tuple(Diagnosis(Finding("TL999", "odd", level, "Odd.", Place("a.py", 0, 1)), where) for level in levels)
    assert render(Report(diagnoses, problems, 4), "concise").splitlines()[-1] == closing


def test_no_files_is_said_to_be_no_files() -> None:
    assert render(Report(()), "full") == "No Python files or notebooks found.\n"


@pytest.mark.parametrize(
    ("line", "column", "end_column", "marks"),
    [
        ("\tloss.backward()", 2, 15, "    ^^^^^^^^^^^^^"),
        ("損失 = f(x)", 6, 10, "       ^^^^"),  # two cells a character
        ("x = 1", 6, 6, "     ^"),  # an empty span
    ],
)
def test_marks_stand_under_the_span(report: Report, line: str, column: int, end_column: int, marks: str) -> None:
    where = Spot("a.py", Location(1, column, 1, end_column), line)
    shown_report = Report((replace(report.diagnoses[0], spot=where),))
    assert render(shown_report, "full").splitlines()[2] == f"  | {marks}"


def test_a_span_of_several_lines_is_marked_to_the_end_of_the_first(report: Report) -> None:
    where = Spot("a.py", Location(1, 5, 3, 2), "x = f(")
    shown_report = Report((replace(report.diagnoses[0], spot=where),))
    assert render(shown_report, "full").splitlines()[2] == "  |     ^^"


def test_a_linted_file_cannot_move_the_cursor(report: Report) -> None:
    evil = "x = '\x1b[2J\u202e' \x07"
    where = Spot("a\n.py", Location(1, 1, 1, 2), evil)
    text = render(Report((replace(report.diagnoses[0], spot=where),)), "full")
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    assert shown("a\nb\x1bc\tß") == "a\ufffdb\ufffdc\tß"


def test_statistics_count_by_rule(report: Report) -> None:
    twice = Report((*report.diagnoses, report.diagnoses[0]), files=4)
    assert render_statistics(twice, PLAIN, as_json=False) == (
        "2  TL708  sgd-without-momentum\n1  TL101  test-set-model-selection\nFound 1 error and 2 warnings in 4 files.\n"
    )
