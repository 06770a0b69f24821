"""JUnit XML, as Jenkins and most CI servers read it: a suite a file, a failed case a finding, an error what broke."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.sax.saxutils import escape, quoteattr

from trainlint.report.paths import printable
from trainlint.report.setting import Setting
from trainlint.report.style import Style
from trainlint.report.wording import headline, position
from trainlint.results import Diagnosis, Report

# What XML 1.0 can't hold, escaped or not.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, setting: Setting) -> str:
    by_file: dict[str, list[Diagnosis]] = defaultdict(list)
    for diagnosis in report.diagnoses:
        by_file[printable(diagnosis.spot.filename)].append(diagnosis)
    suites = [_suite(path, [_failure(each, setting) for each in found], len(found)) for path, found in by_file.items()]
    if report.problems:
        cases = [_case("trainlint", "problem", _told("error", "problem", line, line)) for line in report.problems]
        suites.append(_suite("trainlint", cases, 0, len(cases)))
    if not suites:
        # Servers take a report without any test for a run that broke.
        suites.append(_suite("trainlint", [_case("trainlint", f"no mistakes in {report.files} files", "")], 0))
    findings, problems = len(report.diagnoses), len(report.problems)
    total = max(1, findings + problems)
    counts = f'tests="{total}" failures="{findings}" errors="{problems}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="trainlint" {counts}>\n{"".join(suites)}</testsuites>\n'
    )


def _suite(name: str, cases: list[str], failures: int, errors: int = 0) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    return f"  <testsuite name={_attribute(name)} {counts}>\n{''.join(cases)}  </testsuite>\n"


def _failure(diagnosis: Diagnosis, setting: Setting) -> str:
    finding = diagnosis.finding
    plain = Style()
    related = [
        f"{position(spot)}: {each.message}" for each, spot in zip(finding.related, diagnosis.related, strict=True)
    ]
    text = "\n".join([headline(diagnosis, plain), *related])
    name = f"{finding.code} {finding.name} at {position(diagnosis.spot).removeprefix(diagnosis.spot.filename + ':')}"
    return _case(printable(diagnosis.spot.filename), name, _told("failure", finding.level.value, finding.message, text))


def _case(owner: str, name: str, content: str) -> str:
    head = f"    <testcase classname={_attribute(owner)} name={_attribute(name)}"
    return f"{head}>\n{content}    </testcase>\n" if content else f"{head}/>\n"


def _told(element: str, kind: str, message: str, text: str) -> str:
    body = escape(_UNFIT.sub("\ufffd", text))
    return f"      <{element} type={_attribute(kind)} message={_attribute(message)}>{body}</{element}>\n"


def _attribute(text: str) -> str:
    return quoteattr(_UNFIT.sub("\ufffd", text))
