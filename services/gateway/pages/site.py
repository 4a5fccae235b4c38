"""How a page is made: templates, what each page knows, theme, packing."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.languages import LANGUAGES
from services.gateway.pages.exports import PARAMETER, TOLD, asked, table_of
from services.gateway.pages.static import asset
from services.gateway.pages.tables import FORMS, Form, as_file
from services.gateway.views import partner_words, training_words, words
from services.gateway.views.codes import word
from shared.http import session_of, signed
from shared.rights import Right, Role
from shared.security import Principal

THEMES = {"system": words._("system"), "light": words._("light"), "dark": words._("dark")}
"""With their names."""
THEME_COOKIE = "theme"
YEAR_S = 365 * 86_400
PANEL = "/panel"
"""The one page of agents, which leads to no other."""
AREAS: Mapping[str, tuple[tuple[str, str, Right], ...]] = {
    "Live": (
        ("/wallboard", "Wallboard", "wallboard.see"),
        ("/alerts", "Alerts", "alerts.run"),
        ("/calls", "Calls", "figures.read"),
        ("/handovers", "Hot leads", "selling.read"),
        ("/work", "Work list", "selling.read"),
    ),
    "Partners": (
        ("/partners", "Partners", "partners.read"),
        ("/tickets", "Tickets", "tickets.write"),
        ("/reconciliation", "Reconciliation", "reconciliation.read"),
        ("/invoices", "Invoices", "invoices.read"),
    ),
    "Selling": (
        ("/campaigns", "Campaigns", "selling.read"),
        ("/imports", "Imports", "selling.run"),
        ("/scripts", "Scripts", "selling.read"),
        ("/commissions", "Commissions", "pay.read"),
    ),
    "People": (
        ("/training", "Training", "training.read"),
        ("/quality", "Quality", "quality.evaluate"),
        ("/coaching", "Coaching", "training.read"),
        ("/rota", "Rota", "training.read"),
        ("/ideas", "Ideas", "training.read"),
    ),
    "System": (
        ("/health", "Health", "operations.run"),
        ("/admin", "Admin", "administration"),
        ("/admin/audit", "Audit", "audit.read"),
        ("/admin/webhooks", "Webhooks", "webhooks.run"),
        ("/developers", "Developers", "interfaces.read"),
    ),
}
NAVIGATION = tuple(entry for area in AREAS.values() for entry in area)
"""The pages with the right that each asks for. The first that somebody may see is theirs to begin with, if `HOMES`
does not say another one."""
IN_ONE_ROW = 7
"""So many pages stand side by side; of more, the areas do, and below them the pages of the one that is open."""
HOMES: Mapping[Role, str] = {
    "manager": "/partners",
    "agent": PANEL,
    "reconciler": "/reconciliation",
    "accountant": "/invoices",
    "trainer": "/training",
}
_PACK_FROM = 1_000
_AS: Mapping[Form, str] = {"csv": words._("As CSV: {table}"), "xlsx": words._("As XLSX: {table}")}

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(
    _=words._,
    plural=words.plural,
    asset=asset,
    link=words.link,
    call_link=words.call_link,
    order_link=words.order_link,
    agent_link=words.agent_link,
    unknown=words.UNKNOWN,
    reader_zone=words.zone,
)


@jinja2.pass_context
def _files(context: jinja2.runtime.Context, table: str) -> Markup:
    """Ways to a table of the page as a file, in each form."""
    ways = [
        Markup('<a href="{}" aria-label="{}">{}</a>').format(
            context["as_file"](f"{table}.{form}"),
            _AS[form].format(table=table),
            form.upper(),
        )
        for form in FORMS
    ]
    return Markup('<p class="files">{}</p>').format(Markup(" ").join(ways))


_templates.globals.update(
    table_files=_files,
    condition_in_words=partner_words.condition_in_words,
    criterion_in_words=partner_words.criterion_in_words,
    fair_in_words=training_words.fair_in_words,
    proposal_in_words=training_words.proposal_in_words,
    effect_in_words=training_words.effect_in_words,
    together_in_words=training_words.together_in_words,
    struggle_in_words=training_words.struggle_in_words,
)
_templates.filters.update(
    number=words.number,
    percent=words.percent,
    of_hundred=words.of_hundred,
    duration=words.duration,
    milliseconds=words.milliseconds,
    seconds=words.seconds,
    moment=words.moment,
    money=words.money,
    word=word,
)


def embedded_words(told: Any) -> Markup:
    """What a page's script has to know, as JSON that can stand inside a script element."""
    text = msgspec.json.encode(told, enc_hook=words.plain).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - nothing in it ends the element


