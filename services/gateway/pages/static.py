"""Scripts, styles and pictures: read once, packed once, and kept by browsers for good under their version."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from shared.http import not_found

ROOT = Path(__file__).parents[1] / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"

router = APIRouter()


class Asset(NamedTuple):
    """A file as it is, and packed."""

    body: bytes
    packed: bytes
    kind: str


def _read() -> dict[str, Asset]:
    files = sorted(path for path in ROOT.iterdir() if path.suffix in TYPES)
    bodies = {path.name: path.read_bytes() for path in files}
    return {
        name: Asset(body, gzip.compress(body, 9, mtime=0), TYPES[Path(name).suffix]) for name, body in bodies.items()
    }


ASSETS = _read()
VERSION = hashlib.sha256(b"".join(name.encode() + asset.body for name, asset in ASSETS.items())).hexdigest()[:12]
"""Of all files together, and part of their path: a module that imports its neighbour gets the same version of it."""


def asset(name: str) -> str:
    """The address of a file in this version."""
    return f"/static/{VERSION}/{name}"


@router.get("/static/{version}/{name}")
async def static(request: Request, version: str, name: str) -> Response:
    """A file. Under another version than ours it is given too, but not to keep."""
    found = ASSETS.get(name)
    if found is None:
        raise not_found("file")
    headers = {"cache-control": FOREVER if version == VERSION else "no-cache", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"content-encoding": "gzip"}, media_type=found.kind)
    return Response(found.body, headers=headers, media_type=found.kind)
