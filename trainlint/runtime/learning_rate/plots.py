"""Curves as pictures (matplotlib, where it is installed) and as a line of text."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60


def axes(given: Any = None) -> Any:
    """``given``, else new matplotlib axes. Raises ``ModuleNotFoundError`` with one clear line without matplotlib."""
    if given is not None:
        return given
    try:
        pyplot = importlib.import_module("matplotlib.pyplot")
    except ModuleNotFoundError:
        raise ModuleNotFoundError("plots need matplotlib: install it, or give axes of your own as ax=") from None
    return pyplot.subplots(figsize=(7, 4), layout="constrained")[1]


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """``values`` as a row of bars between zero and their largest."""
    finite = [value if math.isfinite(value) else 0.0 for value in values]
    columns = min(width, len(finite))
    picked = [finite[column * len(finite) // columns] for column in range(columns)]
    top = max(picked, default=0.0)
    if top <= 0:
        return BARS[0] * columns
    return "".join(BARS[min(int(max(value, 0.0) / top * (len(BARS) - 1) + 0.5), len(BARS) - 1)] for value in picked)
