"""Garbage is looked for less often while a command runs, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from trainlint.cli import collection


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("thresholds")
@pytest.mark.parametrize(("before", "within"), [(700, collection.BETWEEN), (0, 0), (900_000, 900_000)])
def test_what_a_person_set_is_kept_where_it_asks_for_less(before: int, within: int) -> None:
    gc.set_threshold(before, 9, 8)
    with collection.seldom():
        assert gc.get_threshold()[:2] == (within, 9)
    assert gc.get_threshold()[:2] == (before, 9)


@pytest.mark.usefixtures("thresholds")
def test_it_is_set_back_after_an_error() -> None:
    gc.set_threshold(701, 9, 8)
    with pytest.raises(ValueError, match="broken"), collection.seldom():
        raise ValueError("broken")
    assert gc.get_threshold()[0] == 701
