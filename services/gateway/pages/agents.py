"""The pages of one agent: its scorecard for who looks after it, its own page, and the scorecard on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec.structs import replace

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.gateway import Door, Gateway, Taught
from services.gateway.api.readers import CallRow, EvidenceItem, EvidenceQuery
from services.gateway.pages.acting import place_of
from services.gateway.pages.coaching import state_of
from services.gateway.pages.panel import Agent
from services.gateway.pages.site import page
from services.gateway.pages.tables import Cell, Form, as_file
from services.gateway.pages.wallboard import GROUP_LABELS
from services.gateway.views.codes import word
from services.gateway.views.codes.calls import CALL_STATES, RESULTS
from services.gateway.views.codes.people import COACHING_APPROACHES, COACHING_PROBLEMS, COACHING_STATES, SIDES
from services.gateway.views.scorecard import (
    Whose,
    bars,
    cards,
    day_links,
    evidence_page,
    ribbons,
    written,
)
from services.gateway.views.words import _, link
from shared.clock import now
from shared.contracts.codes import DISPOSITIONS
from shared.http import Problem, invalid, not_found
from shared.ports import StoreUnavailable

router = APIRouter()
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
Table = Annotated[str, Query(pattern="^(|figures|campaigns|days|results)$")]

USUAL_DAYS, MOST_DAYS = 7, 31
"""As long as every figure can be opened down to its calls."""
MOST_CALLS = 25
FAIR_WAITS_S = 2.0
"""The page waits no longer for the comparison of all agents."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "figures": (_("Figure"), _("Value"), "n", _("Formula"), _("Place"), _("Of")),
    "campaigns": (_("Campaign"), _("Figure"), _("Value"), "n", _("Place"), _("Of")),
    "days": (_("Day"), _("Handled"), _("Contacts"), _("Sales reported"), _("Conversion")),
    "results": (_("Result"), _("Calls")),
}


class Period(NamedTuple):
    """Whole days of the partner, `last` with it."""

    since: date
    last: date

    @property
    def after(self) -> date:
        """The day after the last."""
        return self.last + timedelta(days=1)


async def period_of(
    since: Annotated[Day, Query(alias="from")] = "", until: Annotated[Day, Query(alias="to")] = ""
) -> Period:
    """What is asked for, `until` being the last day with it; the last seven days without. 422 for what is none, or too
    long to be opened down to the calls."""
    today = now().date()
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last - timedelta(days=USUAL_DAYS - 1)
        period = Period(first, last)
        days = (period.after - first).days
    except (ValueError, OverflowError) as error:
        raise invalid("from", str(error)) from None
    if not 0 < days <= MOST_DAYS:
        raise invalid("to", f"not before `from`, and at most {MOST_DAYS} days with it")
    return period


Asked = Annotated[Period, Depends(period_of)]


@router.get("/agents/{partner}/{agent:path}")
async def one_agent(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Taught,
    partner: str,
    agent: str,
    period: Asked,
    table: Table = "",
    form: Form = "csv",
) -> Response:
    """The scorecard of an agent, of the partner's last seven days if nothing else is asked for. With `table`: one of
    its tables as a file."""
    card = await card_of(ask, partner, agent, period)
    if table:
        name = f"{partner} {agent} {table} {period.since} {period.last}"
        return as_file(form, name, COLUMNS[table], rows_of(card, table))
    whose = Whose(partner, agent, *_texts(period))
    plans, evaluations, fair, names = await asyncio.gather(
        ask(f"/api/v1/training/coaching/{_path(partner, agent)}"),
        everything(ask, "/api/v1/training/evaluations", partner=partner, agent=agent, limit=200)
        if viewer.may("quality.evaluate")
        else _none(),
        fair_of(ask, partner, agent, period),
        gateway.calls.names(),
    )
    calls, together = await _calls(gateway, whose, period)
    return page(
        request,
        "agent.html",
        **_shown(card, whose, plans),
        names=names,
        evaluations=evaluations,
        sides=SIDES,
        fair=fair,
        calls=calls,
        states=CALL_STATES,
        together=together,
        more=evidence_page("handled.numerator", "", whose),
        may_coach=viewer.may("coaching.run"),
        **_ways(request.url.path, whose, period),
        print_link=link(f"/print/scorecard/{_quoted(partner, agent)}", **{"from": whose.since, "to": whose.last}),
    )


