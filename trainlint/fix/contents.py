"""What edits of a program text make of the bytes of its file: of a script, or of the one cell that they stand in."""

from __future__ import annotations

import codecs
import io
import json
import tokenize
from collections.abc import Iterable, Sequence

from trainlint.facts import Source
from trainlint.findings import Edit
from trainlint.fix.cells import cell_sources


def edited(source: Source, data: bytes, edits: Iterable[Edit]) -> bytes:
    """The file's bytes with the edits made; all bytes elsewhere stay as they are."""
    ordered = sorted(set(edits), key=lambda edit: (edit.place.start, edit.place.end))
    if source.cells is not None:
        return _notebook(source, data, ordered)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    text = replaced(data[len(mark) :].decode(encoding), ordered, 0)
    return mark + text.encode(encoding)


def replaced(text: str, edits: Sequence[Edit], offset: int) -> str:
    """The text with edits made, whose places count from ``offset``."""
    pieces, position = [], 0
    for edit in edits:
        pieces += [text[position : edit.place.start - offset], edit.replacement]
        position = edit.place.end - offset
    return "".join([*pieces, text[position:]])


def _notebook(source: Source, data: bytes, edits: Sequence[Edit]) -> bytes:
    text = data.decode("utf-8-sig")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    written = cell_sources(text)
    for cell in reversed(source.cells or ()):
        mine = [edit for edit in edits if cell.start <= edit.place.start and edit.place.end <= cell.end]
        mine = [edit for edit in mine if edit.place.start < cell.end]
        if mine:
            span = written[cell.number - 1]
            new = replaced(_joined(span.value), mine, cell.start)
            text = text[: span.start] + _as_before(text[span.start : span.end], span.value, new) + text[span.end :]
    return mark + text.encode()


def _joined(value: object) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _as_before(old: str, value: object, new: str) -> str:
    """The new source of a cell as JSON, in the form that the old one had."""
    ascii_only = old.isascii()
    if not isinstance(value, list):
        return json.dumps(new, ensure_ascii=ascii_only)
    lines = [json.dumps(line, ensure_ascii=ascii_only) for line in new.splitlines(keepends=True)]
    opening, _, rest = old.partition('"')
    if not rest or not lines:
        return json.dumps(new.splitlines(keepends=True), ensure_ascii=ascii_only)
    closing = old[old.rindex('"') + 1 :]
    between = "," + opening.lstrip("[") if opening.strip() == "[" and "\n" in opening else ", "
    return opening + between.join(lines) + closing
