"""What goes wrong with rule packs, said in one sentence."""

from __future__ import annotations


class PackError(Exception):
    """A rule pack that does not load, or a rule in it that breaks the form; its text is one sentence for the user."""
