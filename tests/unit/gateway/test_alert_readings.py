"""What an alert is judged by: windows that don't mislead, what is usual, and silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.gateway.alerting.readings import Readings, change, earlier, silence, window
from services.gateway.domain.alerts import Rule
from services.gateway.events.alerts import AlertDefined
from services.gateway.views.inputs import LiveCall, Now, Source
from tests.unit.gateway.test_alerts import RULE, defined

AT = datetime(2026, 11, 2, 9, 7, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NOW = Now(generation="1", as_of={}, calls=[], agents=[], sources=[])


def rule(**more: Any) -> AlertDefined:
    return defined(msgspec.structs.replace(RULE, **more))


class Service:
    """The calls service: figures by the start of their window."""

    def __init__(self, figures: dict[datetime, Any], unit: str = "share", n: int = 100) -> None:
        self.figures, self.unit, self.n = figures, unit, n
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, path: str, **query: Any) -> Any:
        if path == "/api/v1/kpis":
            return {"items": [{"key": RULE.kpi, "unit": self.unit, "variants": []}]}
        self.asked.append(query)
        value = self.figures.get(datetime.fromisoformat(query["from"]))
        return {"totals": {"figures": {query["kpis"]: {"value": value, "n": self.n}}}}


async def nothing_live(partner: str | None, campaign: str | None) -> Now:
    return NOW


async def in_utc(partner: str | None) -> ZoneInfo:
    return ZoneInfo("UTC")


@whatever(
    st.integers(0, 10**7).map(lambda seconds: AT + timedelta(seconds=seconds)),
    st.sampled_from([15, 60]),
)
def test_a_window_is_of_whole_quarters_and_holds_the_running_one_where_it_can_only_grow(
    at: datetime, wide: int
) -> None:
    for kind, direction, unit, running in (
        ("threshold", "above", "share", True),
        ("threshold", "below", "share", True),
        ("threshold", "above", "count", True),
        ("threshold", "below", "count", False),
        ("trend", "above", "count", False),
        ("usual", "below", "share", False),
    ):
        low, high = window(rule(kind=kind, direction=direction, limit=0.0, clear_at=0.0, window_minutes=wide), at, unit)
        assert all(edge.minute % 15 == edge.second == edge.microsecond == 0 for edge in (low, high))
        assert high - low == timedelta(minutes=wide) + (QUARTER if running else timedelta())
        assert (low < at < high) if running else (at - QUARTER < high <= at)


def test_a_trend_is_held_against_the_window_before_and_the_usual_against_the_same_hour_of_four_weeks() -> None:
    low, high = window(rule(kind="usual"), AT, "share")
    utc = ZoneInfo("UTC")
    assert earlier(rule(kind="trend"), (low, high), utc) == [(low - timedelta(hours=1), low)]
    weeks = [low - one for one, _ in earlier(rule(kind="usual"), (low, high), utc)]
    assert weeks == [timedelta(weeks=number) for number in (1, 2, 3, 4)]
    assert earlier(rule(), (low, high), utc) == []


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(2026, 10, 27, 8, tzinfo=UTC), [7, 7, 7, 7]),  # two days after the clocks went back
        (datetime(2026, 11, 10, 8, tzinfo=UTC), [8, 8, 7, 7]),
        (datetime(2026, 3, 31, 7, tzinfo=UTC), [8, 8, 8, 8]),
        (datetime(2026, 7, 7, 7, tzinfo=UTC), [7, 7, 7, 7]),
    ],
)
def test_the_usual_hour_is_one_of_the_clock_on_the_wall(at: datetime, hours: list[int]) -> None:
    zone = ZoneInfo("Europe/Zagreb")
    found = earlier(rule(kind="usual"), (at, at + timedelta(hours=1)), zone)
    assert [low.hour for low, _ in found] == hours
    assert {low.astimezone(zone).hour for low, _ in found} == {at.astimezone(zone).hour}
    assert {high - low for low, high in found} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    ("value", "before", "fewest", "expected"),
    [
        (8.0, [10.0], 1, -20.0), (12.0, [9.0, 10.0, 100.0], 2, 20.0), (None, [10.0], 1, None), (8.0, [None], 1, None),
        (8.0, [0.0], 1, None), (8.0, [10.0, None, None, None], 2, None), (-8.0, [-10.0], 1, 20.0),
    ],
)  # fmt: skip
def test_a_change_is_in_per_cent_of_the_middle(value: Any, before: list[Any], fewest: int, expected: Any) -> None:
    assert change(value, before, fewest) == expected


async def test_what_is_usual_is_asked_for_once() -> None:
    usual = rule(kind="usual", direction="below", limit=-30.0, clear_at=-10.0)
    low, _ = window(usual, AT, "share")
    figures = {low: 0.06} | {low - timedelta(weeks=n): 0.1 for n in (1, 2, 3)}
    service = Service(figures)
    readings = Readings(service, nothing_live, in_utc)
    for _ in range(3):
        assert await readings.value(usual, AT) == pytest.approx(-40.0)
    assert len(service.asked) == 3 + 4
    assert service.asked[0]["partner"] == "acme"


async def test_too_few_cases_say_nothing_nor_does_an_amount_of_several_currencies() -> None:
    low, _ = window(rule(), AT, "share")
    few = rule(least_n=101)
    assert await Readings(Service({low: 9.0}), nothing_live, in_utc).value(rule(), AT) == 9.0
    assert await Readings(Service({low: 9.0}), nothing_live, in_utc).value(few, AT) is None
    assert await Readings(Service({low: {"EUR": 5}}), nothing_live, in_utc).value(rule(), AT) is None
    assert await Readings(Service({low: None}), nothing_live, in_utc).value(rule(), AT) is None


async def test_figures_of_the_moment_are_those_of_the_wallboard() -> None:
    waits = LiveCall(
        call="c1", partner="acme", state="waiting", started_at=AT - timedelta(seconds=75), campaign="spring"
    )
    heard = Source(source="s", partner="acme", live=True, last_event_at=AT - timedelta(minutes=1))

    async def live(partner: str | None, campaign: str | None) -> Now:
        return msgspec.structs.replace(NOW, calls=[waits], sources=[heard])

    readings = Readings(Service({}), live, in_utc)
    assert await readings.value(rule(kpi="longest_wait"), AT) == 75
    assert await readings.value(rule(kpi="waiting", campaign="autumn"), AT) == 0
    assert await Readings(Service({}), nothing_live, in_utc).value(rule(kpi="waiting"), AT) is None


def test_silence_is_that_of_the_quietest_live_source_that_was_ever_heard() -> None:
    def source(minutes: float | None, live: bool = True) -> Source:
        last = None if minutes is None else AT - timedelta(minutes=minutes)
        return Source(source=str(minutes), partner="acme", live=live, last_event_at=last)

    def now(*sources: Source) -> Now:
        return msgspec.structs.replace(NOW, sources=list(sources))

    assert silence(now(source(3), source(12), source(None), source(99, live=False)), AT) == 12
    assert silence(now(source(None)), AT) is None
    assert silence(now(), AT) is None


async def test_silence_is_judged_without_a_kpi() -> None:
    asked = Rule(name="Quiet", kind="silence", direction="above", limit=10, clear_at=2, partner_id="acme")

    async def live(partner: str | None, campaign: str | None) -> Now:
        assert partner == "acme"
        heard = Source(source="s", partner="acme", live=True, last_event_at=AT - timedelta(minutes=12))
        return msgspec.structs.replace(NOW, sources=[heard])

    assert await Readings(Service({}), live, in_utc).value(defined(asked), AT) == 12
