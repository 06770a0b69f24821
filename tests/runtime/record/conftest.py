"""The process that runs scripts, one for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running import Runner


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    started = Runner()
    yield started
    started.close()
