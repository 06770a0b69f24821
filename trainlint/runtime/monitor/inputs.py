"""What goes into the network, and the targets: not finite, of odd scale, all alike, always the same, sorted."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .readout import Readout
from .series import median

LARGE = 20.0
"""Root mean square of inputs that were surely not scaled: standardised data has 1, images in 0..1 less, pixels in
0..255 about 100 (LeCun and others 1998, "Efficient BackProp": inputs should have mean 0 and variance 1)."""

SMALL = 0.01
"""The same on the other side: pixels divided by 255 twice."""

MINIMUM = 5
"""Batches before a verdict."""

ROWS = 8
"""Samples of a batch that are compared with one another."""

TARGETS = 64
"""Targets of a batch that are counted."""

FEW_CLASSES = 0.5
"""Share of the classes that a shuffled batch would hold, below which the data comes sorted."""


class InputMonitor:
    """Watches a sample of the training batches: the first floating input, shape (batch, ...), and class targets."""

    def __init__(self) -> None:
        self.batches = 0
        self.non_finite_step: int | None = None
        self.scales: collections.deque[float] = collections.deque(maxlen=20)
        self.batch_sizes: collections.deque[int] = collections.deque(maxlen=20)
        self._alike = 0
        self._prints: collections.deque[tuple[float, ...]] = collections.deque(maxlen=20)
        self._classes: collections.Counter[int] = collections.Counter()
        self._distinct: list[tuple[int, int]] = []

    @torch.no_grad()
    def observe(self, step: int, batch: Tensor, readout: Readout) -> None:
        """Queue the statistics of one batch."""
        self.batches += 1
        values = batch.detach()
        if not values.dim() or not values.numel():
            return
        size = values.shape[0]
        self.batch_sizes.append(size)
        scaled = values.is_floating_point()
        norm = torch.linalg.vector_norm(values if scaled else values.float(), dtype=torch.float32)
        rows = values[:ROWS].float()
        spread, first = (rows - rows[:1]).abs().amax(), rows[0].sum()
        row, count = torch.stack([norm, spread, first]), values.numel()
        readout.add(row, lambda numbers: self._accept(step, size, numbers, count if scaled else 0))

    def _accept(self, step: int, size: int, numbers: list[float], count: int) -> None:
        norm, spread, first = numbers
        if not math.isfinite(norm):
            self.non_finite_step = step if self.non_finite_step is None else self.non_finite_step
            return
        if count:  # the size of token numbers means nothing
            self.scales.append(norm / math.sqrt(count))
        self._alike += size > 1 and spread == 0.0
        self._prints.append((size, norm, first))

    def check_finite(self, step: int, batch: Tensor) -> None:
        """Look at the batch of a step whose loss is not finite."""
        if self.non_finite_step is None and batch.is_floating_point() and not bool(torch.isfinite(batch).all()):
            self.non_finite_step = step

    def observe_targets(self, targets: Tensor, readout: Readout) -> None:
        """Queue the classes of one batch; anything but integers of shape (batch,) is passed over."""
        if targets.is_floating_point() or targets.dtype is torch.bool or targets.dim() != 1 or len(targets) < 8:
            return
        readout.add(targets[:TARGETS], self._accept_targets)

    def _accept_targets(self, classes: list[float]) -> None:
        self._classes.update(map(int, classes))
        self._distinct.append((len(set(classes)), len(classes)))

    def findings(self) -> Iterator[RuntimeFinding]:
        """What is wrong with the data so far."""
        if self.non_finite_step is not None:
            yield RuntimeFinding(
                "non-finite-input",
                Level.ERROR,
                "a training batch holds NaN or infinite values",
                "look for missing values and divisions by zero in the preprocessing",
                step=self.non_finite_step,
            )
        if self.batches < MINIMUM:
            return
        yield from self._scale()
        if self._alike >= 0.9 * self.batches:
            yield RuntimeFinding(
                "identical-samples",
                Level.ERROR,
                "all samples of a batch are the same",
                "look at the dataset's __getitem__: does it use its index?",
                evidence={"batches": self.batches},
            )
        elif self._always_the_same():
            yield RuntimeFinding(
                "same-batch-every-step",
                Level.WARNING,
                "every step trains on the same batch",
                "go through the loader; a batch kept to test overfitting was left in the loop",
                code="TL402",
                evidence={"batch size": self.batch_sizes[-1]},
            )
        yield from self._order()

    def _scale(self) -> Iterator[RuntimeFinding]:
        scale = median(self.scales)
        if scale > LARGE or 0 < scale < SMALL:
            size = "large" if scale > LARGE else "small"
            yield RuntimeFinding(
                "unscaled-input",
                Level.WARNING,
                f"inputs are very {size} (root mean square {scale:.3g})",
                "standardise them with the training data's mean and standard deviation",
                evidence={"root mean square": scale},
            )

    def _always_the_same(self) -> bool:
        return len(self._prints) >= MINIMUM and len(set(self._prints)) == 1

    def _order(self) -> Iterator[RuntimeFinding]:
        total = sum(self._classes.values())
        if len(self._distinct) < MINIMUM or len(self._classes) < 2:
            return
        shares = [count / total for count in self._classes.values()]
        size = round(median([float(size) for _, size in self._distinct]))
        expected = sum(1 - (1 - share) ** size for share in shares)
        seen = median([float(distinct) for distinct, _ in self._distinct])
        if seen < FEW_CLASSES * expected:
            yield RuntimeFinding(
                "training-data-not-shuffled",
                Level.WARNING,
                f"a batch of {size} holds {seen:.0f} classes; by chance {expected:.1f} of {len(shares)} are expected",
                "the data comes sorted: shuffle=True in the training loader",
                code="TL517",
                evidence={"classes in a batch": seen, "expected": expected},
            )
