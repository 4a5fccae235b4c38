"""How quickly tickets are answered and resolved, and how many within what was promised: pure sums over tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import msgspec

from services.partners.domain.sla import Turn, measured
from services.partners.events.support import Calendar, Promise, Side


@dataclass(frozen=True)
class Handled:
    """What figures need to know of a ticket: under which name it counts, its turns, and when it was first answered."""

    group: str
    handled_by: Side
    turns: Sequence[Turn]
    answered_at: datetime | None
    promise: Promise
    calendar: Calendar | None = None


class Timed(msgspec.Struct, frozen=True):
    """How long something took on the clock of the handling side, in seconds.

    `over`: more than was promised, or more already and it is not there yet. `took` is None until it is there.
    """

    running_s: float
    stopped_s: float
    promised_s: int
    took_s: float | None

    @property
    def over(self) -> bool:
        """Whether the promise is broken."""
        return self.running_s > self.promised_s


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Of `n` tickets it is known by now whether the promise was kept; for `done` of them, how long it took, in
    seconds: the median and the 90th percentile (nearest rank). Shares and times are None without a case."""

    n: int
    within: int
    share_within: float | None
    done: int
    median_s: float | None
    p90_s: float | None


class TicketFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The tickets of one group: how many, and how quickly they were answered first, and resolved."""

    group: str
    tickets: int
    first_response: Figure
    resolution: Figure


def first_response(ticket: Handled, now: datetime) -> Timed:
    """How long the other side waited for the first word."""
    return _timed(ticket, ticket.answered_at, ticket.promise.first_response_s, now)


def resolution(ticket: Handled, now: datetime) -> Timed:
    """How long it took to resolve it, or takes by now; a ticket that is open again is not resolved."""
    resolved = ticket.turns[-1].at if ticket.turns and ticket.turns[-1].side is None else None
    return _timed(ticket, resolved, ticket.promise.resolution_s, now)


def figures(tickets: Iterable[Handled], now: datetime) -> list[TicketFigures]:
    """A row for each group, by name."""
    groups: dict[str, list[Handled]] = {}
    for ticket in tickets:
        groups.setdefault(ticket.group, []).append(ticket)
    return [
        TicketFigures(
            group=group,
            tickets=len(found),
            first_response=_figure(found, first_response, now),
            resolution=_figure(found, resolution, now),
        )
        for group, found in sorted(groups.items())
    ]


def _timed(ticket: Handled, there: datetime | None, promised_s: int, now: datetime) -> Timed:
    clock = measured(ticket.turns, ticket.handled_by, there or now, ticket.calendar)
    running = _seconds(clock.running)
    return Timed(running, _seconds(clock.stopped), promised_s, None if there is None else running)


def _figure(tickets: Sequence[Handled], of: Callable[[Handled, datetime], Timed], now: datetime) -> Figure:
    timed = [of(ticket, now) for ticket in tickets]
    decided = [one for one in timed if one.took_s is not None or one.over]
    took = sorted(one.took_s for one in timed if one.took_s is not None)
    within = sum(not one.over for one in decided)
    return Figure(
        n=len(decided),
        within=within,
        share_within=round(within / len(decided), 4) if decided else None,
        done=len(took),
        median_s=_percentile(took, 50),
        p90_s=_percentile(took, 90),
    )


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that so many percent of all do not exceed."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else None


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
