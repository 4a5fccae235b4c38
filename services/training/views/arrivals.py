"""How many calls came in each quarter of an hour, and how long each took: what a forecast and its agents rest on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.contracts.calls import TOPIC, CallAnswered, CallDispositioned, CallEnded, CallFact, CallStarted
from shared.kernel import View

ArrivalEvent = CallStarted | CallAnswered | CallEnded | CallDispositioned


class Arrivals(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Calls of a quarter of an hour that were offered to agents, how they ended, and the milliseconds that callers
    waited (of those answered and of those who hung up); and inbound legs that ended in it, with the milliseconds for
    which an agent was busy with them."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    waited_ms: int = 0
    handled: int = 0
    busy_ms: int = 0


class Where(msgspec.Struct, frozen=True, order=True):
    """A quarter of an hour (its start, UTC), the queue and the campaign; empty where the telephony names none."""

    at: datetime
    queue: str
    campaign: str


class DayArrivals(msgspec.Struct, kw_only=True):
    """A partner's day, in its zone. `cells`: by place, in one text (`<start>|<queue>|<campaign>`)."""

    partner: str
    day: str
    cells: dict[str, Arrivals] = {}

    def places(self) -> Iterable[tuple[Where, Arrivals]]:
        """What there is, place by place."""
        for place, found in self.cells.items():
            at, queue, campaign = place.split("|")
            yield Where(datetime.fromisoformat(at), queue, campaign), found


class Counted(msgspec.Struct, frozen=True):
    """What one fact counts for, in one place."""

    partner: str
    day: str
    place: str
    steps: tuple[tuple[str, int], ...]


def by_day(event: ArrivalEvent) -> Iterable[tuple[str, Counted]]:
    """One document a day of a partner. Test calls need no agents."""
    if event.counts != "production":
        return []
    return [(f"{one.partner}:{one.day}", one) for one in _counted(event) if one.steps]


def _counted(event: ArrivalEvent) -> Iterable[Counted]:
    match event:
        case CallStarted(offered=True):
            yield _at(event, ("offered", 1))
        case CallAnswered(first=True, offered=True):
            yield _at(event, ("answered", 1), ("waited_ms", event.wait_ms or 0))
        case CallEnded(scope="call", offered=True, outcome="abandoned"):
            yield _at(event, ("abandoned", 1), ("waited_ms", event.wait_ms or 0))
        case CallEnded(scope="leg", direction="inbound", talk_ms=int(talk)):
            yield _at(event, ("handled", 1), ("busy_ms", talk + (event.hold_ms or 0)))
        case CallDispositioned(direction="inbound", wrap_ms=int(wrap)):
            ended = event.ended_interval or event.interval
            yield _at(event, ("busy_ms", wrap), interval=ended, day=event.ended_day or event.day)
        case _:
            return


def _at(event: CallFact, *steps: tuple[str, int], interval: datetime | None = None, day: str | None = None) -> Counted:
    names = ((event.queue or "").replace("|", "/"), (event.campaign or "").replace("|", "/"))
    place = "|".join(((interval or event.interval).isoformat(), *names))
    return Counted(event.partner, day or event.day, place, tuple(step for step in steps if step[1]))


def fold(doc: DayArrivals | None, part: Counted, sign: int) -> DayArrivals:
    """Add the steps, or take them back; a place at which nothing is left is none."""
    doc = doc or DayArrivals(partner=part.partner, day=part.day)
    cell = doc.cells.setdefault(part.place, Arrivals())
    for name, step in part.steps:
        setattr(cell, name, getattr(cell, name) + sign * step)
    if cell == Arrivals():
        del doc.cells[part.place]
    return doc


def added(one: DayArrivals, other: DayArrivals) -> DayArrivals:
    """Two shards together."""
    for place, cell in other.cells.items():
        mine = one.cells.setdefault(place, Arrivals())
        for name in Arrivals.__struct_fields__:
            setattr(mine, name, getattr(mine, name) + getattr(cell, name))
    return one


def indexed(doc: DayArrivals) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner}


arrivals = View(
    "arrivals", 1, TOPIC, ArrivalEvent, DayArrivals, by_day, fold, added, indexes=("partner",), fields=indexed
)
