"""The page of alerts: what is wrong now and who takes it on, what is watched, and the form for another rule."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.alerting.desk import AlertDesk
from services.gateway.api.alerts import Alerts, Watches
from services.gateway.api.gateway import Door, Gateway
from services.gateway.domain.alerts import LIVE, QUARTER, Rule
from services.gateway.events.alerts import AlertDefined
from services.gateway.pages.site import page
from services.gateway.views.kpi_names import in_words
from services.gateway.views.words import _, link, number
from shared.http import Problem
from shared.http.requests import place_of
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/alerts")
KINDS = {
    "threshold": _("the figure"),
    "trend": _("change against the window before, %"),
    "usual": _("change against this hour of other weeks, %"),
    "silence": _("minutes without a word from the telephony"),
}
DIRECTIONS = {"above": _("above"), "below": _("below")}
FIGURES_NOW = {
    "in_progress": _("Calls in progress now"),
    "waiting": _("Calls waiting now"),
    "longest_wait": _("Longest wait now, s"),
}
SAID = {
    "watched": _("It is watched."),
    "retired": _("It is watched no more."),
    "taken": _("You took it on: nobody else is called."),
}
FURTHER_LEVELS = 2
"""Levels of escalation that the form has beside the first."""
EMPTY: dict[str, str] = {
    "name": "", "kind": "threshold", "kpi": "abandonment_rate", "direction": "above", "limit": "", "clear_at": "",
    "window_minutes": "60", "least_n": "20", "for_minutes": "5", "clear_minutes": "15", "partner_id": "",
    "campaign": "", "quiet_starts": "", "quiet_ends": "", "quiet_zone": "UTC", "mails_0": "",
    **{f"{name}_{level}": "" for level in range(1, FURTHER_LEVELS + 1) for name in ("after", "mails")},
}  # fmt: skip
"""The form as it is at first. Its names are those of the rule, but for quiet hours and levels."""
NUMBERS = ("limit", "clear_at")
WHOLE = ("window_minutes", "least_n", "for_minutes", "clear_minutes")


@router.get("")
async def alerts_page(
    request: Request,
    gateway: Door,
    desk: Alerts,
    viewer: Watches,
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What is wrong comes first."""
    return await _shown(request, gateway, desk, viewer, EMPTY | {"once": str(uuid.uuid4())}, said=SAID.get(said, ""))


@router.post("")
async def create(request: Request, gateway: Door, desk: Alerts, viewer: Watches) -> Response:
    """Watch a figure; what is wrong with the form is said above it, and it stays filled in."""
    given = await request.form()
    filled = EMPTY | {"once": str(uuid.uuid4())}
    filled |= {name: value for name, value in given.items() if name in filled and isinstance(value, str)}
    try:
        await desk.create(viewer, rule_of(filled), filled["once"][:80])
    except (Problem, Rejected) as wrong:
        status = wrong.status if isinstance(wrong, Problem) else 409
        return await _shown(request, gateway, desk, viewer, filled, wrong=wrong.detail, status=status)
    return _back("watched")


@router.post("/{alert}/acknowledgement")
async def acknowledge(desk: Alerts, viewer: Watches, alert: str, episode: Annotated[int, Form()]) -> Response:
    """Take it on. One that is over by now is not worth a word."""
    try:
        await desk.acknowledge(viewer, alert, episode, str(uuid.uuid4()))
    except Rejected:
        return _back("")
    return _back("taken")


@router.post("/{alert}/retirement")
async def retire(desk: Alerts, viewer: Watches, alert: str) -> Response:
    """Watch it no more."""
    await desk.retire(viewer, alert, str(uuid.uuid4()))
    return _back("retired")


def rule_of(filled: dict[str, str]) -> Rule:
    """The rule that a form asks for. Problem naming what is wrong."""
    told: dict[str, Any] = {
        name: filled[name] for name in ("name", "kind", "direction", "kpi", "partner_id", "campaign")
    }
    if told["kind"] == "silence":
        told |= {"kpi": "", "campaign": ""}
    try:
        told |= {name: float(filled[name]) for name in NUMBERS}
        told |= {name: int(filled[name]) for name in WHOLE}
        levels = [{"after_minutes": 0, "mails": _mails(filled["mails_0"])}]
        for level in range(1, FURTHER_LEVELS + 1):
            if filled[f"after_{level}"]:
                after = int(filled[f"after_{level}"])
                levels.append({"after_minutes": after, "mails": _mails(filled[f"mails_{level}"])})
    except ValueError:
        raise Problem(422, "invalid", _("Limits and minutes are numbers.")) from None
    if filled["quiet_starts"] or filled["quiet_ends"]:
        told["quiet"] = {name: filled[f"quiet_{name}"] for name in ("starts", "ends", "zone")}
    try:
        return msgspec.convert(told | {"levels": levels}, Rule)
    except msgspec.ValidationError as error:
        field, reason = place_of(error)
        raise Problem(422, "invalid", f"{field}: {reason}") from None


def condition(rule: AlertDefined, labels: dict[str, str]) -> str:
    """A rule in one line."""
    figure = labels.get(rule.kpi, rule.kpi)
    what = KINDS[rule.kind] if rule.kind == "silence" else figure
    if rule.kind in ("trend", "usual"):
        what = _("{figure}: {kind}").format(figure=figure, kind=KINDS[rule.kind])
    if rule.kind != "silence" and rule.kpi not in LIVE:
        what = _("{what} of {window} min").format(what=what, window=number(rule.window_minutes))
    return _("{what} {direction} {limit}, for {minutes} min").format(
        what=what,
        direction=DIRECTIONS[rule.direction],
        limit=number_of(rule.limit),
        minutes=number(rule.for_minutes),
    )


def number_of(value: float) -> str:
    """A limit or a value, as it was said: four digits that count."""
    return f"{value:,.4g}".replace("-", "−")


def _mails(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


async def _shown(
    request: Request,
    gateway: Gateway,
    desk: AlertDesk,
    viewer: Principal,
    filled: dict[str, str],
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    found = await desk.all(viewer)
    names = await gateway.calls.names()
    kpis = {key: one for key, one in (await desk.readings.kpis()).items() if one["unit"] != "money"}
    labels = {key: in_words(one["label"]) for key, one in kpis.items()} | {key: FIGURES_NOW[key] for key in LIVE}
    return page(
        request,
        "alerts.html",
        status,
        found=found,
        open=[doc for doc in found if doc.open is not None],
        partners={id_: name for id_, name in sorted(names.partners.items()) if viewer.sees(id_)},
        all_partners=viewer.partners is None,
        labels=labels,
        kinds=KINDS,
        directions=DIRECTIONS,
        further=range(1, FURTHER_LEVELS + 1),
        quarter=QUARTER,
        filled=filled,
        condition=lambda rule: condition(rule, labels),
        number_of=number_of,
        said=said,
        wrong=wrong,
    )


def _back(said: str) -> Response:
    return RedirectResponse(link("/alerts", said=said), 303)
