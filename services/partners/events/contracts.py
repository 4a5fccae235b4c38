"""What happens to a contract: rounds, drafts and what they say otherwise, approval, documents."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.deviations import Deviation
from shared.contracts.partners import ContractAmended, ContractSigned, ContractTerminated
from shared.contracts.terms import TermSheet
from shared.kernel import Event


class TermsProposed(Event, frozen=True, kw_only=True):
    """A round of negotiation: what one side proposed. Rounds count from 1."""

    contract_id: str
    partner_id: str
    round: int
    side: Literal["ours", "partner"]
    terms: TermSheet
    note: str
    at: datetime
    by: str


class TermsAgreed(Event, frozen=True, kw_only=True):
    """Both sides agree on the terms of a round: drafts are held against them from now on."""

    contract_id: str
    partner_id: str
    round: int
    at: datetime
    by: str


class DraftReceived(Event, frozen=True, kw_only=True):
    """The provider sent a draft. Drafts count from 1; `source` is the content hash of the file that it came in."""

    contract_id: str
    partner_id: str
    draft: int
    terms: TermSheet
    source: str
    at: datetime
    by: str


class DeviationsFound(Event, frozen=True, kw_only=True):
    """What a draft says otherwise than round `round`, which was agreed; none: it says the same.

    `month` is the expected month in which both were priced, `agreed_minor` what it costs as agreed; `cost_minor` and
    `once_minor` what all deviations together cost more, in minor units; None where the currencies differ.
    """

    contract_id: str
    partner_id: str
    draft: int
    round: int
    currency: str
    month: str
    agreed_minor: int
    cost_minor: int | None
    once_minor: int | None
    deviations: tuple[Deviation, ...]


class DeviationAccepted(Event, frozen=True, kw_only=True):
    """A named person takes a deviation as it is, for a reason."""

    contract_id: str
    partner_id: str
    draft: int
    path: str
    reason: str
    at: datetime
    by: str


class ContractApproved(Event, frozen=True, kw_only=True):
    """The draft may be signed: no deviation is open."""

    contract_id: str
    partner_id: str
    draft: int
    at: datetime
    by: str


class DocumentAttached(Event, frozen=True, kw_only=True):
    """A file belongs to the contract. `digest` is its content hash, `media` what its content is, `size` in bytes."""

    contract_id: str
    partner_id: str
    digest: str
    name: str
    media: str
    size: int
    at: datetime
    by: str


ContractEvent = (
    TermsProposed
    | TermsAgreed
    | DraftReceived
    | DeviationsFound
    | DeviationAccepted
    | ContractApproved
    | DocumentAttached
    | ContractSigned
    | ContractAmended
    | ContractTerminated
)
