"""Which figures are asked for: period, zone and filters from the query, and the documents that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from services.calls.api.readers import Person, ViewReader
from services.calls.views.cells import CellDocument
from services.calls.views.evidence import Evidence, evidence
from services.calls.views.measures import QUARTER_MS, milliseconds
from services.calls.views.performance import Performance, performance, performance_day
from services.calls.views.performance_month import MonthPerformance, month_totals, performance_month
from shared.contracts.partners import Counts
from shared.http import Problem, invalid, time_range
from shared.kernel import View
from shared.security import Principal

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_DAYS = 731
MOST_QUARTER_DAYS_OF_ALL = 2
MOST_QUARTER_DAYS_OF_ONE = 32
"""Quarters of an hour are many documents: a month of one partner, two days of all."""

FEW_DAYS = 3
"""Up to here days are read from documents of their own, which are smaller than months."""

People = Mapping[tuple[str, str], Person]


@dataclass(frozen=True)
class Filters:
    """The query as it came. An empty name asks for the row of none, a missing one for all."""

    start: str
    end: str
    time_zone: str | None = None
    partner: str | None = None
    campaign: str | None = None
    agent: str | None = None
    team: str | None = None
    direction: str | None = None
    counts: Counts = "production"

    def query(self, **more: str | None) -> str:
        """As a query string, with these parameters put over it."""
        mine = {
            "from": self.start,
            "to": self.end,
            "time_zone": self.time_zone,
            "partner": self.partner,
            "campaign": self.campaign,
            "agent": self.agent,
            "team": self.team,
            "direction": self.direction,
            "counts": self.counts if self.counts != "production" else None,
        }
        return urlencode({name: value for name, value in (mine | more).items() if value is not None})


async def filters(
    start: Annotated[str, Query(alias="from", description="Start: a quarter of an hour (RFC 3339), or a day.")],
    end: Annotated[str, Query(alias="to", description="End, not included: of the same kind as `from`.")],
    time_zone: Annotated[
        str | None, Query(description="IANA zone in which days are cut; without it, each partner's own.")
    ] = None,
    partner: Annotated[str | None, Query(description="Only this partner.")] = None,
    campaign: Annotated[str | None, Query(description="Only this campaign; empty: what belongs to none.")] = None,
    agent: Annotated[
        str | None, Query(description="Only this agent (vendor's id); empty: what belongs to none.")
    ] = None,
    team: Annotated[str | None, Query(description="Only agents who are now in this team; empty: in none.")] = None,
    direction: Annotated[
        str | None, Query(description="`inbound`, `outbound` or `unknown`; empty: agents' time, which has none.")
    ] = None,
    counts: Annotated[Counts, Query(description="`test`: what test sources count, and nothing else.")] = "production",
) -> Filters:
    """The dependency that reads the query."""
    return Filters(start, end, time_zone, partner, campaign, agent, team, direction, counts)


@dataclass(frozen=True)
class Selection:
    """What is asked for: either whole days in each partner's zone, or quarters of an hour (ms since the epoch)."""

    filters: Filters
    partners: tuple[str, ...] | None
    days: tuple[str, str] | None
    quarters: tuple[int, int] | None
    zone: ZoneInfo | None

    @property
    def length(self) -> float:
        """In days."""
        if self.quarters is not None:
            return (self.quarters[1] - self.quarters[0]) / 86_400_000
        low, high = self.days or ("", "")
        return (date.fromisoformat(high) - date.fromisoformat(low)).days

    @property
    def whole_months(self) -> bool:
        """Whether it begins and ends with a month."""
        return self.days is not None and all(day.endswith("-01") for day in self.days)

    @property
    def fits_quarters(self) -> bool:
        """Whether it is short enough to be read by quarters of an hour, evidence included."""
        one = self.partners is not None and len(self.partners) == 1
        return self.length <= (MOST_QUARTER_DAYS_OF_ONE if one else MOST_QUARTER_DAYS_OF_ALL)

    def wants(self, doc: CellDocument, people: People) -> bool:
        """The filters that no index holds."""
        asked = self.filters
        if asked.direction is not None and (doc.direction or "") != asked.direction:
            return False
        return asked.team is None or team_of(doc, people) == (asked.team or None)

    def equal(self) -> Iterator[dict[str, str | int]]:
        """The values of indexes to look for, once for each partner."""
        asked = {"counts": self.filters.counts, "campaign": self.filters.campaign, "agent": self.filters.agent}
        common: dict[str, str | int] = {name: value for name, value in asked.items() if value is not None}
        if self.partners is None:
            yield common
        else:
            for partner in self.partners:
                yield common | {"partner": partner}


def team_of(doc: CellDocument, people: People) -> str | None:
    """The team that the document's agent is in now."""
    person = people.get((doc.partner, doc.agent)) if doc.agent else None
    return person.team if person else None


