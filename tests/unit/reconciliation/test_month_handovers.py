"""Hot leads in the month's price: the share that was taken over in time brings what the contract says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.own_usage import hot_lead_usage
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.month_handovers import HandoverFact, MonthHandover, month_handovers
from shared.contracts.partners import ContractSigned
from shared.contracts.rating import HOT_LEADS, Figure, rate
from shared.contracts.selling import HandoverMissed, HandoverTaken, LeadHandedOver
from shared.contracts.terms import InvalidTerms
from tests.spec import seen
from tests.unit.reconciliation.telling import Shards, partition
from tests.unit.reconciliation.test_gathering import PARTNER, Telling, vault
from tests.unit.terms.sheets import sheet, version

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
PRICING: dict[str, Any] = {"per_seat": [{"name": "seat", "seats": 1, "rate": "100000"}]}
CREDITS = {
    "hot_lead_seconds": 180,
    "hot_lead_clause": "7.3",
    "hot_lead_credits": [{"below": "90", "percent": "-5"}],
}
TERMS = sheet(PRICING, measures=CREDITS)


def told(number: int, waited_s: int | None, at: datetime = AT, **more: Any) -> list[HandoverFact]:
    """A hand-over that was taken after so many seconds; None: never."""
    of: dict[str, Any] = {"handover": f"adria:s1:c{number}", "partner": "adria", "call": f"s1:c{number}", "agent": "a1"}
    due = at + timedelta(seconds=180)
    facts: list[HandoverFact] = [LeadHandedOver(**of, customer_ref="cus_1", due_at=due, at=at, **more)]
    late = waited_s is None or waited_s > 180
    if late:
        facts.append(HandoverMissed(**of, due_at=due, at=due))
    if waited_s is not None:
        taken: dict[str, Any] = {
            "waited_ms": waited_s * 1000,
            "in_time": not late,
            "at": at + timedelta(seconds=waited_s),
            "by": "ana",
        }
        facts.append(HandoverTaken(**of, **taken))
    return facts


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_was_missed_stays_missed_in_whatever_order_it_is_told(order: tuple[int, ...]) -> None:
    facts = told(1, 200)
    (doc,) = seen(month_handovers, *(facts[place] for place in order)).values()
    assert (doc.in_time, doc.asked_at) == (False, AT)


def test_only_what_is_decided_and_of_production_counts() -> None:
    facts = [*told(1, 60), *told(2, 200), *told(3, None), *told(4, 10, counts="test"), *told(5, 10)[:1]]
    docs = seen(month_handovers, *facts).values()
    assert hot_lead_usage(docs) == Figure(name=HOT_LEADS, numerator=1, denominator=3)


async def gathered(terms: Any, *facts: HandoverFact) -> Any:
    known, _ = await vault()
    partner = [one for one in PARTNER if not isinstance(one, ContractSigned)]
    (contract,) = (one for one in PARTNER if isinstance(one, ContractSigned))
    signed = ContractSigned(**{**{n: getattr(contract, n) for n in contract.__struct_fields__}, "terms": terms})
    shards = Shards(partition).fold(counterparts, [*partner, signed]).fold(month_handovers, facts)
    return await Gathering(shards, known, "UTC", Telling().service()).usage("adria", "2026-03")


async def test_a_late_hand_over_makes_the_credit() -> None:
    in_time = [fact for number in range(9) for fact in told(number, 60)]
    whole = await gathered(TERMS, *in_time)
    assert whole.figures == (Figure(name=HOT_LEADS, numerator=9, denominator=9),)
    assert rate([version(TERMS)], whole, "2026-03").net == 100_000
    late = await gathered(TERMS, *in_time, *told(9, 60), *told(10, 181), *told(11, None))
    rating = rate([version(TERMS)], late, "2026-03")
    (line,) = (one for one in rating.lines if one.kind == "service_level")
    assert (line.component, line.clause, line.volume, line.amount) == (HOT_LEADS, "7.3", "10/12", -5_000)
    assert rating.net == 95_000


async def test_nine_of_ten_reach_ninety_per_cent() -> None:
    facts = [fact for number in range(10) for fact in told(number, 60 if number else 181)]
    assert rate([version(TERMS)], await gathered(TERMS, *facts), "2026-03").net == 100_000


async def test_a_hand_over_counts_in_the_month_of_its_asking_in_the_contracts_zone() -> None:
    before = told(1, None, datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC))
    first, last = datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)
    after = told(4, None, datetime(2026, 3, 31, 22, tzinfo=UTC))
    usage = await gathered(TERMS, *before, *told(2, 60, first), *told(3, None, last), *after)
    assert usage.figures == (Figure(name=HOT_LEADS, numerator=1, denominator=2),)


async def test_a_month_without_hot_leads_brings_no_credit_and_is_not_unrated() -> None:
    usage = await gathered(TERMS)
    rating = rate([version(TERMS)], usage, "2026-03")
    assert (rating.net, rating.unrated) == (100_000, ())


async def test_a_contract_without_such_credits_is_rated_by_the_usage_as_ever() -> None:
    usage = await gathered(sheet(PRICING), *told(1, None))
    assert usage.figures == ()


def test_credits_that_overlap_are_refused() -> None:
    with pytest.raises(InvalidTerms) as refused:
        sheet(PRICING, measures={"hot_lead_credits": [{"below": "90"}, {"at_least": "80"}]})
    assert [one.field for one in refused.value.errors] == ["measures.hot_lead_credits"]


def test_a_shard_that_knows_less_gives_way() -> None:
    known = MonthHandover(handover="h", partner="adria", asked_at=AT, in_time=True)
    assert month_handovers.merge(MonthHandover(handover="h", partner="adria", asked_at=AT), known) == known
    assert month_handovers.merge(known, MonthHandover(handover="h", partner="adria")) == known
