"""What did an agent's contacts bring, by day, hour, campaign, direction and lead? All measuring starts here.

A contact is a call that a human answered, in the hour in which the call began; a sale is one that the telephony
reported, in its own hour: as in the figures of performance. Test calls, and calls of no agent, do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date

import msgspec

from shared.contracts.calls import TOPIC, CallAnswered, SaleRecorded
from shared.kernel import View

WorkedEvent = CallAnswered | SaleRecorded
NO_CAMPAIGN = ""
NO_LEAD = ""


class Step(msgspec.Struct, frozen=True):
    """What a fact adds: contacts and sales at one place of one agent's month."""

    partner: str
    agent: str
    day: str
    hour: int
    campaign: str
    direction: str
    lead_age: str
    contacts: int
    sales: int


class Did(msgspec.Struct, frozen=True):
    """What an agent did on a day, or in an hour (UTC) of a month's days, of a campaign (empty: of none) and direction.
    `at`: the day of the month, or the hour. `lead_age`: how old the leads were, in hours alone; empty where the calls
    were for no lead."""

    at: int
    campaign: str
    direction: str
    lead_age: str
    contacts: int
    sales: int


class WorkedMonth(msgspec.Struct, kw_only=True):
    """An agent's month in the partner's days: contacts and sales, once by `days` and once by `hours`, under
    `<day of the month>|<direction>||<campaign>` and `<hour>|<direction>|<age of the lead>|<campaign>`."""

    partner: str
    agent: str
    month: str
    days: dict[str, list[int]] = {}
    hours: dict[str, list[int]] = {}

    def day(self, number: int) -> date:
        """A day of the month."""
        return date(int(self.month[:4]), int(self.month[5:]), number)


def did(cells: Mapping[str, Sequence[int]]) -> Iterator[Did]:
    """Cell by cell."""
    for cell, (contacts, sales) in cells.items():
        at, direction, lead_age, campaign = cell.split("|", 3)
        yield Did(int(at), campaign, direction, lead_age, contacts, sales)


class WorkedSince(msgspec.Struct, kw_only=True):
    """The months in which an agent had contacts, with their number: how long has it been there?"""

    partner: str
    agent: str
    months: dict[str, int] = {}

    @property
    def first(self) -> str | None:
        """The first month (YYYY-MM) with a contact."""
        return min(self.months, default=None)


def steps(event: WorkedEvent) -> Iterator[Step]:
    """What an event counts for; nothing where it does not count."""
    if event.counts != "production" or not event.agent:
        return
    match event:
        case CallAnswered(first=True):
            contacts, sales = 1, 0
        case SaleRecorded():
            contacts, sales = 0, 1
        case _:
            return
    hour = event.interval.astimezone(UTC).hour
    place = event.day, hour, event.campaign or NO_CAMPAIGN, event.direction, event.lead_age or NO_LEAD
    yield Step(event.partner, event.agent, *place, contacts, sales)


def by_month(event: WorkedEvent) -> Iterable[tuple[str, Step]]:
    """One document an agent and month."""
    for step in steps(event):
        yield f"{step.day[:7]}:{step.partner}:{step.agent}", step


def fold(doc: WorkedMonth | None, step: Step, sign: int) -> WorkedMonth:
    """A reversal takes away what was added; cells of nothing vanish, so that one content has one form."""
    doc = doc or WorkedMonth(partner=step.partner, agent=step.agent, month=step.day[:7])
    contacts, sales = sign * step.contacts, sign * step.sales
    _add(doc.days, f"{int(step.day[8:])}|{step.direction}|{NO_LEAD}|{step.campaign}", contacts, sales)
    _add(doc.hours, f"{step.hour}|{step.direction}|{step.lead_age}|{step.campaign}", contacts, sales)
    return doc


def _add(cells: dict[str, list[int]], cell: str, contacts: int, sales: int) -> None:
    known = cells.get(cell, [0, 0])
    found = [known[0] + contacts, known[1] + sales]
    if any(found):
        cells[cell] = found
    else:
        cells.pop(cell, None)


def merge(one: WorkedMonth, other: WorkedMonth) -> WorkedMonth:
    """Of several partitions, the sums."""
    for mine, theirs in ((one.days, other.days), (one.hours, other.hours)):
        for cell, (contacts, sales) in theirs.items():
            _add(mine, cell, contacts, sales)
    return one


def by_agent(event: WorkedEvent) -> Iterable[tuple[str, Step]]:
    """One document an agent."""
    for step in steps(event):
        if step.contacts:
            yield f"{step.partner}:{step.agent}", step


def fold_since(doc: WorkedSince | None, step: Step, sign: int) -> WorkedSince:
    """A month without contacts is none."""
    doc = doc or WorkedSince(partner=step.partner, agent=step.agent)
    _count(doc.months, step.day[:7], sign * step.contacts)
    return doc


def _count(months: dict[str, int], month: str, contacts: int) -> None:
    months[month] = months.get(month, 0) + contacts
    if not months[month]:
        del months[month]


def merge_since(one: WorkedSince, other: WorkedSince) -> WorkedSince:
    """Of several partitions, the sums."""
    for month, contacts in other.months.items():
        _count(one.months, month, contacts)
    return one


worked = View(
    "worked",
    version=2,
    topic=TOPIC,
    events=WorkedEvent,
    doc=WorkedMonth,
    route=by_month,
    fold=fold,
    merge=merge,
    indexes=("partner", "month"),
    fields=lambda doc: {"partner": doc.partner, "month": doc.month},
)
worked_since = View(
    "worked_since",
    version=1,
    topic=TOPIC,
    events=WorkedEvent,
    doc=WorkedSince,
    route=by_agent,
    fold=fold_since,
    merge=merge_since,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)
