"""Who is the partner, which agents does it have, and what do its contracts say?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.agreements import NOTHING, Agreement, agreed_by
from shared.contracts.partners import (
    TOPIC,
    AgentRegistered,
    ContractAmended,
    ContractSigned,
    ContractTerminated,
    PartnerRegistered,
    SourceConfigured,
    sandbox_of,
)
from shared.kernel import View

Told = PartnerRegistered | AgentRegistered | SourceConfigured | ContractSigned | ContractAmended | ContractTerminated


class Counterpart(msgspec.Struct, kw_only=True):
    """A partner as far as months and invoices have to do with it.

    `agents`: the platform's id -> the name, empty where none was told; `sources`: the telephony sources that ever
    counted as production, sorted; `contracts`: by id; `editors`: who signed off each version of a contract's terms, by
    contract.
    """

    partner_id: str
    name: str = ""
    country: str | None = None
    agents: dict[str, str] = {}
    sources: list[str] = []
    contracts: dict[str, Agreement] = {}
    editors: dict[str, list[str]] = {}


def by_partner(event: Told) -> Iterable[tuple[str, Told]]:
    """One document a partner; it is fed by its own stream and by those of its agents, sources and contracts."""
    return [(_partner_of(event), event)]


def _partner_of(event: Told) -> str:
    return event.settings.partner if isinstance(event, SourceConfigured) else event.partner_id


def fold(doc: Counterpart | None, event: Told, sign: int) -> Counterpart:
    """A command's events are never reversed."""
    doc = doc or Counterpart(partner_id=_partner_of(event))
    match event:
        case PartnerRegistered():
            doc.name, doc.country = event.name, event.country
        case AgentRegistered():
            doc.agents[event.agent] = event.name or ""  # the last registration carries all that is known
        case SourceConfigured(source_id=source, settings=settings):
            if settings.counts == "production" and sandbox_of(source) is None:
                doc.sources = sorted({*doc.sources, source})
        case ContractSigned() | ContractAmended():
            doc.contracts[event.contract_id] = agreed_by(doc.contracts.get(event.contract_id, NOTHING), event)
            doc.editors.setdefault(event.contract_id, []).append(event.by)
        case ContractTerminated():
            doc.contracts[event.contract_id] = agreed_by(doc.contracts.get(event.contract_id, NOTHING), event)
    return doc


def add(one: Counterpart, other: Counterpart) -> Counterpart:
    """Each stream is in one partition, so nothing of one shard is in the other."""
    return Counterpart(
        partner_id=one.partner_id,
        name=one.name or other.name,
        country=one.country or other.country,
        agents=one.agents | other.agents,
        sources=sorted({*one.sources, *other.sources}),
        contracts=one.contracts | other.contracts,
        editors=one.editors | other.editors,
    )


counterparts = View("counterparts", 1, TOPIC, Told, Counterpart, by_partner, fold, add)
