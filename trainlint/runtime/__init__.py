"""Checks for PyTorch training, done for real: before the training, and while it runs.

Everything is loaded when it is first asked for, so that ``import trainlint.runtime`` loads no torch by itself.
"""

from __future__ import annotations

import importlib
from typing import Any

# name -> the submodule that defines it
_HOMES = {
    "CheckFailedError": "report",
    "Part": "report",
    "Report": "report",
    "Verdict": "report",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
