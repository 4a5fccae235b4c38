"""Frames and texts as one run of bytes, each with its size before it: between processes, and kept under seal."""

from __future__ import annotations

import io
from collections.abc import Iterable

import polars as pl

_SIZE = 8


def joined(parts: Iterable[bytes]) -> bytes:
    """The parts, each after its size in eight bytes."""
    return b"".join(piece for part in parts for piece in (len(part).to_bytes(_SIZE, "big"), part))


def split(data: bytes) -> list[bytes]:
    """The parts again. ValueError where the sizes say otherwise."""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + _SIZE], "big")
        parts.append(data[at + _SIZE : at + _SIZE + size])
        at += _SIZE + size
    if at != len(data):
        raise ValueError("the bundle is cut off")
    return parts


def frame_bytes(frame: pl.DataFrame) -> bytes:
    """A frame in Arrow's file format; equal frames give equal bytes.

    Texts are written one after the other as older readers have them: a newer column of texts points into whatever
    buffers it was made from, and its bytes would tell how it came to be and not what it holds.
    """
    into = io.BytesIO()
    frame.write_ipc(into, compression="zstd", compat_level=pl.CompatLevel.oldest())
    return into.getvalue()


def frame_of(data: bytes) -> pl.DataFrame:
    """The frame again."""
    return pl.read_ipc(io.BytesIO(data))
