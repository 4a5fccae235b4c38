"""Rating: months worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.contracts.rating import (
    AgentUsage,
    Cancellation,
    Commission,
    Figure,
    NotRatable,
    Rating,
    SaleUsage,
    Usage,
    expected_month,
    expected_usage,
    rate,
)
from tests.unit.terms.sheets import PAIRS, agreed, call, differences, full, sale, sheet, version, zagreb

MARCH = "2026-03"
SPLIT = [{"over": 0, "up_to": 10, "rate": "6"}, {"over": 10, "up_to": 20, "rate": "4.5"}, {"over": 20, "rate": "3"}]


def minutes(**more: Any) -> dict[str, Any]:
    """A price by the minute, six cents, by the second."""
    return {"per_minute": [{"name": "talk", "clause": "4.1", "tiers": [{"rate": "6"}], **more}]}


def sales(**more: Any) -> dict[str, Any]:
    """A price by the sale."""
    return {"per_sale": [{"name": "orders", "tiers": [{"rate": "900"}], **more}]}


def rated(pricing: dict[str, Any], month: str = MARCH, terms: dict[str, Any] | None = None, **usage: Any) -> Rating:
    """The month under one version."""
    found = rate([version(sheet(pricing, **terms or {}))], Usage(**usage), month)
    assert sum(line.amount for line in found.lines) == found.net
    return found


def told(rating: Rating) -> list[tuple[str, str, str, int]]:
    """Component, quantity, rate and amount of each line."""
    return [(line.component, line.quantity, line.rate, line.amount) for line in rating.lines]


# By hand


@pytest.mark.parametrize(
    ("first", "following", "seconds", "billed"),
    [
        (1, 1, 61, 61), (60, 60, 1, 60), (60, 60, 60, 60), (60, 60, 61, 120), (30, 6, 20, 30), (30, 6, 31, 36),
        (30, 6, 36, 36), (30, 6, 37, 42), (60, 1, 90, 90), (60, 60, 0, 0),
    ],
)  # fmt: skip
def test_increments_round_the_seconds_up(first: int, following: int, seconds: int, billed: int) -> None:
    found = rated(
        minutes(first_seconds=first, next_seconds=following, tiers=[{"rate": "60"}]), calls=[call(1, seconds)]
    )
    assert found.net == billed


@pytest.mark.parametrize(("counts", "amount"), [("talk", 6), ("talk_hold", 9), ("talk_hold_wrap", 11)])
def test_what_time_counts_is_said_by_the_contract(counts: str, amount: int) -> None:
    calls = [call(1, 60, hold_seconds=30, wrap_seconds=20)]
    assert rated(minutes(counts=counts), calls=calls).net == amount


@pytest.mark.parametrize(
    ("round_at", "mode", "amounts"),
    [
        # 25 s at 6 cents a minute are 2.5 cents.
        ("line", "half_up", [9]),
        ("line", "half_even", [6]),
        ("component", "half_up", [8]),
        ("component", "half_even", [8]),
    ],
)
def test_rounding_is_part_of_the_contract(round_at: str, mode: str, amounts: list[int]) -> None:
    pricing = minutes(round_at=round_at) | {"rounding_mode": mode}
    found = rated(pricing, calls=[call(n, 25) for n in range(3)])
    assert [line.amount for line in found.lines] == amounts
    assert (found.lines[0].exact, found.lines[0].rounding) == ("7.5", f"{round_at} {mode}")


def test_the_invoice_is_rounded_once_and_its_lines_add_up() -> None:
    pricing = {
        "per_minute": [
            {"name": name, "tiers": [{"rate": "1"}], "round_at": "invoice", "directions": [way]}
            for name, way in (("in", "inbound"), ("out", "outbound"))
        ]
    }
    # 20 s and 10 s at a cent a minute: a third and a sixth of a cent, together exactly a half.
    found = rated(pricing, calls=[call(1, 20), call(2, 10, direction="outbound")])
    assert [(line.exact, line.amount) for line in found.lines] == [("0.333333", 0), ("0.166667", 1)]


def test_a_graduated_tier_prices_each_unit_where_it_stands() -> None:
    # 15 and 10 minutes: 10 at 6, 10 at 4.5, 5 at 3.
    found = rated(minutes(tiers=SPLIT), calls=[call(1, 900), call(2, 600)])
    assert told(found) == [("talk", "10", "6", 60), ("talk", "10", "4.5", 45), ("talk", "5", "3", 15)]
    assert [line.volume for line in found.lines] == ["0", "10", "20"]


def test_a_slab_prices_the_whole_volume_at_the_tier_that_it_reaches() -> None:
    slab = minutes(tiers=SPLIT, tier_mode="slab")
    assert told(rated(slab, calls=[call(1, 900), call(2, 600)])) == [("talk", "25", "3", 75)]
    assert told(rated(slab, calls=[call(1, 600)])) == [("talk", "10", "6", 60)]
    assert told(rated(slab, calls=[call(1, 601)]))[0][2] == "4.5"


def test_a_line_that_goes_over_a_tiers_end_is_rounded_once() -> None:
    # 9.9 minutes, then 0.25: a tenth at 6 (0.6, rounded 1) and 0.15 at 4.5 (0.675): 1.275, rounded 1 as well.
    found = rated(minutes(tiers=SPLIT, round_at="line"), calls=[call(1, 594), call(2, 15)])
    assert told(found) == [("talk", "10", "6", 59 + 1), ("talk", "0.15", "4.5", 0)]


def test_calls_are_paid_by_what_the_contract_counts() -> None:
    calls = [
        call(1, 0, answered=False, handled=False, contact=False),
        call(2, 9, handled=False),
        call(3, 9, contact=False),
    ]
    for basis, net in (("offered", 300), ("answered", 200), ("handled", 100), ("contact", 100)):
        assert (
            rated({"per_call": [{"name": "calls", "tiers": [{"rate": "100"}], "basis": basis}]}, calls=calls).net == net
        )


def test_a_component_prices_only_its_campaigns_and_directions() -> None:
    calls = [call(1, 60, campaign="vital"), call(2, 60), call(3, 60, campaign="vital", direction="outbound")]
    assert rated(minutes(campaigns=["vital"], directions=["inbound"]), calls=calls).net == 6


def test_a_share_of_the_value_is_paid_in_the_contracts_currency_only() -> None:
    share = {"per_sale": [{"name": "share", "tiers": [{"rate": "2.5"}], "basis": "percent"}]}
    found = rated(share, sales=[sale(1, 4900), sale(2, 100), sale(3, 777, currency="USD")])
    assert told(found) == [("share", "5000", "2.5 %", 125)]
    assert [(one.id, one.reason) for one in found.unrated] == [("s3", "foreign_currency")]
    assert rated(sales(), sales=[sale(3, 777, currency="USD")]).net == 900, "a flat price asks for no currency"


def test_agent_hours_are_paid_by_state_with_share_and_limit() -> None:
    states = [{"name": "on_call"}, {"name": "wrap_up", "max_seconds": 60}, {"name": "training", "percent": "50"}]
    pricing = {"per_hour": [{"name": "hours", "tiers": [{"rate": "3600"}], "states": states}]}
    stays = [
        AgentUsage(agent="7", at=zagreb(2, hour), state=state, seconds=seconds)
        for hour, (state, seconds) in enumerate(
            [("on_call", 1800), ("wrap_up", 90), ("wrap_up", 30), ("training", 100), ("break", 900)], 8
        )
    ]
    found = rated(pricing, agents=stays)
    assert told(found) == [("hours", "0.538889", "3600", 1800 + 60 + 30 + 50)]


def test_stays_that_begin_at_one_moment_have_an_order_too() -> None:
    states = [{"name": "on_call"}, {"name": "wrap_up", "percent": "50"}]
    tiers = [{"over": 0, "up_to": 1, "rate": "3600"}, {"over": 1, "rate": "1800"}]
    pricing = {"per_hour": [{"name": "hours", "tiers": tiers, "states": states}]}
    stays = [AgentUsage(agent="7", at=zagreb(2), state=state, seconds=3600) for state in ("wrap_up", "on_call")]
    assert rated(pricing, agents=stays) == rated(pricing, agents=stays[::-1])
    assert rated(pricing, agents=stays).net == 3600 + 900


def test_the_highest_surcharge_counts_at_the_local_time_of_the_call() -> None:
    surcharges = [
        {"name": "night", "percent": "50", "starts": "22:00", "ends": "06:00"},
        {"name": "sunday", "percent": "100", "days": ["sun"]},
        {"name": "holiday", "percent": "150", "holidays": True},
    ]
    schedule = {"time_zone": "Europe/Zagreb", "always": True, "holidays": ["2026-03-19"]}
    times = [zagreb(2, 12), zagreb(2, 23), zagreb(3, 5, 59), zagreb(3, 6), zagreb(8, 23), zagreb(19, 12)]
    calls = [call(n, 60, at) for n, at in enumerate(times)]
    found = rated(
        minutes(tiers=[{"rate": "100"}]) | {"surcharges": surcharges}, terms={"schedule": schedule}, calls=calls
    )
    assert told(found) == [
        ("talk", "2", "100", 200),
        ("talk", "2", "100", 300),
        ("talk", "1", "100", 200),
        ("talk", "1", "100", 250),
    ]
    assert [line.surcharge for line in found.lines] == ["", "50", "100", "150"]


def test_what_is_paid_for_at_least_is_paid() -> None:
    found = rated(minutes(minimum=10), calls=[call(1, 240)])
    assert told(found) == [("talk", "4", "6", 24), ("talk", "6", "6", 36)]
    assert [line.kind for line in found.lines] == ["per_minute", "minimum_volume"]
    assert told(rated(minutes(minimum=12, tiers=SPLIT), calls=[call(1, 540)])) == [
        ("talk", "9", "6", 54), ("talk", "1", "6", 6), ("talk", "2", "4.5", 9),
    ]  # fmt: skip
    assert rated(minutes(minimum=4), calls=[call(1, 300)]).net == 30
    assert rated(minutes(minimum=4)).net == 24, "also in a month without a call"


def test_minimum_fee_and_cap_close_the_charges() -> None:
    low = minutes() | {"minimum_fee_minor": 100, "minimum_clause": "4.9"}
    found = rated(low, calls=[call(1, 600)])
    assert [(line.kind, line.clause, line.amount) for line in found.lines] == [
        ("per_minute", "4.1", 60), ("minimum_fee", "4.9", 40),
    ]  # fmt: skip
    high = minutes() | {"cap_minor": 50, "cap_clause": "4.8"}
    assert [(line.kind, line.amount) for line in rated(high, calls=[call(1, 600)]).lines] == [
        ("per_minute", 60),
        ("cap", -10),
    ]


def test_seats_and_the_minimum_go_by_the_days_that_the_contract_covers() -> None:
    pricing = {
        "per_seat": [
            {"name": "licence", "seats": 2, "rate": "310", "prorated": True},
            {"name": "room", "seats": 1, "rate": "50"},
        ],
        "minimum_fee_minor": 3100,
        "minimum_fee_prorated": True,
    }
    late = version(sheet(pricing), starts=date(2026, 3, 22))
    found = rate([late], Usage(seats={"licence": 3}), MARCH)
    assert told(found) == [("licence", "3", "310", 300), ("room", "1", "50", 50), ("minimum fee", "1", "650", 650)]


def test_a_fee_that_is_paid_once_belongs_to_the_month_in_which_it_is_due() -> None:
    pricing = {"one_off": [{"name": "set-up", "amount_minor": 5000, "due": "2026-03-31"}]}
    assert rated(pricing).net == 5000
    assert rated(pricing, "2026-04").net == 0


BANDS = [{"at_least": "0", "below": "80", "percent": "-10"}, {"at_least": "90", "percent": "5", "amount_minor": 7}]
LEVEL = {"name": "answer", "seconds": 20, "target_percent": "80", "credits": BANDS}


@pytest.mark.parametrize(
    ("reached", "amounts"),
    [((7999, 10000), [-60]), ((8000, 10000), []), ((8999, 10000), []), ((9000, 10000), [37]), ((0, 0), [])],
)
def test_bonus_and_malus_follow_what_was_reached(reached: tuple[int, int], amounts: list[int]) -> None:
    figure = Figure(name="answer", numerator=reached[0], denominator=reached[1])
    found = rated(minutes(), terms={"service_levels": [LEVEL]}, calls=[call(1, 6000)], figures=[figure])
    assert [line.amount for line in found.lines if line.kind == "service_level"] == amounts


def test_each_window_counts_by_its_share() -> None:
    level = LEVEL | {"window": "week"}
    figures = [
        Figure(name="answer", numerator=n, denominator=100, window=str(w)) for w, n in enumerate((70, 85, 75, 95))
    ]
    found = rated(minutes(), terms={"service_levels": [level]}, calls=[call(1, 6000)], figures=figures)
    # Of 600: twice -10 % and once 5 % and 7, a quarter each: -30, and (30 + 7) / 4 = 9.25.
    assert [line.amount for line in found.lines] == [600, -30, 9]


def test_a_figure_that_is_missing_is_said_and_one_too_many_is_refused() -> None:
    found = rated(minutes(), terms={"service_levels": [LEVEL]}, calls=[call(1, 60)])
    assert [(one.id, one.reason) for one in found.unrated] == [("answer", "no_figure")]
    with pytest.raises(NotRatable):
        rated(
            minutes(),
            terms={"service_levels": [LEVEL]},
            figures=[Figure(name="answer", numerator=1, denominator=2)] * 2,
        )


def test_vat_is_on_the_net_amount() -> None:
    found = rated(
        minutes(), terms={"payment": {"currency": "EUR", "days": 30, "vat_percent": "25"}}, calls=[call(1, 100)]
    )
    assert (found.net, found.vat, found.gross) == (10, 3, 13)


# Claw-back

CLAWED = sales(clawback_days=30)


def test_a_cancelled_sale_is_deducted_once_whatever_comes_twice() -> None:
    cancelled = [Cancellation(sale="s1", on=date(2026, 3, 9)), Cancellation(sale="s1", on=date(2026, 3, 8))]
    march = rated(CLAWED, sales=[sale(1), sale(2)], cancellations=cancelled)
    assert [(line.kind, line.amount) for line in march.lines] == [("per_sale", 1800), ("clawback", -900)]
    assert march.clawed_back == ("s1",)
    ledger = [replace(entry, clawed_back=entry.sale in march.clawed_back) for entry in march.commissions]
    again = [Cancellation(sale=f"s{n}", on=date(2026, 3, 9 + n)) for n in (1, 2)]
    april = rated(CLAWED, "2026-04", ledger=ledger, cancellations=again)
    assert [(line.unit, line.amount) for line in april.lines] == [("sale of 2026-03, cancelled", -900)]
    assert april.clawed_back == ("s2",)
    settled = [replace(entry, clawed_back=True) for entry in ledger]
    assert rated(CLAWED, "2026-05", ledger=settled, cancellations=again).lines == ()


@pytest.mark.parametrize(("days", "net"), [(30, -900), (31, 0)])
def test_a_sale_is_deducted_within_its_days_only(days: int, net: int) -> None:
    entry = Commission(sale="s1", component="orders", sold_on=date(2026, 2, 20), minor=900, within_days=30)
    cancellation = Cancellation(sale="s1", on=date(2026, 2, 20) + timedelta(days=days))
    assert rated(CLAWED, ledger=[entry], cancellations=[cancellation]).net == net


def test_what_was_paid_in_its_tier_is_what_is_deducted() -> None:
    tiers = [{"over": 0, "up_to": 1, "rate": "900"}, {"over": 1, "rate": "1000"}]
    cancelled = [Cancellation(sale="s2", on=date(2026, 3, 9))]
    assert rated(sales(clawback_days=9, tiers=tiers), sales=[sale(1), sale(2)], cancellations=cancelled).net == 900


def test_a_cancellation_of_a_sale_that_nobody_knows_is_said() -> None:
    found = rated(CLAWED, cancellations=[Cancellation(sale="s9", on=date(2026, 3, 9))])
    assert [(one.id, one.reason) for one in found.unrated] == [("s9", "unknown_sale")]


def test_a_contract_that_has_ended_still_takes_back() -> None:
    entry = Commission(sale="s1", component="orders", sold_on=date(2026, 2, 20), minor=900, within_days=60)
    ended = version(sheet(CLAWED | {"minimum_fee_minor": 5000}), starts=date(2026, 1, 1), ends=date(2026, 2, 28))
    found = rate([ended], Usage(ledger=[entry], cancellations=[Cancellation(sale="s1", on=date(2026, 3, 9))]), MARCH)
    assert [(line.kind, line.amount) for line in found.lines] == [("clawback", -900)]


# Versions


def test_each_call_is_priced_by_its_own_date() -> None:
    versions = [
        version(sheet(minutes())),
        version(sheet(minutes(tiers=[{"rate": "9"}])), 2, date(2026, 3, 16)),
    ]
    # The last minute of the 15th in Zagreb, the first of the 16th.
    calls = [call(1, 60, zagreb(15, 23, 59)), call(2, 60, datetime(2026, 3, 15, 23, 0, tzinfo=UTC))]
    found = rate(versions, Usage(calls=calls), MARCH)
    assert [(line.version, line.amount) for line in found.lines] == [(1, 6), (2, 9)]


def test_the_tier_goes_by_the_whole_months_volume_of_both_versions() -> None:
    versions = [
        version(sheet(minutes(tiers=SPLIT, tier_mode="slab"))),
        version(sheet(minutes(tiers=SPLIT)), 2, date(2026, 3, 16)),
    ]
    found = rate(versions, Usage(calls=[call(1, 900, zagreb(3)), call(2, 600, zagreb(20))]), MARCH)
    # 25 minutes: the slab over 20 for the first 15; then from minute 15 to 20 at 4.5, the rest at 3.
    assert [(line.version, line.quantity, line.rate, line.amount) for line in found.lines] == [
        (1, "15", "3", 45), (2, "5", "4.5", 23), (2, "5", "3", 15),
    ]  # fmt: skip


def test_a_call_outside_every_version_is_said_and_costs_nothing() -> None:
    ended = version(sheet(minutes()), ends=date(2026, 3, 10))
    found = rate([ended], Usage(calls=[call(1, 60, zagreb(10)), call(2, 60, zagreb(11))]), MARCH)
    assert (found.net, [(one.id, one.reason) for one in found.unrated]) == (6, [("c2", "no_terms")])


@pytest.mark.parametrize(
    ("versions", "usage", "field"),
    [
        ([version(sheet(minutes()))], {"calls": [call(1, 60), call(1, 60)]}, "calls"),
        ([version(sheet(minutes()))], {"calls": [replace(call(1, 60), id="")]}, "calls"),
        ([version(sheet(minutes()))], {"calls": [call(1, -1)]}, "calls"),
        ([version(sheet(minutes()))], {"calls": [call(1, 60, zagreb(1) - timedelta(days=1))]}, "at"),
        ([version(sheet(minutes()))], {"calls": [call(1, 60, datetime(2026, 3, 2))]}, "at"),  # noqa: DTZ001
        ([version(sheet(minutes()))], {"sales": [sale(1), sale(1)]}, "sales"),
        ([version(sheet(minutes()))], {"sales": [sale(1, -1)]}, "sales"),
        ([version(sheet(minutes()))], {"figures": [Figure(name="x", numerator=3, denominator=2)]}, "figures"),
        (
            [version(sheet(minutes()))],
            {"cancellations": [Cancellation(sale="s", on=date(2026, 4, 1))]},
            "cancellations",
        ),
        ([version(sheet(minutes())), version(sheet(minutes()), 2)], {}, "versions"),
        ([version(sheet(minutes()), starts=date(2026, 4, 1))], {}, "versions"),
        (
            [
                version(sheet(minutes())),
                version(sheet(minutes(), payment={"currency": "USD", "days": 1}), 2, date(2026, 3, 2)),
            ],
            {},
            "versions",
        ),
    ],
)
def test_a_month_that_contradicts_itself_is_refused(versions: Any, usage: dict[str, Any], field: str) -> None:
    with pytest.raises(NotRatable) as raised:
        rate(versions, Usage(**usage), MARCH)
    assert raised.value.field == field


@pytest.mark.parametrize("pair", PAIRS)
def test_the_expected_month_costs_what_was_worked_out_by_hand(pair: str) -> None:
    terms = agreed(pair)
    month = expected_month(terms)
    assert (
        rate([version(terms, starts=terms.validity.starts)], expected_usage(terms, month), month).net
        == (differences(pair)["agreed"])
    )


def test_the_full_sheet_prices_its_expected_month_with_every_kind_of_line() -> None:
    terms = full()
    month = expected_month(terms)
    found = rate([version(terms, starts=terms.validity.starts)], expected_usage(terms, month), month)
    kinds = {line.kind for line in found.lines}
    assert kinds >= {
        "per_minute",
        "per_call",
        "per_sale",
        "per_hour",
        "per_seat",
        "one_off",
        "incentive",
        "service_level",
        "clawback",
    }
    assert (found.unrated, sum(line.amount for line in found.lines)) == ((), found.net)


def test_an_expected_month_has_exactly_the_calls_and_seconds_that_are_expected() -> None:
    terms = agreed("hybrid-hourly")
    usage = expected_usage(terms, "2026-04")
    assert sum(one.count for one in usage.calls) == 28_800
    assert sum(one.count for one in usage.calls if one.answered) == 27_360
    assert sum(one.talk_seconds * one.count for one in usage.calls) == 27_360 * 200
    assert sum(stay.seconds * stay.count for stay in usage.agents) == 30 * 120 * 3600
    assert sum(one.count for one in usage.sales) == 2_736


def test_a_sale_of_many_is_a_commission_of_all_of_them() -> None:
    many = SaleUsage(id="s", at=zagreb(2), currency="EUR", count=4)
    found = rated(CLAWED, sales=[many], cancellations=[Cancellation(sale="s", on=date(2026, 3, 3))])
    assert found.net == 0
