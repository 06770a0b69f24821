"""Near duplicates between two parts: resized, recompressed or slightly changed copies."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .contents import is_image, picture

# Thumbnails of one photograph, resized or recompressed, correlate above this.
SAME_PICTURE = 0.998
# Feature vectors that differ by less than a hundredth of the features' spread, on average.
SAME_FEATURES = 0.01
BLOCK = 1024


def near_pairs(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[tuple[int, int, float]] | None:
    """Pairs (i, j, similarity) of ``first[i]`` and ``second[j]`` that are nearly the same, at most one for each j;
    ``None`` where the samples cannot be compared (shapes differ and are no images, or too few)."""
    if not first or not second:
        return None
    samples = [*first, *second]
    if all(is_image(sample) for sample in samples):
        return _pictures(first, second)
    if len({sample.shape for sample in samples}) == 1 and samples[0].is_floating_point():
        return _features(first, second)
    return None


def _pictures(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[tuple[int, int, float]] | None:
    left, right = [picture(sample) for sample in first], [picture(sample) for sample in second]
    if len({len(vector) for vector in (*left, *right)}) != 1:
        return None
    left_matrix, right_matrix = torch.stack(left), torch.stack(right)
    pairs = []
    for start in range(0, len(right), BLOCK):
        similarity, index = (right_matrix[start : start + BLOCK] @ left_matrix.T).max(1)
        close = (similarity >= SAME_PICTURE).nonzero().reshape(-1).tolist()
        pairs += [(int(index[offset]), start + offset, float(similarity[offset])) for offset in close]
    return pairs


def _features(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[tuple[int, int, float]]:
    left = torch.stack([sample.detach().cpu().float().reshape(-1) for sample in first])
    right = torch.stack([sample.detach().cpu().float().reshape(-1) for sample in second])
    spread = torch.cat([left, right]).std(0, unbiased=False)
    informative = spread > 0
    left, right = left[:, informative] / spread[informative], right[:, informative] / spread[informative]
    width = max(left.shape[1], 1) ** 0.5
    pairs = []
    for start in range(0, len(right), BLOCK):
        distance, index = torch.cdist(right[start : start + BLOCK], left).min(1)
        close = (distance / width <= SAME_FEATURES).nonzero().reshape(-1).tolist()
        pairs += [(int(index[offset]), start + offset, 1 - float(distance[offset]) / width) for offset in close]
    return pairs