def theme_of(request: Request) -> str:
    """The theme that the reader chose; `system` when none, or none that there is."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"


def inside(back: str) -> str:
    """Where a form leads back to: that page if it is one of ours, else the first one."""
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() else "/"


def home_of(viewer: Principal) -> str:
    """The page that somebody begins with."""
    first = next((target for target, _, right in NAVIGATION if viewer.may(right)), "/")
    return HOMES.get(viewer.role, first)


def page(request: Request, template: str, status: int = 200, **content: Any) -> Response:
    """The page as HTML, or a table of it as a file. It is nobody else's and nothing to keep. It leads to the pages that
    its reader may see.

    TypeError where the content has a name that every page has: one of both would be hidden.
    """
    theme, order = theme_of(request), list(THEMES)
    viewer: Principal | None = getattr(request.state, "principal", None)
    saved = getattr(request.state, "saved", None)
    starts: Mapping[str, str] = saved.starts if saved else {}
    ours = {
        "path": request.url.path,
        "here": f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        "as_file": lambda which: _address(request, which),
        "reader_language": words.speech().language,
        "language_name": LANGUAGES[words.speech().language].name,
        "theme": theme,
        "themes": THEMES,
        "next_theme": order[(order.index(theme) + 1) % len(order)],
        "home": "/" if viewer is None else starts.get(home_of(viewer), home_of(viewer)),
        **navigation_of(viewer, request.url.path, starts),
        "saved": saved,
        "signed_in": viewer is not None,
        "searches": viewer is not None and viewer.may("partners.read"),
    }
    if hidden := content.keys() & (ours.keys() | _templates.globals.keys()):
        raise TypeError(f"{template}: {sorted(hidden)}")
    if status == 200 and (which := wants_file(request)):
        table, form = asked(which)
        with words.speaking(replace(words.speech(), plain=True)):
            html = _templates.get_template(template).render(content, **ours)
        return as_file(form, f"{request.url.path.strip('/')} {table}", *table_of(html, table))
    html = _templates.get_template(template).render(content, **ours)
    session = session_of(request.headers)
    body = (signed(html, session) if session and viewer is not None else html).encode()
    headers = {"cache-control": "private, no-store", "vary": "accept-encoding, accept-language, cookie"}
    if len(body) >= _PACK_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5)
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers, "text/html; charset=utf-8")


def wants_file(request: Request) -> str:
    """The table of a page that is asked for as a file, with its form; nothing where it is the page itself."""
    return request.query_params.get(PARAMETER, "") if request.method == "GET" else ""


def _address(request: Request, which: str) -> str:
    """Where what the reader looks at is as a file."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name not in TOLD]
    return f"{request.url.path}?{urlencode([*given, (PARAMETER, which)])}"


class Link(NamedTuple):
    """`here`: it is where the reader is, or leads to it."""

    target: str
    name: str
    here: bool


def navigation_of(viewer: Principal | None, path: str, starts: Mapping[str, str]) -> dict[str, list[Link]]:
    """The areas, where there are many pages, and the pages to choose among; `starts`: where somebody begins on them."""
    if viewer is None:
        return {"areas": [], "navigation": []}
    seen = {area: [one for one in entries if viewer.may(one[2])] for area, entries in AREAS.items()}
    targets = [target for entries in seen.values() for target, *_more in entries]
    here = max((one for one in targets if path == one or path.startswith(f"{one}/")), key=len, default="")
    links = {
        area: [Link(starts.get(to, to), name, to == here) for to, name, _right in entries]
        for area, entries in seen.items()
    }
    if len(targets) <= IN_ONE_ROW:
        return {"areas": [], "navigation": [link for area in links.values() for link in area]}
    opened = next((area for area in links.values() if any(link.here for link in area)), [])
    areas = [Link(area[0].target, name, area is opened) for name, area in links.items() if area]
    return {"areas": areas, "navigation": opened}
