"""Make disjoint parts of a data set, and check that they are."""

from __future__ import annotations

from .check import check_splits as check_splits
from .making import split_dataset as split_dataset
from .making import subset as subset
