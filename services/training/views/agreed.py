"""What has been agreed with each partner about trained agents?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from shared.contracts.agreements import NOTHING, Agreement, ContractEvent, agreed_by
from shared.contracts.partners import TOPIC
from shared.contracts.rating import held_at
from shared.contracts.terms.sheet import CertifiedAgents
from shared.kernel import View


class Agreed(msgspec.Struct, kw_only=True):
    """The contracts of a partner, by id."""

    partner: str
    contracts: dict[str, Agreement] = {}

    def asked(self, at: datetime) -> Iterator[CertifiedAgents]:
        """What the contracts that hold at a moment ask for, by the contract's id."""
        for _, agreement in sorted(self.contracts.items()):
            if (held := held_at(agreement.versions, at)) is not None:
                yield from held.terms.certified


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


agreed = View("agreed", 1, TOPIC, ContractEvent, Agreed, by_partner, fold, add)
