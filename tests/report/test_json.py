"""What programs read."""

from __future__ import annotations

import json
from dataclasses import replace

from trainlint.report import Setting, render
from trainlint.report.statistics import render as render_statistics
from trainlint.report.style import Style
from trainlint.results import Report


def test_each_finding_is_an_object(report: Report) -> None:
    momentum, selection = json.loads(render(report, "json"))
    assert momentum == {
        "code": "TL708",
        "name": "sgd-without-momentum",
        "level": "warning",
        "message": "`opt` has no momentum",
        "filename": "nb.ipynb",
        "location": {"row": 2, "column": 7},
        "end_location": {"row": 2, "column": 16},
        "cell": 3,
        "fix": None,
        "fingerprint": "0f0f",
        "related": [],
    }
    place = {
        "filename": "train.py",
        "location": {"row": 12, "column": 12},
        "end_location": {"row": 12, "column": 25},
        "cell": None,
    }
    assert selection["related"] == [
        {
            "message": "the test data is made here",
            "filename": "data.py",
            "location": {"row": 104, "column": 5},
            "end_location": {"row": 104, "column": 25},
            "cell": None,
        }
    ]
    assert selection["fix"] == {
        "applicability": "display",
        "message": "Select by validation accuracy",
        "edits": [{"content": "val_acc > best", **place}],
    }
    assert {key: selection[key] for key in place} == place


def test_nothing_found_is_an_empty_array() -> None:
    assert render(Report((), files=1), "json", Setting(Style(color=True))) == "[]\n"


def test_odd_file_names_keep_it_valid_in_any_encoding(report: Report) -> None:
    first = report.diagnoses[0]
    odd = replace(first, spot=replace(first.spot, filename="mod\udce8le 損.py"))
    text = render(Report((odd,)), "json")
    assert json.loads(text.encode("ascii"))[0]["filename"] == "mod\udce8le 損.py"


def test_statistics(report: Report) -> None:
    assert json.loads(render_statistics(report, Style(), as_json=True)) == [
        {"code": "TL101", "name": "test-set-model-selection", "level": "error", "count": 1},
        {"code": "TL708", "name": "sgd-without-momentum", "level": "warning", "count": 1},
    ]
