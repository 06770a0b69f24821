"""Small grey pictures side by side, as one inline PNG."""

from __future__ import annotations

import base64
import html
import math
import struct
import zlib
from collections.abc import Sequence

Picture = Sequence[Sequence[float]]

GAP = 1
BACKGROUND = 255
LARGEST_PIXEL = 16
PAGE = 520
"""Width in CSS pixels that the pictures may take."""


def contact_sheet(pictures: Sequence[Picture], label: str) -> str:
    """An ``<img>`` with ``pictures`` (rows of numbers in 0..1, all of one shape) in a grid."""
    height, width = len(pictures[0]), len(pictures[0][0])
    columns = max(1, min(len(pictures), math.ceil(math.sqrt(2 * len(pictures)))))
    rows = _grid(pictures, columns, height, width)
    scale = max(1, min(LARGEST_PIXEL, PAGE // len(rows[0])))
    data = base64.b64encode(png(rows)).decode("ascii")
    size = f'width="{scale * len(rows[0])}" height="{scale * len(rows)}"'
    return f'<img class="pixels" {size} alt="{html.escape(label)}" src="data:image/png;base64,{data}">'


def _grid(pictures: Sequence[Picture], columns: int, height: int, width: int) -> list[bytearray]:
    lines = -(-len(pictures) // columns)
    sheet = [bytearray([BACKGROUND]) * (columns * (width + GAP) - GAP) for _ in range(lines * (height + GAP) - GAP)]
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        for y, row in enumerate(picture):
            sheet[top + y][left : left + width] = bytes(round(255 * min(1.0, max(0.0, value))) for value in row)
    return sheet


def png(rows: Sequence[bytes | bytearray]) -> bytes:
    """An 8-bit grey PNG of ``rows`` of equal length (the format's specification: W3C, PNG, third edition)."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
