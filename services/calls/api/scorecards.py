"""An agent's scorecard over HTTP: its figures beside those of its peers, its days, results, and states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api import scorecard_examples as examples
from services.calls.api.callers import Service
from services.calls.api.commission_facts import zone_of_partner
from services.calls.api.performance import Table, definition_of, href_of, sums_of
from services.calls.api.readers import ReadsOf
from services.calls.api.selection import Filters, Selection, figures_of, select
from services.calls.figures import figures, kpis
from services.calls.figures.figures import Keys, Order, Place, Row
from services.calls.views.agent_time import Interval, agent_time
from services.calls.views.tally import Tally
from shared.http import Deps, invalid, json_response, must_see_agent, not_found, require
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["performance"])

CARD = (
    "handled", "contacts", "sales_reported", "sales_confirmed", "conversion", "sales_per_hour", "aht", "talk", "hold",
    "wrap", "occupancy", "transfer_rate", "cancellation_rate", "revenue_confirmed",
)  # fmt: skip
"""The KPIs of a scorecard, in the order in which they are shown."""
SHORT = ("handled", "contacts", "sales_reported", "conversion")
"""Those of a day or a campaign."""
MOST_DAYS = 92
MOST_DAYS_OF_STATES = 7
_PLAIN = Order(False, False)


async def themselves(request: Request) -> Principal:
    """Whoever looks after the agents of the partner that the path names, or the agent itself; 404 else."""
    who = await require("training.own")(request)
    must_see_agent(who, request.path_params.get("partner", ""), request.path_params.get("agent", ""))
    return who


@router.get(
    "/scorecards/{partner}/{agent:path}",
    summary="An agent's scorecard",
    description=(
        "The KPIs of the days `from` <= day < `to` in the partner's zone, at most 92. Each comes with its definition, "
        "with `n`, with the way down to its calls, and with the agent's place among the partner's agents: `rank` is "
        "null below 20 handled calls, ties share a place, and quartiles are hidden below 5 peers. The same by "
        "campaign, where those compared sell the same. `states` are those of the last seven days. Agents get their "
        "own, without the ways down: these lead to what is not theirs to see."
    ),
    responses=examples.SCORECARD,
)
async def scorecard(
    partner: str,
    agent: str,
    reads: ReadsOf,
    deps: Service,
    who: Annotated[Principal, Depends(themselves)],
    start: Annotated[str, Query(alias="from", pattern=r"^\d{4}-\d\d-\d\d$", description="The first day.")],
    end: Annotated[str, Query(alias="to", pattern=r"^\d{4}-\d\d-\d\d$", description="The day after the last.")],
) -> Response:
    """All of it, of sums that were read at one time."""
    selection = select(Filters(start, end, partner=partner), who)
    if selection.length > MOST_DAYS:
        raise invalid("to", f"at most {MOST_DAYS} days after `from`")
    zone = await zone_of_partner(deps, partner)
    people = await reads.directory.people(partner)
    person = people.get((partner, agent))
    found = await figures_of(reads.views, selection, people, by_day=True)

    def sums(*more: str) -> dict[Keys, Tally]:
        table = Table("agents", ("partner", "agent", *more), CARD, {}, _PLAIN, None)
        return sums_of(found, selection, table, people)

    everybody, mine = sums(), (partner, agent)
    if mine not in everybody and person is None:
        raise not_found("agent")
    tally = everybody.get(mine, Tally())
    told = {
        "partner": partner,
        "partner_name": (await reads.directory.partner_names()).get(partner),
        "agent": agent,
        "agent_name": person.name if person else None,
        "team": person.team if person else None,
        "time_zone": str(zone),
        "from": start,
        "to": end,
        "figures": _figures(tally, everybody, mine, CARD, _ways(selection, who, partner, agent)),
        "campaigns": _by_campaign(sums("campaign"), mine, selection, who),
        "days": _by_day(sums("day"), mine, selection, who),
        "results": [
            {"disposition": code, "n": n, "href": _ways(selection, who, partner, agent)(f"dispositions:{code}")}
            for code, n in sorted(tally.dispositions.items(), key=lambda entry: (-entry[1], entry[0]))
        ],
        "states": await _states(deps, partner, agent, (start, end), zone),
        "as_of": found.as_of,
    }
    return json_response(told)


class _Ways:
    """KPI or counter -> where its calls are; None for who may not see them, and for what is too long to be opened."""

    def __init__(self, selection: Selection, who: Principal, keys: Mapping[str, str | None]) -> None:
        self._table = Table("agents", tuple(keys), CARD, {}, _PLAIN, None)
        self._to = href_of(self._table, selection, keys)
        self._open = who.may("figures.read")

    def __call__(self, measure: str) -> str | None:
        return self._to(measure) if self._open else None


def _ways(selection: Selection, who: Principal, partner: str, agent: str, **more: str | None) -> _Ways:
    return _Ways(selection, who, {"partner": partner, "agent": agent, **more})


def _figures(
    tally: Tally, everybody: Mapping[Keys, Tally], mine: Keys, shown: tuple[str, ...], ways: _Ways
) -> dict[str, Any]:
    """The agent's figures with their definitions, and its place among `everybody`."""
    told: dict[str, Any] = {}
    for key in shown:
        kpi = kpis.kpi(key)
        figure = kpis.figure(kpi, tally) | definition_of(kpi) | {"href": ways(key)}
        del figure["variants"]
        told[key] = figure | _standing(kpi, everybody, mine)
    return told


