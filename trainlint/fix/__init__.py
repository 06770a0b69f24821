"""Fixes, applied: which ones go together, what they make of a file's bytes, and how it is written."""

from __future__ import annotations

from trainlint.fix.apply import Fixed, apply_fixes
from trainlint.fix.diff import unified
from trainlint.fix.write import WriteError, write

__all__ = ["Fixed", "WriteError", "apply_fixes", "unified", "write"]
