"""A partner: known to us under a short id that never changes, in some stage of its life, with somebody responsible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.partners.domain.lifecycle import BY_HAND, FIRST, MOVES, OF_ONE_ENDING, PROVEN, Facts
from services.partners.events import (
    ContactNamed,
    ContactRemoved,
    DocumentFiled,
    FactNoted,
    FoundBy,
    NextActionDone,
    NextActionPlanned,
    OwnerAssigned,
    PartnerDescribed,
    PartnerEvent,
    Work,
)
from shared.contracts.partners import PartnerMoved, PartnerRegistered, Stage
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.masking import masked
from shared.names import Country, Digest, PartnerId, Slug

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)")]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Said = Annotated[str, msgspec.Meta(min_length=3, max_length=4000)]
Word = Slug
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


TEXTS = ("says", "reason", "outcome")
"""Fields in which people write of cases, and so perhaps of a customer."""


class RegisterPartner(Command, frozen=True, kw_only=True):
    """Get to know a partner. `country` is an ISO 3166 code, `time_zone` an IANA name."""

    partner_id: PartnerId
    name: Name
    country: Country | None = None
    time_zone: str = "UTC"


class DescribePartner(Command, frozen=True, kw_only=True):
    """Say what is known of the company, all of it: what is left out is unknown from now on.

    Languages are BCP 47 tags, countries ISO 3166 codes.
    """

    partner_id: PartnerId
    countries: tuple[Country, ...] = ()
    languages: tuple[Language, ...] = ()
    services: tuple[Work, ...] = ()
    seats: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    found_by: FoundBy | None = None
    domain: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$(?!\n)")] | None = None
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9 ()/.-]{5,40}$(?!\n)")] | None = None
    skills: tuple[Name, ...] = ()
    around_the_clock: bool | None = None
    hourly_rate: Money | None = None
    note: Text = ""


class NameContact(Command, frozen=True, kw_only=True):
    """Name somebody at the partner whom we talk to. 409 `unreachable` without an e-mail address and a phone number."""

    partner_id: PartnerId
    name: Name
    position: Annotated[str, msgspec.Meta(max_length=200)] = ""
    email: Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)", max_length=254)] | None = None
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9 ()/.-]{5,40}$(?!\n)")] | None = None
    languages: tuple[Language, ...] = ()


class RemoveContact(Command, frozen=True, kw_only=True):
    """We no longer talk to this person."""

    partner_id: PartnerId
    name: Name


class AssignOwner(Command, frozen=True, kw_only=True):
    """Make one of us responsible for the partner."""

    partner_id: PartnerId
    owner: Name
    at: datetime
    by: str


class PlanNextAction(Command, frozen=True, kw_only=True):
    """Say what is to be done next, by whom and until when; it takes the place of what was planned before."""

    partner_id: PartnerId
    action: Said
    owner: Name
    due: date


class FinishNextAction(Command, frozen=True, kw_only=True):
    """Say that the planned action was done. 409 `no_next_action` when none is planned."""

    partner_id: PartnerId
    at: datetime
    by: str
    outcome: Text = ""


class MovePartner(Command, frozen=True, kw_only=True):
    """Move the partner to another stage.

    409 `no_such_move` where no way leads there, `reason_missing` without a reason for a step back or an override, and
    the name of a condition that does not hold. `override` names conditions that whoever asks takes upon themselves;
    only some can be: `not_overridable`.
    """

    partner_id: PartnerId
    target: Stage
    at: datetime
    by: str
    reason: Text = ""
    override: tuple[str, ...] = ()


class AdoptPartner(Command, frozen=True, kw_only=True):
    """Take in a co-operation that is older than our record of it, at the stage where it is.

    Its conditions were never seen, and it shows for ever. 409 `moved_already` once the partner has moved here.
    """

    partner_id: PartnerId
    stage: Stage
    reason: Said
    at: datetime
    by: str


class NoteFact(Command, frozen=True, kw_only=True):
    """Something holds, or no longer, that conditions of the partner's moves look at; known from elsewhere."""

    partner_id: PartnerId
    fact: str
    ref: Name
    holds: bool = True
    says: Text = ""
    proof: Digest | None = None


class RecordFact(Command, frozen=True, kw_only=True):
    """Say by hand what no other part of the system knows: that something is open, closed or proven.

    `proof` is the content hash of a document in the partner's file. 409 `not_by_hand` for what the system finds out by
    itself, `proof_missing` for what counts only with a document, `unknown_document` for one that was never filed.
    """

    partner_id: PartnerId
    fact: str
    ref: Name
    holds: bool = True
    says: Said
    proof: Digest | None = None


