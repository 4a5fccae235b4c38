"""What months and invoices know of a partner: names, agents, sources, and what its contracts say."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.views.counterparts import Counterpart, add, counterparts
from shared.contracts.agreements import NOTHING, agreed_by
from shared.contracts.partners import (
    AgentRegistered,
    ContractAmended,
    ContractSigned,
    ContractTerminated,
    PartnerRegistered,
    SourceConfigured,
    SourceSettings,
)
from shared.kernel import Event
from tests.spec import seen
from tests.unit.terms.sheets import sheet

AT = datetime(2026, 3, 2, tzinfo=UTC)
TERMS = sheet({"per_sale": [{"name": "sale", "tiers": [{"rate": "500"}]}]})


def signed(contract: str = "adria:main", by: str = "ana") -> ContractSigned:
    return ContractSigned(
        contract_id=contract,
        partner_id="adria",
        version=1,
        effective=date(2026, 3, 1),
        terms=TERMS,
        signed_on=date(2026, 2, 20),
        signers=(),
        documents=(),
        at=AT,
        by=by,
    )


def amended(number: int, effective: date, by: str = "ivo") -> ContractAmended:
    return ContractAmended(
        contract_id="adria:main",
        partner_id="adria",
        version=number,
        effective=effective,
        terms=TERMS,
        changed=("pricing",),
        reason="new rate",
        signed_on=date(2026, 4, 20),
        signers=(),
        documents=(),
        at=AT,
        by=by,
    )


ENDED = ContractTerminated(
    contract_id="adria:main",
    partner_id="adria",
    ends=date(2026, 9, 30),
    notice_on=date(2026, 6, 1),
    notice_by="ours",
    for_cause=False,
    reason="",
    documents=(),
    at=AT,
    by="ana",
)


def source(name: str, counts: str = "production") -> SourceConfigured:
    settings = SourceSettings(connector="native", partner="adria", counts="test" if counts == "test" else "production")
    return SourceConfigured(source_id=name, revision=1, settings=settings)


def known(*happened: Event) -> Counterpart:
    return seen(counterparts, *happened)["adria"]


def test_agreements_are_what_the_public_events_come_to() -> None:
    history = (signed(), amended(2, date(2026, 5, 1)), ENDED)
    agreement = NOTHING
    for event in history:
        agreement = agreed_by(agreement, event)
    doc = known(*history)
    assert doc.contracts == {"adria:main": agreement}
    assert [one.ends for one in doc.contracts["adria:main"].versions] == [date(2026, 9, 30)] * 2
    assert doc.editors == {"adria:main": ["ana", "ivo"]}


def test_an_agent_is_called_as_the_last_registration_says() -> None:
    doc = known(
        PartnerRegistered(partner_id="adria", name="Adria", country="HR"),
        AgentRegistered(partner_id="adria", agent="a1"),
        AgentRegistered(partner_id="adria", agent="a1", name="Ana K."),
        AgentRegistered(partner_id="adria", agent="a2", name="Ivo M."),
        AgentRegistered(partner_id="adria", agent="a2"),
    )
    assert (doc.name, doc.country, doc.agents) == ("Adria", "HR", {"a1": "Ana K.", "a2": ""})


def test_sources_are_those_whose_calls_ever_counted() -> None:
    doc = known(source("b"), source("a"), source("a"), source("t", "test"), source("a.sandbox"), source("b", "test"))
    assert doc.sources == ["a", "b"]


STREAMS: dict[str, list[Event]] = {
    "partner": [PartnerRegistered(partner_id="adria", name="Adria", country="HR")],
    "agent-1": [
        AgentRegistered(partner_id="adria", agent="a1"),
        AgentRegistered(partner_id="adria", agent="a1", name="A"),
    ],
    "agent-2": [AgentRegistered(partner_id="adria", agent="a2", name="B")],
    "source-1": [source("s1")],
    "source-2": [source("s2")],
    "contract": [signed(), amended(2, date(2026, 5, 1)), ENDED],
    "other": [signed("adria:other", "eva")],
}


@given(st.permutations(sorted(STREAMS)), st.lists(st.integers(0, 2), min_size=len(STREAMS), max_size=len(STREAMS)))
def test_streams_in_any_partitions_come_to_the_same_partner(order: list[str], places: list[int]) -> None:
    shards: dict[int, list[Event]] = {}
    for stream, place in zip(order, places, strict=True):
        shards.setdefault(place, []).extend(STREAMS[stream])
    docs = [known(*shards[place]) for place in sorted(shards)]
    merged = docs[0]
    for doc in docs[1:]:
        merged = add(merged, doc)
    assert merged == known(*(event for stream in sorted(STREAMS) for event in STREAMS[stream]))
