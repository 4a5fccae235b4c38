"""The page of the live wallboard: rendered from the snapshot, and kept live from there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.gateway import Door, Seen, Watching, shown_to
from services.gateway.pages.site import page
from services.gateway.pages.tables import FORMS, AsPage, Cell, Form, as_file
from services.gateway.views.chart import HEIGHT, WIDTH, panel
from services.gateway.views.snapshot import Row, Snapshot
from services.gateway.views.wallboard import row_link
from services.gateway.views.words import _, link, plain
from shared.http import Problem
from shared.ports import StoreUnavailable

router = APIRouter()

GROUP_LABELS = {
    "available": _("Available"),
    "on_call": _("On call"),
    "wrap_up": _("Wrap-up"),
    "paused": _("Paused"),
    "offline": _("Offline"),
    "unknown": _("Not known"),
}
COLUMNS = (
    ("name", _("Agent"), False),
    ("partner", _("Partner"), False),
    ("state", _("State"), False),
    ("since", _("In state"), True),
    ("calls", _("Calls"), True),
    ("aht", _("AHT"), True),
    ("sales", _("Sales"), True),
    ("confirmed", _("Confirmed"), True),
    ("conversion", _("Conversion"), True),
)
FILE = (
    "partner", "agent", "name", "state", "in_state_s", "calls", "aht_s", "sales", "confirmed", "conversion", "contacts",
    "lacks",
)  # fmt: skip
"""The columns of the agents as a file."""
MESSAGES = {
    "live": _("Live"),
    "connecting": _("Reconnecting"),
    "silent": _("No data for {s} s"),
    "signin": _("Sign in again"),
    "since": _("no events since {time} UTC"),
    "never": _("no event yet"),
    "shown": _("{n} of {all}"),
    "chart": _("{label} in the last 5 minutes: now {now}, between {low} and {high}."),
    "calm": _("Nothing needs attention."),
    "unsold": _("No sale reported yet today."),
    "sending": _("{n} of {all} sources sending"),
    "lacks": _("not certified: {names}"),
}
TV = ("in_progress", "waiting", "longest_wait", "service_level", "abandoned", "sales")
"""The six figures of a screen on a wall."""
MOST_CONTESTS, MOST_ASKED = 3, 200
CONTESTS_WAIT_S = 1.0
"""The wallboard waits no longer for what is beside its figures."""
_ORDER = {group: index for index, group in enumerate(GROUP_LABELS)}


@router.get("/wallboard/tv")
async def tv(request: Request, gateway: Door, viewer: Watching, scope: Seen) -> Response:
    """The wallboard for a screen on a wall: six figures, states, ranking, and how old the data are; live by the same
    stream."""
    snapshot = shown_to(viewer, await gateway.feed.snapshot(scope))
    figures = {figure.key: figure for figure in snapshot.kpis}
    return page(
        request,
        "tv.html",
        board=snapshot,
        figures=[figures[key] for key in TV if key in figures],
        labels=GROUP_LABELS,
        messages=MESSAGES,
        bars=bars(snapshot),
        back=link("/wallboard", partner=scope.partner, campaign=scope.campaign),
        data=Markup(embedded(msgspec.structs.replace(snapshot, rows=[], points=[]))),  # noqa: S704 - as below
    )


@router.get("/wallboard")
async def wallboard(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Watching,
    scope: Seen,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "name",
    form: Form | AsPage = "",
) -> Response:
    """The wallboard. `q`, `state` and `sort` (with a minus: downwards) stand in the address, so a view can be sent.
    With `form`: the agents that match, as a file."""
    snapshot = shown_to(viewer, await gateway.feed.snapshot(scope))
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key not in {name for name, _label, _numeric in COLUMNS}:
        key, down = "name", False
    second = int(snapshot.as_of.timestamp())
    rows = ordered(snapshot.rows, key, down)
    if form:
        lines = [_line(row, second) for row in rows if matches(row, q, state)]
        return as_file(form, f"agents {snapshot.as_of:%Y-%m-%d %H-%M-%S}", FILE, lines)
    contests = await contests_of(ask, scope.partner, snapshot.as_of.date()) if viewer.may("training.own") else []
    matching = {row.key for row in rows if matches(row, q, state)}
    return page(
        request,
        "wallboard.html",
        board=snapshot,
        rows=rows,
        matching=matching,
        second=second,
        q=q,
        state=state,
        sort=key,
        down=down,
        sorting={
            name: link(
                "/wallboard",
                partner=scope.partner,
                campaign=scope.campaign,
                q=q,
                state=state,
                sort=f"-{name}" if name == key and not down else name,
            )
            for name, _label, _numeric in COLUMNS
        },
        files={
            one: link(
                "/wallboard", partner=scope.partner, campaign=scope.campaign, q=q, state=state, sort=sort, form=one
            )
            for one in FORMS
        },
        contests=contests,
        columns=COLUMNS,
        labels=GROUP_LABELS,
        messages=MESSAGES,
        partners=snapshot.partners,
        all_partners=viewer.partners is None,
        row_link=row_link,
        bars=bars(snapshot),
        panels=[
            panel(snapshot.points, 1, second, _("Calls in progress")),
            panel(snapshot.points, 2, second, _("Waiting")),
        ],
        chart_size=f"0 0 {WIDTH} {HEIGHT}",
        data=Markup(embedded(snapshot)),  # noqa: S704 - `embedded` leaves no character that could end the element
    )


def _line(row: Row, second: int) -> Sequence[Cell]:
    partner, _slash, agent = row.key.partition("/")
    since = None if row.since is None else second - row.since
    figures = (row.calls, row.aht_s, row.sales, row.confirmed, row.conversion, row.contacts)
    return (partner, agent, row.name, row.group, since, *figures, row.lacks)


async def contests_of(ask: Ask, partner: str | None, day: date) -> list[dict[str, Any]]:
    """Those that are not over, the one that ends first before the others. The wallboard stands without them too."""
    try:
        async with asyncio.timeout(CONTESTS_WAIT_S):
            found = await everything(ask, "/api/v1/training/contests", partner=partner, limit=MOST_ASKED)
    except (Problem, StoreUnavailable, TimeoutError):
        return []
    those = [one for one in found if one["opened"] and not one["cancelled"] and one["opened"]["ends"] > day.isoformat()]
    return sorted(those, key=lambda one: (one["opened"]["ends"], one["contest"]))[:MOST_CONTESTS]


def embedded(snapshot: Snapshot) -> str:
    """The snapshot and the words that the script needs, as JSON that can stand inside a script element."""
    data = msgspec.json.encode(
        {"board": snapshot, "labels": GROUP_LABELS, "messages": MESSAGES}, enc_hook=plain
    ).decode()
    return data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def matches(row: Row, q: str, state: str) -> bool:
    """Whether a row is to be seen: its state, and each word in its name or partner."""
    text = f"{row.name} {row.partner}".casefold()
    return (not state or row.group == state) and all(word in text for word in q.casefold().split())


def ordered(rows: list[Row], key: str, down: bool) -> list[Row]:
    """The rows by one column. What is not known stands last in either direction; equals stay by name."""
    values: dict[str, float | str | None]
    match key:
        case "partner":
            values = {row.key: row.partner.casefold() for row in rows}
        case "state":
            values = {row.key: _ORDER[row.group] for row in rows}
        case "since":  # the longest in a state is the one who came to it first
            values = {row.key: None if row.since is None else -row.since for row in rows}
        case "calls":
            values = {row.key: row.calls for row in rows}
        case "aht":
            values = {row.key: row.aht_s for row in rows}
        case "sales":
            values = {row.key: row.sales for row in rows}
        case "confirmed":
            values = {row.key: row.confirmed for row in rows}
        case "conversion":
            values = {row.key: row.conversion for row in rows}
        case _:
            values = {row.key: row.name.casefold() for row in rows}
    known = [row for row in rows if values[row.key] is not None]
    unknown = [row for row in rows if values[row.key] is None]
    return [*sorted(known, key=lambda row: values[row.key], reverse=down), *unknown]  # type: ignore[arg-type, return-value]


def bars(snapshot: Snapshot) -> list[tuple[str, float, float]]:
    """The stacked bar of states: group, where it begins and how wide it is, in percent."""
    everyone = sum(count.n for count in snapshot.groups) or 1
    parts, left = [], 0.0
    for count in snapshot.groups:
        width = count.n * 100 / everyone
        parts.append((count.group, round(left, 3), round(width, 3)))
        left += width
    return parts
