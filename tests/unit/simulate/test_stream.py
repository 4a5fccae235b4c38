"""Deliveries: the same bytes for the same seed, however time is cut, with the faults that networks have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulate.company import company
from services.simulate.stream import TimedDelivery, deliveries, history_day, paced, replayed
from tests.unit.simulate.world import SEED, WEDNESDAY, firm, wednesday

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
RESERVED = re.compile(
    r"\+44(7700900|2079460|2079460|1134960|1214960|1614960)\d{3}"
    r"|\+1\d{3}55501\d\d"
    r"|\+49(3023125|6990009|4066969|2214710|8999998)\d{3}"
    r"|\+33(19900|26191|35301|46571|53649|63998)\d{4}"
    r"|\+61[2378]5550\d{4}"
    r"|\+3532091\d{5}"
)


def test_a_day_made_twice_has_the_same_bytes() -> None:
    assert tuple(history_day(firm(), SEED, WEDNESDAY)) == wednesday()


def test_another_seed_gives_another_day() -> None:
    assert {d.body for d in history_day(firm(), SEED + 1, WEDNESDAY)}.isdisjoint(d.body for d in wednesday())


def test_a_period_is_made_of_the_days_that_reach_into_it() -> None:
    start, end = NOON - timedelta(hours=11), NOON + timedelta(hours=13)
    days = [d for n in (-1, 0, 1) for d in history_day(firm(), SEED, WEDNESDAY + timedelta(days=n))]
    within = [d for d in days if start <= d.received_at < end]
    assert _sorted(deliveries(firm(), SEED, start, end)) == _sorted(within)


@settings(max_examples=6, deadline=None)
@given(minute=st.integers(1, 179))
def test_a_period_cut_in_two_is_the_same_period(minute: int) -> None:
    few = company(SEED, 4, 8)
    end, cut = NOON + timedelta(hours=3), NOON + timedelta(minutes=minute)
    whole = list(deliveries(few, SEED, NOON, end))
    assert whole
    assert [*deliveries(few, SEED, NOON, cut), *deliveries(few, SEED, cut, end)] == whole


def test_deliveries_come_in_order_of_arrival_and_only_within_the_period() -> None:
    end = NOON + timedelta(hours=1)
    times = [d.received_at for d in deliveries(firm(), SEED, NOON, end)]
    assert times == sorted(times)
    assert times[0] >= NOON
    assert times[-1] < end


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        list(deliveries(firm(), SEED, datetime(2026, 3, 4, 12), NOON))  # noqa: DTZ001 (that is the point)


def test_one_message_in_a_hundred_comes_twice_with_the_same_content() -> None:
    bodies = Counter((d.source, d.body) for d in wednesday())
    assert set(bodies.values()) == {1, 2}
    repeated = sum(n == 2 for n in bodies.values()) / len(bodies)
    assert 0.006 < repeated < 0.014


def test_some_messages_are_overtaken_by_later_ones() -> None:
    native = [d for d in wednesday() if d.source == firm().partners[0].source]
    times = [re.search(rb'"time":"([^"]+)"', d.body) for d in native]
    said = [found[1] for found in times if found]
    overtaken = sum(later < earlier for earlier, later in pairwise(said))
    assert overtaken > len(said) * 0.005


def test_every_telephone_number_belongs_to_nobody() -> None:
    seen = set()
    for delivery in wednesday():
        text = delivery.body.decode()
        if "form-urlencoded" in delivery.headers["content-type"]:
            text = re.sub(r" \+0000", "", unquote_plus(text))  # the zone of an RFC 2822 time looks like a number
        seen |= set(re.findall(r"\+\d{4,}", text))
    assert len(seen) > 1000
    assert not [number for number in seen if not RESERVED.fullmatch(number)]


def test_no_customers_number_stands_in_a_path_or_header() -> None:
    for delivery in wednesday():
        outside = unquote(delivery.path + repr(delivery.headers))
        assert not re.search(r"\+\d{8,}", outside)


def test_a_pace_gives_so_many_deliveries_evenly() -> None:
    sent = list(paced(wednesday(), rate=250.0, seconds=2.0))
    assert len(sent) == 500
    assert sent[0][0] == 0.0
    assert sent[-1][0] == pytest.approx(499 / 250)
    assert [d for _, d in sent] == list(wednesday()[:500])


def test_a_replayed_delivery_says_when_it_was_received() -> None:
    first = wednesday()[0]
    headers = replayed(firm(), first)
    assert datetime.fromisoformat(headers["tallyline-received-at"]) == first.received_at
    assert (headers["tallyline-replay-key"],) == firm().partner_of(first.source).secrets["replay"]
    assert first.headers.items() <= headers.items()


def _sorted(found: Iterable[TimedDelivery]) -> list[TimedDelivery]:
    return sorted(found, key=lambda d: (d.received_at, d.source, d.body, d.path))