def partners_of(partner: str | None, principal: Principal) -> tuple[str, ...] | None:
    """Whose figures are to be read; None: everybody's. 403 for a partner that the caller may not see."""
    if partner is None:
        return None if principal.partners is None else tuple(sorted(principal.partners))
    if not principal.sees(partner):
        raise Problem(403, "not_allowed", f"You may not see the partner {partner}.")
    return (partner,)


def select(asked: Filters, principal: Principal) -> Selection:
    """Check and understand the filters. 422 naming the parameter, 403 for a partner that is not the caller's."""
    zone = None if asked.time_zone is None else zone_of(asked.time_zone)
    partners = partners_of(asked.partner, principal)
    dates = [bool(_DAY.fullmatch(text)) for text in (asked.start, asked.end)]
    if dates[0] != dates[1]:
        raise invalid("to", "must be of the same kind as `from`: both days or both instants")
    low, high = time_range(asked.start, asked.end, zone or ZoneInfo("UTC"))
    if dates[0] and zone is None:
        found = Selection(asked, partners, (asked.start, asked.end), None, None)
        if found.length > MOST_DAYS:
            raise invalid("to", f"at most {MOST_DAYS} days after `from`")
        return found
    quarters = milliseconds(low), milliseconds(high)
    for name, at in zip(("from", "to"), quarters, strict=True):
        if at % QUARTER_MS:
            raise invalid(name, "must be the start of a quarter of an hour")
    found = Selection(asked, partners, None, quarters, zone)
    if not found.fits_quarters:
        raise invalid("to", _too_long())
    return found


def _too_long() -> str:
    return (
        f"at most {MOST_QUARTER_DAYS_OF_ALL} days after `from`, or {MOST_QUARTER_DAYS_OF_ONE} days of one `partner`, "
        "where quarters of an hour are read"
    )


def zone_of(name: str) -> ZoneInfo:
    """The zone of the parameter `time_zone`; 422 when there is none of this name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise invalid("time_zone", "no zone of the IANA database") from None


@dataclass(frozen=True)
class Found:
    """The documents that add up to a selection, and how far each view that was read had been applied.

    Ranges of days that are long, and not of whole months, come as `months`, which may reach beyond the range.
    """

    as_of: dict[str, str]
    documents: list[Performance] = field(default_factory=list)
    months: list[MonthPerformance] = field(default_factory=list)


async def figures_of(views: ViewReader, selection: Selection, people: People, by_day: bool) -> Found:
    """Read what the selection asks for. `by_day`: the days of a month are to be told apart."""
    read, order, low, high = _wanted(selection)
    # Asked before reading: the documents hold at least this much.
    as_of = {read.name: await views.as_of(read)}

    async def wanted(view: View[Any, Any, Any]) -> list[Any]:
        found: list[Any] = []
        for equal in selection.equal():
            found += [doc for _, doc in await views.find(view, equal, order, low, high) if selection.wants(doc, people)]
        return found

    if read is performance_month and selection.whole_months and not by_day:
        totals = await wanted(month_totals)
        if all(doc.summed for doc in totals):
            return Found(as_of, documents=totals)
    found = await wanted(read)
    return Found(as_of, months=found) if read is performance_month else Found(as_of, documents=found)


def _wanted(selection: Selection) -> tuple[View[Any, Any, Any], str, str | int, str | int]:
    if selection.quarters is not None:
        return performance, "interval", *selection.quarters
    start, end = selection.days or ("", "")
    if selection.length <= FEW_DAYS:
        return performance_day, "day", start, end
    last = date.fromisoformat(end) - timedelta(days=1)
    year, month = divmod(last.year * 12 + last.month, 12)  # of the month after, for a half-open range
    return performance_month, "month", start[:7], f"{year:04}-{month + 1:02}"


async def evidence_of(views: ViewReader, selection: Selection, people: People) -> tuple[dict[str, str], list[Evidence]]:
    """The evidence of the selection, and how far the view had been applied. 422 when it is too much to be read."""
    if not selection.fits_quarters:
        raise invalid("to", _too_long())
    as_of = {evidence.name: await views.as_of(evidence)}
    found: list[Evidence] = []
    for equal in selection.equal():
        if selection.quarters is not None:
            documents = await views.find(evidence, equal, "interval", *selection.quarters)
        else:
            documents = await views.find(evidence, equal, "day", *(selection.days or ()))
        found += [doc for _, doc in documents if selection.wants(doc, people)]
    return as_of, found


def instant(ms: int) -> str:
    """An RFC 3339 text of milliseconds since the epoch, to the second."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: str, zone: ZoneInfo) -> int:
    """The start of a local day, in milliseconds since the epoch."""
    return milliseconds(datetime.combine(date.fromisoformat(day), time(), zone))
