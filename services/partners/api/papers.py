"""How a paper is answered: as Markdown, or as a page where that is what the caller reads."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from services.partners.papers.html import POLICY, as_html
from services.partners.papers.paper import Paper, as_markdown

MARKDOWN, HTML = "text/markdown", "text/html"


def wanted(request: Request, *offered: str) -> str:
    """Which of the media types offered the caller prefers (RFC 9110, 12.5.1); the first where it says nothing."""
    accepted = request.headers.get("accept", "*/*")
    ranges: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            ranges.append((float(quality), name))
        except ValueError:
            continue

    def quality_of(media_type: str) -> float:
        group = media_type.partition("/")[0] + "/*"
        for pattern in (media_type, group, "*/*"):
            found = [quality for quality, name in ranges if name == pattern]
            if found:
                return max(found)
        return 0.0

    return max(offered, key=quality_of)  # of equals, the first


def paper_response(paper: Paper, media_type: str) -> Response:
    """The paper in this form."""
    headers = {"cache-control": "private, no-cache", "vary": "accept, authorization, cookie"}
    if media_type == HTML:
        return Response(as_html(paper), 200, {**headers, "content-security-policy": POLICY}, f"{HTML}; charset=utf-8")
    return Response(as_markdown(paper), 200, headers, f"{MARKDOWN}; charset=utf-8")
