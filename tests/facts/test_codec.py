"""Facts survive as bytes; damaged bytes are refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import facts

from trainlint.facts import decode, encode, ir

PROGRAM = (
    "import a\n@b\nclass C(D, e=1):\n  async def f(self, g: h = 2.0, *i) -> j:\n"
    "    async for k in [l async for l in m]: await n\n"
    "    try: yield {1: None, **o}\n    except (P, Q) as r: raise\n    with s as t: del t[u:v, ::2]\n"
    "    match w:\n      case 'x' | [y] if z: global aa\n"
    "    bb = cc = f'{dd!r:{ee}}' if not ff else lambda gg: (yield)\n"
    "  hh: ii = -0x7fffffffffffffff\n  jj += 'k\\0\\u2028😀'  # trainlint: ignore[TL101]\n"
)


def test_all_facts_survive() -> None:
    module = facts(PROGRAM)
    restored = decode(encode(module))
    assert msgspec.to_builtins(restored) == msgspec.to_builtins(module)
    assert repr(restored) == repr(module)


@given(
    st.integers(0, 2**63 - 1)
    | st.floats(0, allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(max_size=20)
)
def test_constants_survive_with_their_types(value: bool | int | float | str) -> None:
    module = facts(f"x = {value!r}\n")
    assert repr(decode(encode(module))) == repr(module)


def test_notebook_facts_survive() -> None:
    module = msgspec.structs.replace(
        facts("x = 1\n"), cells=[ir.Cell(2, 0, 6)], problems=[ir.Problem(3, 1, 2, "can't be parsed")]
    )
    assert repr(decode(encode(module))) == repr(module)


def test_library_file_survives() -> None:
    import argparse

    module = facts(Path(argparse.__file__).read_text(encoding="utf-8"))
    assert repr(decode(encode(module))) == repr(module)


@given(st.integers(0), st.binary(max_size=4))
def test_damaged_bytes_are_refused_or_read_as_other_facts(position: int, damage: bytes) -> None:
    data = encode(facts(PROGRAM))
    cut = position % len(data)
    try:
        restored = decode(data[:cut] + damage + data[cut + len(damage) :])
    except ValueError:
        return
    assert isinstance(restored, ir.Module)


@pytest.mark.parametrize("data", [b"", b"\x00", b"SQLite format 3\0", b"\x91" * 100_000, encode(facts(PROGRAM))[:-1]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="damaged facts"):
        decode(data)
