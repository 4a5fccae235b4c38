"""Which partners do we know, who is responsible for each, how far has each come, and what holds it up?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from services.partners.events import (
    ContactNamed,
    ContactRemoved,
    DocumentFiled,
    FactNoted,
    NextActionDone,
    NextActionPlanned,
    OwnerAssigned,
    PartnerDescribed,
    PartnerEvent,
)
from shared.contracts.partners import TOPIC, PartnerMoved, PartnerRegistered, Stage
from shared.kernel import View


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A move of the partner's: from where, when, by whom and why; conditions passed by, and whether it came in so."""

    source: Stage
    target: Stage
    at: datetime
    by: str
    reason: str = ""
    overridden: tuple[str, ...] = ()
    adopted: bool = False


class Fact(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something that holds: what is said of it, and the content hash of its proof."""

    says: str = ""
    proof: str | None = None


class Action(msgspec.Struct, kw_only=True):
    """What is to be done next, by whom and until when."""

    action: str
    owner: str
    due: date


class KnownPartner(msgspec.Struct, kw_only=True):
    """A partner; `time_zone` cuts its days until a contract names one.

    `steps` are its moves, oldest first; `facts` what conditions look at, by kind and reference; `profile` and
    `contacts` as last said; `documents` what lies in its file, by content hash. `changes` counts the events behind
    this.
    """

    partner_id: str
    name: str = ""
    country: str | None = None
    time_zone: str = "UTC"
    stage: Stage = "found"
    owner: str | None = None
    next_action: Action | None = None
    profile: PartnerDescribed | None = None
    contacts: dict[str, ContactNamed] = {}
    steps: list[Step] = []
    facts: dict[str, dict[str, Fact]] = {}
    documents: dict[str, DocumentFiled] = {}
    changes: int = 0

    def words(self) -> dict[str, dict[str, str]]:
        """The facts as conditions take them; contacts and owner among them."""
        held = {kind: {ref: fact.says for ref, fact in refs.items()} for kind, refs in self.facts.items()}
        held["contact"] = {name: contact.position for name, contact in self.contacts.items()}
        held["owner"] = {self.owner: ""} if self.owner else {}
        return held


def by_partner(event: PartnerEvent) -> Iterable[tuple[str, PartnerEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownPartner | None, event: PartnerEvent, sign: int) -> KnownPartner:
    """What is said last counts. A command's events are never reversed, so the sign says nothing here."""
    doc = doc or KnownPartner(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case PartnerRegistered(name=name, country=country, time_zone=time_zone):
            doc.name, doc.country, doc.time_zone = name, country, time_zone
        case PartnerDescribed():
            doc.profile = event
        case ContactNamed(name=name):
            doc.contacts[name] = event
        case ContactRemoved(name=name):
            doc.contacts.pop(name, None)
        case OwnerAssigned(owner=owner):
            doc.owner = owner
        case NextActionPlanned(action=action, owner=owner, due=due):
            doc.next_action = Action(action=action, owner=owner, due=due)
        case NextActionDone():
            doc.next_action = None
        case PartnerMoved():
            doc.stage = event.target
            doc.steps.append(msgspec.convert(event, Step, from_attributes=True))
        case FactNoted(fact=fact, ref=ref, holds=True, says=says, proof=proof):
            doc.facts.setdefault(fact, {})[ref] = Fact(says=says, proof=proof)
        case FactNoted(fact=fact, ref=ref):
            doc.facts.get(fact, {}).pop(ref, None)
        case DocumentFiled(digest=digest):
            doc.documents[digest] = event
    return doc


def newer(one: KnownPartner, other: KnownPartner) -> KnownPartner:
    """A partner's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownPartner) -> dict[str, str | int | None]:
    """Found by stage and by who is responsible."""
    return {"stage": doc.stage, "owner": doc.owner}


partners = View(
    "partners",
    3,
    TOPIC,
    PartnerEvent,
    KnownPartner,
    by_partner,
    fold,
    newer,
    indexes=("stage", "owner"),
    fields=indexed,
)
