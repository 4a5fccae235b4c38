"""KPIs: what they are divided by, what can't be calculated, and that sums come before ratios."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.figures.kpis import KPIS, Kpi, MoneyKpi, UnknownKpi, UnknownVariant, figure, kpi, wilson
from services.calls.views.performance import performance_day
from services.calls.views.tally import Tally, total
from shared.contracts.codes import WAIT_BOUNDS_S
from tests.unit.calls.views.events import events

HOUR = 3_600_000


def value(key: str, tally: Tally, variant: str | None = None) -> Any:
    """The KPI's value."""
    return figure(kpi(key), tally, variant)["value"]


def queue() -> Tally:
    """100 offered: 80 answered, of which 60 within 20 s; 15 abandoned, 5 of them short; 3 flowed out, 2 still wait."""
    return Tally(
        offered=100,
        answered=80,
        abandoned=15,
        short_abandoned=5,
        flowed_out=3,
        answered_wait_ms=1_600_000,
        abandoned_wait_ms=300_000,
        answered_waits=[30, 10, 10, 10, 20, 0, 0, 0, 0, 0, 0, 0],
        abandoned_waits=[5, 1, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0],
    )


@pytest.mark.parametrize(
    ("variant", "over", "under"),
    [
        ("1-20", 60, 100),
        ("2-20", 60, 95),
        ("3-20-5", 60, 95),
        ("3-20-10", 60, 94),
        ("3-10-5", 40, 95),
        ("4-20", 67, 100),
        ("5-20", 60, 80),
        (None, 60, 95),
    ],
)
def test_each_variant_of_the_service_level_divides_what_it_says(variant: str | None, over: int, under: int) -> None:
    found = figure(kpi("service_level"), queue(), variant)
    assert (found["numerator"], found["denominator"], found["n"]) == (over, under, under)
    assert found["value"] == over / under
    assert found["variant"] == (variant or "3-20-5")


@pytest.mark.parametrize(("variant", "share"), [(None, 0.15), ("long", 0.10), ("without_short", 10 / 95)])
def test_abandonment_says_what_it_does_with_short_abandons(variant: str | None, share: float) -> None:
    assert value("abandonment_rate", queue(), variant) == share


def test_waits_are_averaged_over_calls_whose_wait_is_known() -> None:
    assert value("asa", queue()) == 20_000
    assert value("delay_to_abandon", queue()) == 20_000


def test_handling_time_is_talk_hold_and_wrap_over_legs_whose_talk_is_known() -> None:
    tally = Tally(handled=5, talk_ms=400, hold_ms=60, wrap_ms=40, talk_known=4, hold_known=3, wrap_known=2)
    assert [value(key, tally) for key in ("aht", "talk", "hold", "wrap")] == [125, 100, 20, 20]


def test_time_shares_divide_by_agents_time() -> None:
    time = {"available": HOUR, "on_call": 2 * HOUR, "break": HOUR, "training": HOUR, "meal": HOUR}
    tally = Tally(talk_ms=HOUR, hold_ms=HOUR // 4, wrap_ms=HOUR // 4, sales_reported=6, agent_ms=time)
    assert value("occupancy", tally) == 0.5
    assert value("utilisation", tally) == 0.5
    assert value("utilisation", tally, "handling") == 0.25
    assert [value("sales_per_hour", tally, name) for name in ("login", "productive", "paid")] == [1.5, 2, 1]


def test_conversion_says_by_which_contacts() -> None:
    tally = Tally(sales_reported=6, contacts=40, decision_contacts=30, answered=24, handled=60)
    found = [value("conversion", tally, name) for name in ("contacts", "decision_contacts", "answered", "handled")]
    assert found == [0.15, 0.2, 0.25, 0.1]
    assert figure(kpi("conversion"), tally)["variant"] == "contacts"


def test_dial_rates_divide_by_dials_only() -> None:
    tally = Tally(dials=100, connects=40, dial_contacts=30, contacts=80, decision_contacts=20, ring_ms=300)
    assert [value(key, tally) for key in ("connect_rate", "contact_rate", "dmc_rate", "ring")] == [0.4, 0.3, 0.25, 10]


def test_money_stays_in_its_currency_and_in_whole_minor_units() -> None:
    tally = Tally(orders={"BAM": 2, "EUR": 2}, revenue={"BAM": 7_801, "EUR": 7_803})
    assert value("revenue", tally) == {"BAM": 7_801, "EUR": 7_803}
    assert value("average_order_value", tally) == {"BAM": 3_900, "EUR": 3_902}
    assert value("average_order_value", Tally(orders={"EUR": 3}, revenue={"EUR": -500})) == {"EUR": -167}


def test_what_has_nothing_to_divide_by_is_not_zero_but_unknown() -> None:
    for definition in KPIS.values():
        names: list[str | None] = [None] if isinstance(definition, MoneyKpi) else [*definition.variants]
        for name in names:
            found = figure(definition, Tally(), name)
            counts = isinstance(definition, Kpi) and definition.unit == "count"
            assert found["value"] == (0 if counts else None), (definition.key, name)


def test_a_small_share_comes_with_its_confidence_interval_and_a_great_one_without() -> None:
    small = figure(kpi("dmc_rate"), Tally(contacts=10, decision_contacts=9))
    assert small["interval"] == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert "interval" not in figure(kpi("dmc_rate"), Tally(contacts=100, decision_contacts=90))
    assert "interval" in figure(kpi("dmc_rate"), Tally(contacts=99, decision_contacts=90))
    assert "interval" not in figure(kpi("asa"), queue())


@settings(deadline=None)
@given(st.integers(1, 99), st.data())
def test_the_interval_holds_the_share(cases: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, cases))
    low, high = wilson(hits, cases)
    assert 0 <= low <= hits / cases + 1e-12
    assert hits / cases - 1e-12 <= high <= 1


def test_unknown_names_are_named() -> None:
    with pytest.raises(UnknownKpi, match="nonsense"):
        kpi("nonsense")
    with pytest.raises(UnknownVariant, match="service_level has no variant"):
        value("service_level", Tally(), "3-21-5")


def test_every_definition_says_what_it_is() -> None:
    for key, definition in KPIS.items():
        assert key == definition.key
        assert definition.label
        assert definition.defined_by
        if isinstance(definition, Kpi):
            assert definition.default in definition.variants
            assert all(variant.formula for variant in definition.variants.values())
    names = kpi("service_level")
    assert isinstance(names, Kpi)
    assert len(names.variants) == len(WAIT_BOUNDS_S) * (len(WAIT_BOUNDS_S) + 4)


@settings(max_examples=40, deadline=None)
@given(st.lists(events(), max_size=20), st.lists(events(), max_size=20))
def test_the_kpi_of_a_union_is_that_of_the_summed_tallies(one: list[Any], two: list[Any]) -> None:
    def tally(some: list[Any]) -> Tally:
        docs: dict[str, Any] = {}
        for event in some:
            for key, part in performance_day.route(event):
                docs[key] = performance_day.fold(docs.get(key), part, 1)
        return total(doc.tally for doc in docs.values())

    summed = total([tally(one), tally(two)])
    for definition in KPIS.values():
        whole = figure(definition, tally(one + two))
        assert whole == figure(definition, summed)
        if isinstance(definition, Kpi):
            parts = [figure(definition, tally(some)) for some in (one, two)]
            assert whole["numerator"] == sum(part["numerator"] for part in parts)