@router.get("/me")
async def me(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Agent,
    period: Asked,
    table: Table = "",
    form: Form = "csv",
) -> Response:
    """An agent's own figures beside its peers', what it has to learn, its coaching, and where to ask and propose. No
    other agent is named."""
    partner, agent = place_of(viewer)
    card = await card_of(ask, partner, agent, period)
    if table:
        return as_file(form, f"{table} {period.since} {period.last}", COLUMNS[table], rows_of(card, table))
    whose = Whose(partner, agent, *_texts(period))
    own, plans, names = await asyncio.gather(
        gateway.training.own(partner, agent),
        ask(f"/api/v1/training/coaching/{_path(partner, agent)}"),
        gateway.calls.names(),
    )
    return page(
        request,
        "me.html",
        **_shown(card, whose, plans),
        names=names,
        own=own,
        **_ways("/me", whose, period),
    )


@router.get("/print/scorecard/{partner}/{agent:path}")
async def on_paper(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Taught,
    partner: str,
    agent: str,
    period: Asked,
) -> Response:
    """The scorecard with everything unfolded, to be printed, with lines to sign on."""
    del viewer
    card = await card_of(ask, partner, agent, period)
    whose = Whose(partner, agent, *_texts(period))
    plans = await ask(f"/api/v1/training/coaching/{_path(partner, agent)}")
    return page(
        request,
        "print_scorecard.html",
        **_shown(card, whose, plans),
        names=await gateway.calls.names(),
        printed_at=now(),
    )


def periods(shown: Period) -> list[tuple[str, str, str, bool]]:
    """Ways to other periods: name, first day, last day, whether it is the one that is shown."""
    today = now().date()
    monday = today - timedelta(days=today.weekday())
    named = (
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("This week"), monday, today),
        (_("Last 30 days"), today - timedelta(days=29), today),
    )
    return [(name, first.isoformat(), last.isoformat(), Period(first, last) == shown) for name, first, last in named]


async def card_of(ask: Ask, partner: str, agent: str, period: Period) -> dict[str, Any]:
    """The scorecard of the API; 404 where there is no such agent, or it is not the viewer's to see."""
    days = {"from": period.since.isoformat(), "to": period.after.isoformat()}
    card = await ask(f"/api/v1/scorecards/{_quoted(partner, agent)}", **days)
    if card is None:
        raise not_found("agent")
    return dict(card)


async def _calls(gateway: Gateway, whose: Whose, period: Period) -> tuple[list[CallRow], int]:
    """The newest of the calls that the agent handled, and how many there are: those behind the figure, since a platform
    may say only at a call's end whose it was."""
    query = EvidenceQuery(
        measure="handled",
        partner=whose.partner,
        agent=whose.agent,
        day=whose.since,
        until=period.after.isoformat(),
        limit=1000,
    )
    handled: list[EvidenceItem] = []
    while True:
        found = await gateway.evidence.evidence(query)
        if found is None:
            return [], 0
        handled += found.items
        if found.next is None:
            break
        query = replace(query, cursor=found.next)
    handled.sort(key=lambda item: (item.at is not None, item.at, item.call), reverse=True)
    details = await asyncio.gather(*(gateway.calls.get(item.call) for item in handled[:MOST_CALLS]))
    return [detail.row for detail in details if detail is not None], len(handled)


