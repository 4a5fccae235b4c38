"""Rating: what holds for every month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.contracts.rating import (
    Cancellation,
    Figure,
    Usage,
    rate,
)
from shared.contracts.terms import TermSheet
from tests.unit.terms.sheets import call, sale, sheet, version, zagreb

MARCH = "2026-03"


def minutes(**more: Any) -> dict[str, Any]:
    """A price by the minute, six cents, by the second."""
    return {"per_minute": [{"name": "talk", "clause": "4.1", "tiers": [{"rate": "6"}], **more}]}


BANDS = [{"at_least": "0", "below": "80", "percent": "-10"}, {"at_least": "90", "percent": "5", "amount_minor": 7}]
LEVEL = {"name": "answer", "seconds": 20, "target_percent": "80", "credits": BANDS}


RATES = st.decimals("0", "500", places=4).map(lambda number: format(number, "f"))
MODES = st.sampled_from(["half_up", "half_even"])
ROUND_AT = st.sampled_from(["line", "component", "invoice"])
BOUNDS = st.lists(st.integers(1, 40), unique=True, max_size=3).map(sorted)


@st.composite
def tiers(draw: Any, rates: Any = RATES) -> list[dict[str, Any]]:
    """One to four tiers without a gap."""
    bounds = [0, *draw(BOUNDS), None]
    return [{"over": low, "up_to": up, "rate": draw(rates)} for low, up in pairwise(bounds)]


@st.composite
def priced(draw: Any, kind: str, number: int) -> dict[str, Any]:
    """One component."""
    made: dict[str, Any] = {
        "name": f"{kind} {number}",
        "tiers": draw(tiers()),
        "tier_mode": draw(st.sampled_from(["slab", "graduated"])),
        "round_at": draw(ROUND_AT),
        "minimum": draw(st.sampled_from([0, 0, 3])),
    }
    if kind == "per_minute":
        made |= {name: draw(st.sampled_from([1, 6, 60])) for name in ("first_seconds", "next_seconds")}
        made["counts"] = draw(st.sampled_from(["talk", "talk_hold", "talk_hold_wrap"]))
    if kind == "per_sale":
        made |= {"basis": draw(st.sampled_from(["flat", "percent"])), "clawback_days": 30}
    return made


@st.composite
def sheets(draw: Any) -> TermSheet:
    """Prices of all kinds."""
    pricing: dict[str, Any] = {
        kind: [draw(priced(kind, n)) for n in range(draw(st.integers(0, 2)))]
        for kind in ("per_minute", "per_call", "per_sale")
    }
    pricing["rounding_mode"] = draw(MODES)
    pricing["minimum_fee_minor"] = draw(st.sampled_from([0, 5000]))
    pricing["surcharges"] = draw(st.sampled_from([[], [{"name": "night", "percent": "12.5", "starts": "20:00"}]]))
    return sheet(pricing, service_levels=draw(st.sampled_from([[], [LEVEL]])))


MOMENTS = st.integers(1, 31 * 24 * 60 - 120).map(lambda n: zagreb(1, 0) + timedelta(minutes=n))
CALLS = st.lists(st.tuples(MOMENTS, st.integers(0, 900), st.integers(0, 90), st.integers(0, 90)), max_size=12).map(
    lambda found: [
        call(n, talk, at, hold_seconds=hold, wrap_seconds=wrap) for n, (at, talk, hold, wrap) in enumerate(found)
    ]
)
SALES = st.lists(st.tuples(MOMENTS, st.integers(0, 9999)), max_size=8).map(
    lambda found: [sale(n, amount, at) for n, (at, amount) in enumerate(found)]
)
REACHED = Figure(name="answer", numerator=773, denominator=1000)


@settings(max_examples=150, deadline=None)
@given(sheets(), CALLS, SALES, st.sets(st.integers(0, 7)))
def test_the_lines_add_up_to_the_total(terms: TermSheet, calls: Any, sold: Any, cancelled: set[int]) -> None:
    gone = [Cancellation(sale=f"s{n}", on=date(2026, 3, 31)) for n in cancelled if n < len(sold)]
    found = rate([version(terms)], Usage(calls=calls, sales=sold, cancellations=gone, figures=[REACHED]), MARCH)
    assert sum(line.amount for line in found.lines) == found.net
    assert found.gross == found.net + found.vat
    for component in terms.pricing.per_sale:
        if component.round_at != "invoice":
            paid = sum(
                line.amount for line in found.lines if line.component == component.name and line.kind == "per_sale"
            )
            assert paid == sum(one.minor for one in found.commissions if one.component == component.name)


@settings(max_examples=100, deadline=None)
@given(sheets(), CALLS, SALES, st.randoms(use_true_random=False))
def test_the_order_of_the_usage_plays_no_part(terms: TermSheet, calls: Any, sold: Any, chance: Any) -> None:
    first = rate([version(terms)], Usage(calls=list(calls), sales=list(sold)), MARCH)
    for items in (calls, sold):
        chance.shuffle(items)
    assert rate([version(terms)], Usage(calls=calls, sales=sold), MARCH) == first


@settings(max_examples=100, deadline=None)
@given(
    st.lists(RATES, min_size=1, max_size=3), ROUND_AT, MODES, st.sampled_from(["graduated", "slab"]), CALLS, st.data()
)
def test_more_usage_never_costs_less(
    rates: list[str], round_at: str, mode: str, tier_mode: str, calls: Any, data: Any
) -> None:
    """Where rates don't fall with the volume; a slab that falls makes the next minute cheaper, and is meant to."""
    ordered = sorted(rates, key=Decimal)
    bounds = [0, *(10 * n for n in range(1, len(ordered))), None]
    made = [{"over": low, "up_to": up, "rate": r} for low, up, r in zip(bounds, bounds[1:], ordered, strict=False)]
    terms = sheet(minutes(tiers=made, tier_mode=tier_mode, round_at=round_at) | {"rounding_mode": mode})
    assume(calls)
    place = data.draw(st.integers(0, len(calls) - 1))
    more = [*calls[:place], replace(calls[place], talk_seconds=calls[place].talk_seconds + 61), *calls[place + 1 :]]
    less = [*calls[:place], *calls[place + 1 :]]
    nets = [rate([version(terms)], Usage(calls=each), MARCH).net for each in (less, calls, more)]
    assert nets == sorted(nets)


