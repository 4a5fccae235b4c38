"""What was paid for media by purchases: sums that do not depend on the order of what was told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.views.media_spent import media_spent
from shared.contracts.selling import MediaBought
from shared.kernel import Money
from tests.spec import published, seen

AT = datetime(2026, 4, 1, 8, tzinfo=UTC)


def bought(minor: int, currency: str = "EUR", **more: Any) -> MediaBought:
    fields: dict[str, Any] = {
        "month": "2026-03",
        "day": date(2026, 3, 2),
        "media": "nova-tv",
        "campaign": "spring",
        "at": AT,
        "by": "ana",
    }
    return MediaBought(amount=Money(minor, currency), **fields | more)


def test_purchases_are_summed_by_campaign_partner_and_currency() -> None:
    docs = seen(
        media_spent,
        bought(100),
        bought(50, day=date(2026, 3, 3)),
        bought(9, campaign="autumn", partner="adria"),
        bought(70, "BAM", before=Money(100, "EUR")),
    )
    assert docs["2026-03"].spent == {"autumn": {"adria": {"EUR": 9}}, "spring": {"": {"BAM": 70, "EUR": 50}}}


def test_a_campaign_whose_purchases_were_all_taken_back_cost_nothing() -> None:
    assert seen(media_spent, bought(100), bought(0, before=Money(100, "EUR")))["2026-03"].spent == {"spring": {}}


purchases = st.lists(
    st.tuples(
        st.integers(0, 10**9),
        st.sampled_from(["EUR", "BAM"]),
        st.sampled_from(["spring", "autumn"]),
        st.none() | st.just("adria"),
    ),
    max_size=8,
).map(
    lambda rows: [
        bought(minor, currency, campaign=campaign, partner=partner, before=before)
        for (minor, currency, campaign, partner), before in zip(
            rows, [None, *(Money(row[0], row[1]) for row in rows)], strict=False
        )
    ]
)


@given(purchases, st.data())
def test_money_adds_up_in_any_order_and_over_partitions(told: list[MediaBought], data: st.DataObject) -> None:
    whole = seen(media_spent, *told)
    assert seen(media_spent, *data.draw(st.permutations(told))) == whole
    cut = data.draw(st.integers(0, len(told)))
    first, second = seen(media_spent, *told[:cut]), seen(media_spent, *told[cut:])
    if first and second:
        assert media_spent.merge(first["2026-03"], second["2026-03"]) == whole["2026-03"]
    for currency in ("EUR", "BAM"):
        amounts = sum(one.amount.minor for one in told if one.amount.currency == currency)
        amounts -= sum(one.before.minor for one in told if one.before is not None and one.before.currency == currency)
        shown = sum(
            sums.get(currency, 0) for doc in whole.values() for names in doc.spent.values() for sums in names.values()
        )
        assert shown == amounts


@given(purchases)
def test_what_is_reversed_leaves_nothing(told: list[MediaBought]) -> None:
    events = [published(one, number) for number, one in enumerate(told)]
    back = [published(one.event, 100 + number, reverses=one) for number, one in enumerate(events)]
    docs = seen(media_spent, *events, *back)
    assert all(not names for doc in docs.values() for names in doc.spent.values())