async def fair_of(ask: Ask, partner: str, agent: str, period: Period) -> dict[str, Any] | None:
    """The agent among the partner's as if each had the same mix, over the months that the period touches; None where it
    can't be said, or not soon enough."""
    first, last = f"{period.since:%Y-%m}", f"{period.last:%Y-%m}"
    try:
        async with asyncio.timeout(FAIR_WAITS_S):
            found = await ask("/api/v1/training/comparison/agents", **{"from": first, "to": last}, partner=partner)
    except (Problem, StoreUnavailable, TimeoutError):
        return None
    mine = next((one for one in found["items"] if one["agent"] == agent), None) if found else None
    if mine is None:
        return None
    return {**mine, "mean": found["mean"], "months": first if first == last else f"{first} – {last}"}


def rows_of(card: dict[str, Any], table: str) -> list[Sequence[Cell]]:
    """The rows of a table of the scorecard, with figures as they are and not as they are written."""
    match table:
        case "figures":
            return [
                (one["label"], _plain(one["value"]), one["n"], one["formula"], one["rank"], one["ranked"])
                for one in card["figures"].values()
            ]
        case "campaigns":
            return [
                (row["campaign"], one["label"], _plain(one["value"]), one["n"], one["rank"], one["ranked"])
                for row in card["campaigns"]
                for one in row["figures"].values()
            ]
        case "days":
            keys = ("handled", "contacts", "sales_reported", "conversion")
            return [(row["day"], *(_plain(row["figures"][key]["value"]) for key in keys)) for row in card["days"]]
        case _:
            return [(row["disposition"], row["n"]) for row in card["results"]]


def _plain(value: Any) -> Cell:
    return "; ".join(f"{minor} {currency}" for currency, minor in value.items()) if isinstance(value, dict) else value


def _shown(card: dict[str, Any], whose: Whose, plans: dict[str, Any] | None) -> dict[str, Any]:
    """What every page of a scorecard is told."""
    zone = ZoneInfo(card["time_zone"])
    return {
        "card": card,
        "whose": whose,
        "name": card["agent_name"] or card["agent"],
        "cards": cards(card["figures"], whose),
        "campaigns": [
            (row["campaign"], cards(row["figures"], whose, campaign=row["campaign"])) for row in card["campaigns"]
        ],
        "bars": bars(card["days"], "sales_reported", whose),
        "day_links": day_links(card["days"], whose),
        "result_words": RESULTS,
        "results": [
            {
                "name": word(row["disposition"], RESULTS),
                "group": DISPOSITIONS[row["disposition"]].group if row["disposition"] in DISPOSITIONS else "",
                "n": row["n"],
                "share": 100 * row["n"] / max(one["n"] for one in card["results"]),
                "href": evidence_page(f"dispositions:{row['disposition']}", "", whose) if row["href"] else "",
            }
            for row in card["results"]
        ],
        "ribbons": ribbons(card["states"], zone, GROUP_LABELS),
        "labels": GROUP_LABELS,
        "written": written,
        "plans": plans["items"] if plans else [],
        "state_of": state_of,
        "problems": COACHING_PROBLEMS,
        "approaches": COACHING_APPROACHES,
        "plan_states": COACHING_STATES,
    }


def _ways(path: str, whose: Whose, period: Period) -> dict[str, Any]:
    """Where a page that is looked at leads: its tables as files, and other periods."""
    return {
        "file": lambda table, form: link(path, table=table, form=form, **{"from": whose.since, "to": whose.last}),
        "periods": periods(period),
        "here_path": path,
    }


def _texts(period: Period) -> tuple[str, str]:
    return period.since.isoformat(), period.last.isoformat()


def _quoted(partner: str, agent: str) -> str:
    return f"{quote(partner, safe='')}/{quote(agent, safe='')}"


def _path(partner: str, agent: str) -> str:
    return f"{quote(partner, safe='')}/agents/{quote(agent, safe='')}"


async def _none() -> list[dict[str, Any]]:
    return []
