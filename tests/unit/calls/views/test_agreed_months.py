"""A month stands from its agreement until it is reopened, whichever partition tells of it."""

from __future__ import annotations

from datetime import UTC, datetime

from services.calls.views.agreed_months import AgreedMonths, agreed_months, both
from shared.contracts.reconciliation import MonthAgreed, MonthReopened
from shared.kernel import Money
from tests.spec import seen

AT, SUM = datetime(2026, 4, 10, tzinfo=UTC), Money(100, "EUR")


def agreed(month: str) -> MonthAgreed:
    return MonthAgreed(
        partner_id="acme", month=month, report=1, theirs=SUM, ours=SUM, agreed=SUM, usage="u", at=AT, by="ana"
    )


def reopened(month: str, reason: str = "wrong times") -> MonthReopened:
    return MonthReopened(partner_id="acme", month=month, reason=reason, at=AT, by="ana")


def test_a_month_stands_until_it_is_reopened_and_again_from_the_next_agreement_on() -> None:
    assert seen(agreed_months, agreed("2026-03")) == {"acme": AgreedMonths(partner="acme", agreed=["2026-03"])}
    taken_up = AgreedMonths(partner="acme", reopened={"2026-03": "wrong times"})
    assert seen(agreed_months, agreed("2026-03"), reopened("2026-03")) == {"acme": taken_up}
    again = seen(agreed_months, agreed("2026-03"), reopened("2026-03"), agreed("2026-03"))
    assert again == {"acme": AgreedMonths(partner="acme", agreed=["2026-03"])}


def test_months_of_several_partitions_are_put_together() -> None:
    one = AgreedMonths(partner="acme", agreed=["2026-03"])
    other = AgreedMonths(partner="acme", agreed=["2026-02"], reopened={"2026-01": "r"})
    assert both(one, other) == AgreedMonths(partner="acme", agreed=["2026-02", "2026-03"], reopened={"2026-01": "r"})
