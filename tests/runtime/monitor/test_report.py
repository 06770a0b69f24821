"""The report's page and pictures, read back by parsers that are not ours."""

from __future__ import annotations

import html.parser
import math
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.runtime.monitor.conftest import Problem
from trainlint.findings import Level
from trainlint.runtime import RuntimeFinding, TrainingReport
from trainlint.runtime.findings import ranked
from trainlint.runtime.report_html.charts import Band, chart, number, ticks
from trainlint.runtime.report_html.page import page
from trainlint.runtime.report_html.pictures import contact_sheet, png
from trainlint.runtime.training_report import Summary


class Reader(html.parser.HTMLParser):
    """Checks that every element is closed in its order, and collects what a browser would load."""

    VOID = frozenset(("meta", "img", "br"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_of_a_real_run_stands_alone(problem: Problem, tmp_path: Path) -> None:
    problem.model = nn.Sequential(
        nn.Unflatten(1, (1, 4, 5)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5), nn.Softmax(dim=1)
    )
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    text = problem.watched(epochs=4).report().to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
    reader = Reader(text)
    assert [load[:22] for load in reader.loads] == ["data:image/png;base64,"]
    words = "".join(reader.text)
    for expected in ("softmax-before-cross-entropy", "TL601", "Learning rate", "1.weight", "2 (relu)", "First filters"):
        assert expected in words
    assert "<script" not in text


def test_the_page_says_where_a_finding_stands_and_when() -> None:
    finding = RuntimeFinding("missing-zero-grad", Level.ERROR, "never zeroed", code="TL501", step=1234, where="a.py:16")
    words = "".join(Reader(page(TrainingReport("Run", (finding,), Summary()))).text)
    assert "a.py:16" in words
    assert "step 1,234" in words


def test_what_people_name_their_models_cannot_break_the_page() -> None:
    evil = "<script>alert(1)</script>&\"'"
    finding = RuntimeFinding(evil, Level.ERROR, evil, evil, evil, 3, evil, evidence={evil: evil})
    summary = Summary(model=evil, updates={evil: [(0, 0.1), (1, 0.2)]}, notes=(evil,))
    text = page(TrainingReport(evil, (finding,), summary))
    Reader(text)
    assert "<script" not in text


def test_a_run_that_never_began_has_a_page() -> None:
    text = page(TrainingReport("Empty", (), Summary()))
    Reader(text)
    assert "nothing was measured" in text


def test_charts_are_well_formed_and_leave_out_what_is_no_number() -> None:
    points = [(0, 1.0), (1, math.nan), (2, 0.0), (3, 100.0), (4, math.inf)]
    svg = re.search(r"<svg.*?</svg>", chart("Loss", {"loss": points}, logarithmic=True, band=Band(10.0, "ten")))
    assert svg is not None
    root = ElementTree.fromstring(svg.group())  # noqa: S314 - made here
    (line,) = [path for path in root.iter("path") if path.get("stroke-width") == "1.6"]
    assert (line.get("d") or "").count(" ") == 2
    assert "nan" not in svg.group()


@pytest.mark.parametrize("values", [[5.0, 5.0], [0.0, 0.0], [-3.0, -3.0], [1e-12, 2e-12], [7.0]])
def test_flat_and_tiny_curves_have_a_frame(values: list[float]) -> None:
    drawn = chart("Flat", {"value": list(enumerate(values))})
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(37, 412) == [100, 200, 300, 400]
    assert ticks(2.0, 2.0) == [2.0]


def test_numbers_are_short() -> None:
    assert [number(value) for value in (0.0, 0.25, 1e-5, 1234567.0, 100000.0)] == ["0", "0.25", "1e-5", "1.2e6", "1e5"]


def test_the_picture_is_the_pixels() -> None:
    rows = [bytes([0, 128, 255]), bytes([255, 64, 0])]
    data = png(rows)
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (3, 2)
    start = data.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", data[start - 8 : start - 4])
    assert zlib.decompress(data[start : start + length]) == b"\0" + rows[0] + b"\0" + rows[1]


def test_pictures_of_any_number_fit_a_sheet() -> None:
    for count in (1, 2, 7, 64):
        assert "data:image/png" in contact_sheet([[[0.0, 1.0], [0.5, 2.0]]] * count, "filters")


def test_causes_come_before_symptoms_and_errors_before_advice() -> None:
    rows = [
        RuntimeFinding("a", Level.ERROR, "", symptom=True),
        RuntimeFinding("b", Level.ADVICE, ""),
        RuntimeFinding("c", Level.WARNING, ""),
        RuntimeFinding("d", Level.ERROR, ""),
        RuntimeFinding("c", Level.WARNING, "again"),
    ]
    assert [finding.name for finding in ranked(rows)] == ["d", "c", "b", "a"]
    assert ranked(rows)[1].message == ""
