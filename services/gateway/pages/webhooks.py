"""The pages of webhooks: which other systems are told of which events, what they took, and what is to be done."""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response

from services.gateway.api.gateway import Door, Gateway
from services.gateway.api.webhooks import Desk, Runs, public_classes
from services.gateway.hooks.desk import Made, Wanted, WebhookDesk
from services.gateway.pages.acting import back, part
from services.gateway.pages.meanwhile import STATUS, Meanwhile, both
from services.gateway.pages.site import page
from services.gateway.views.codes.system import MESSAGE_STANDINGS, STOP_REASONS
from services.gateway.views.webhooks import KnownWebhook
from services.gateway.views.words import _, link
from shared.http import Problem, not_found
from shared.http.requests import place_of
from shared.kernel import ChangedMeanwhile, Rejected
from shared.security import Principal

router = APIRouter(prefix="/admin/webhooks")
HERE = "/admin/webhooks"
PER_PAGE = 50
TOPICS = {
    "tallyline.calls": _("Calls and sales"),
    "tallyline.partners": _("Partners and contracts"),
    "tallyline.reconciliation": _("Months and invoices"),
    "tallyline.training": _("Training and quality"),
    "tallyline.gateway": _("Alerts"),
}
SAID = {
    "changed": _("It is told as you said."),
    "stop": _("It is told nothing more."),
    "resumption": _("It is told again, of what happens from now on."),
    "removal": _("The endpoint was removed."),
    "test": _("A test message is on its way."),
    "again": _("The message is sent again."),
}
Text = Annotated[str, Form(max_length=2000)]
Chosen = Annotated[list[str], Form()]
LABELS = {"name": _("Name"), "url": _("Address"), "partners": _("Partners"), "events": _("Events")}
Standing = Literal["delivered", "waiting", "given_up", "ended", "unsent"]


@dataclass(frozen=True)
class Filled:
    """What stands in the form. `once`: sent again, the same form is the same wish."""

    name: str = ""
    url: str = ""
    events: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    once: str = ""


