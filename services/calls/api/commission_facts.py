"""What the routes of commissions rest on: who may see it, and the facts of a partner read from the views."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calls.domain.commission_plan import LONGEST_CLAW_BACK_DAYS
from services.calls.domain.commissions import Sale
from services.calls.domain.paid_time import Stay
from services.calls.domain.statement import CORRECTED_MONTHS, Facts
from services.calls.events.commissions import StatementClosed
from services.calls.views.agent_sales import agent_sales
from services.calls.views.agent_time import agent_time
from services.calls.views.closed_statements import closed_statements
from services.calls.views.people import call_people
from services.calls.views.plans import plans
from shared.contracts.rating import months_later
from shared.http import Deps, Problem, invalid, not_found

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_MONTHS_OF_SALES = CORRECTED_MONTHS + LONGEST_CLAW_BACK_DAYS // 28 + 1
"""How far back lie orders of which something may still be taken back in a month that is worked out."""


def known_month(month: str) -> str:
    """422 where it is no month of this century."""
    if not _MONTH.fullmatch(month):
        raise invalid("month", "such as 2026-03")
    return month


async def zone_of_partner(deps: Deps, partner: str) -> ZoneInfo:
    """The zone in which the partner's days are cut. 404 where nobody knows the partner."""
    known = (await deps.reads.get(call_people, [f"partner:{partner}"])).get(f"partner:{partner}")
    if known is None:
        raise not_found("partner")
    return ZoneInfo(known.zone or "UTC")


async def facts_of(deps: Deps, partner: str, month: str) -> Facts:
    """All that statements of a month rest on, of all agents of the partner."""
    zone = await zone_of_partner(deps, partner)
    mine: dict[str, str | int] = {"partner": partner}
    book = [doc for _, doc in await deps.reads.find(plans, mine)]
    sales: dict[str, list[Sale]] = defaultdict(list)
    low, high = months_later(month, -_MONTHS_OF_SALES), months_later(month, 2)
    for _, sold in await deps.reads.find(agent_sales, mine, "month", low, high):
        sales[sold.agent] += [Sale(placed, tuple(sold.taken(placed.order))) for placed in sold.placed]
    stays: dict[str, list[Stay]] = defaultdict(list)
    first, after = _days_around(months_later(month, -CORRECTED_MONTHS), month)
    for _, day in await deps.reads.find(agent_time, mine, "day", first, after):
        stays[day.agent] += [Stay(since=i.since, until=i.until, state=i.state, code=i.code) for i in day.intervals]
    closed: dict[str, list[StatementClosed]] = defaultdict(list)
    for _, done in await deps.reads.find(closed_statements, mine):
        if done.closed is not None:
            closed[done.agent].append(done.closed)
    people = [who for _, who in await deps.reads.find(call_people, {}) if who.partner == partner]
    return Facts(
        zone=zone,
        plans={doc.plan: doc.versions for doc in book if doc.versions},
        rules=[version for doc in book for version in doc.time_rules],
        sales=sales,
        stays=stays,
        teams={who.agent: who.team for who in people if who.agent is not None},
        closed=closed,
    )


def _days_around(first: str, last: str) -> tuple[str, str]:
    """The days (UTC) that months of any zone touch: a day more on either side."""
    begin = date.fromisoformat(f"{first}-01") - timedelta(days=1)
    end = date.fromisoformat(f"{months_later(last, 1)}-01") + timedelta(days=1)
    return begin.isoformat(), end.isoformat()


async def not_closed_since(deps: Deps, partner: str, starts: date) -> None:
    """409 `period_closed` where a statement of the day's month, or of a later one, is closed."""
    months = [doc.month for _, doc in await deps.reads.find(closed_statements, {"partner": partner})]
    last = max(months, default="")
    if last >= f"{starts:%Y-%m}":
        raise Problem(409, "period_closed", f"Statements of {last} are closed: start after that month.")


def month_over(month: str, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the month is over in the zone."""
    return f"{now.astimezone(UTC).astimezone(zone):%Y-%m}" > month