class FileDocument(Command, frozen=True, kw_only=True):
    """Lay a document into the partner's file, whose content is stored already."""

    partner_id: PartnerId
    digest: Digest
    name: Name
    media: str
    size: int
    at: datetime
    by: str


class ArchivePartner(Command, frozen=True, kw_only=True):
    """The partner's file, as stored under its content hash `digest`, is the last word on the co-operation.

    409 `not_ending`, and the name of a condition of the ending that does not hold yet.
    """

    partner_id: PartnerId
    digest: Digest
    at: datetime
    by: str


PartnerCommand = (
    RegisterPartner
    | DescribePartner
    | NameContact
    | RemoveContact
    | AssignOwner
    | PlanNextAction
    | FinishNextAction
    | MovePartner
    | AdoptPartner
    | NoteFact
    | RecordFact
    | FileDocument
    | ArchivePartner
)


@dataclass(frozen=True)
class Partner:
    """The registration, once there is one; the stage, and what its conditions look at."""

    registered: PartnerRegistered | None = None
    described: PartnerDescribed | None = None
    contacts: Mapping[str, ContactNamed] = field(default_factory=dict)
    owner: str | None = None
    planned: NextActionPlanned | None = None
    done: NextActionDone | None = None
    stage: Stage = FIRST
    moved: PartnerMoved | None = None
    facts: Facts = field(default_factory=dict)
    proofs: Mapping[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)


def decide(command: PartnerCommand, state: Partner) -> list[PartnerEvent]:
    """Register once; everything else is said of a registered partner. Moves keep to the table of the lifecycle."""
    # What other parts know may be told before the partner is registered here, and is kept for it.
    if state.registered is None and not isinstance(command, RegisterPartner | NoteFact):
        raise Rejected("unknown_partner", f"There is no partner {command.partner_id}.")
    command = _written(command)
    match command:
        case RegisterPartner():
            return _register(command, state)
        case NoteFact():
            return _note(command, state)
        case DescribePartner():
            described = said(PartnerDescribed, command)
            return [] if described == state.described else [described]
        case NameContact():
            if command.email is None and command.phone is None:
                raise Rejected("unreachable", f"Say how {command.name} can be reached: an e-mail address or a number.")
            contact = said(ContactNamed, command)
            return [] if contact == state.contacts.get(command.name) else [contact]
        case RemoveContact(partner_id=partner_id, name=name):
            return [ContactRemoved(partner_id=partner_id, name=name)] if name in state.contacts else []
        case AssignOwner(owner=owner):
            return [] if owner == state.owner else [said(OwnerAssigned, command)]
        case PlanNextAction():
            planned = said(NextActionPlanned, command)
            return [] if planned == state.planned else [planned]
        case FinishNextAction():
            return _finish(command, state)
        case MovePartner():
            return _move(command, state)
        case AdoptPartner():
            return _adopt(command, state)
        case RecordFact(fact=fact):
            if fact not in BY_HAND:
                raise Rejected("not_by_hand", f"{fact} is not said by hand; there are: {', '.join(sorted(BY_HAND))}.")
            if fact in PROVEN and command.holds and command.proof is None:
                raise Rejected("proof_missing", "This counts only with a document that proves it: give its hash.")
            if command.proof is not None and command.proof not in state.documents:
                raise Rejected("unknown_document", "There is no such document in the partner's file: upload it first.")
            return _note(command, state)
        case FileDocument(digest=digest, name=name):
            return [] if state.documents.get(digest) == name else [said(DocumentFiled, command)]
        case ArchivePartner(partner_id=partner_id, digest=digest, at=at, by=by):
            must_be_archivable(state.stage, state.facts)
            says = f"by {by} on {at.date()}"
            note = NoteFact(partner_id=partner_id, fact="archive", ref=digest, says=says, proof=digest)
            return [] if digest in state.facts.get("archive", {}) else _note(note, state)


def _written(command: PartnerCommand) -> PartnerCommand:
    """The command, without numbers that may be a customer's in what somebody wrote; what others know is as they say."""
    if isinstance(command, NoteFact):
        return command
    texts = {name: getattr(command, name) for name in TEXTS if name in command.__struct_fields__}
    return msgspec.structs.replace(command, **{name: masked(text) for name, text in texts.items()})


def _register(command: RegisterPartner, state: Partner) -> list[PartnerEvent]:
    """The same again is a repeat, anything else under the same id is somebody else."""
    wanted = said(PartnerRegistered, command)
    if state.registered is None:
        return [wanted]
    if state.registered != wanted:
        raise Rejected("partner_exists", f"The partner {command.partner_id} is registered already, with other data.")
    return []


def _finish(command: FinishNextAction, state: Partner) -> list[PartnerEvent]:
    done = said(NextActionDone, command)
    if state.planned is None and done != state.done:
        raise Rejected("no_next_action", "Nothing is planned.")
    return [] if done == state.done else [done]


