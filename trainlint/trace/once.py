"""Answers that are kept with what they are about: rules ask the same of a run or a training time and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


def once(ask: Callable[[Subject], Answer]) -> Callable[[Subject], Answer]:
    """Ask each run, training or trace once. All who ask share the answer: nobody may change it."""
    key = f"{ask.__module__}.{ask.__qualname__}"

    @wraps(ask)
    def asked(subject: Subject) -> Answer:
        known = subject.__dict__
        if key not in known:
            known[key] = ask(subject)
        return cast("Answer", known[key])

    return asked
