from __future__ import annotations

import json
import math

import pytest

from trainlint.runtime.report import CheckFailedError, Part, Report, Verdict

RIGHT = Part("weights", Verdict.PASS, "all is well", evidence={"norm": 1.23456789})
ODD = Part("scale", Verdict.WARN, "too large", "divide", cause="unscaled", evidence={"sizes": [1.0, math.inf]})
WRONG = Part("dropout", Verdict.FAIL, "is on", "turn it off", cause="dropout", code="TL201", where="layer.3")
UNKNOWN = Part("labels", Verdict.SKIP, "not known")


@pytest.mark.parametrize(
    ("parts", "verdict", "ok"),
    [
        ((), Verdict.SKIP, True),
        ((UNKNOWN,), Verdict.SKIP, True),
        ((UNKNOWN, RIGHT), Verdict.PASS, True),
        ((RIGHT, ODD), Verdict.WARN, True),
        ((ODD, WRONG, RIGHT), Verdict.FAIL, False),
    ],
)
def test_the_worst_part_decides(parts: tuple[Part, ...], verdict: Verdict, ok: bool) -> None:
    report = Report("check", parts)
    assert (report.verdict, report.ok) == (verdict, ok)


def test_findings_are_what_failed_or_warned() -> None:
    report = Report("check", (RIGHT, ODD, UNKNOWN, WRONG))
    assert report.findings == (ODD, WRONG)
    assert report.failures == (WRONG,)
    assert report.warnings == (ODD,)
    assert report.causes == ("unscaled", "dropout")
    assert report.codes == ("TL201",)


def test_the_print_names_code_evidence_and_remedy() -> None:
    text = str(Report("check_things", (RIGHT, WRONG), notes=("seen twice",)))
    assert text.splitlines() == [
        "check_things: FAIL",
        "PASS  weights: all is well",
        "      norm 1.235",
        "FAIL  dropout [TL201]: is on",
        "      -> turn it off",
        "note  seen twice",
    ]


def test_json_is_strict_and_leaves_out_what_is_not_there() -> None:
    data = json.loads(Report("check", (ODD, RIGHT)).to_json(), parse_constant=pytest.fail)
    assert data["parts"][0]["evidence"] == {"sizes": [1.0, "inf"]}
    assert set(data["parts"][1]) == {"name", "verdict", "message", "evidence"}
    assert (data["verdict"], data["ok"]) == ("warn", True)


def test_assert_ok_raises_the_printed_report() -> None:
    report = Report("check", (WRONG,))
    with pytest.raises(AssertionError, match=r"dropout \[TL201\]: is on") as caught:
        report.assert_ok()
    assert isinstance(caught.value, CheckFailedError)
    assert caught.value.report is report


def test_warnings_fail_only_on_request() -> None:
    report = Report("check", (ODD,))
    report.assert_ok()
    with pytest.raises(CheckFailedError, match="too large"):
        report.assert_ok(warnings=False)


def test_a_part_is_found_by_name() -> None:
    report = Report("check", (RIGHT, WRONG))
    assert report.part("dropout") is WRONG
    with pytest.raises(KeyError, match="no part 'droput'; there are 'weights', 'dropout'"):
        report.part("droput")