@router.get("")
async def webhooks_page(
    request: Request, gateway: Door, desk: Desk, viewer: Runs, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All endpoints of the viewer, and the form for another one."""
    filled = Filled(once=str(uuid.uuid4()))
    return await _list(request, gateway, desk, viewer, filled, said=SAID.get(said, ""))


@router.post("")
async def create(
    request: Request,
    gateway: Door,
    desk: Desk,
    viewer: Runs,
    name: Text = "",
    url: Text = "",
    once: Annotated[str, Form(max_length=80)] = "",
    events: Chosen = [],  # noqa: B006 - the framework copies it
    partners: Chosen = [],  # noqa: B006
) -> Response:
    """The key is on this page and on no other: it goes through no address and no redirect."""
    filled = Filled(name, url, frozenset(events), frozenset(partners), once or str(uuid.uuid4()))
    try:
        made = await desk.create(viewer, _wanted(filled), filled.once)
    except (Problem, Rejected) as wrong:
        status = wrong.status if isinstance(wrong, Problem) else 409
        return await _list(request, gateway, desk, viewer, filled, wrong=wrong.detail, status=status)
    return await _one(request, gateway, desk, viewer, made.webhook, made=made)


@router.get("/{webhook}")
async def webhook_page(
    request: Request,
    gateway: Door,
    desk: Desk,
    viewer: Runs,
    webhook: str,
    standing: Standing = "delivered",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    said: Annotated[str, Query(max_length=20)] = "",
    wrong: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """One endpoint: how it is told, and the log of what it was told."""
    text = SAID.get(said, "")
    return await _one(
        request, gateway, desk, viewer, webhook, standing=standing, cursor=cursor, said=text, undone=wrong
    )


@router.post("/{webhook}")
async def change(
    request: Request,
    gateway: Door,
    desk: Desk,
    viewer: Runs,
    webhook: str,
    name: Text = "",
    url: Text = "",
    events: Chosen = [],  # noqa: B006
    partners: Chosen = [],  # noqa: B006
    over: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    """Configured anew, where nobody else did meanwhile; `over`: the revision that the form was filled from."""
    filled = Filled(name, url, frozenset(events), frozenset(partners))
    try:
        await desk.change(viewer, webhook, _wanted(filled), str(uuid.uuid4()), over)
    except ChangedMeanwhile:
        return await _one(request, gateway, desk, viewer, webhook, filled=filled, late=True, status=STATUS)
    except (Problem, Rejected) as wrong:
        if isinstance(wrong, Problem) and wrong.status == 404:
            raise
        status = wrong.status if isinstance(wrong, Problem) else 409
        return await _one(
            request, gateway, desk, viewer, webhook, filled=filled, over=over, wrong=wrong.detail, status=status
        )
    return back(_at(webhook), "changed")


@router.post("/{webhook}/key")
async def change_key(
    request: Request,
    gateway: Door,
    desk: Desk,
    viewer: Runs,
    webhook: str,
    once: Annotated[str, Form(max_length=80)],
    at_once: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """The new key is on this page and on no other."""
    made = await desk.change_key(viewer, webhook, bool(at_once), once)
    return await _one(request, gateway, desk, viewer, webhook, made=made)


@router.post("/{webhook}/{what}")
async def act(desk: Desk, viewer: Runs, webhook: str, what: str) -> Response:
    """Stop, resume, remove or test an endpoint."""
    acts = {"stop": desk.stop, "resumption": desk.resume, "removal": desk.remove, "test": desk.test}
    if what not in acts:
        raise not_found("action")
    try:
        await acts[what](viewer, webhook, str(uuid.uuid4()))
    except (Problem, Rejected) as wrong:
        if isinstance(wrong, Problem) and wrong.status != 409:
            raise
        return back(_at(webhook), wrong=wrong.detail)
    if what == "removal":
        return back(HERE, "removal")
    return back(_at(webhook), what, standing="waiting" if what == "test" else "")


@router.post("/{webhook}/messages/{message}")
async def again(desk: Desk, viewer: Runs, webhook: str, message: str) -> Response:
    """Send a message again."""
    try:
        await desk.again(viewer, webhook, message)
    except (Problem, Rejected) as wrong:
        if isinstance(wrong, Problem) and wrong.status != 409:
            raise
        return back(_at(webhook), wrong=wrong.detail)
    return back(_at(webhook), "again", standing="waiting")


def host_of(url: str) -> str:
    """The machine that an address leads to."""
    return urlsplit(url).netloc


def words_of(event: str) -> str:
    """The name of a class as words: `MonthAgreed` is `Month agreed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", event).capitalize()


def groups() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The classes that may be told, by topic: name, words, and the first sentence of their meaning."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in public_classes():
        topic, event = one["type"].rpartition(".")[0], one["event"]
        meaning = re.split(r"(?<=[.])\s", one["meaning"])[0].replace("`", "")
        found.setdefault(topic, []).append((event, words_of(event), meaning))
    return [(TOPICS[topic], classes) for topic, classes in found.items()]


def _wanted(filled: Filled) -> Wanted:
    try:
        return msgspec.convert(
            {"name": filled.name, "url": filled.url, "events": filled.events, "partners": filled.partners}, Wanted
        )
    except msgspec.ValidationError as error:
        field, reason = place_of(error)
        raise Problem(422, "invalid", f"{field}: {reason}") from None


def _told_as(filled: Filled, partners: dict[str, str]) -> dict[str, str]:
    """What a form says, as people read it, by the names of `LABELS`."""
    return {
        "name": filled.name,
        "url": filled.url,
        "events": ", ".join(sorted(words_of(event) for event in filled.events)),
        "partners": ", ".join(sorted(partners.get(id_, id_) for id_ in filled.partners)),
    }


def _filled(doc: KnownWebhook) -> Filled:
    known = doc.configured
    if known is None:
        return Filled()
    return Filled(known.name, known.url, frozenset(known.events), frozenset(known.partners))


async def _partners(gateway: Gateway, viewer: Principal) -> dict[str, str]:
    names = await gateway.calls.names()
    return names.choice(viewer.sees)


async def _list(
    request: Request,
    gateway: Gateway,
    desk: WebhookDesk,
    viewer: Principal,
    filled: Filled,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    found = await desk.all(viewer)
    glances = await asyncio.gather(*(desk.glance(doc.webhook) for doc in found))
    return page(
        request,
        "webhooks.html",
        status,
        rows=list(zip(found, glances, strict=True)),
        partners=await _partners(gateway, viewer),
        all_partners=viewer.partners is None,
        groups=groups(),
        filled=filled,
        host_of=host_of,
        why=STOP_REASONS,
        said=said,
        wrong=wrong,
    )


async def _one(
    request: Request,
    gateway: Gateway,
    desk: WebhookDesk,
    viewer: Principal,
    webhook: str,
    *,
    filled: Filled | None = None,
    over: int | None = None,
    late: bool = False,
    made: Made | None = None,
    standing: Standing = "delivered",
    cursor: str | None = None,
    said: str = "",
    wrong: str = "",
    undone: str = "",
    status: int = 200,
) -> Response:
    doc = await desk.get(viewer, webhook)
    partners, known = await _partners(gateway, viewer), doc.configured
    meanwhile = None
    if late and filled is not None and known is not None:
        found = both(LABELS, _told_as(filled, partners), _told_as(_filled(doc), partners))
        meanwhile = Meanwhile(found, _at(webhook), known.by, known.at)
    lines, following = await desk.log(viewer, webhook, standing, PER_PAGE, cursor)
    return page(
        request,
        "webhook.html",
        status,
        doc=doc,
        glance=await desk.glance(webhook),
        lines=lines,
        more=link(_at(webhook), standing=standing, cursor=following) if following else "",
        standing=standing,
        standings=MESSAGE_STANDINGS,
        partners=partners,
        meanwhile=meanwhile,
        over=(known.revision if known is not None else 0) if over is None else over,
        all_partners=viewer.partners is None,
        groups=groups(),
        filled=filled or _filled(doc),
        once=str(uuid.uuid4()),
        secret=made.secret if made else "",
        why=STOP_REASONS,
        due=lambda second: datetime.fromtimestamp(second, UTC),
        words_of=words_of,
        said=said,
        wrong=wrong,
        undone=undone,
    )


def _at(webhook: str) -> str:
    return f"{HERE}/{part(webhook)}"
