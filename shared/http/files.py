"""Files as answers: given out as files and no more."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""For `openapi_extra` of a route whose body is a file."""


def file_response(content: bytes, name: str, media: str) -> Response:
    """The file as it came: a browser saves it and runs nothing of it."""
    return Response(
        content,
        media_type=media,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        },
    )
