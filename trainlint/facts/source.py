"""Reading of source files, as Python itself reads them."""

from __future__ import annotations

import hashlib
import io
import pathlib
import tokenize
from dataclasses import dataclass

from trainlint.facts import ir
from trainlint.facts.errors import FactsError
from trainlint.facts.notebook import program


@dataclass(frozen=True, slots=True)
class Source:
    """One program, ready to be lowered.

    ``text`` is its program text (for a notebook the code cells joined, which ``cells`` locate), without byte order mark
    and with its newlines as they stand; ``digest`` the SHA-256 of the file's bytes in hexadecimal.
    """

    path: str
    text: str
    cells: list[ir.Cell] | None
    digest: str


def read(path: pathlib.Path) -> Source:
    """Read a Python file or, by its suffix ``.ipynb``, a notebook.

    Raises `FactsError` where the file can't be read, decoded, or understood as a notebook.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FactsError(str(path), f"can't be read: {error.strerror or error}") from error
    return source_from_bytes(str(path), data)


def source_from_text(path: str, text: str) -> Source:
    """Make a source of a text that lies in an editor or comes from stdin; a path ending in ``.ipynb`` means a notebook.

    Raises `FactsError` like `read`.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        line, column = _position(text, error.start)
        raise FactsError(path, "holds a character that UTF-8 can't encode", line, column) from error
    digest = hashlib.sha256(data).hexdigest()
    return _source(path, text.removeprefix("\ufeff"), digest)


def source_from_bytes(path: str, data: bytes) -> Source:
    """Make a source of a file's bytes. Raises `FactsError` like `read`."""
    digest = hashlib.sha256(data).hexdigest()
    return _source(path, _decode(path, data), digest)


def _source(path: str, text: str, digest: str) -> Source:
    if _is_notebook(path):
        text, cells = program(path, text)
        return Source(path, text, cells, digest)
    null = text.find("\0")
    if null >= 0:
        raise FactsError(path, "holds a null byte: this is no Python text", *_position(text, null))
    return Source(path, text, None, digest)


def _is_notebook(path: str) -> bool:
    return path.lower().endswith(".ipynb")


def _decode(path: str, data: bytes) -> str:
    encoding = "utf-8-sig" if _is_notebook(path) else _declared_encoding(path, data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode(encoding, "replace")) + 1
        byte = data[error.start]
        raise FactsError(path, f"byte 0x{byte:02x} can't be decoded as {encoding}", line, column) from error


def _declared_encoding(path: str, data: bytes) -> str:
    """The encoding by byte order mark or PEP 263 comment."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if error.msg.startswith("invalid or missing"):
            return "utf-8"  # a byte of the first lines can't be decoded, which decoding will place
        line = 1 if b"coding" in data.partition(b"\n")[0] else 2
        raise FactsError(path, error.msg, line) from error
    return encoding


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
