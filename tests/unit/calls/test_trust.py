"""The trust card: what each figure is made of, and when it warns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.registry import CONNECTORS
from services.calls.figures.trust import (
    LOUD,
    Gaps,
    Lateness,
    Looked,
    Silence,
    gaps_of,
    lateness_of,
    proof_of,
    silences_of,
    trust_of,
)
from services.calls.tracker.call_document import CallDocument, Known
from services.calls.tracker.intake import LAGS_S, IntakeDay
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

NOW = datetime(2026, 3, 30, 10, 20, tzinfo=UTC)
HOUR = NOW.replace(minute=0) - timedelta(hours=1)


def day(at: datetime = NOW, **more: Any) -> IntakeDay:
    return IntakeDay(at=1, source="s1", day=at.date().isoformat(), last_at=at, **more)


def settings(connector: str = "native", **more: Any) -> SourceSettings:
    return SourceSettings(connector=connector, partner="acme", **more)


@pytest.mark.parametrize(
    ("connector", "schemes", "options", "strength"),
    [
        ("native", ["standard-webhooks"], {}, "signed_and_dated"),
        ("native", ["bearer"], {}, "none"),
        ("twilio", ["twilio-signature", "replay"], {}, "signed"),
        ("vicidial", ["query-key", "bearer"], {}, "key_in_address"),
        ("vicidial", ["bearer"], {}, "key"),
        ("asterisk", ["bearer"], {}, "key"),
        ("asterisk", [], {"ami": {}}, "fetched"),
        ("asterisk", ["bearer"], {"ami": {}}, "key"),
        ("generic-json", ["hmac-sha256", "bearer"], {"proof": "hmac-sha256"}, "signed"),
        ("generic-json", ["hmac-sha256", "bearer"], {"proof": "basic"}, "none"),
        ("native", [], {}, "none"),
    ],
)
def test_a_proof_is_as_strong_as_the_weakest_way_that_is_open(
    connector: str, schemes: list[str], options: dict[str, Any], strength: str
) -> None:
    assert proof_of(settings(connector, options=options), schemes).strength == strength


def test_every_platform_s_proof_is_known() -> None:
    """A connector that checks something else than a bearer key must be on the table."""
    every = ["standard-webhooks", "twilio-signature", "api-key-header", "basic", "query-key", "body-token"]
    every += ["header-token", "bearer", "hmac-sha256"]
    for name in CONNECTORS:
        options = {"proof": "basic"} if name == "generic-json" else {}
        assert proof_of(settings(name, options=options), every).strength != "none"


def weeks(*counts: int, kind: str = "CallStarted", hour: int = HOUR.hour) -> list[IntakeDay]:
    """A day a week, the newest first: today, a week ago, and so on."""
    told = [{kind: {str(hour): n, str(hour + 1): 999}} for n in counts]
    return [day(NOW - timedelta(weeks=n), told=told[n]) for n in range(len(counts))]


def one(days: list[IntakeDay]) -> Silence:
    (found,) = silences_of(days, NOW)
    return found


@given(st.integers(0, 50), st.lists(st.integers(0, 50), min_size=4, max_size=4))
def test_the_alarm_is_none_at_all_where_the_median_says_seven(received: int, before: list[int]) -> None:
    found = one(weeks(received, *before))
    assert (found.received, found.usual, found.weeks) == (received, median(before), 4)
    assert found.alarm == (received == 0 and median(before) >= LOUD)


@pytest.mark.parametrize(("usual", "alarm"), [(LOUD - 1, False), (LOUD, True)])
def test_the_alarm_begins_at_seven(usual: int, alarm: bool) -> None:
    assert one(weeks(0, usual, usual, usual, usual)).alarm is alarm


def test_one_holiday_and_one_flood_do_not_move_what_is_usual() -> None:
    assert one(weeks(0, 40, 0, 38, 900)).usual == 39.0


def test_weeks_before_the_source_was_heard_of_are_not_compared_with() -> None:
    found = one(weeks(0, 20, 22))
    assert (found.weeks, found.usual, found.alarm) == (2, 21.0, True)
    assert one(weeks(3)) == Silence("CallStarted", None, 3, 0.0, 0, False)
    assert silences_of([], NOW) == []


def test_each_kind_is_looked_at_by_itself_and_shards_are_added() -> None:
    at = NOW - timedelta(minutes=30)
    days = [*weeks(5, 10, 10, 10, 10), *weeks(4, 10, 10, 10, 10), *weeks(0, 9, 9, 9, 9, kind="CallEnded")]
    days[0].kinds = {"CallStarted": at}
    ended, started = silences_of(days, NOW)
    assert (ended.kind, ended.received, ended.alarm) == ("CallEnded", 0, True)
    assert (started.received, started.usual, started.alarm, started.last_at) == (9, 20.0, False, at)


@given(st.dictionaries(st.sampled_from(LAGS_S), st.integers(1, 40), min_size=1))
def test_so_many_items_lie_at_or_below_each_percentile_and_fewer_below_the_class_before(lags: dict[int, int]) -> None:
    found = lateness_of([day(lags={str(bound): n for bound, n in lags.items()})])
    total = sum(lags.values())
    assert found.items == total
    for share, bound in ((50, found.p50_s), (90, found.p90_s), (95, found.p95_s), (99, found.p99_s)):
        assert bound is not None
        assert sum(n for at, n in lags.items() if at <= bound) * 100 >= share * total
        assert sum(n for at, n in lags.items() if at < bound) * 100 < share * total
    assert (found.skew_s > 0) == (sum(n for at, n in lags.items() if at < 0) * 100 >= 5 * total)


def document(*known: tuple[bool, bool]) -> CallDocument:
    """A call of these items: whether each came by a backfill, and whether it tells anything."""
    note = Observation(kind="CallStarted", at=NOW, call="c")
    items = {
        str(n): Known(
            offset=n, version="", digest="", received_at=NOW, revision=1, delivery=f"d.{n}", verdict="accepted",
            backfill=backfill, notes=(note,) if tells else (),
        )
        for n, (backfill, tells) in enumerate(known)
    }  # fmt: skip
    return CallDocument(at=1, partition=0, source="s1", partner="acme", correlation="call:c", known=items)


def test_a_gap_is_a_call_that_only_a_backfill_told_of() -> None:
    calls = [
        document((True, True)),
        document((True, True), (False, True)),
        document((True, True), (False, False)),
        document((False, True)),
        document((True, False)),
    ]
    days = [day(backfill={"accepted": 2, "duplicate": 5}), day(backfill={"accepted": 1})]
    assert gaps_of(calls, days) == Gaps(4, 2, 0.5, 3, 8)
    assert gaps_of([], []) == Gaps(0, 0, None, 0, 0)


def test_a_backfill_is_measured_and_is_neither_late_nor_a_sign_of_life() -> None:
    found = day()
    note = Observation(kind="CallEnded", at=NOW - timedelta(hours=9))
    found.take("accepted", NOW, [note], False, backfill=True)
    found.take("duplicate", NOW, [note], False, backfill=True)
    assert (found.backfill, found.lags, found.told) == ({"accepted": 1, "duplicate": 1}, {}, {})
    assert found.counts == {"accepted": 1, "duplicate": 1}
    found.take("accepted", NOW, [note], False)
    assert found.told == {"CallEnded": {"10": 1}}


def looked(**more: Any) -> Looked:
    given: dict[str, Any] = {
        "source": "s1", "settings": settings(), "schemes": ["standard-webhooks"], "past": [], "recent": [],
        "calls": [], "unmapped": 0,
    }  # fmt: skip
    return Looked(**given | more)


def test_a_source_that_is_as_it_should_be_warns_of_nothing() -> None:
    card = trust_of(looked(recent=[day(counts={"accepted": 99, "duplicate": 1}, lags={"1": 99})]), NOW, 7)
    assert (card.warnings, card.duplicate_rate, card.unknown_rate) == ([], 0.01, 0.0)
    assert card.lateness == Lateness(99, 1, 1, 1, 1, 0)
    assert trust_of(looked(), NOW, 7).warnings == [], "nothing came, and nothing is divided by it"


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        ({"schemes": []}, "unproven"),
        ({"settings": settings("asterisk"), "schemes": ["bearer"]}, "weak_proof"),
        ({"recent": [day(lags={"-30": 90, "1": 10})]}, "clock_ahead"),
        ({"recent": [day(lags={"900": 10, "1": 90})]}, "late"),
        ({"calls": [document((True, True))]}, "gaps"),
        ({"recent": [day(counts={"duplicate": 1, "accepted": 9})]}, "repeats"),
        ({"recent": [day(counts={"unknown": 1, "accepted": 99})]}, "unknown_kinds"),
        ({"unmapped": 1}, "unmapped_codes"),
        ({"past": weeks(0, 9, 9, 9, 9)}, "silent"),
    ],
)
def test_each_thing_that_is_not_as_it_should_be_has_a_warning_of_its_own(more: dict[str, Any], warning: str) -> None:
    card = trust_of(looked(**more), NOW, 7)
    assert card.warnings == [warning]
    assert msgspec.json.decode(msgspec.json.encode(card))["warnings"] == [warning]


def test_a_key_that_only_some_networks_may_show_is_not_weak() -> None:
    fenced = settings("asterisk", networks=("203.0.113.0/24",))
    assert trust_of(looked(settings=fenced, schemes=["bearer"]), NOW, 7).warnings == []
    open_to_logs = settings("vicidial", networks=("203.0.113.0/24",))
    assert trust_of(looked(settings=open_to_logs, schemes=["query-key"]), NOW, 7).warnings == ["weak_proof"]
