"""Deliveries in order of arrival: what the platforms send, after the network has repeated, delayed and reordered it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import NamedTuple

from services.simulate.calls import Call, moment
from services.simulate.company import Company, Partner
from services.simulate.dice import Dice
from services.simulate.floor import Shape, day
from services.simulate.shifts import CLOSES, OPENS, local
from services.simulate.speakers.asterisk import asterisk
from services.simulate.speakers.base import Message
from services.simulate.speakers.connect import connect
from services.simulate.speakers.native import native
from services.simulate.speakers.twilio import twilio

SPEAKERS = {"native": native, "twilio": twilio, "amazon-connect": connect, "asterisk": asterisk}
REPEATED = LATE = 0.01
"""Shares of messages that arrive twice, and that arrive seconds to minutes late."""

_LATENCIES = sorted(min(900, Dice("latency", n).around(110, 0.5)) for n in range(512))
_MARGIN = timedelta(hours=3)


class TimedDelivery(NamedTuple):
    """One request. `path` begins with `/v1/in/`, with the query if there is one; header names are in lower case.
    `received_at` is when it arrives, in UTC."""

    source: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    received_at: datetime


_Arrival = tuple[int, int, int, Message]
"""When (epoch milliseconds), the partner's place, a running number, and what."""


def deliveries(
    company: Company, seed: int, start: datetime, end: datetime, shape: Shape | None = None
) -> Iterator[TimedDelivery]:
    """All that arrives from `start` until before `end`, at the pace of life. Both are aware times.

    The same seed gives the same bytes, however the time is cut into periods.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("start and end need a time zone")
    low, high = _ms(start), _ms(end)
    lanes = [_lane(company, seed, n, low, high, shape or Shape()) for n in range(len(company.partners))]
    return _requests(company, (arrival for arrival in heapq.merge(*lanes) if low <= arrival[0] < high))


def history_day(company: Company, seed: int, on: date, shape: Shape | None = None) -> Iterator[TimedDelivery]:
    """All that belongs to one day of each partner, its corrections and late messages included, in order of arrival.

    A day in the partner's zone holds whole calls only, so days can be taken in any order.
    """
    lanes = [_arrivals(company, seed, n, on, shape or Shape()) for n in range(len(company.partners))]
    return _requests(company, heapq.merge(*lanes))


def truth(company: Company, seed: int, on: date, shape: Shape | None = None) -> list[Call]:
    """What really happened on one day of each partner: the calls that `history_day` tells of."""
    return [call for partner in company.partners for call in day(partner, seed, on, shape or Shape()).calls]


def paced(source: Iterable[TimedDelivery], rate: float, seconds: float) -> Iterator[tuple[float, TimedDelivery]]:
    """The first `rate * seconds` deliveries, each with the second after the beginning at which it is to be sent.

    Life is played faster or slower; the times within the deliveries stay as they are.
    """
    for n, delivery in zip(range(round(rate * seconds)), source, strict=False):
        yield n / rate, delivery


def replayed(company: Company, delivery: TimedDelivery) -> dict[str, str]:
    """The headers, and those that make a replay source take `received_at` for the time of receipt."""
    return {
        **delivery.headers,
        "tallyline-received-at": delivery.received_at.isoformat(),
        "tallyline-replay-key": company.partner_of(delivery.source).secrets["replay"][0],
    }


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _lane(company: Company, seed: int, place: int, low: int, high: int, shape: Shape) -> Iterator[_Arrival]:
    """The arrivals of the partner's days that can reach into the period."""
    partner = company.partners[place]
    on, last = moment(low).astimezone(partner.zone).date(), moment(high).astimezone(partner.zone).date()
    while on <= last:
        opens = moment(local(partner, on, OPENS)).astimezone(UTC) - _MARGIN
        closes = moment(local(partner, on, CLOSES)).astimezone(UTC) + _MARGIN
        if _ms(opens) < high and _ms(closes) > low:
            yield from _arrivals(company, seed, place, on, shape)
        on += timedelta(days=1)


def _arrivals(company: Company, seed: int, place: int, on: date, shape: Shape) -> Iterator[_Arrival]:
    partner = company.partners[place]
    happened = day(partner, seed, on, shape)
    dice = Dice("network", seed, partner.source, on.isoformat())
    messages = SPEAKERS[partner.settings.connector].messages(partner, happened)
    return iter(sorted(_network(dice, partner, place, messages)))


def _network(dice: Dice, partner: Partner, place: int, messages: Iterator[Message]) -> Iterator[_Arrival]:
    unit, number = dice.unit, count()
    for message in messages:
        at = message.at - partner.skew_ms + _LATENCIES[int(unit() * 512)]
        luck = unit()
        if luck < LATE:
            at += int(5000 * 100.0 ** unit())  # from 5 s to 500 s, most of them short
        elif luck < LATE + REPEATED:
            yield at + dice.between(300, 45_000), place, next(number), message
        yield at, place, next(number), message


def _requests(company: Company, arrivals: Iterable[_Arrival]) -> Iterator[TimedDelivery]:
    speakers = [(partner, SPEAKERS[partner.settings.connector].request) for partner in company.partners]
    paths = [f"/v1/in/{partner.source}" for partner in company.partners]
    for at, place, _, message in arrivals:
        partner, request = speakers[place]
        rest, headers, body = request(partner, message, at // 1000)
        yield TimedDelivery(partner.source, "POST", paths[place] + rest, headers, body, moment(at))
