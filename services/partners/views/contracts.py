"""Which contracts does a partner have, how far are they, and which terms held when?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

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
from shared.contracts.agreements import NOTHING, Agreement, agreed_by
from shared.contracts.deviations import Deviation
from shared.contracts.partners import TOPIC, ContractAmended, ContractSigned, ContractTerminated, Signer
from shared.kernel import View

State = Literal["negotiating", "agreed", "drafted", "approved", "signed", "terminated"]


class Accepted(msgspec.Struct, kw_only=True):
    """A deviation that somebody took as it is."""

    deviation: Deviation
    draft: int
    reason: str
    at: datetime
    by: str


class SignedVersion(msgspec.Struct, kw_only=True):
    """How a version of the terms came about; `changed` are the terms that differ from the version before."""

    number: int
    effective: date
    signed_on: date
    signers: tuple[Signer, ...]
    documents: tuple[str, ...]
    changed: tuple[str, ...] = ()
    reason: str = ""
    at: datetime
    by: str


class KnownContract(msgspec.Struct, kw_only=True):
    """A contract: rounds and drafts, what the last draft says otherwise and who accepted it, and the versions that were
    signed. `changes` counts the events behind this."""

    contract_id: str
    partner_id: str
    state: State = "negotiating"
    rounds: list[TermsProposed] = []
    agreed: int = 0
    drafts: list[DraftReceived] = []
    found: DeviationsFound | None = None
    accepted: dict[str, Accepted] = {}
    approved: ContractApproved | None = None
    documents: list[DocumentAttached] = []
    agreement: Agreement = NOTHING
    signed: list[SignedVersion] = []
    ended: ContractTerminated | None = None
    changes: int = 0

    def acceptance(self, deviation: Deviation) -> Accepted | None:
        """Who accepted this very deviation, also where it was in an earlier draft."""
        accepted = self.accepted.get(deviation.path)
        return accepted if accepted is not None and accepted.deviation == deviation else None


def by_contract(event: ContractEvent) -> Iterable[tuple[str, ContractEvent]]:
    """One document a contract."""
    return [(event.contract_id, event)]


def fold(doc: KnownContract | None, event: ContractEvent, sign: int) -> KnownContract:
    """A command's events are never reversed."""
    doc = doc or KnownContract(contract_id=event.contract_id, partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case TermsProposed():
            doc.rounds.append(event)
        case TermsAgreed():
            doc.agreed = event.round
            doc.state = "agreed"
        case DraftReceived():
            doc.drafts.append(event)
        case DeviationsFound():
            doc.found = event
            doc.approved = None
            doc.state = "drafted"
        case DeviationAccepted():
            for one in doc.found.deviations if doc.found else ():
                if one.path == event.path:
                    doc.accepted[event.path] = Accepted(
                        deviation=one, draft=event.draft, reason=event.reason, at=event.at, by=event.by
                    )
        case ContractApproved():
            doc.approved = event
            doc.state = "approved"
        case DocumentAttached():
            doc.documents = [one for one in doc.documents if one.digest != event.digest] + [event]
        case ContractSigned() | ContractAmended():
            doc.agreement = agreed_by(doc.agreement, event)
            doc.signed.append(_signed(event))
            doc.state = "signed" if doc.ended is None else doc.state
        case ContractTerminated():
            doc.agreement = agreed_by(doc.agreement, event)
            doc.ended = event
            doc.state = "terminated"
    return doc


def _signed(event: ContractSigned | ContractAmended) -> SignedVersion:
    return SignedVersion(
        number=event.version,
        effective=event.effective,
        signed_on=event.signed_on,
        signers=event.signers,
        documents=event.documents,
        changed=event.changed if isinstance(event, ContractAmended) else (),
        reason=event.reason if isinstance(event, ContractAmended) else "",
        at=event.at,
        by=event.by,
    )


def newer(one: KnownContract, other: KnownContract) -> KnownContract:
    """A contract's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownContract) -> dict[str, str | int | None]:
    """Found by partner and by state."""
    return {"partner": doc.partner_id, "state": doc.state}


contracts = View(
    "contracts",
    1,
    TOPIC,
    ContractEvent,
    KnownContract,
    by_contract,
    fold,
    newer,
    indexes=("partner", "state"),
    fields=indexed,
)
