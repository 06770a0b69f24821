"""What fixes would change, as a unified diff."""

from __future__ import annotations

import difflib
import io
import re
import tokenize

# Lines end as in a file, not at form feeds and other marks at which `str.splitlines` breaks.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def unified(name: str, before: bytes, after: bytes) -> str:
    """The difference between two contents of a file, to be read and to be given to ``patch``."""
    old, new = (_LINE.findall(_text(name, data)) for data in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _text(name: str, data: bytes) -> str:
    if name.lower().endswith(".ipynb"):
        return data.decode("utf-8")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
