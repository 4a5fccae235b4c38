"""How long customers stay: the published example, hand-worked cohorts and offers, and what always holds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.retention import Life, Offered, Sent, cohorts, offer_values, retention, survival

TODAY = date(2026, 6, 15)


def life(started: str, days: int | None = None, reason: str = "price", **more: object) -> Life:
    day = date.fromisoformat(started)
    ended = None if days is None else day + timedelta(days=days)
    fields = {"started": day, "ended": ended, "reason": reason if ended else "", **more}
    return Life(**fields)  # type: ignore[arg-type]


def watched(days: int, ended: bool) -> Life:
    """A subscription that was watched for so long, and ended then or goes on."""
    day = TODAY - timedelta(days=days)
    return Life(started=day, ended=TODAY if ended else None, reason="price" if ended else "")


def test_the_curve_of_a_textbook() -> None:
    """Freireich's remission times under 6-MP, as in Gehan (1965): 21 patients, in weeks, + still in remission."""
    ended = (6, 6, 6, 7, 10, 13, 16, 22, 23)
    going_on = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
    curve = survival([watched(t, True) for t in ended] + [watched(t, False) for t in going_on], TODAY)
    assert [(p.days, p.at_risk, p.ended, round(p.survival, 3)) for p in curve] == [
        (6, 21, 3, 0.857),
        (7, 17, 1, 0.807),
        (10, 15, 1, 0.753),
        (13, 12, 1, 0.690),
        (16, 11, 1, 0.627),
        (22, 7, 1, 0.538),
        (23, 6, 1, 0.448),
    ]


def test_cohorts_by_the_month_of_the_start() -> None:
    sent = (Sent(on=date(2026, 4, 2), minor=3500, currency="EUR"), Sent(on=date(2026, 5, 2), minor=900, currency="CHF"))
    lives = [
        life("2026-03-02", sent=sent),
        life("2026-03-31", 0),  # in its own month
        life("2026-03-31", 1),  # in the month after
        life("2026-05-10", sent=sent[:1]),
    ]
    march, may = cohorts(lives, TODAY)
    assert (march.month, march.started, march.kept) == ("2026-03", 3, (3, 2, 1, 1))
    assert (march.shipments, march.revenue) == (2, {"CHF": 900, "EUR": 3500})
    assert (may.month, may.started, may.kept, may.revenue) == ("2026-05", 1, (1, 1), {"EUR": 3500})


def test_what_each_kind_of_offer_kept() -> None:
    def sent(day: str) -> Sent:
        return Sent(on=date.fromisoformat(day), minor=1000, currency="EUR")

    def offered(kind: str, accepted: bool | None, day: str = "2026-04-10") -> Offered:
        on = date.fromisoformat(day)
        return Offered(kind=kind, on=on, accepted=accepted, answered_on=None if accepted is None else on)

    shipped = (sent("2026-04-02"), sent("2026-05-02"), sent("2026-06-02"))
    lives = [
        life("2026-03-02", sent=shipped, offers=(offered("discount", True),)),
        life("2026-03-02", 60, sent=shipped[:2], offers=(offered("discount", True),)),
        life("2026-03-02", 40, sent=shipped[:1], offers=(offered("discount", False), offered("pause", False))),
        life("2026-03-02", sent=shipped, offers=(offered("pause", True), offered("discount", True, "2026-05-20"))),
        life("2026-03-02", offers=(offered("pause", None),)),
    ]
    discount, pause = offer_values(lives)
    assert (discount.kind, discount.offered, discount.accepted, discount.refused, discount.open) == (
        "discount", 4, 3, 1, 0,
    )  # fmt: skip
    assert (discount.kept, discount.shipments, discount.revenue) == (2, 4, {"EUR": 4000})
    assert (pause.kind, pause.accepted, pause.open, pause.kept) == ("pause", 1, 1, 1)
    assert (pause.shipments, pause.revenue) == (1, {"EUR": 1000}), "the later offer has the later shipment"


def test_the_whole_report() -> None:
    found = retention([life("2026-03-02", 10), life("2026-03-02", 20, "has_enough"), life("2026-03-02", 20)], TODAY)
    assert (found.subscriptions, found.active, found.median_days) == (3, 0, 20)
    assert found.reasons == {"price": 2, "has_enough": 1}
    assert retention([], TODAY).survival == []
    assert retention([life("2026-03-02")], TODAY).median_days is None


lives = st.lists(st.builds(watched, st.integers(0, 300), st.booleans()), max_size=60)


@given(lives)
def test_the_curve_only_falls_and_without_others_in_sight_it_is_the_plain_share(found: list[Life]) -> None:
    curve = survival(found, TODAY)
    shares = [1.0, *(point.survival for point in curve)]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    assert sum(point.ended for point in curve) == sum(one.ended is not None for one in found)
    if curve and all(one.ended is not None for one in found):
        assert curve[-1].survival == 0.0
        first = curve[0]
        assert first.survival == pytest.approx(1 - first.ended / len(found), abs=1e-6)


@given(lives)
def test_cohorts_add_up(found: list[Life]) -> None:
    rows = cohorts(found, TODAY)
    assert sum(row.started for row in rows) == len(found)
    assert all(list(row.kept) == sorted(row.kept, reverse=True) and row.kept[0] == row.started for row in rows)
