"""The feed: one state and one encoding for all who look, nothing for nobody, and an end when the process ends."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta

import msgspec
import pytest
from starlette.types import Message

from services.gateway.api import feed as feed_module
from services.gateway.api import stream as stream_module
from services.gateway.api.feed import Full, WallboardFeed
from services.gateway.api.stream import EventStream
from services.gateway.service import until_stopped
from services.gateway.views.inputs import Now, Source, Today
from services.gateway.views.snapshot import Scope
from shared import metrics
from shared.ports import StoreUnavailable
from tests.unit.gateway.boards import AT, NAMES, now, state, today

TICK_S = 0.01
EVERYTHING = Scope()


class Live:
    """A reader that counts what it is asked, and a clock that goes on a `step` each time that it is looked at."""

    step = timedelta(seconds=1)

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str | None]] = []
        self.sampled = 0
        self.away = False
        self.day_away = False
        self.odd = "nobody"
        self.names = NAMES
        self._at: datetime = AT

    def clock(self) -> datetime:
        """A step later."""
        self._at += self.step
        return self._at

    async def now(self, partner: str | None, campaign: str | None) -> Now:
        """Each time read one further."""
        self.asked.append((partner, campaign))
        if self.away:
            raise StoreUnavailable
        if partner == self.odd:
            raise TypeError
        return now(as_of={"0": len(self.asked)}, agents=[state("a1", "on_call", 8)], names=self.names)

    async def counts(self) -> tuple[int | None, int | None]:
        """Always the same."""
        self.sampled += 1
        return 7, 2

    async def today(self, partner: str | None, campaign: str | None) -> Today:
        """Nothing yet."""
        if self.day_away:
            raise StoreUnavailable
        return today()


@asynccontextmanager
async def running(live: Live, **options: float) -> AsyncIterator[WallboardFeed]:
    """A feed that ticks fast; ended by draining, as in a process."""
    feed = WallboardFeed(live, live, live.clock, tick_s=TICK_S, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(feed.run())
    yield feed
    feed.drain()
    await asyncio.wait_for(task, 1)


async def frames(chunks: AsyncGenerator[bytes, None], kind: str, count: int) -> list[str]:
    """The data of that many frames of a kind."""
    found: list[str] = []
    async with asyncio.timeout(5):
        async for chunk in chunks:
            found += [frame for frame in chunk.decode().split("\n\n") if f"event: {kind}\n" in frame]
            if len(found) >= count:
                break
    return found


async def test_a_scope_that_nobody_looks_at_costs_nothing_but_the_company_is_sampled() -> None:
    live = Live()
    async with running(live) as feed:
        await asyncio.sleep(10 * TICK_S)
        assert live.asked == []
        assert live.sampled >= 3
        points = (await feed.snapshot(EVERYTHING)).points
    assert len(points) >= 3
    assert {point[1:] for point in points} == {(7, 2)}


async def test_a_second_has_one_point_however_often_the_feed_ticks_and_how_long_a_tick_takes() -> None:
    live = Live()
    live.step = timedelta(milliseconds=100)
    async with running(live) as feed:
        async with aclosing(feed.follow(EVERYTHING, None)) as chunks:
            await frames(chunks, "tick", 20)
        seconds = [point[0] for point in (await feed.snapshot(EVERYTHING)).points]
    assert seconds == sorted(set(seconds))
    assert 2 <= live.sampled == len(seconds) < 20


async def test_the_feed_rests_as_long_as_it_worked() -> None:
    class Slow(Live):
        async def now(self, partner: str | None, campaign: str | None) -> Now:
            await asyncio.sleep(5 * TICK_S)
            self.begun.append(asyncio.get_running_loop().time())
            return await super().now(partner, campaign)

        begun: list[float]

    live = Slow()
    live.begun = []
    async with running(live) as feed, aclosing(feed.follow(EVERYTHING, None)) as chunks:
        await frames(chunks, "tick", 3)
    assert len(live.begun) >= 4
    assert all(after - before >= 9 * TICK_S for before, after in itertools.pairwise(live.begun[1:]))


async def test_a_scope_is_left_when_its_last_viewer_has_been_away_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LINGER_S", 3 * TICK_S)
    live = Live()
    async with running(live) as feed:
        async with aclosing(feed.follow(Scope("adria"), None)) as chunks:
            await frames(chunks, "tick", 6)
            assert set(live.asked) == {("adria", None)}
        await asyncio.sleep(8 * TICK_S)
        before = len(live.asked)
        await asyncio.sleep(8 * TICK_S)
        assert len(live.asked) == before


async def test_all_viewers_of_a_scope_get_the_same_bytes_made_once() -> None:
    live = Live()
    async with running(live) as feed:
        known = (await feed.snapshot(EVERYTHING)).id
        async with aclosing(feed.follow(EVERYTHING, known)) as one, aclosing(feed.follow(EVERYTHING, known)) as other:
            both = await asyncio.gather(frames(one, "tick", 5), frames(other, "tick", 5))
        assert both[0][:5] == both[1][:5]
        assert feed.counts.frames <= len(live.asked)


async def test_each_tick_leads_from_the_state_of_the_one_before() -> None:
    async with running(Live()) as feed:
        known = (await feed.snapshot(EVERYTHING)).id
        async with aclosing(feed.follow(EVERYTHING, known)) as chunks:
            ticks = [msgspec.json.decode(frame.partition("data: ")[2]) for frame in await frames(chunks, "tick", 5)]
    for tick in ticks:
        assert tick["prev"] == known
        known = tick["id"]


class Log(Live):
    """One log that several replicas read: what a state is called depends on how far it goes, not on who read it."""

    far = 0

    async def now(self, partner: str | None, campaign: str | None) -> Now:
        """As far as the log goes."""
        del partner, campaign
        return now(as_of={"0": self.far}, agents=[state("a1", "on_call", 8)])

    async def goes_on(self, every: float) -> None:
        """An event each so many ticks."""
        while True:
            self.far += 1
            await asyncio.sleep(every * TICK_S)


@pytest.mark.parametrize("every", [6, 0.3])
async def test_another_replica_goes_on_where_the_first_one_ended_or_has_the_state_fetched(every: float) -> None:
    log = Log()
    going = asyncio.create_task(log.goes_on(every))
    async with running(log) as first, running(log) as second:
        known = (await first.snapshot(EVERYTHING)).id
        await second.snapshot(EVERYTHING)
        async with aclosing(first.follow(EVERYTHING, known)) as chunks:
            seen = [
                msgspec.json.decode(frame.partition("data: ")[2])["id"] for frame in await frames(chunks, "tick", 8)
            ]
        first.drain()
        await asyncio.sleep(3 * TICK_S)
        async with aclosing(second.follow(EVERYTHING, seen[-1])) as chunks:
            async with asyncio.timeout(5):
                sent = [chunk.decode() for chunk in [await anext(chunks) for _ in range(2)]]
        told = [json.loads(line[6:]) for line in "".join(sent).splitlines() if line.startswith("data: ")]
    going.cancel()
    assert told
    if every > 1:  # both have read each state: nothing is asked for anew, and nothing is left out
        assert "event: resync" not in "".join(sent)
        assert told[0]["prev"] in seen
    elif "event: resync" in "".join(sent):  # the other has not read just that state
        assert set(told[0]) == {"id"}
    else:
        assert told[0]["prev"] in seen


async def test_who_has_a_state_that_is_not_known_here_is_told_to_fetch_the_snapshot() -> None:
    async with running(Live()) as feed, aclosing(feed.follow(EVERYTHING, "g0~2020-01-01~1")) as chunks:
        assert len(await frames(chunks, "resync", 1)) == 1
        assert feed.counts.resyncs == 1


async def test_a_change_that_no_tick_can_carry_is_a_resync_for_everyone() -> None:
    live = Live()
    async with running(live) as feed, aclosing(feed.follow(EVERYTHING, None)) as chunks:
        await frames(chunks, "tick", 1)
        live.names = msgspec.structs.replace(NAMES, partners={"adria": "Another name"})
        assert len(await frames(chunks, "resync", 1)) == 1


async def test_a_store_that_is_away_sends_nothing_new_and_then_it_goes_on() -> None:
    live = Live()
    async with running(live) as feed:
        known = await feed.snapshot(EVERYTHING)
        live.away = True
        await asyncio.sleep(5 * TICK_S)
        asked = len(live.asked)
        stale = await feed.snapshot(EVERYTHING)
        await asyncio.sleep(5 * TICK_S)
        assert (await feed.snapshot(EVERYTHING)) is stale
        assert len(live.asked) > asked
        with pytest.raises(StoreUnavailable):
            await feed.snapshot(Scope("sahel"))
        live.away = False
        async with aclosing(feed.follow(EVERYTHING, stale.id)) as chunks:
            assert await frames(chunks, "tick", 1)
    assert stale.as_of >= known.as_of


async def test_without_the_figures_of_the_day_the_live_ones_still_come() -> None:
    live = Live()
    live.day_away = True
    async with running(live) as feed:
        board = await feed.snapshot(EVERYTHING)
    assert board.day is None
    assert {kpi.key: kpi.text for kpi in board.kpis}["sales"] == "–"
    assert {kpi.key: kpi.text for kpi in board.kpis}["in_progress"] == "0"


async def test_a_silent_stream_says_that_it_is_still_there() -> None:
    live = Live()
    async with running(live, heartbeat_s=TICK_S) as feed, aclosing(feed.follow(EVERYTHING, None)) as chunks:
        await anext(chunks)
        live.away = True
        async with asyncio.timeout(2):
            async for chunk in chunks:
                if chunk.startswith(b":"):
                    break


async def test_draining_ends_every_stream_with_a_bye_within_a_second() -> None:
    async with running(Live()) as feed:
        async with aclosing(feed.follow(EVERYTHING, None)) as chunks:
            await anext(chunks)
            feed.drain()
            async with asyncio.timeout(1):
                rest = [chunk async for chunk in chunks]
        assert rest[-1].startswith(b'retry: 500\nevent: bye\ndata: {"why":"restart"}')
        with pytest.raises(Full):
            feed.admit("anybody")


async def test_streams_are_counted_by_viewer_and_in_all() -> None:
    live = Live()
    feed = WallboardFeed(live, live, live.clock, most_streams=3, most_per_viewer=2)
    leave = feed.admit("one")
    feed.admit("one")
    with pytest.raises(Full):
        feed.admit("one")
    feed.admit("two")
    with pytest.raises(Full):
        feed.admit("two")
    leave()
    feed.admit("two")
    assert feed.counts.streams == 3


class Connection:
    """The server's side of one stream: what was sent, and whether the other side takes it."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.gone = asyncio.Event()
        self.left = 0
        self.stalled = 0
        self.allowed = True

    async def receive(self) -> Message:
        """Until the other side goes."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """As long as the other side takes it."""
        await self.takes.wait()
        self.sent.append(message)

    async def serve(self, chunks: AsyncGenerator[bytes, None]) -> None:
        """One answer, to its end."""

        async def allowed() -> bool:
            return self.allowed

        def leave() -> None:
            self.left += 1

        def stalled() -> None:
            self.stalled += 1

        await EventStream(chunks, allowed, stalled, leave)({"type": "http"}, self.receive, self.send)


async def endless(closed: list[bool]) -> AsyncGenerator[bytes, None]:
    """A stream that never ends by itself."""
    try:
        while True:
            yield b"event: tick\n\n"
            await asyncio.sleep(TICK_S)
    finally:
        closed.append(True)


async def test_a_stream_whose_reader_goes_is_closed_and_its_place_given_back() -> None:
    connection, closed = Connection(), list[bool]()
    task = asyncio.create_task(connection.serve(endless(closed)))
    await asyncio.sleep(3 * TICK_S)
    connection.gone.set()
    await asyncio.wait_for(task, 1)
    assert closed == [True]
    assert connection.left == 1


async def test_a_reader_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "STALLED_S", 3 * TICK_S)
    connection, closed = Connection(), list[bool]()
    task = asyncio.create_task(connection.serve(endless(closed)))
    await asyncio.sleep(3 * TICK_S)
    connection.takes.clear()
    await asyncio.wait_for(task, 1)
    assert (connection.stalled, connection.left, closed) == (1, 1, [True])


async def test_a_session_that_has_ended_ends_its_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "CHECK_S", 2 * TICK_S)
    connection, closed = Connection(), list[bool]()
    task = asyncio.create_task(connection.serve(endless(closed)))
    await asyncio.sleep(8 * TICK_S)
    assert not task.done()
    connection.allowed = False
    await asyncio.wait_for(task, 1)
    bodies = [message["body"] for message in connection.sent[1:]]
    assert bodies[-2:] == [b'event: bye\ndata: {"why":"auth"}\n\n', b""]


async def test_what_goes_wrong_with_one_scope_stops_nobody_else() -> None:
    live = Live()
    async with running(live) as feed:
        await feed.snapshot(Scope("adria"))
        before = (await feed.snapshot(EVERYTHING)).id
        live.odd = "adria"
        asked = len(live.asked)
        while len(live.asked) < asked + 6:  # noqa: ASYNC110 - some seconds of the feed have to pass
            await asyncio.sleep(TICK_S)
        assert (await feed.snapshot(EVERYTHING)).id != before


async def test_a_loop_that_dies_is_not_taken_for_one_that_was_stopped() -> None:
    async def dies() -> None:
        raise LookupError

    async def goes_on() -> None:
        await asyncio.Event().wait()

    stopping = asyncio.Event()
    with pytest.raises(LookupError):
        await until_stopped(dies)(stopping)
    stopping.set()
    await asyncio.wait_for(until_stopped(goes_on)(stopping), 1)


async def test_how_old_something_is_when_it_is_first_shown_is_told_once() -> None:
    live = Live()
    feed = WallboardFeed(live, live, live.clock)
    samples = metrics.EVENT_AGE.labels("on_screen")

    def heard(seconds: int, live: bool = True) -> Now:
        last = AT + timedelta(seconds=seconds)
        source = Source(source="s", partner="p", live=live, last_event_at=last)
        return msgspec.structs.replace(now(as_of={}, agents=[]), sources=[source])

    before = samples._sum.get()
    feed._age(heard(0), AT + timedelta(seconds=9))
    assert samples._sum.get() == before, "what was there when we began is no news"
    feed._age(heard(10), AT + timedelta(seconds=12))
    feed._age(heard(10), AT + timedelta(seconds=40))
    feed._age(heard(30, live=False), AT + timedelta(seconds=90))
    assert samples._sum.get() == before + 2
