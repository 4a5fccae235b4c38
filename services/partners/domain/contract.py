"""A contract with a partner: negotiated, drafted, held against what was agreed, signed, amended, ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from services.partners.domain.partner import Name, Said, Text
from services.partners.events.contracts import (
    ContractApproved,
    ContractEvent,
    DeviationAccepted,
    DeviationsFound,
    DocumentAttached,
    DraftReceived,
    TermsAgreed,
    TermsProposed,
)
from shared.contracts.agreements import NOTHING, Agreement, agreed_by, last_day
from shared.contracts.deviations import Deviation, compare
from shared.contracts.partners import ContractAmended, ContractSigned, ContractTerminated, Signer
from shared.contracts.terms import InvalidTerms, TermSheet, changed, checked
from shared.kernel import Command, Decider, Rejected
from shared.names import Digest

CONTRACT_ID = r"^[a-z0-9][a-z0-9-]{0,62}:[a-z0-9][a-z0-9-]{0,62}$(?!\n)"
ContractId = Annotated[str, msgspec.Meta(pattern=CONTRACT_ID)]
Side = Literal["ours", "partner"]


class ProposeTerms(Command, frozen=True, kw_only=True):
    """Put terms on the table: the next round. 409 `signed_already` once the contract is signed."""

    contract_id: ContractId
    side: Side
    terms: TermSheet
    note: Text = ""
    at: datetime
    by: str


class AgreeTerms(Command, frozen=True, kw_only=True):
    """Say that both sides agree on the terms of a round. 409 `unknown_round`."""

    contract_id: ContractId
    round: Annotated[int, msgspec.Meta(ge=1)]
    at: datetime
    by: str


class ReceiveDraft(Command, frozen=True, kw_only=True):
    """Take in the draft that the provider sent, and hold it against what was agreed. 409 `nothing_agreed`."""

    contract_id: ContractId
    terms: TermSheet
    source: Digest
    at: datetime
    by: str


class AcceptDeviation(Command, frozen=True, kw_only=True):
    """Take a deviation of the last draft as it is. It shows for ever who did, and why. 409 `unknown_deviation`."""

    contract_id: ContractId
    path: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    reason: Said
    at: datetime
    by: str


class ApproveContract(Command, frozen=True, kw_only=True):
    """Let the last draft go to signature. 409 `open_deviations` while one is neither corrected by a new draft nor
    accepted, `no_draft`."""

    contract_id: ContractId
    at: datetime
    by: str


class AttachDocument(Command, frozen=True, kw_only=True):
    """Add a file to the contract, whose content is stored already. 409 `unknown_contract` before the first round."""

    contract_id: ContractId
    digest: Digest
    name: Name
    media: str
    size: int
    at: datetime
    by: str


class SignContract(Command, frozen=True, kw_only=True):
    """Say who signed for both sides, on which day, and which documents. 409 `not_approved`, `signer_missing`,
    `document_missing`, `unknown_document`, `signed_already`."""

    contract_id: ContractId
    signed_on: date
    signers: Annotated[tuple[Signer, ...], msgspec.Meta(max_length=20)]
    documents: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=50)]
    at: datetime
    by: str


class AmendContract(Command, frozen=True, kw_only=True):
    """Agree other terms from a day on: the whole of them (`terms`), or some by their paths (`changes`, null takes out).

    409 `not_signed`, `out_of_order` when the day is not after the version before, `after_the_end`, `currency_changed`,
    `nothing_changed`, `invalid_terms`, and those of signing.
    """

    contract_id: ContractId
    effective: date
    terms: TermSheet | None = None
    changes: dict[str, Any] = msgspec.field(default_factory=dict)
    reason: Said
    signed_on: date
    signers: Annotated[tuple[Signer, ...], msgspec.Meta(max_length=20)]
    documents: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=50)]
    at: datetime
    by: str


class TerminateContract(Command, frozen=True, kw_only=True):
    """Give notice, or take it. `for_cause`: at once, without the period of notice.

    409 `not_signed`, `notice_too_short`, `after_the_end`, `terminated_already`, `unknown_document`.
    """

    contract_id: ContractId
    notice_on: date
    notice_by: Side
    ends: date
    for_cause: bool = False
    reason: Said
    documents: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=50)] = ()
    at: datetime
    by: str


ContractCommand = (
    ProposeTerms
    | AgreeTerms
    | ReceiveDraft
    | AcceptDeviation
    | ApproveContract
    | AttachDocument
    | SignContract
    | AmendContract
    | TerminateContract
)


@dataclass(frozen=True)
class Contract:
    """Rounds of negotiation, the last draft with its deviations, the versions that were signed.

    `accepted` holds deviations that were accepted, by path: in a further draft they still are, if it says the same.
    """

    rounds: tuple[TermsProposed, ...] = ()
    agreed: int = 0
    draft: DraftReceived | None = None
    found: Mapping[str, Deviation] = field(default_factory=dict)
    accepted: Mapping[str, Deviation] = field(default_factory=dict)
    approved: bool = False
    documents: Mapping[str, str] = field(default_factory=dict)
    agreement: Agreement = NOTHING
    last: ContractSigned | ContractAmended | None = None
    ended: ContractTerminated | None = None

    def open(self) -> list[Deviation]:
        """The deviations of the last draft that are neither corrected nor accepted."""
        return [one for path, one in self.found.items() if self.accepted.get(path) != one]


def decide(command: ContractCommand, state: Contract) -> list[ContractEvent]:
    """What each command leads to."""
    match command:
        case ProposeTerms():
            return _propose(command, state)
        case AgreeTerms():
            return _agree(command, state)
        case ReceiveDraft():
            return _receive(command, state)
        case AcceptDeviation():
            return _accept(command, state)
        case ApproveContract():
            return _approve(command, state)
        case AttachDocument(digest=digest, name=name):
            if state.documents.get(digest) == name:
                return []
            if not state.rounds:
                raise Rejected("unknown_contract", f"There is no contract {command.contract_id} yet.")
            return [DocumentAttached(partner_id=_partner(command), **_fields(command))]
        case SignContract():
            return _sign(command, state)
        case AmendContract():
            return _amend(command, state)
        case TerminateContract():
            return _terminate(command, state)


def _propose(command: ProposeTerms, state: Contract) -> list[ContractEvent]:
    last = state.rounds[-1] if state.rounds else None
    if last is not None and (last.side, last.terms, last.note) == (command.side, command.terms, command.note):
        return []
    _must_be_unsigned(state)
    _must_make_sense(command.terms)
    return [TermsProposed(partner_id=_partner(command), round=len(state.rounds) + 1, **_fields(command))]


def _agree(command: AgreeTerms, state: Contract) -> list[ContractEvent]:
    if command.round == state.agreed:
        return []
    _must_be_unsigned(state)
    if command.round > len(state.rounds):
        raise Rejected("unknown_round", f"There are {len(state.rounds)} rounds so far.")
    agreed = TermsAgreed(partner_id=_partner(command), **_fields(command))
    if state.draft is None:
        return [agreed]
    return [agreed, _held(state.draft, state.rounds[command.round - 1])]


def _receive(command: ReceiveDraft, state: Contract) -> list[ContractEvent]:
    draft = state.draft
    if draft is not None and (draft.source, draft.terms) == (command.source, command.terms):
        return []
    _must_be_unsigned(state)
    if not state.agreed:
        raise Rejected("nothing_agreed", "Agree on the terms of a round first: a draft is held against them.")
    _must_make_sense(command.terms)
    received = DraftReceived(partner_id=_partner(command), draft=draft.draft + 1 if draft else 1, **_fields(command))
    return [received, _held(received, state.rounds[state.agreed - 1])]


def _held(draft: DraftReceived, agreed: TermsProposed) -> DeviationsFound:
    """The draft held against what was agreed."""
    found = compare(agreed.terms, draft.terms)
    return DeviationsFound(
        contract_id=draft.contract_id,
        partner_id=draft.partner_id,
        draft=draft.draft,
        round=agreed.round,
        currency=found.currency,
        month=found.month,
        agreed_minor=found.agreed_minor,
        cost_minor=found.cost_minor,
        once_minor=found.once_minor,
        deviations=found.deviations,
    )


def _accept(command: AcceptDeviation, state: Contract) -> list[ContractEvent]:
    found = state.found.get(command.path)
    if state.draft is None or found is None:
        raise Rejected("unknown_deviation", f"The last draft says nothing else at {command.path}.")
    if state.accepted.get(command.path) == found:
        return []
    _must_be_unsigned(state)
    return [DeviationAccepted(partner_id=_partner(command), draft=state.draft.draft, **_fields(command))]


def _approve(command: ApproveContract, state: Contract) -> list[ContractEvent]:
    if state.approved:
        return []
    if state.draft is None:
        raise Rejected("no_draft", "No draft was received.")
    if left := state.open():
        named = ", ".join(one.path for one in left[:10]) + (f" and {len(left) - 10} more" if len(left) > 10 else "")
        raise Rejected("open_deviations", f"Neither corrected nor accepted: {named}.")
    return [ContractApproved(partner_id=_partner(command), draft=state.draft.draft, **_fields(command))]


def _sign(command: SignContract, state: Contract) -> list[ContractEvent]:
    if isinstance(state.last, ContractSigned) and _same(state.last, command):
        return []
    _must_be_unsigned(state)
    if state.draft is None or not state.approved:
        raise Rejected("not_approved", "The last draft was not approved.")
    _must_be_signed_by_both(command, state)
    terms = state.draft.terms
    return [
        ContractSigned(
            partner_id=_partner(command), version=1, effective=terms.validity.starts, terms=terms, **_fields(command)
        )
    ]


def _amend(command: AmendContract, state: Contract) -> list[ContractEvent]:
    if state.last is None:
        raise Rejected("not_signed", "The contract is not signed yet: what is amended is what was signed.")
    if _is_last_amendment(command, state):
        return []
    before = state.agreement.versions[-1]
    ends = before.ends
    if ends is not None and command.effective > ends + timedelta(days=1):
        raise Rejected("after_the_end", f"The contract's last day is {ends}.")
    if command.effective <= before.starts:
        raise Rejected("out_of_order", f"Version {before.number} holds from {before.starts} on: later than that only.")
    _must_be_signed_by_both(command, state)
    terms = _amended(command, before.terms)
    if terms.payment.currency != before.terms.payment.currency:
        raise Rejected("currency_changed", "Another currency is another contract: end this one.")
    paths = tuple(one.path for one in compare(before.terms, terms).deviations)
    if not paths:
        raise Rejected("nothing_changed", "The terms are those of the version before.")
    return [
        ContractAmended(
            contract_id=command.contract_id,
            partner_id=_partner(command),
            version=before.number + 1,
            effective=command.effective,
            terms=terms,
            changed=paths,
            reason=command.reason,
            signed_on=command.signed_on,
            signers=command.signers,
            documents=command.documents,
            at=command.at,
            by=command.by,
        )
    ]


def _is_last_amendment(command: AmendContract, state: Contract) -> bool:
    if not isinstance(state.last, ContractAmended) or not _same(state.last, command):
        return False
    try:
        return amended(state.agreement.versions[-2].terms, command.terms, command.changes) == state.last.terms
    except InvalidTerms:
        return False


def _amended(command: AmendContract, before: TermSheet) -> TermSheet:
    try:
        return amended(before, command.terms, command.changes)
    except InvalidTerms as error:
        raise Rejected("invalid_terms", str(error)) from None


def amended(before: TermSheet, terms: TermSheet | None, changes: Mapping[str, Any]) -> TermSheet:
    """The terms after an amendment: a whole new sheet with the changes by path, or the one before with them.
    InvalidTerms where they make no sense."""
    return changed(terms or before, changes)


def _terminate(command: TerminateContract, state: Contract) -> list[ContractEvent]:
    if state.last is None:
        raise Rejected("not_signed", "The contract is not signed yet: what is ended is what was signed.")
    event = ContractTerminated(partner_id=_partner(command), **_fields(command))
    if state.ended is not None:
        if _same(state.ended, command):
            return []
        raise Rejected("terminated_already", f"The contract ends on {state.ended.ends} already.")
    terms = state.last.terms
    earliest = command.notice_on + timedelta(days=0 if command.for_cause else terms.validity.notice_days)
    if command.ends < earliest:
        raise Rejected("notice_too_short", f"With {terms.validity.notice_days} days of notice: {earliest} or later.")
    natural = last_day(terms)
    if natural is not None and command.ends > natural:
        raise Rejected("after_the_end", f"The contract's last day is {natural} in any case.")
    _must_be_attached(command.documents, state)
    return [event]


def _must_be_unsigned(state: Contract) -> None:
    if state.last is not None:
        raise Rejected("signed_already", "The contract is signed: other terms are an amendment.")


def _must_make_sense(terms: TermSheet) -> None:
    try:
        checked(terms)
    except InvalidTerms as error:
        raise Rejected("invalid_terms", str(error)) from None


def _must_be_signed_by_both(command: SignContract | AmendContract, state: Contract) -> None:
    missing = {"ours", "partner"} - {signer.side for signer in command.signers}
    if missing:
        raise Rejected("signer_missing", f"Nobody signed for: {', '.join(sorted(missing))}.")
    if not command.documents:
        raise Rejected("document_missing", "Say which document was signed, by its content hash.")
    _must_be_attached(command.documents, state)


def _must_be_attached(documents: tuple[str, ...], state: Contract) -> None:
    for digest in documents:
        if digest not in state.documents:
            raise Rejected("unknown_document", f"The document {digest} is not attached to the contract.")


def _partner(command: ContractCommand) -> str:
    return command.contract_id.partition(":")[0]


def _fields(command: ContractCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


WHO = frozenset({"at", "by"})


def _same(event: ContractEvent, command: ContractCommand) -> bool:
    """Does the event say what the command asks for, whoever asks and whenever?"""
    shared = (set(event.__struct_fields__) & set(command.__struct_fields__)) - WHO - {"terms"}
    return all(getattr(event, name) == getattr(command, name) for name in shared)


def evolve(state: Contract, event: ContractEvent) -> Contract:
    """A new draft, or another agreed round, opens what was approved."""
    match event:
        case TermsProposed():
            return replace(state, rounds=(*state.rounds, event))
        case TermsAgreed(round=number):
            return replace(state, agreed=number, approved=False)
        case DraftReceived():
            return replace(state, draft=event, approved=False)
        case DeviationsFound(deviations=deviations):
            return replace(state, found={one.path: one for one in deviations}, approved=False)
        case DeviationAccepted(path=path):
            return replace(state, accepted={**state.accepted, path: state.found[path]})
        case ContractApproved():
            return replace(state, approved=True)
        case DocumentAttached(digest=digest, name=name):
            return replace(state, documents={**state.documents, digest: name})
        case ContractSigned() | ContractAmended():
            return replace(state, last=event, agreement=agreed_by(state.agreement, event))
        case ContractTerminated():
            return replace(state, ended=event, agreement=agreed_by(state.agreement, event))


contract = Decider("contract", ContractEvent, Contract(), decide, evolve)
