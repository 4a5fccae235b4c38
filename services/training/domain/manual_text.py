"""The text of a manual: Markdown without HTML, with pictures that were laid in beforehand, as a page for screen or
paper."""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.contracts.training import ManualPublished
from shared.kernel import Rejected

IMAGE = "image:"
"""What the address of a picture in the text begins with; its digest follows."""
DIGEST = re.compile("[0-9a-f]{64}")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
Layout = Literal["screen", "print"]
_COMMON = """
body { font: 16px/1.55 system-ui, sans-serif; color: #1b1b1b; background: #fff; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 4px solid #888; }
pre { background: #f4f4f4; padding: .5rem; overflow-x: auto; }
.about { color: #555; }
"""
STYLES: Mapping[Layout, str] = {
    "screen": _COMMON
    + """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
nav { border: 1px solid #ccc; padding: .5rem 1rem; }
""",
    "print": _COMMON
    + """
@page { size: A4; margin: 20mm 18mm; }
body { font-size: 10.5pt; margin: 0; }
h1, h2, h3 { break-after: avoid; }
h2 { break-before: page; }
h2:first-of-type { break-before: auto; }
tr, img, blockquote, pre { break-inside: avoid; }
a { color: inherit; }
""",
}


def image_media(content: bytes) -> str | None:
    """The media type of a picture by its first bytes; None when it is none that a manual may have."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media for beginning, media in _BEGINNINGS if content.startswith(beginning)), None)


def images_of(text: str) -> tuple[str, ...]:
    """The digests of the text's pictures, in their order. Rejected `image_elsewhere` for a picture that was not laid
    in: a manual asks no stranger for anything."""
    found: dict[str, None] = {}
    for token in _every(_MARKDOWN.parse(text)):
        if token.type != "image":
            continue
        address = str(token.attrGet("src") or "")
        digest = address.removeprefix(IMAGE)
        if not address.startswith(IMAGE) or not DIGEST.fullmatch(digest):
            raise Rejected("image_elsewhere", f"A picture is named as {IMAGE} and its digest, not as {address[:80]}.")
        found[digest] = None
    return tuple(found)


def as_html(
    text: str, title: str, language: str, published: ManualPublished, images: Mapping[str, bytes], layout: Layout
) -> str:
    """A page that needs nothing from elsewhere: its pictures and its style stand in it. On screen with a table of
    contents, on paper each chapter on a page of its own."""
    tokens = _MARKDOWN.parse(text)
    headings = list(_anchored(tokens))
    for token in _every(tokens):
        if token.type == "image":
            content = images.get(str(token.attrGet("src")).removeprefix(IMAGE), b"")
            data = base64.b64encode(content).decode()
            token.attrSet("src", f"data:{image_media(content) or 'image/png'};base64,{data}")
    content = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    contents = _contents(headings) if layout == "screen" and headings else ""
    about = f"{published.version} · {published.valid_from.isoformat()}"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} {escape(published.version)}</title>\n"
        f"<style>{STYLES[layout]}</style>\n</head>\n<body>\n"
        f'<header><p class="about">{escape(title)} · {escape(about)}</p></header>\n{contents}<main>\n{content}</main>\n'
        "</body>\n</html>\n"
    )


def changes(old: str, new: str) -> list[str]:
    """The lines that differ, as a unified diff with two lines around each, without its head."""
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")
    return list(found)[2:]


def policy(layout: Layout) -> str:
    """The content security policy of such a page: its own style and pictures, and nothing else."""
    style = base64.b64encode(hashlib.sha256(STYLES[layout].encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _every(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or ())


def _anchored(tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    """Level, anchor and text of the chapters, which get their anchors here."""
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in ("h1", "h2", "h3"):
            anchor = f"s{number}"
            token.attrSet("id", anchor)
            text = "".join(part.content for part in tokens[number + 1].children or ())
            yield int(token.tag[1]), anchor, text


def _contents(headings: Sequence[tuple[int, str, str]]) -> str:
    lines = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>\n' for _, anchor, text in headings)
    return f"<nav><ol>\n{lines}</ol></nav>\n"
