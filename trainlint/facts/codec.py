"""Facts as bytes, for a cache."""

from __future__ import annotations

import msgspec

from trainlint.facts import ir

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[ir.Module] | None = None


def encode(module: ir.Module) -> bytes:
    """Serialise the facts of a file. Raises `RecursionError` where they are nested too deeply."""
    return _encoder.encode(module)


def decode(data: bytes) -> ir.Module:
    """Restore what `encode` made. Raises `ValueError` for anything else, such as a damaged cache."""
    global _decoder
    if _decoder is None:  # building it takes milliseconds, which a run without a cache does not need
        _decoder = msgspec.msgpack.Decoder(ir.Module)
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"damaged facts: {error}") from error
