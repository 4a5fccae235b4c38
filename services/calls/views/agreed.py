"""What has been agreed with each partner: which terms hold at a moment, of which contracts?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from shared.contracts.agreements import NOTHING, Agreement, ContractEvent, agreed_by
from shared.contracts.partners import TOPIC
from shared.contracts.rating import held_at
from shared.contracts.terms.sheet import Measures, TermSheet
from shared.kernel import View


class Agreed(msgspec.Struct, kw_only=True):
    """The contracts of a partner, by id."""

    partner: str
    contracts: dict[str, Agreement] = {}


def by_partner(event: ContractEvent) -> Iterable[tuple[str, ContractEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: Agreed | None, event: ContractEvent, sign: int) -> Agreed:
    """A command's events are never reversed."""
    doc = doc or Agreed(partner=event.partner_id)
    doc.contracts[event.contract_id] = agreed_by(doc.contracts.get(event.contract_id, NOTHING), event)
    return doc


def add(one: Agreed, other: Agreed) -> Agreed:
    """A contract is in one partition, so nothing of one shard is in the other."""
    return Agreed(partner=one.partner, contracts=one.contracts | other.contracts)


def terms_at(agreed: Agreed | None, at: datetime) -> Iterator[TermSheet]:
    """The terms that hold at a moment, by the contract's id."""
    contracts: Mapping[str, Agreement] = agreed.contracts if agreed is not None else {}
    for _, agreement in sorted(contracts.items()):
        if (held := held_at(agreement.versions, at)) is not None:
            yield held.terms


def hot_lead_seconds(agreed: Agreed | None, at: datetime) -> int:
    """Within which time a hot lead is to be taken over: of several contracts the shortest, without any the usual."""
    return min((terms.measures.hot_lead_seconds for terms in terms_at(agreed, at)), default=Measures().hot_lead_seconds)


agreed_terms = View("agreed_terms", 1, TOPIC, ContractEvent, Agreed, by_partner, fold, add)
