"""Wallboards for the tests, and a client that applies ticks as a page does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st
from msgspec.structs import replace

from services.gateway.views.inputs import AgentState, AgentToday, LiveCall, Names, Now, Source, Today, Total
from services.gateway.views.snapshot import Point, Scope, Snapshot
from services.gateway.views.ticks import Tick
from services.gateway.views.wallboard import SERIES_S, build
from services.gateway.views.words import ENGLISH, speaking
from shared.contracts.codes import AGENT_STATES

AT = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
ALL = Scope()
NAMES = Names(
    partners={"adria": "Adria Voice", "sahel": "Sahel Direct"},
    campaigns={"de": "DE Vital"},
    agents={"adria/a1": "Amina Diallo", "adria/a2": "Marko Szabo", "sahel/a1": "Omar Silva"},
)


def ago(seconds: float) -> datetime:
    """So long before `AT`."""
    return AT - timedelta(seconds=seconds)


def source(name: str = "adria-1", partner: str = "adria", silent_s: float | None = 1, live: bool = True) -> Source:
    """A source that was heard so long ago; None: never."""
    last = None if silent_s is None else ago(silent_s)
    return Source(source=name, partner=partner, live=live, last_event_at=last)


def waiting(call: str, since_s: float, campaign: str | None = "de") -> LiveCall:
    """A call that waits."""
    return LiveCall(call=call, partner="adria", state="waiting", campaign=campaign, started_at=ago(since_s))


def state(agent: str, code: str, since_s: float, partner: str = "adria") -> AgentState:
    """An agent in a state."""
    return AgentState(partner=partner, agent=agent, state=code, since=ago(since_s))


def now(**what: Any) -> Now:
    """A moment; one source sends, unless another is given."""
    given: dict[str, Any] = {"generation": "g1", "as_of": {"0": 1}, "calls": [], "agents": [], "sources": [source()]}
    return Now(**(given | {"names": NAMES} | what))


def today(*rows: AgentToday, **totals: Total) -> Today:
    """The figures of the day."""
    return Today(day="2026-03-02", zone="UTC", totals=totals, rows=list(rows))


def board(live: Now | None = None, figures: Today | None = None, at: datetime = AT, scope: Scope = ALL) -> Snapshot:
    """A wallboard."""
    with speaking(ENGLISH):
        return build(live or now(), figures, (), at, scope)


def figure(of: Snapshot, key: str) -> Any:
    """One of its figures."""
    return next(found for found in of.kpis if found.key == key)


def applied(known: Snapshot, tick: Tick) -> Snapshot:
    """What a page makes of a tick: the same steps as in `static/board.js` and `static/wallboard.js`."""
    if tick.as_of <= known.as_of:
        return known
    assert tick.prev == known.id, "a page would fetch the snapshot"
    kpis = {kpi.key: kpi for kpi in tick.kpis}
    rows = {row.key: row for row in known.rows} | {row.key: row for row in tick.rows}
    for key in tick.gone:
        del rows[key]
    points: list[Point] = list(known.points)
    if tick.point and (not points or tick.point[0] > points[-1][0]):
        points = [*points, tick.point][-SERIES_S:]
    return replace(
        known,
        id=tick.id,
        as_of=tick.as_of,
        kpis=[kpis.get(kpi.key, kpi) for kpi in known.kpis],
        points=points,
        groups=known.groups if tick.groups is None else tick.groups,
        top=known.top if tick.top is None else tick.top,
        attention=tick.attention,
        rows=sorted(rows.values(), key=lambda row: (row.name.casefold(), row.key)),
        sources=tick.sources,
        history=tick.history,
    )


_STATES: list[Literal["waiting", "in_progress", "no_end"]] = ["waiting", "in_progress", "no_end"]
_AGENTS = st.sampled_from([("adria", "a1"), ("adria", "a2"), ("sahel", "a1"), ("sahel", "x9")])


@st.composite
def _contents(draw: st.DrawFn) -> tuple[list[LiveCall], list[AgentState], Today | None]:
    calls = [
        LiveCall(call=f"adria-1:{n}", partner="adria", state=what, started_at=ago(age))
        for n, (what, age) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(_STATES), st.integers(0, 90)),
                          max_size=5))
        )
    ]  # fmt: skip
    agents = [
        AgentState(partner=partner, agent=agent, state=code, since=ago(age))
        for (partner, agent), code, age in draw(
            st.lists(st.tuples(_AGENTS, st.sampled_from(sorted(AGENT_STATES)), st.integers(0, 400)),
                     max_size=4, unique_by=lambda found: found[0])
        )
    ]  # fmt: skip
    rows = [
        AgentToday(partner=partner, agent=agent, handled=handled, sales=sales, contacts=handled)
        for (partner, agent), handled, sales in draw(
            st.lists(st.tuples(_AGENTS, st.integers(0, 5), st.integers(0, 3)), max_size=4,
                     unique_by=lambda found: found[0])
        )
    ]  # fmt: skip
    sold = sum(row.sales for row in rows)
    figures = draw(st.sampled_from([None, today(*rows, sales=Total(value=sold, n=sold))])) if rows else today()
    return calls, agents, figures


@st.composite
def seconds_of_boards(draw: st.DrawFn) -> list[Snapshot]:
    """Wallboards second by second. Some seconds nothing is read: then only the clock goes on."""
    boards: list[Snapshot] = []
    points: list[Point] = []
    vector, contents = 0, draw(_contents())
    # Without the day's figures the day is unknown, and no tick leads there: such a change is a resync.
    has_day = contents[2] is not None
    for n in range(draw(st.integers(2, 12))):
        if n and draw(st.booleans()):
            new = draw(_contents())
            if (new[2] is not None) == has_day:
                vector, contents = vector + 1, new
        calls, agents, figures = contents
        at = AT + timedelta(seconds=n * 40)
        points = [*points, (int(at.timestamp()), len(calls), n)]
        live = now(calls=calls, agents=agents, as_of={"0": vector})
        with speaking(ENGLISH):
            boards.append(build(live, figures, points, at, ALL))
    return boards