def _move(command: MovePartner, state: Partner) -> list[PartnerEvent]:
    if command.target == state.stage:
        return []
    move = MOVES.get((state.stage, command.target))
    if move is None:
        ways = ", ".join(target for source, target in MOVES if source == state.stage) or "nowhere"
        raise Rejected("no_such_move", f"From {state.stage} a partner can move to: {ways}.")
    if (move.back or command.override) and not command.reason.strip():
        raise Rejected("reason_missing", "A step back, an ending or an override needs a reason.")
    unmet = move.unmet(state.facts)
    for condition, says in unmet:
        if condition.name not in command.override:
            others = "".join(f" {text}" for other, text in unmet if other is not condition)
            raise Rejected(condition.name, says + others)
        if not condition.overridable:
            raise Rejected("not_overridable", f"Nobody can pass this by: {says}")
    moved = PartnerMoved(
        partner_id=command.partner_id,
        source=state.stage,
        target=command.target,
        at=command.at,
        by=command.by,
        reason=command.reason,
        overridden=tuple(condition.name for condition, _ in unmet),
    )
    return [moved, *(_of_the_last_ending(command.partner_id, state) if state.stage == "ended" else ())]


def _of_the_last_ending(partner_id: str, state: Partner) -> list[PartnerEvent]:
    return [
        FactNoted(partner_id=partner_id, fact=fact, ref=ref, holds=False)
        for fact in OF_ONE_ENDING
        for ref in sorted(state.facts.get(fact, {}))
    ]


def must_be_archivable(stage: Stage, facts: Facts) -> None:
    """Rejected while the partner is not ending, or something of the ending other than the archive is open."""
    if stage != "ending":
        raise Rejected("not_ending", f"A file is archived when a co-operation ends; this one is {stage}.")
    unmet = [(c, says) for c, says in MOVES[("ending", "ended")].unmet(facts) if c.name != "archived"]
    if unmet:
        raise Rejected(unmet[0][0].name, " ".join(says for _, says in unmet))


def _adopt(command: AdoptPartner, state: Partner) -> list[PartnerEvent]:
    if state.moved is not None:
        if state.moved.adopted and state.moved.target == command.stage == state.stage:
            return []
        raise Rejected("moved_already", "The partner has moved here already; its past is known.")
    return [
        PartnerMoved(
            partner_id=command.partner_id,
            source=state.stage,
            target=command.stage,
            at=command.at,
            by=command.by,
            reason=command.reason,
            adopted=True,
        )
    ]


def _note(command: NoteFact | RecordFact, state: Partner) -> list[PartnerEvent]:
    """Nothing where nothing changes."""
    known = state.facts.get(command.fact, {}).get(command.ref)
    if not command.holds:
        return [] if known is None else [said(FactNoted, command)]
    same = known is not None and state.proofs.get((command.fact, command.ref)) == (command.says, command.proof)
    return [] if same else [said(FactNoted, command)]


def evolve(state: Partner, event: PartnerEvent) -> Partner:
    """What is said last of a thing counts; contacts and the owner are facts too."""
    match event:
        case PartnerRegistered():
            return replace(state, registered=event)
        case PartnerDescribed():
            return replace(state, described=event)
        case ContactNamed(name=name):
            contacts = {**state.contacts, name: event}
            return replace(state, contacts=contacts, facts=noted(state.facts, "contact", name, event.position))
        case ContactRemoved(name=name):
            left = {key: contact for key, contact in state.contacts.items() if key != name}
            return replace(state, contacts=left, facts=noted(state.facts, "contact", name, None))
        case OwnerAssigned(owner=owner):
            facts = noted({**state.facts, "owner": {}}, "owner", owner, "")
            return replace(state, owner=owner, facts=facts)
        case NextActionPlanned():
            return replace(state, planned=event)
        case NextActionDone():
            return replace(state, planned=None, done=event)
        case PartnerMoved(target=target):
            return replace(state, stage=target, moved=event)
        case FactNoted(fact=fact, ref=ref, holds=holds, says=words, proof=proof):
            facts = noted(state.facts, fact, ref, words if holds else None)
            return replace(state, facts=facts, proofs={**state.proofs, (fact, ref): (words, proof)})
        case DocumentFiled(digest=digest, name=name):
            return replace(state, documents={**state.documents, digest: name})


def noted(facts: Facts, fact: str, ref: str, says: str | None) -> Facts:
    """The facts with this one; None: it no longer holds."""
    others = {known: words for known, words in facts.get(fact, {}).items() if known != ref}
    return {**facts, fact: others if says is None else {**others, ref: says}}


partner = Decider("partner", PartnerEvent, Partner(), decide, evolve)
