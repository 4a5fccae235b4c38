"""Events for the tests of the performance views: single ones with sensible defaults, and strategies for whole days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallHeld,
    CallStarted,
    CallTransferred,
    PublicCallEvent,
    SaleRecorded,
)
from shared.kernel import Money

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def fact(kind: Any, /, at: datetime = NOON, **more: Any) -> Any:
    """An event of a call, counted in the quarter of an hour and the UTC day of `at` where nothing else is said."""
    quarter = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
    common = {
        "call": "s1:c1",
        "source": "s1",
        "partner": "acme",
        "direction": "inbound",
        "interval": quarter,
        "day": quarter.date().isoformat(),
        "campaign": "vital",
        "agent": "a1",
    }
    return kind(**(common | {"at": at} | more))


def state(name: str, since: datetime, until: datetime, zone: str = "UTC", agent: str = "a1") -> AgentStateChanged:
    """An agent was in a state."""
    return AgentStateChanged(
        partner="acme", source="s1", agent=agent, state=name, native=name, since=since, until=until, day_zone=zone
    )


_AT = st.integers(0, 20_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
_WHO = {
    "call": st.sampled_from(["s1:c1", "s1:c2", "s1:c|3"]),
    "agent": st.sampled_from(["a1", "a2", None]),
    "campaign": st.sampled_from(["vital", None]),
    "direction": st.sampled_from(["inbound", "outbound"]),
}
_MS = st.none() | st.integers(0, 400_000)


def _facts(kind: Any, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda at, **rest: fact(kind, at, **rest), _AT, **_WHO, **more)


def events() -> st.SearchStrategy[PublicCallEvent]:
    """Any public event that can be counted, and one kind that can't."""
    flags = {"offered": st.booleans(), "dialed": st.booleans()}
    money = st.builds(Money, st.integers(-5_000, 90_000), st.sampled_from(["EUR", "BAM"]))
    return st.one_of(
        _facts(CallStarted, phase=st.just("queued"), **flags),
        _facts(CallAnswered, answered_by=st.just("human"), first=st.booleans(), wait_ms=_MS, **flags),
        _facts(
            CallEnded,
            scope=st.sampled_from(["leg", "call"]),
            reason=st.just("completed"),
            ended_by=st.just("customer"),
            outcome=st.sampled_from(["answered", "machine", "abandoned", "busy"]),
            talk_ms=_MS,
            hold_ms=_MS,
            wait_ms=_MS,
            **flags,
        ),
        _facts(CallTransferred, mode=st.sampled_from(["blind", "warm", "unknown"])),
        _facts(
            CallDispositioned,
            native=st.just("X"),
            canonical=st.sampled_from(["sale", "callback", "nobody_knows"]),
            wrap_ms=_MS,
            ended_interval=st.just(NOON),
            ended_day=st.just("2026-03-02"),
        ),
        _facts(SaleRecorded, quantity=st.none() | st.integers(1, 3), amount=st.none() | money),
        _facts(CallHeld),
        st.builds(
            lambda name, since, seconds, agent: state(name, since, since + timedelta(seconds=seconds), agent=agent),
            st.sampled_from(["available", "break", "offline", "odd"]),
            _AT,
            st.integers(0, 10_000),
            st.sampled_from(["a1", "a2"]),
        ),
    )
