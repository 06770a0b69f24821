"""What the exit status of trainlint says."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """0: nothing found. 1: findings. 2: trainlint, its configuration or a file kept it from its work."""

    CLEAN = 0
    FINDINGS = 1
    FAILURE = 2


class CommandError(Exception):
    """Ends a command with status 2; its text is one line for the user."""
