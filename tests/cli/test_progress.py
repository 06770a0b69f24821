"""The progress bar."""

from __future__ import annotations

import io

import pytest

from trainlint.cli.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list of one number that tests set."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_short_run_shows_none(clock: list[float]) -> None:
    terminal = Terminal()
    with ProgressBar(terminal) as tell:
        clock[0] = 0.9
        tell("parsing", 1, 2)
    assert terminal.getvalue() == ""


def test_a_long_run_shows_how_far_it_is_and_cleans_up(clock: list[float]) -> None:
    terminal = Terminal()
    with ProgressBar(terminal) as tell:
        clock[0] = 1.1
        tell("parsing", 50, 200)
        clock[0] = 1.15
        tell("parsing", 51, 200)  # too soon after the last drawing
        clock[0] = 1.3
        tell("checking", 3, 3)
    drawings = terminal.getvalue().split("\r")
    assert drawings[1] == "parsing   [######..................] 50/200"
    assert drawings[2].rstrip() == "checking  [########################] 3/3"
    assert len(drawings[2]) == len(drawings[1]), "what was longer before is overwritten"
    assert drawings[3].strip() == ""
    assert drawings[4] == ""


def test_nothing_is_drawn_where_nobody_looks(clock: list[float]) -> None:
    stream = io.StringIO()
    with ProgressBar(stream) as tell:
        clock[0] = 5.0
        tell("parsing", 1, 2)
    assert stream.getvalue() == ""
