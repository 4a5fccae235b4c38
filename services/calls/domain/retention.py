"""How long customers stay with repeat shipments, why they leave, and what an offer to stay is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

import msgspec

PLACES = 6
"""Decimal places of a share."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A repeat shipment: its day, and what is kept of its amount, with tax."""

    on: date
    minor: int
    currency: str


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """An offer to stay, and the answer (None: not yet)."""

    kind: str
    on: date
    accepted: bool | None = None
    answered_on: date | None = None


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription from its first day to its last one; `ended` None: it goes on."""

    started: date
    ended: date | None = None
    reason: str = ""
    sent: tuple[Sent, ...] = ()
    offers: tuple[Offered, ...] = ()


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Those that began in a month. `kept[k]`: how many had not ended before the k-th month after it began; only months
    that have begun. `revenue`: of their repeat shipments, by currency."""

    month: str
    started: int
    kept: tuple[int, ...]
    shipments: int
    revenue: dict[str, int]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the survival curve: after `days`, of `at_risk` subscriptions `ended`; `survival` of all are left."""

    days: int
    at_risk: int
    ended: int
    survival: float


class OfferValue(msgspec.Struct, frozen=True, kw_only=True):
    """What the offers of a kind brought: `kept` of those accepted still go on; shipments and revenue after the yes."""

    kind: str
    offered: int
    accepted: int
    refused: int
    open: int
    kept: int
    shipments: int
    revenue: dict[str, int]


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """The report. `median_days`: when half are left; None while more than half are. `reasons`: of those that ended."""

    subscriptions: int
    active: int
    cohorts: list[Cohort]
    survival: list[Point]
    median_days: int | None
    reasons: dict[str, int]
    offers: list[OfferValue]


def retention(lives: Sequence[Life], today: date) -> Retention:
    """The whole report as of a day."""
    curve = survival(lives, today)
    reasons = Counter(life.reason for life in lives if life.ended is not None)
    return Retention(
        subscriptions=len(lives),
        active=sum(life.ended is None for life in lives),
        cohorts=cohorts(lives, today),
        survival=curve,
        median_days=next((point.days for point in curve if point.survival <= 0.5), None),
        reasons=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        offers=offer_values(lives),
    )


def cohorts(lives: Iterable[Life], today: date) -> list[Cohort]:
    """By month of the start, oldest first."""
    months: dict[int, list[Life]] = {}
    for life in lives:
        months.setdefault(_month(life.started), []).append(life)
    return [
        Cohort(
            month=f"{month // 12:04}-{month % 12 + 1:02}",
            started=len(found),
            kept=tuple(
                sum(life.ended is None or _month(life.ended) >= month + later for life in found)
                for later in range(_month(today) - month + 1)
            ),
            shipments=sum(len(life.sent) for life in found),
            revenue=_revenue(sent for life in found for sent in life.sent),
        )
        for month, found in sorted(months.items())
    ]


def survival(lives: Iterable[Life], today: date) -> list[Point]:
    """The curve of Kaplan and Meier: the product of 1 - ended / at risk over the days on which any ended.

    A subscription that goes on counts as at risk up to today and is then left out of account, as one whose end nobody
    knows; one that ends on a day is at risk on that day. Worked out in fractions, rounded when it is shown.

    Source: E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations, Journal of the American
    Statistical Association 53 (1958), 457-481.
    """
    left = Counter((life.ended or today) - life.started for life in lives)
    ends = Counter(life.ended - life.started for life in lives if life.ended is not None)
    at_risk, share = sum(left.values()), Fraction(1)
    points: list[Point] = []
    for lasted in sorted(left):
        if ended := ends[lasted]:
            share *= Fraction(at_risk - ended, at_risk)
            points.append(Point(days=lasted.days, at_risk=at_risk, ended=ended, survival=round(float(share), PLACES)))
        at_risk -= left[lasted]
    return points


def offer_values(lives: Iterable[Life]) -> list[OfferValue]:
    """By kind. A shipment counts for the last offer that was accepted by its day, and for no other one."""
    found: dict[str, list[tuple[Offered, Life]]] = {}
    sent: dict[str, list[Sent]] = {}
    for life in lives:
        for offer in life.offers:
            found.setdefault(offer.kind, []).append((offer, life))
        for one in life.sent:
            if (kind := _saved_by(life, one)) is not None:
                sent.setdefault(kind, []).append(one)
    return [
        OfferValue(
            kind=kind,
            offered=len(offers),
            accepted=sum(offer.accepted is True for offer, _ in offers),
            refused=sum(offer.accepted is False for offer, _ in offers),
            open=sum(offer.accepted is None for offer, _ in offers),
            kept=sum(offer.accepted is True and life.ended is None for offer, life in offers),
            shipments=len(sent.get(kind, ())),
            revenue=_revenue(sent.get(kind, ())),
        )
        for kind, offers in sorted(found.items())
    ]


def _saved_by(life: Life, sent: Sent) -> str | None:
    kind = None
    for offer in life.offers:
        if offer.accepted and offer.answered_on is not None and offer.answered_on <= sent.on:
            kind = offer.kind
    return kind


def _revenue(sent: Iterable[Sent]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in sent:
        sums[one.currency] = sums.get(one.currency, 0) + one.minor
    return dict(sorted(sums.items()))


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
