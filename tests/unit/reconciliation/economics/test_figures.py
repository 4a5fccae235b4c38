"""A month worked out by hand: two partners, four campaigns, two currencies."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from services.reconciliation.economics.currencies import Rates
from services.reconciliation.economics.entries import Cancelled, Entry, Exchange, Media, PartnerMonth, entries
from services.reconciliation.economics.figures import Figures, Ratio, figures, ratio, rows
from services.reconciliation.economics.pricing import allocated, scopes_of
from services.reconciliation.economics.tallies import Tallies, added
from services.reconciliation.events.economics import RateTold
from shared.contracts.rating import Rating, Usage, rate
from shared.contracts.terms import TermSheet
from tests.unit.reconciliation.economics.facts import counted, sales
from tests.unit.terms.sheets import call, sale, sheet, version

DAY = date(2026, 3, 31)
TWO_FOR_ONE = Rates(
    [
        RateTold(
            month="2026-03",
            currency="BAM",
            units="2",
            day=DAY,
            source="by hand",
            at=datetime(2026, 4, 1, tzinfo=UTC),
            by="ana",
        )
    ]
)
IN_EUROS = Exchange(TWO_FOR_ONE, "EUR", DAY)
TERMS = sheet(
    {
        "per_call": [{"name": "calls", "basis": "answered", "tiers": [{"rate": "15"}]}],
        "per_sale": [{"name": "sales", "campaigns": ["spring"], "clawback_days": 60, "tiers": [{"rate": "1000"}]}],
        "per_seat": [{"name": "seat", "seats": 1, "rate": "1000"}],
    }
)
BAM_TERMS = sheet(
    {"per_call": [{"name": "calls", "basis": "answered", "tiers": [{"rate": "20"}]}]},
    payment={"currency": "BAM", "days": 30},
)
MEDIA = (
    Media(campaign="spring", minor=3000, currency="EUR"),
    Media(campaign="winter", partner_id="bosna", minor=101, currency="BAM"),
    Media(campaign="autumn", minor=700, currency="EUR"),
)


def priced(terms: TermSheet, usage: Usage) -> Rating:
    return rate([version(terms)], usage, "2026-03")


def month(name: str, terms: TermSheet, tallies: Tallies, rating: Rating, **more: Any) -> PartnerMonth:
    scopes = scopes_of([version(terms)])
    return PartnerMonth(name, tallies, rating.lines, rating.currency, scopes, **more)


def adria() -> PartnerMonth:
    tallies = added(
        [
            counted("spring", 10, 8, 5),
            sales("spring", "L1", 3, 14_700),
            sales("spring", "L2", 1, 2000),
            counted("summer", 5, 2, 1),
            sales("summer", "L1", 1, 4900),
        ]
    )
    usage = Usage(calls=[call(1, 60, count=10)], sales=[sale(n, campaign="spring") for n in range(4)])
    cancelled = [Cancelled(campaign="spring", product="L1", sales=1, minor=4900, currency="EUR")]
    return month("adria", TERMS, tallies, priced(TERMS, usage), cancelled=cancelled)


def bosna() -> PartnerMonth:
    tallies = added([counted("spring", 5, 5, 2), sales("spring", "L2", 1, 4000, "BAM"), counted("winter", 3, 1, 0)])
    return month("bosna", BAM_TERMS, tallies, priced(BAM_TERMS, Usage(calls=[call(1, 60, count=6)])))


def found(exchange: Exchange = IN_EUROS) -> list[Entry]:
    return entries([adria(), bosna()], MEDIA, exchange)


def brief(told: Figures) -> tuple[int | None, ...]:
    """Calls, net sales, net revenue, price, media, margin."""
    return (told.calls, told.net_sales, told.net_revenue, told.price, told.media, told.margin)


def by(which: Any, exchange: Exchange = IN_EUROS) -> dict[str | None, tuple[int | None, ...]]:
    return {row.name: brief(row.figures) for row in rows(found(exchange), which)}


def test_a_partners_row_is_right_in_every_figure() -> None:
    first = rows(found(), "partner")[0]
    assert first.name == "adria"
    assert first.figures == Figures(
        calls=15,
        answered=10,
        contacts=6,
        sales=5,
        unpriced=0,
        cancelled=1,
        net_sales=4,
        revenue=21_600,
        cancelled_revenue=4900,
        net_revenue=16_700,
        price=5150,
        media=2000,
        cost=7150,
        margin=9550,
        margin_percent=Ratio(value="57.19", n=16_700),
        cost_per_call=Ratio(value="476.67", n=15),
        cost_per_contact=Ratio(value="1191.67", n=6),
        cost_per_net_sale=Ratio(value="1787.50", n=4),
    )


def test_by_partner_the_media_cost_of_a_campaign_that_nobody_had_is_nobodys() -> None:
    assert by("partner") == {
        "adria": (15, 4, 16_700, 5150, 2000, 9550),
        "bosna": (8, 1, 2000, 60, 1051, 889),
        None: (0, 0, 0, 0, 700, -700),
    }


def test_by_campaign_a_component_for_one_campaign_is_borne_by_that_one() -> None:
    assert by("campaign") == {
        "autumn": (0, 0, 0, 0, 700, -700),
        "spring": (15, 4, 13_800, 5163, 3000, 5637),
        "summer": (5, 1, 4900, 37, 0, 4863),
        "winter": (3, 0, 0, 10, 51, -61),
    }


def test_by_product_a_campaigns_cost_goes_by_its_sales_and_calls_are_of_no_product() -> None:
    assert by("product") == {
        "L1": (None, 3, 14_700, 3872, 1500, 9328),
        "L2": (None, 2, 4000, 1328, 1500, 1172),
        None: (None, 0, 0, 10, 751, -761),
    }


def test_without_a_dated_rate_what_rests_on_it_is_not_known() -> None:
    told = by("partner", Exchange(Rates([]), "EUR", DAY))
    assert told["adria"] == (15, 4, 16_700, 5150, 2000, 9550)
    assert told["bosna"] == (8, 1, None, None, None, None)
    whole = figures(found(Exchange(Rates([]), "EUR", DAY)))
    assert (whole.calls, whole.cost, whole.cost_per_call) == (23, None, Ratio(value=None, n=23))


def test_the_other_currency_may_be_asked_for() -> None:
    told = by("partner", Exchange(TWO_FOR_ONE, "BAM", DAY))
    assert told["bosna"] == (8, 1, 4000, 120, 2101, 1779)


def test_a_partner_without_a_price_has_no_cost_and_leaves_the_others_theirs() -> None:
    unpriced = PartnerMonth("bosna", bosna().tallies)
    told = {row.name: row.figures for row in rows(entries([adria(), unpriced], MEDIA, IN_EUROS), "partner")}
    assert (told["bosna"].price, told["bosna"].cost, told["bosna"].margin) == (None, None, None)
    assert told["bosna"].net_revenue == 2000
    assert told["adria"].price == 5150
    nobody = rows(entries([PartnerMonth("cetina", Counter())], [], IN_EUROS), "partner")[0]
    assert nobody.figures.price is None


def test_a_claw_back_is_borne_where_the_cancelled_sales_were() -> None:
    month = adria()
    paid = next(line for line in month.lines or () if line.kind == "per_sale")
    taken = [replace(paid, kind="clawback", amount=-1000)]
    assert allocated(taken, month.scopes, month.tallies, {"spring": 1, "summer": 3}) == {"spring": -1000}
    assert allocated(taken, {}, month.tallies, {"spring": 1, "summer": 3}) == {"spring": -250, "summer": -750}


def test_a_ratio_says_what_it_is_divided_by_and_is_null_where_that_is_nothing() -> None:
    assert ratio(100, 0) == Ratio(value=None, n=0)
    assert ratio(None, 3) == Ratio(value=None, n=3)
    assert ratio(100, -3) == Ratio(value=None, n=-3)
    assert ratio(-100, 3) == Ratio(value="-33.33", n=3)
    assert ratio(1, 8) == Ratio(value="0.13", n=8)
