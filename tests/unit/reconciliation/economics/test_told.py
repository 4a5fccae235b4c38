"""Rates and media costs as they are told, corrected, and shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.reconciliation.domain.media_costs import TellMediaCost, media_costs
from services.reconciliation.domain.rates import TellRate, rates
from services.reconciliation.economics.currencies import Quote, Rates
from services.reconciliation.events.economics import MediaCostTold, RateTold
from services.reconciliation.views.media_costs import known_media_costs
from services.reconciliation.views.rates import known_rates
from shared.kernel import Money
from tests.spec import given, seen

AT = datetime(2026, 4, 1, 8, tzinfo=UTC)
RATE: dict[str, Any] = {
    "month": "2026-03", "currency": "BAM", "units": "1.95583", "day": date(2026, 3, 31), "source": "ECB", "at": AT,
    "by": "ana",
}  # fmt: skip
COST: dict[str, Any] = {
    "month": "2026-03", "campaign": "spring", "amount": Money(240_000, "EUR"), "at": AT, "by": "ana",
}  # fmt: skip


def test_a_rate_is_told_once_and_corrected_by_telling_it_anew() -> None:
    given(rates).when(TellRate(**RATE)).then(RateTold(**RATE))
    given(rates, RateTold(**RATE)).when(TellRate(**RATE | {"by": "ivo"})).then()
    given(rates, RateTold(**RATE)).when(TellRate(**RATE | {"units": "1.955830"})).then()
    given(rates, RateTold(**RATE)).when(TellRate(**RATE | {"units": "1.96"})).then(RateTold(**RATE | {"units": "1.96"}))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"currency": "EUR"}, "base_currency"),
        ({"currency": "XXQ"}, "unknown_currency"),
        ({"units": "0.00"}, "not_positive"),
        ({"day": date(2026, 4, 1)}, "other_month"),
    ],
)
def test_what_is_no_rate_of_the_month_is_refused(wrong: dict[str, Any], code: str) -> None:
    given(rates).when(TellRate(**RATE | wrong)).then_rejected(code)


def test_a_media_cost_is_told_for_all_partners_and_for_one() -> None:
    told = MediaCostTold(**COST)
    given(media_costs).when(TellMediaCost(**COST)).then(told)
    given(media_costs, told).when(TellMediaCost(**COST)).then()
    alone = COST | {"partner_id": "adria"}
    given(media_costs, told).when(TellMediaCost(**alone)).then(MediaCostTold(**alone))
    nothing = COST | {"amount": Money(0, "EUR")}
    given(media_costs, told).when(TellMediaCost(**nothing)).then(MediaCostTold(**nothing))


@pytest.mark.parametrize(
    ("amount", "code"), [(Money(-1, "EUR"), "out_of_range"), (Money(1, "XXQ"), "unknown_currency")]
)
def test_what_is_no_amount_is_refused(amount: Money, code: str) -> None:
    given(media_costs).when(TellMediaCost(**COST | {"amount": amount})).then_rejected(code)


def test_the_views_have_what_was_told_last() -> None:
    other = RATE | {"units": "1.96"}
    shown = seen(known_rates, RateTold(**RATE), RateTold(**other))["2026-03"]
    assert (shown.told, shown.changes) == ({"BAM": {"2026-03-31": RateTold(**other)}}, 2)
    alone = COST | {"partner_id": "adria"}
    costs = seen(known_media_costs, MediaCostTold(**COST), MediaCostTold(**alone))["2026-03"]
    assert costs.told == {"spring": {"": MediaCostTold(**COST), "adria": MediaCostTold(**alone)}}
    assert known_rates.merge(shown, seen(known_rates, RateTold(**RATE))["2026-03"]) is shown
    assert known_media_costs.merge(seen(known_media_costs, MediaCostTold(**COST))["2026-03"], costs) is costs


def test_the_last_rate_until_a_day_counts_unless_it_is_too_old() -> None:
    early = RateTold(**RATE | {"day": date(2026, 3, 1), "units": "2"})
    known = Rates([early, RateTold(**RATE)])
    assert known.on("BAM", date(2026, 3, 30)) == Quote(currency="BAM", units="2", day=date(2026, 3, 1), source="ECB")
    assert known.on("BAM", date(2026, 2, 28)) is None
    assert known.on("BAM", date(2026, 5, 1)) is not None
    assert known.on("BAM", date(2026, 5, 2)) is None


def test_amounts_go_over_the_euro_with_the_digits_of_both_currencies() -> None:
    on = {"day": date(2026, 3, 31)}
    known = Rates(
        [RateTold(**RATE | on | {"currency": code, "units": units}) for code, units in [("BAM", "2"), ("JPY", "160")]]
    )
    day = date(2026, 3, 31)
    assert known.factor("EUR", "EUR", day) == 1
    assert known.factor("BAM", "EUR", day) == known.factor("RSD", "RSD", day) / 2  # type: ignore[operator]
    factor = known.factor("BAM", "JPY", day)
    assert factor is not None
    assert factor * 200 == 160  # 2.00 BAM are one euro, and that is 160 yen
    assert known.factor("BAM", "RSD", day) is None
    assert known.missing("BAM", "RSD", day) == {"RSD"}
    assert known.missing("EUR", "BAM", day) == known.missing("RSD", "RSD", day) == set()
