"""What routes of staffing gather from the views: histories by line, measured times, and the need that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.training.events.staffing import StaffingLine, StaffingSet
from services.training.staffing.backtest import Held, held_out
from services.training.staffing.forecast import MOST_WEEKS, Forecast, History, TooShort, forecast
from services.training.staffing.goals import Goal, OutOfReach
from services.training.staffing.need import Needed, Work, needed, patience_s
from services.training.views.arrivals import Arrivals, DayArrivals, Where, arrivals
from services.training.views.staffing import known_staffing
from shared.contracts.rating import days_between
from shared.http import Deps, not_found
from shared.kernel import Rejected

MEASURED_DAYS = 28
"""How long calls take is measured over the last four weeks."""


@dataclass(frozen=True)
class Line:
    """The calls of a language: their history, and what they take as measured: None where nothing was."""

    line: StaffingLine
    history: History
    handle_s: float | None
    patience_s: float | None


async def staffing_of(deps: Deps, partner_id: str) -> StaffingSet:
    """How a partner is staffed; 404 where nobody said."""
    doc = (await deps.reads.get(known_staffing, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("staffing")
    return doc.staffing


async def days_of(deps: Deps, staffing: StaffingSet) -> list[DayArrivals]:
    """What came on the last whole days, in their order, from the first on which anything did. 409
    `too_little_known`."""
    until = deps.clock().astimezone(ZoneInfo(staffing.time_zone)).date() - timedelta(days=1)
    days = days_between(until - timedelta(weeks=MOST_WEEKS) + timedelta(days=1), until)
    found = await deps.reads.get(arrivals, [f"{staffing.partner_id}:{day}" for day in days])
    docs = [found.get(f"{staffing.partner_id}:{day}") or DayArrivals(partner="", day=str(day)) for day in days]
    while docs and not docs[0].cells:
        docs.pop(0)
    if not docs:
        raise Rejected("too_little_known", "No call was offered to agents yet.")
    return docs


def lines_of(staffing: StaffingSet, docs: Sequence[DayArrivals]) -> list[Line]:
    """Each line with its calls."""
    since, until = date.fromisoformat(docs[0].day), date.fromisoformat(docs[-1].day)
    measured_since = str(until - timedelta(days=MEASURED_DAYS - 1))
    calls: dict[str, dict[datetime, int]] = {line.language: {} for line in staffing.lines}
    sums = {line.language: Arrivals() for line in staffing.lines}
    there = ZoneInfo(staffing.time_zone)
    for doc in docs:
        for where, cell in doc.places():
            line = _line(staffing, where)
            if line is None:
                continue
            at = where.at - timedelta(minutes=where.at.astimezone(there).minute % 30)
            calls[line.language][at] = calls[line.language].get(at, 0) + cell.offered
            if doc.day >= measured_since:
                _add(sums[line.language], cell)
    return [
        Line(
            line,
            History(calls[line.language], since, until, staffing.time_zone, frozenset(staffing.holidays)),
            sums[line.language].busy_ms / 1000 / sums[line.language].handled if sums[line.language].handled else None,
            patience_s(sums[line.language].waited_ms / 1000, sums[line.language].abandoned),
        )
        for line in staffing.lines
    ]


def _line(staffing: StaffingSet, where: Where) -> StaffingLine | None:
    """By the queue, else by the campaign, else the one that takes the rest."""
    for line in staffing.lines:
        if where.queue in line.queues:
            return line
    for line in staffing.lines:
        if where.campaign in line.campaigns:
            return line
    return next((line for line in staffing.lines if not line.queues and not line.campaigns), None)


def _add(sums: Arrivals, cell: Arrivals) -> None:
    for name in Arrivals.__struct_fields__:
        setattr(sums, name, getattr(sums, name) + getattr(cell, name))


def ahead(line: Line, first: date, last: date) -> Forecast:
    """409 `too_little_known`."""
    try:
        return forecast(line.history, first, last)
    except TooShort as short:
        raise Rejected("too_little_known", f"{line.line.language}: {short}.") from None


def judged(line: Line) -> Held | None:
    """How good forecasts of the last weeks would have been."""
    return held_out(line.history)


def need_of(line: Line, first: date, last: date) -> list[Needed]:
    """409 `too_little_known`, `no_handle_time`, `out_of_reach`."""
    asked = line.line
    handle = asked.handle_seconds or line.handle_s
    if handle is None:
        raise Rejected("no_handle_time", f"No call in {asked.language} has ended yet: say how long they take.")
    patience = None if asked.callers == "wait" else asked.patience_seconds or line.patience_s
    goal = Goal(
        share=_share(asked.share_percent),
        within_s=asked.within_seconds,
        answer_s=asked.answer_seconds,
        abandoned=_share(asked.abandoned_percent),
        occupancy=_share(asked.occupancy_percent),
    )
    work = Work(handle, patience, goal, asked.shrinkage_percent / 100, asked.against, asked.least)
    try:
        return needed(ahead(line, first, last).expected, work)
    except OutOfReach as never:
        raise Rejected("out_of_reach", f"{asked.language}: {never}.") from None


def _share(percent: int | None) -> float | None:
    return None if percent is None else percent / 100
