"""What is wrong with a configuration or a selection, said in one line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ConfigError(Exception):
    """A configuration that is not understood; its text is one line for the user that names file and key."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message that suggests what was probably meant; empty where nothing is near."""
    nearest = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {nearest[0]}?" if nearest else ""
