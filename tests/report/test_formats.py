"""What other programs read: the escapes, the paths, and that nothing is lost. The real readers are in tests/consumers."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from trainlint.findings import Applicability, Edit, Finding, Fix, Level, Location, Place
from trainlint.report import RuleHelp, Setting, render
from trainlint.results import Diagnosis, Report, Spot

MACHINE = ("json", "sarif", "github", "gitlab", "junit", "rdjson")
HELP = RuleHelp("TL101", "test-set-model-selection", Level.ERROR, "Chosen on the test set.", "# Page")
SETTING = Setting(rules=lambda code: HELP if code == "TL101" else None, version="1.2.3")


def named(report: Report, filename: str) -> Report:
    first = report.diagnoses[1]
    return Report((replace(first, spot=replace(first.spot, filename=filename)),), files=1)


def test_sarif_has_the_rules_places_fixes_and_fingerprints(report: Report) -> None:
    (run,) = json.loads(render(report, "sarif", SETTING))["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("trainlint", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["TL101", "TL708"]
    assert driver["rules"][0]["help"]["markdown"] == "# Page"
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    selection = run["results"][1]
    region = {"startLine": 12, "startColumn": 12, "endLine": 12, "endColumn": 25}
    place = {"artifactLocation": {"uri": "train.py", "uriBaseId": "%SRCROOT%"}, "region": region}
    assert selection["locations"] == [{"physicalLocation": place}]
    assert selection["relatedLocations"][0]["message"] == {"text": "the test data is made here"}
    assert selection["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": region, "insertedContent": {"text": "val_acc > best"}}
    ]
    prints = {result["partialFingerprints"]["trainlint/v1"] for result in run["results"]}
    assert len(prints) == 2
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_what_broke_is_told_where_the_format_can(report: Report) -> None:
    broken = Report((), ("bad.py:1:9: can't be parsed",), files=2)
    (run,) = json.loads(render(broken, "sarif"))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "bad.py:1:9: can't be parsed"
    assert "::error title=trainlint::bad.py:1:9: can't be parsed\n" in render(broken, "github")
    root = ElementTree.fromstring(render(broken, "junit"))  # noqa: S314 - made here
    assert root.get("errors") == "1"
    assert [error.get("message") for error in root.iter("error")] == ["bad.py:1:9: can't be parsed"]


def test_github_escapes_as_its_toolkit_does(report: Report) -> None:
    odd = named(report, 'we ird,:%name "x".py')
    finding = replace(odd.diagnoses[0].finding, message="100% of `a,b: c`")
    line = render(replace(odd, diagnoses=(replace(odd.diagnoses[0], finding=finding),)), "github")
    assert line == (
        '::error title=TL101 test-set-model-selection,file=we ird%2C%3A%25name "x".py,line=12,endLine=12,col=12,'
        "endColumn=25::100%25 of `a,b: c`%0Adata.py:104: the test data is made here\n"
    )


def test_github_has_no_columns_for_spans_of_several_lines(report: Report) -> None:
    diagnosis = report.diagnoses[1]
    longer = replace(diagnosis, spot=Spot("train.py", Location(12, 12, 14, 3), "for x in y:"))
    line = render(Report((longer,)), "github")
    assert "line=12,endLine=14::" in line


def test_gitlab_tells_like_findings_of_different_files_apart(report: Report) -> None:
    diagnosis = replace(report.diagnoses[1], fingerprint="f")
    twins = [replace(diagnosis, spot=replace(diagnosis.spot, filename=name)) for name in ("a.py", "b.py")]
    entries = json.loads(render(Report(tuple(twins)), "gitlab"))
    assert len({entry["fingerprint"] for entry in entries}) == 2
    assert entries[0]["severity"] == "critical"
    assert entries[0]["location"]["positions"]["begin"] == {"line": 12, "column": 12}


def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ElementTree.fromstring(render(report, "junit"))  # noqa: S314 - made here
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "2", "0")
    assert [suite.get("name") for suite in root] == ["nb.ipynb", "train.py"]
    (failure,) = root[1].iter("failure")
    assert failure.get("message") == "`best` is chosen by accuracy on `testset`"
    assert "data.py:104:5: the test data is made here" in (failure.text or "")


def test_junit_of_a_clean_run_has_a_test_that_passed() -> None:
    root = ElementTree.fromstring(render(Report((), files=3), "junit"))  # noqa: S314 - made here
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


def test_rdjson_counts_bytes_and_suggests_what_a_click_can_apply() -> None:
    place = Place("train.py", 0, 9)
    fix = Fix("Zero them", (Edit(place, "x"),), Applicability.SAFE)
    finding = Finding("TL501", "missing-zero-grad", Level.ERROR, "never zeroed", place, fix=fix)
    here = Spot("train.py", Location(3, 8, 3, 12), "größe; loss.backward()")
    (entry,) = json.loads(render(Report((Diagnosis(finding, here, (), (here,)),)), "rdjson"))["diagnostics"]
    assert entry["location"]["range"] == {"start": {"line": 3, "column": 10}, "end": {"line": 3, "column": 14}}
    assert entry["suggestions"] == [{"range": entry["location"]["range"], "text": "x"}]


@pytest.mark.parametrize("output_format", MACHINE)
@pytest.mark.parametrize(
    "filename", ["a\nb.py", "\x1b[31m.py", "mod\udce8le 損.py", "<&\"'>]]>.py", "../up.py", "c:d.py"]
)
def test_hostile_file_names_break_no_format(report: Report, output_format: str, filename: str) -> None:
    text = render(named(report, filename), output_format, SETTING)
    data = text.encode("utf-8", "backslashreplace").decode()
    if output_format == "junit":
        assert len(list(ElementTree.fromstring(data).iter("failure"))) == 1  # noqa: S314 - made here
    elif output_format == "github":
        assert data.count("\n") == 1
    else:
        json.loads(data)
    assert "\x1b" not in data


@pytest.mark.parametrize("output_format", MACHINE)
def test_nothing_found_is_valid_too(output_format: str) -> None:
    text = render(Report((), files=1), output_format, SETTING)
    if output_format == "junit":
        ElementTree.fromstring(text)  # noqa: S314 - made here
    elif output_format == "github":
        assert text == ""
    else:
        json.loads(text)


def test_sarif_names_odd_paths_as_uris(report: Report) -> None:
    (run,) = json.loads(render(named(report, "c:d é%.py"), "sarif"))["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "./c%3Ad%20%C3%A9%25.py"


def test_machine_formats_ask_for_the_place_in_the_file(report: Report) -> None:
    setting = Setting(physical=lambda spot: Location(70, 5, 70, 9))
    assert "line=70" in render(report, "github", setting)
    assert json.loads(render(report, "gitlab", setting))[0]["location"]["positions"]["begin"]["line"] == 70
    (run,) = json.loads(render(report, "sarif", setting))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 70
    (first, _) = json.loads(render(report, "rdjson", setting))["diagnostics"]
    assert first["location"]["range"] == {"start": {"line": 70}, "end": {"line": 70}}  # in a notebook
