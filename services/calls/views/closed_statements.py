"""Which statements of agents are closed, and what do they say?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.commissions import StatementClosed, StatementEvent, StatementLine, StatementPart
from shared.contracts.calls import TOPIC
from shared.kernel import View


class ClosedStatement(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A statement as it was closed. `closed` is None for the moment between its parts and its closing."""

    partner: str
    agent: str
    month: str
    parts: dict[str, tuple[StatementLine, ...]] = {}
    closed: StatementClosed | None = None

    @property
    def lines(self) -> list[StatementLine]:
        """In their order."""
        return [line for part in sorted(self.parts, key=int) for line in self.parts[part]]


def by_statement(event: StatementEvent) -> Iterable[tuple[str, StatementEvent]]:
    """One document a statement."""
    yield f"{event.partner}:{event.agent}:{event.month}", event


def fold(doc: ClosedStatement | None, event: StatementEvent, sign: int) -> ClosedStatement:
    """A command's events are never reversed."""
    doc = doc or ClosedStatement(partner=event.partner, agent=event.agent, month=event.month)
    match event:
        case StatementPart(part=part, lines=lines):
            doc.parts[str(part)] = lines
        case StatementClosed():
            doc.closed = event
    return doc


def fuller(one: ClosedStatement, other: ClosedStatement) -> ClosedStatement:
    """A statement is in one partition: there is one shard, but for a moment of a move."""
    return one if one.closed is not None else other


closed_statements = View(
    "closed_statements",
    1,
    TOPIC,
    StatementEvent,
    ClosedStatement,
    by_statement,
    fold,
    fuller,
    indexes=("partner", "agent", "month"),
    fields=lambda doc: {"partner": doc.partner, "agent": doc.agent, "month": doc.month},
)
