"""The list of configurations: each a function of a seed and a width, with what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .recipe import Setup

Build = Callable[[int, int], Setup]


@dataclass(frozen=True)
class Fault:
    """A faulty training, and the names of findings that call the fault by its name."""

    name: str
    expected: tuple[str, ...]
    build: Build


FAULTS: list[Fault] = []
HEALTHY: list[tuple[str, Build]] = []


def fault(*expected: str) -> Callable[[Build], Build]:
    """Enter a function into :data:`FAULTS`; ``expected`` are the names of findings that are right."""

    def enter(build: Build) -> Build:
        FAULTS.append(Fault(build.__name__, expected, build))
        return build

    return enter


def healthy(build: Build) -> Build:
    """Enter a function into :data:`HEALTHY`."""
    HEALTHY.append((build.__name__, build))
    return build
