"""Look a network over before its training."""

from __future__ import annotations

from .check import check_model as check_model
