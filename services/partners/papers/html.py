"""A paper as a page: the same Markdown, set for screen and print, with nothing from elsewhere and no script."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from markdown_it import MarkdownIt

from services.partners.papers.paper import Paper, as_markdown

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b;
  background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; }
pre { background: #f4f4f4; padding: .5rem; overflow-x: auto; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; }
  tr { break-inside: avoid; } }
"""
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of such a page: its own style and nothing else."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def as_html(paper: Paper, language: str = "en") -> str:
    """The whole page. Diagrams stand as text: what they show is in the tables beside them."""
    content = _MARKDOWN.render(as_markdown(paper))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(paper.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{content}</main>\n"
        "</body>\n</html>\n"
    )
