"""The values of literals, read from their source text."""

from __future__ import annotations

import math
import re
import unicodedata

_ESCAPE = re.compile(
    r"\\(?:(\r\n?|\n)|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]*)\}|([abfnrtv'\"\\]))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", '"': '"', "\\": "\\"}
_LARGEST_INTEGER = 2**63 - 1  # a MessagePack or JSON reader need not take more


def number(text: str) -> int | float | None:
    """The value of an integer or float literal; None where it is not finite or too large to be serialised."""
    plain = text.replace("_", "").lower()
    if plain[:2] in ("0x", "0o", "0b"):
        value: int | float = int(plain, 0)
    elif plain.isdigit():
        value = int(plain) if len(plain) < 20 else _LARGEST_INTEGER + 1
    else:
        value = float(plain)
    if isinstance(value, int):
        return value if value <= _LARGEST_INTEGER else None
    return value if math.isfinite(value) else None


def string(text: str) -> str | None:
    """The value of one string literal with its prefix and quotes; None for bytes and for what UTF-8 can't hold."""
    quote = text[-1]
    first = text.index(quote)
    prefix = text[:first].lower()
    if "b" in prefix:
        return None
    width = 3 if text.startswith(quote * 3, first) and len(text) - first >= 6 else 1
    return unescape(text[first + width : len(text) - width], raw="r" in prefix)


def unescape(text: str, raw: bool) -> str | None:
    """The value of a string literal's inside; None where it holds half of a surrogate pair, which UTF-8 lacks."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in text:
        return text
    value = _ESCAPE.sub(_character, text)
    return value if value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value) else None


def _character(match: re.Match[str]) -> str:
    newline, octal, two, four, eight, name, simple = match.groups()
    if simple is not None:
        return _SIMPLE[simple]
    if newline is not None:
        return ""
    if name is not None:
        return _named(name) or match.group()
    code = int(octal, 8) if octal is not None else int(two or four or eight, 16)
    return chr(code) if code <= 0x10FFFF else match.group()


def _named(name: str) -> str | None:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None
