"""How well a source delivers: rates beside other weeks, lags, gaps, refusals; and the counts that they rest on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.refusals import INDEXES, Refusals
from services.calls.figures.health import Gaps, Lag, Rate, causes_of, gaps_of, lag_of, latest_of, rate_of
from services.calls.tracker.call_document import CallDocument, Known
from services.calls.tracker.intake import LAGS_S, REFUSALS, IntakeDay, RefusedDay
from shared.kernel import Observation
from shared.ports import StoreUnavailable
from tests.unit.shared.documents import MemoryDocuments

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def day(at: datetime = AT, **more: Any) -> IntakeDay:
    return IntakeDay(at=1, source="s1", day=at.date().isoformat(), last_at=at, **more)


def note(kind: str, seconds: float, /, *flags: str, **data: Any) -> Observation:
    return Observation(kind=kind, at=AT + timedelta(seconds=seconds), flags=flags, data=data)


def test_an_item_is_counted_by_verdict_hour_kind_and_lag() -> None:
    found = day()
    found.take("accepted", AT, [note("CallStarted", -60), note("CallEnded", -4)], False)
    found.take("accepted", AT + timedelta(hours=1), [note("CallStarted", 3590)], False)
    found.take("duplicate", AT, [note("CallStarted", 9000)], False)
    found.take("ignored", AT, [], False)
    assert found.counts == {"accepted": 2, "duplicate": 1, "ignored": 1}
    assert found.hours == {"9": 3, "10": 1}
    assert found.lags == {"5": 1, "10": 1}, "by the latest time that an item tells"
    assert found.kinds == {"CallStarted": AT + timedelta(seconds=3590), "CallEnded": AT - timedelta(seconds=4)}
    assert found.last_at == AT + timedelta(hours=1)


def test_what_was_retried_is_no_new_receipt_and_says_nothing_of_lags() -> None:
    found = day(counts={"invalid": 1}, hours={"9": 1})
    found.take("accepted", AT, [note("CallStarted", -60)], True)
    assert (found.counts, found.hours, found.lags) == ({"invalid": 0, "accepted": 1}, {"9": 1}, {})


def test_notes_of_a_connector_s_own_are_counted_as_what_they_tell_of() -> None:
    found = day()
    for kind, data in (("copy", {"kind": "CallAnswered"}), ("result", {}), ("row", {}), ("correction", {})):
        found.take("accepted", AT, [note(kind, -1, **data)], False)
    assert found.kinds.keys() == {"CallAnswered", "CallDispositioned", "CallEnded"}


def test_a_time_that_we_gave_ourselves_is_no_lag() -> None:
    found = day()
    found.take("accepted", AT, [note("CallStarted", 0, "no_vendor_time")], False)
    assert found.lags == {}


def test_the_last_full_hour_stands_beside_the_same_hour_of_the_weeks_before() -> None:
    now = AT + timedelta(hours=1)
    weeks = [day(AT - timedelta(weeks=n), hours={"9": 10 * n, "10": 999}) for n in (1, 2, 4, 5)]
    today = [day(hours={"9": 7, "10": 3}), day(hours={"9": 1})]
    assert rate_of([*today, *weeks], now) == Rate(AT.replace(minute=0), 8, (10 + 20 + 40) / 3)
    assert rate_of(today, now) == Rate(AT.replace(minute=0), 8, None)
    assert rate_of([], now).items == 0


def test_the_hour_before_midnight_is_yesterday_s() -> None:
    midnight = datetime(2026, 3, 3, 0, 10, tzinfo=UTC)
    assert rate_of([day(hours={"23": 4})], midnight) == Rate(datetime(2026, 3, 2, 23, tzinfo=UTC), 4, None)


@given(st.lists(st.floats(-5_000, 100_000), min_size=1, max_size=60))
def test_half_of_all_lags_are_at_most_the_median_and_the_class_is_the_narrowest(lags: list[float]) -> None:
    found = day()
    for lag in lags:
        found.take("accepted", AT, [note("CallStarted", -lag)], False)
    measured = lag_of([found])
    assert measured.items == len(lags)
    for share, bound in ((0.5, measured.median_s), (0.95, measured.p95_s)):
        assert bound is not None
        assert sum(lag <= bound + 1e-6 for lag in lags) >= share * len(lags)
        if bound in LAGS_S and (place := LAGS_S.index(bound)):
            assert sum(lag <= LAGS_S[place - 1] - 1e-6 for lag in lags) < share * len(lags)


@pytest.mark.parametrize(
    ("lags", "flag"),
    [({"1": 9, "600": 1}, None), ({"-2": 6, "5": 5}, "ahead"), ({"300": 6, "5": 5}, "late"), ({"0": 1}, None)],
)
def test_a_clock_that_must_be_wrong_is_flagged(lags: dict[str, int], flag: str | None) -> None:
    assert lag_of([day(lags=lags)]).flag == flag
    assert lag_of([]) == Lag(0)


def test_numbers_that_never_came_are_gaps_where_the_platform_numbers() -> None:
    def document(*keys: str) -> CallDocument:
        known = Known(offset=0, version="", digest="", received_at=AT, revision=1, delivery="d.0", verdict="accepted")
        return CallDocument(
            at=1, partition=0, source="s1", partner="acme", correlation="call:CA1", known=dict.fromkeys(keys, known)
        )

    calls = [document("CA1/0", "CA1/1", "EV7"), document("CA2/0", "CA2/3", "CA2/completed"), document("CA3/1")]
    assert gaps_of(calls, CONNECTORS["twilio"]) == Gaps(3, 0, 0, 3)
    assert gaps_of(calls, CONNECTORS["native"]) == Gaps(3, 0, 0, 0)


def test_kinds_and_causes_of_all_shards_are_taken_together() -> None:
    later = AT + timedelta(hours=1)
    days = [day(kinds={"CallStarted": AT, "CallEnded": later}), day(kinds={"CallStarted": later})]
    assert latest_of(days) == {"CallEnded": later, "CallStarted": later}
    refused = [RefusedDay(source="s1", day="2026-03-02", causes={"not_authentic": n}) for n in (1, 2)]
    assert causes_of(refused) == {"not_authentic": 3}


class Away(MemoryDocuments):
    """A store that is away until it is told otherwise."""

    away = True

    async def put(self, collection: str, puts: Any) -> None:
        if self.away:
            raise StoreUnavailable("away")
        await super().put(collection, puts)


async def stored(documents: MemoryDocuments) -> dict[str, Any]:
    found = await documents.find(REFUSALS, {"source": "s1"})
    return {one.day: one.causes for s in found.items for one in [msgspec.json.decode(s.body, type=RefusedDay)]}


async def test_refusals_are_written_with_the_next_step_also_after_the_store_was_away() -> None:
    documents, now = Away(), [AT]
    await documents.declare(REFUSALS, INDEXES)
    refusals = Refusals(documents, lambda: now[0])
    refusals.count("s1", "not_authentic")
    with pytest.raises(StoreUnavailable):
        await refusals.step()
    refusals.count("s1", "not_authentic")
    documents.away = False
    assert await refusals.step() == 1
    assert await refusals.step() == 0, "nothing has changed"
    now[0] = AT + timedelta(days=1)
    refusals.count("s1", "foreign_network")
    await refusals.step()
    assert await stored(documents) == {"2026-03-02": {"not_authentic": 2}, "2026-03-03": {"foreign_network": 1}}
    other = Refusals(documents, lambda: now[0])
    other.count("s1", "foreign_network")
    await other.step()
    assert len((await documents.find(REFUSALS, {"source": "s1"})).items) == 3, "each process has its own"
