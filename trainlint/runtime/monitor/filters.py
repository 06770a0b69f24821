"""The first convolution's filters: how smooth they are, as a number, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding

NOISE = 0.05
"""Smoothness of filters that cannot be told from noise, whose expectation is 0."""

LEAST_KERNEL = 5
"""Smaller kernels have too few neighbours for a verdict; they are only measured and shown."""

LEAST_STEPS = 500
"""Steps before a verdict: filters begin as noise."""

SHOWN = 64
"""Filters in the picture."""


class FilterMonitor:
    """Looks at the filters of the first two-dimensional convolution of ``model``; silent where it has none."""

    def __init__(self, model: nn.Module) -> None:
        found = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
        self.name: str = found[0][0] if found else ""
        self._layer: nn.Conv2d | None = found[0][1] if found else None
        self._initial = self.smoothness()

    @property
    def weight(self) -> Tensor | None:
        """The filters, shape (out, in, height, width), ``None`` without a convolution."""
        return None if self._layer is None else self._layer.weight.detach()

    def smoothness(self) -> float | None:
        """0 for white noise, towards 1 for smooth filters, below 0 for checkerboards; ``None`` where there are none."""
        weight = self.weight
        return None if weight is None or weight.is_meta or min(weight.shape[-2:]) < 2 else smoothness(weight)

    def picture(self) -> list[list[list[float]]]:
        """Up to :data:`SHOWN` filters as rows of pixels in 0..1, mean over the input channels, each scaled alone."""
        weight = self.weight
        if weight is None or min(weight.shape[-2:]) < 2:
            return []
        images = weight[:SHOWN].float().mean(1)
        low, high = images.amin((1, 2), keepdim=True), images.amax((1, 2), keepdim=True)
        scaled: list[list[list[float]]] = ((images - low) / (high - low).clamp(min=1e-12)).tolist()
        return scaled

    def findings(self, steps: int) -> Iterator[RuntimeFinding]:
        """Whether large filters are still noise after ``steps`` steps."""
        now = self.smoothness()
        weight = self.weight
        if now is None or weight is None or min(weight.shape[-2:]) < LEAST_KERNEL or steps < LEAST_STEPS:
            return
        if now < NOISE and now - (self._initial or 0.0) < NOISE:
            yield RuntimeFinding(
                "noisy-filters",
                Level.ADVICE,
                f"after {steps} steps the filters of {self.name} are as rough as noise (smoothness {now:.2f})",
                "trained filters become smooth and regular: train longer, regularise, or use smaller kernels",
                code="TL806",
                step=steps,
                where=self.name,
                evidence={"smoothness": now, "at the start": self._initial},
            )


def smoothness(weight: Tensor) -> float:
    """One minus the squared difference of neighbouring weights over twice their variance, mean over the filters.

    ``weight`` has shape (out, in, height, width) with height and width of at least 2. Independent weights have an
    expected squared difference of twice the variance, which gives 0.
    """
    filters = weight.detach().double().flatten(0, 1)
    variance = filters.flatten(1).var(1)
    across = filters.diff(dim=-1).square().flatten(1)
    down = filters.diff(dim=-2).square().flatten(1)
    rough = torch.cat([across, down], 1).mean(1) / (2 * variance)
    return 1.0 - float(rough[variance > 0].mean()) if bool((variance > 0).any()) else 1.0