@settings(max_examples=100, deadline=None)
@given(RATES, ROUND_AT, st.sampled_from([0, 3]), CALLS)
def test_slab_and_graduated_agree_when_there_is_one_tier(rate_: str, round_at: str, minimum: int, calls: Any) -> None:
    both = [
        rate(
            [version(sheet(minutes(tiers=[{"rate": rate_}], tier_mode=mode, round_at=round_at, minimum=minimum)))],
            Usage(calls=calls),
            MARCH,
        )
        for mode in ("slab", "graduated")
    ]
    assert both[0] == both[1]


@settings(max_examples=100, deadline=None)
@given(RATES, MODES, CALLS, st.integers(0, 12))
def test_what_is_rounded_by_the_line_can_be_rated_in_parts(rate_: str, mode: str, calls: Any, cut: int) -> None:
    terms = [version(sheet(minutes(tiers=[{"rate": rate_}], round_at="line") | {"rounding_mode": mode}))]

    def net(part: Sequence[Any]) -> int:
        return rate(terms, Usage(calls=part), MARCH).net

    assert net(calls) == net(calls[:cut]) + net(calls[cut:])


@settings(max_examples=100, deadline=None)
@given(RATES, MODES, CALLS)
def test_a_month_agrees_with_a_count_written_apart(rate_: str, mode: str, calls: Any) -> None:
    terms = sheet(
        minutes(tiers=[{"rate": rate_}], round_at="line", first_seconds=30, next_seconds=6) | {"rounding_mode": mode}
    )
    expected = 0
    for one in calls:
        seconds = one.talk_seconds
        if seconds:
            billed = 30
            while billed < seconds:
                billed += 6
            cents = Decimal(billed) * Decimal(rate_) / Decimal(60)
            expected += int(cents.quantize(Decimal(1), ROUND_HALF_UP if mode == "half_up" else ROUND_HALF_EVEN))
    assert rate([version(terms)], Usage(calls=calls), MARCH).net == expected


@settings(max_examples=60, deadline=None)
@given(CALLS, st.integers(2, 30))
def test_a_version_within_the_month_prices_each_call_by_its_day(calls: Any, day: int) -> None:
    old, new = (sheet(minutes(tiers=[{"rate": r}], round_at="line")) for r in ("6", "9"))
    versions = [version(old), version(new, 2, date(2026, 3, day))]
    both = rate(versions, Usage(calls=calls), MARCH).net
    before = [one for one in calls if one.at.day < day]
    after = [one for one in calls if one.at.day >= day]
    assert (
        both
        == rate([version(old)], Usage(calls=before), MARCH).net + rate([version(new)], Usage(calls=after), MARCH).net
    )


@settings(max_examples=60, deadline=None)
@given(CALLS, sheets())
def test_many_calls_alike_cost_as_much_as_each_alone(calls: Any, terms: TermSheet) -> None:
    """A count stands for as many calls, one behind the other."""
    counted = [replace(one, count=3) for one in calls]
    single = [replace(one, id=f"{one.id}-{n}") for one in calls for n in range(3)]
    # Calls that begin at one moment stand in the order of their ids, so the three are side by side.
    assume(len({one.at for one in calls}) == len(calls))
    assert rate([version(terms)], Usage(calls=counted), MARCH) == rate([version(terms)], Usage(calls=single), MARCH)
