"""The facts of one file: its program text, lowered to what the later stages need.

Facts depend on the file's text alone, so they can be cached by its digest. LibCST is loaded only when a file is really
parsed.
"""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.facts.codec import decode, encode
from trainlint.facts.errors import FactsError
from trainlint.facts.locations import locate
from trainlint.facts.source import Source, read, source_from_bytes, source_from_text

__all__ = [
    "FactsError",
    "Source",
    "decode",
    "encode",
    "locate",
    "lower",
    "read",
    "source_from_bytes",
    "source_from_text",
]


def lower(source: Source) -> ir.Module:
    """Parse a program and lower it to its facts.

    Of a notebook whose cells can't all be parsed, the others are used; its ``problems`` tell which are left out.
    Raises `FactsError` with line and cause where the program can't be parsed, or is nested too deeply.
    """
    from trainlint.facts.lowering import lower_source

    return lower_source(source)
