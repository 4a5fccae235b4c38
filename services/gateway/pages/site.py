"""How a page is made: templates, what each page knows, theme, packing."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.pages.static import asset
from services.gateway.views import words

HOME = "/wallboard"
THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"
NAVIGATION = (
    ("/wallboard", "Wallboard"),
    ("/calls", "Calls"),
    ("/campaigns", "Campaigns"),
    ("/handovers", "Hot leads"),
    ("/work", "Work list"),
    ("/scripts", "Scripts"),
    ("/commissions", "Commissions"),
    ("/rota", "Rota"),
)
_PACK_FROM = 1_000

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(
    _=words._, plural=words.plural, asset=asset, link=words.link, call_link=words.call_link, unknown=words.UNKNOWN
)
_templates.filters.update(
    number=words.number,
    percent=words.percent,
    duration=words.duration,
    milliseconds=words.milliseconds,
    moment=words.moment,
)


def embedded_words(told: Any) -> Markup:
    """What a page's script has to know, as JSON that can stand inside a script element."""
    text = msgspec.json.encode(told).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - nothing in it ends the element


def theme_of(request: Request) -> str:
    """The theme that the reader chose; `system` when none, or none that there is."""
    chosen = request.cookies.get(THEME_COOKIE, THEMES[0])
    return chosen if chosen in THEMES else THEMES[0]


def page(
    request: Request, template: str, status: int = 200, signed_in: bool = True, home: str = HOME, **content: Any
) -> Response:
    """The page as HTML. It is nobody else's and nothing to keep. From another `home` than the usual one no other page
    is to be reached."""
    theme = theme_of(request)
    html = _templates.get_template(template).render(
        content,
        path=request.url.path,
        here=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        theme=theme,
        next_theme=THEMES[(THEMES.index(theme) + 1) % len(THEMES)],
        home=home,
        navigation=NAVIGATION if signed_in and home == HOME else (),
        signed_in=signed_in,
    )
    body = html.encode()
    headers = {"cache-control": "private, no-store", "vary": "accept-encoding, cookie"}
    if len(body) >= _PACK_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5)
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers, "text/html; charset=utf-8")
