"""Who is who: the names of partners, and the names and teams of their agents, as the partners service tells them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered, PartnerRegistered, PublicPartnerEvent
from shared.kernel import View

PersonEvent = PartnerRegistered | AgentRegistered


class Who(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A partner (`agent` None), or one of its agents."""

    partner: str
    agent: str | None = None
    name: str | None = None
    team: str | None = None
    zone: str | None = None


def by_person(event: PublicPartnerEvent) -> Iterable[tuple[str, PersonEvent]]:
    """One document a partner, one an agent."""
    match event:
        case PartnerRegistered():
            yield f"partner:{event.partner_id}", event
        case AgentRegistered():
            yield f"agent:{event.partner_id}:{event.agent}", event
        case _:
            return


def fold(who: Who | None, event: PersonEvent, sign: int) -> Who:
    """The last registration counts; none is ever taken back."""
    match event:
        case PartnerRegistered():
            return Who(partner=event.partner_id, name=event.name, zone=event.time_zone)
        case AgentRegistered():
            return Who(partner=event.partner_id, agent=event.agent, name=event.name, team=event.team)


def named(one: Who, other: Who) -> Who:
    """One partition feeds a document, so there is one shard."""
    return one if one.name else other


call_people = View(
    name="call_people",
    version=1,
    topic=TOPIC,
    events=PublicPartnerEvent,
    doc=Who,
    route=by_person,
    fold=fold,
    merge=named,
)