def _standing(kpi: kpis.Kpi | kpis.MoneyKpi, everybody: Mapping[Keys, Tally], mine: Keys) -> dict[str, Any]:
    place: Place | None = None
    if isinstance(kpi, kpis.Kpi):  # amounts of different currencies have no order
        rows = [Row(keys, one, kpis.figure(kpi, one)["value"]) for keys, one in everybody.items() if keys[1]]
        found = figures.places(rows, kpi.better == "up", lambda row: row.keys[2:])
        place = next((one for row, one in zip(rows, found, strict=True) if row.keys == mine), None)
    if place is None:
        return {"rank": None, "ranked": 0, "peers": None}
    low, middle, high = place.quartiles or (None, None, None)
    peers = None if place.quartiles is None else {"q1": low, "median": middle, "q3": high}
    return {"rank": place.rank, "ranked": place.of, "peers": peers}


def _by_campaign(sums: Mapping[Keys, Tally], mine: Keys, selection: Selection, who: Principal) -> list[dict[str, Any]]:
    """The agent's campaigns, those with the most calls first; what belongs to none is no campaign."""
    partner, agent = mine[0] or "", mine[1] or ""
    own = [(keys, tally) for keys, tally in sums.items() if keys[:2] == mine and keys[2]]
    own.sort(key=lambda entry: (-entry[1].handled, entry[0][2] or ""))
    return [
        {
            "campaign": keys[2],
            "figures": _figures(tally, sums, keys, SHORT, _ways(selection, who, partner, agent, campaign=keys[2])),
        }
        for keys, tally in own
    ]


def _by_day(sums: Mapping[Keys, Tally], mine: Keys, selection: Selection, who: Principal) -> list[dict[str, Any]]:
    """Every day of the selection, those without anything too."""
    partner, agent = mine[0] or "", mine[1] or ""
    first, after = (date.fromisoformat(day) for day in selection.days or ("", ""))
    days = [(first + timedelta(days=n)).isoformat() for n in range((after - first).days)]
    told = []
    for day in days:
        tally = sums.get((*mine, day), Tally())
        ways = _ways(selection, who, partner, agent, day=day)
        told.append(
            {"day": day, "figures": {key: kpis.figure(kpis.kpi(key), tally) | {"href": ways(key)} for key in SHORT}}
        )
    return told


async def _states(deps: Deps, partner: str, agent: str, days: tuple[str, str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The states of the last days of the period, by time, none reaching over its bounds."""
    after = date.fromisoformat(days[1])
    first = max(date.fromisoformat(days[0]), after - timedelta(days=MOST_DAYS_OF_STATES))
    low, high = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))
    wanted: dict[str, str | int] = {"partner": partner, "agent": agent}
    until = (high.date() + timedelta(days=1)).isoformat()
    read = await deps.reads.find(agent_time, wanted, "day", low.date().isoformat(), until)
    intervals = [_cut(one, low, high) for _, doc in read for one in doc.intervals if one.since < high]
    return [one for one in sorted(intervals, key=lambda one: one["since"]) if one["since"] < one["until"]]


def _cut(interval: Interval, low: datetime, high: datetime) -> dict[str, Any]:
    return {
        "since": max(interval.since, low),
        "until": min(interval.until, high),
        "state": interval.state,
        "code": interval.code or None,
    }
