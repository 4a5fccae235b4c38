"""The page of alerts: what is wrong now and who takes it on, what is watched, and the form for another rule."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response

from services.gateway.alerting.desk import AlertDesk
from services.gateway.api.alerts import Alerts, Watches
from services.gateway.api.gateway import Door, Gateway
from services.gateway.domain.alerts import LIVE, QUARTER, Rule
from services.gateway.events.alerts import AlertDefined
from services.gateway.pages.acting import back, whole
from services.gateway.pages.meanwhile import STATUS, Meanwhile, both
from services.gateway.pages.site import page
from services.gateway.views.alerts import KnownAlert
from services.gateway.views.codes.system import ALERT_DIRECTIONS, ALERT_KINDS
from services.gateway.views.kpi_words import in_words
from services.gateway.views.words import _, number
from shared.http import Problem, not_found
from shared.http.requests import place_of
from shared.kernel import ChangedMeanwhile, Rejected
from shared.security import Principal

router = APIRouter(prefix="/alerts")
HERE = "/alerts"
FIGURES_NOW = {
    "in_progress": _("Calls in progress now"),
    "waiting": _("Calls waiting now"),
    "longest_wait": _("Longest wait now, s"),
}
SAID = {
    "watched": _("It is watched."),
    "changed": _("It is watched by the new rule."),
    "retired": _("It is watched no more."),
    "taken": _("You took it on: nobody else is called."),
}
FURTHER_LEVELS = 2
"""Levels of escalation that the form has beside the first; more where a rule has more."""
MOST_FURTHER = 4
EMPTY: dict[str, str] = {
    "name": "", "kind": "threshold", "kpi": "abandonment_rate", "direction": "above", "limit": "", "clear_at": "",
    "window_minutes": "60", "least_n": "20", "for_minutes": "5", "clear_minutes": "15", "partner_id": "",
    "campaign": "", "quiet_starts": "", "quiet_ends": "", "quiet_zone": "UTC", "mails_0": "",
    **{f"{name}_{level}": "" for level in range(1, MOST_FURTHER + 1) for name in ("after", "mails")},
}  # fmt: skip
"""The form as it is at first. Its names are those of the rule, but for quiet hours and levels."""
LABELS: dict[str, str] = {
    "name": _("Name"), "partner_id": _("Partner"), "campaign": _("Campaign, or none"), "kpi": _("Figure"),
    "kind": _("Held against the limit"), "direction": _("Wrong where"), "limit": _("Limit"), "clear_at": _("Clear at"),
    "window_minutes": _("Window, min"), "least_n": _("Least cases"), "for_minutes": _("Raised after, min"),
    "clear_minutes": _("Over after, min"), "mails": _("Who is called by mail"), "quiet": _("Quiet hours, or none"),
}  # fmt: skip
"""How the form names what two people may have changed at once."""
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
    return back(HERE, "watched")


@router.get("/{alert}")
async def alert_page(request: Request, gateway: Door, desk: Alerts, viewer: Watches, alert: str) -> Response:
    """A rule as it is now, to be changed. 404 where there is none that the viewer may see."""
    return await _one(request, gateway, desk, viewer, await desk.get(viewer, alert))


@router.post("/{alert}")
async def change(request: Request, gateway: Door, desk: Alerts, viewer: Watches, alert: str) -> Response:
    """Another rule. What is wrong with it is told, and what somebody else saved meanwhile; the form stays filled in."""
    doc = await desk.get(viewer, alert)
    given = await request.form()
    filled = EMPTY | {name: value for name, value in given.items() if name in EMPTY and isinstance(value, str)}
    over = str(given.get("over", ""))
    try:
        expects = whole(over)
        await desk.change(viewer, alert, rule_of(filled, doc.defined), str(uuid.uuid4()), expects)
    except ChangedMeanwhile:
        newest = await desk.get(viewer, alert)
        return await _one(request, gateway, desk, viewer, newest, filled, status=STATUS, late=True)
    except (Problem, Rejected) as wrong:
        if isinstance(wrong, Problem) and wrong.status == 404:
            raise
        status = wrong.status if isinstance(wrong, Problem) else 409
        return await _one(request, gateway, desk, viewer, doc, filled, over, wrong.detail, status)
    return back(HERE, "changed")


@router.post("/{alert}/acknowledgement")
async def acknowledge(desk: Alerts, viewer: Watches, alert: str, episode: Annotated[int, Form()]) -> Response:
    """Take it on. One that is over by now is not worth a word."""
    try:
        await desk.acknowledge(viewer, alert, episode, str(uuid.uuid4()))
    except Rejected:
        return back(HERE)
    return back(HERE, "taken")


@router.post("/{alert}/retirement")
async def retire(desk: Alerts, viewer: Watches, alert: str) -> Response:
    """Watch it no more."""
    await desk.retire(viewer, alert, str(uuid.uuid4()))
    return back(HERE, "retired")


def rule_of(filled: dict[str, str], known: AlertDefined | None = None) -> Rule:
    """The rule that a form asks for. Problem naming what is wrong. The variant of a figure, which no form has, stays
    that of the `known` rule for as long as the figure does."""
    told: dict[str, Any] = {
        name: filled[name] for name in ("name", "kind", "direction", "kpi", "partner_id", "campaign")
    }
    if told["kind"] == "silence":
        told |= {"kpi": "", "campaign": ""}
    if known is not None and known.kpi == told["kpi"]:
        told["variant"] = known.variant
    try:
        told |= {name: float(filled[name]) for name in NUMBERS}
        told |= {name: int(filled[name]) for name in WHOLE}
        levels = [{"after_minutes": 0, "mails": _mails(filled["mails_0"])}]
        for level in range(1, MOST_FURTHER + 1):
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


def filled_by(rule: AlertDefined) -> dict[str, str]:
    """The form as a rule fills it: `rule_of` makes the rule of it again."""
    words = {name: str(getattr(rule, name)) for name in ("name", "kind", "kpi", "direction", "partner_id", "campaign")}
    words |= {name: f"{getattr(rule, name):.12g}" for name in NUMBERS}
    words |= {name: str(getattr(rule, name)) for name in WHOLE}
    for level, one in enumerate(rule.levels):
        words[f"mails_{level}"] = ", ".join(one.mails)
        if level:
            words[f"after_{level}"] = str(one.after_minutes)
    if rule.quiet is not None:
        words |= {f"quiet_{name}": getattr(rule.quiet, name) for name in ("starts", "ends", "zone")}
    return EMPTY | words


def told_as(filled: dict[str, str], labels: dict[str, str], partners: dict[str, str]) -> dict[str, str]:
    """What a form says, as people read it, by the names of `LABELS`."""
    levels = [(0, filled["mails_0"])] + [
        (level, filled[f"mails_{level}"]) for level in range(1, MOST_FURTHER + 1) if filled[f"after_{level}"]
    ]
    return {name: filled[name] for name in LABELS if name in filled} | {
        "partner_id": partners.get(filled["partner_id"], filled["partner_id"]) or _("all together"),
        "kpi": "" if filled["kind"] == "silence" else labels.get(filled["kpi"], filled["kpi"]),
        "kind": ALERT_KINDS.get(filled["kind"], filled["kind"]),
        "direction": ALERT_DIRECTIONS.get(filled["direction"], filled["direction"]),
        "mails": "; ".join(
            (_("after {n} min: {mails}") if level else _("At once") + ": {mails}").format(
                n=filled.get(f"after_{level}", ""), mails=", ".join(_mails(mails)) or _("webhooks alone")
            )
            for level, mails in levels
        ),
        "quiet": f"{filled['quiet_starts']}–{filled['quiet_ends']} {filled['quiet_zone']}"
        if filled["quiet_starts"] or filled["quiet_ends"]
        else "",
    }


def condition(rule: AlertDefined, labels: dict[str, str]) -> str:
    """A rule in one line."""
    figure = labels.get(rule.kpi, rule.kpi)
    what = ALERT_KINDS[rule.kind] if rule.kind == "silence" else figure
    if rule.kind in ("trend", "usual"):
        what = _("{figure}: {kind}").format(figure=figure, kind=ALERT_KINDS[rule.kind])
    if rule.kind != "silence" and rule.kpi not in LIVE:
        what = _("{what} of {window} min").format(what=what, window=number(rule.window_minutes))
    return _("{what} {direction} {limit}, for {minutes} min").format(
        what=what,
        direction=ALERT_DIRECTIONS[rule.direction],
        limit=number_of(rule.limit),
        minutes=number(rule.for_minutes),
    )


def number_of(value: float) -> str:
    """A limit or a value, as it was said: four digits that count."""
    return f"{value:,.4g}".replace("-", "−")


def _mails(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


async def _one(
    request: Request,
    gateway: Gateway,
    desk: AlertDesk,
    viewer: Principal,
    doc: KnownAlert,
    filled: dict[str, str] | None = None,
    over: str = "",
    wrong: str = "",
    status: int = 200,
    late: bool = False,
) -> Response:
    rule = doc.defined
    if rule is None:
        raise not_found("alert")
    theirs = filled_by(rule)
    mine = theirs if filled is None else filled
    labels, partners = await _names(gateway, desk, viewer, mine["partner_id"])
    meanwhile = None
    if late:
        found = both(LABELS, told_as(mine, labels, partners), told_as(theirs, labels, partners))
        meanwhile = Meanwhile(found, f"/alerts/{doc.alert}", rule.by, rule.at)
    levels = max(level for level in range(MOST_FURTHER + 1) if not level or mine[f"after_{level}"])
    return page(
        request,
        "alert.html",
        status,
        doc=doc,
        over=over or str(rule.revision),
        meanwhile=meanwhile,
        wrong=wrong,
        **_choices(viewer, labels, partners, mine, range(1, max(FURTHER_LEVELS, levels) + 1)),
    )


async def _names(
    gateway: Gateway, desk: AlertDesk, viewer: Principal, partner: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Figures that can be watched and partners that can be chosen, by id; `partner`: the one that is."""
    kpis = {key: one for key, one in (await desk.readings.kpis()).items() if one["unit"] != "money"}
    labels = {key: in_words(one["label"]) for key, one in kpis.items()} | {key: FIGURES_NOW[key] for key in LIVE}
    names = await gateway.calls.names()
    return labels, names.choice(viewer.sees, partner)


def _choices(
    viewer: Principal, labels: dict[str, str], partners: dict[str, str], filled: dict[str, str], further: Iterable[int]
) -> dict[str, Any]:
    """What the form needs."""
    return {
        "labels": labels,
        "partners": partners,
        "all_partners": viewer.partners is None,
        "kinds": ALERT_KINDS,
        "directions": ALERT_DIRECTIONS,
        "further": further,
        "quarter": QUARTER,
        "filled": filled,
    }


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
    labels, partners = await _names(gateway, desk, viewer, filled["partner_id"])
    return page(
        request,
        "alerts.html",
        status,
        found=found,
        open=[doc for doc in found if doc.open is not None],
        condition=lambda rule: condition(rule, labels),
        number_of=number_of,
        said=said,
        wrong=wrong,
        **_choices(viewer, labels, partners, filled, range(1, FURTHER_LEVELS + 1)),
    )
