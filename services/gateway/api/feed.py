"""The wallboard kept alive: two states and two encodings a second for each scope that somebody looks at."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from services.gateway.api.languages import speech_of
from services.gateway.api.readers import PerformanceReader, WallboardReader
from services.gateway.views.inputs import Now, Today
from services.gateway.views.snapshot import Point, Scope, Snapshot
from services.gateway.views.ticks import Frame, Ring, alerts, same_frame, tick
from services.gateway.views.wallboard import SERIES_S, build
from services.gateway.views.words import speaking
from shared import metrics
from shared.clock import Clock
from shared.ports import StoreUnavailable

LINGER_S = 15
"""A scope lives on for so long after its last viewer: between a page and its stream, and over a reload."""

_log = logging.getLogger(__name__)


class Full(Exception):
    """There are as many streams as there may be: of this viewer, or in all."""


@dataclass
class Counts:
    """Numbers of the streams, for metrics. `streams` is a level, the others only grow."""

    streams: int = 0
    resyncs: int = 0
    stalled: int = 0
    frames: int = 0
    frame_bytes: int = 0


@dataclass
class _Board:
    """One scope that somebody looks at."""

    state: Snapshot
    ring: Ring
    points: deque[Point]
    looked_at: float
    viewers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class WallboardFeed:
    """Run `run()` for as long as the process serves; `snapshot` and `follow` work while it does.

    `drain()` is to be called when the process is told to stop, before the server waits for its connections: it ends
    all streams with `bye`.
    """

    def __init__(
        self,
        reader: WallboardReader,
        performance: PerformanceReader,
        clock: Clock,
        *,
        tick_s: float = 0.5,
        heartbeat_s: float = 15.0,
        most_streams: int = 500,
        most_per_viewer: int = 6,
    ) -> None:
        self._reader = reader
        self._performance = performance
        self._clock = clock
        self._tick_s = tick_s
        self._heartbeat_s = heartbeat_s
        self._most_streams = most_streams
        self._most_per_viewer = most_per_viewer
        self._boards: dict[Scope, _Board] = {}
        self._opening = asyncio.Lock()
        self._company: deque[Point] = deque(maxlen=SERIES_S)
        self._viewers: Counter[str] = Counter()
        self._draining = asyncio.Event()
        self._told: dict[str, datetime] = {}
        self.counts = Counts()

    async def run(self) -> None:
        """Tick until drained, and rest as long as it took: many scopes may not keep the process from its work. A scope
        that cannot be read is left as it is; its viewers see its age."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._draining.is_set():
            begun = loop.time()
            await self._sample()
            await asyncio.gather(*(self._advance(scope, board) for scope, board in list(self._boards.items())))
            due = max(due + self._tick_s, 2 * loop.time() - begun)
            try:
                async with asyncio.timeout_at(due):
                    await self._draining.wait()
            except TimeoutError:
                continue

    def drain(self) -> None:
        """End all streams with `bye`, and let no new ones in. Idempotent."""
        self._draining.set()
        for board in self._boards.values():
            board.changed.set()

    async def snapshot(self, scope: Scope) -> Snapshot:
        """The newest state of the scope, at most a tick old. StoreUnavailable when there is none."""
        return (await self._board(scope)).state

    def admit(self, viewer: str) -> Callable[[], None]:
        """A place for one more stream of the viewer, and how to give it back. Full when there is none."""
        everyone = self.counts.streams >= self._most_streams
        if self._draining.is_set() or everyone or self._viewers[viewer] >= self._most_per_viewer:
            raise Full(viewer)
        self.counts.streams += 1
        self._viewers[viewer] += 1

        def leave() -> None:
            self.counts.streams -= 1
            self._viewers[viewer] -= 1
            if not self._viewers[viewer]:
                del self._viewers[viewer]

        return leave

    def stalled(self) -> None:
        """A stream was dropped because its reader took nothing."""
        self.counts.stalled += 1

    async def follow(self, scope: Scope, since: str | None) -> AsyncGenerator[bytes, None]:
        """The stream's bytes: all that came after the state `since`, then each tick, until drained.

        Nothing waits in a queue for a slow reader: it is a cursor into the frames, and when these have gone on
        without it, it is told to fetch the snapshot.
        """
        board = await self._board(scope)
        board.viewers += 1
        try:
            cursor = board.ring.after(since) if since else board.ring.end
            yield b"retry: 2000\n\n"
            while not self._draining.is_set():
                changed = board.changed
                frames = None if cursor is None else board.ring.read(cursor)
                cursor = board.ring.end
                if frames is None:
                    self.counts.resyncs += 1
                    yield _event("resync", {"id": board.state.id})
                elif frames:
                    yield b"".join(frame.body for frame in frames)
                try:
                    async with asyncio.timeout(self._heartbeat_s):
                        await changed.wait()
                except TimeoutError:
                    yield b": still here\n\n"
            yield b"retry: 500\n" + _event("bye", {"why": "restart"})
        finally:
            board.viewers -= 1
            board.looked_at = asyncio.get_running_loop().time()

    async def _board(self, scope: Scope) -> _Board:
        async with self._opening:
            board = self._boards.get(scope)
            if board is None:
                points = self._company if scope.everything else deque[Point](maxlen=SERIES_S)
                state = await self._read(scope, points)
                board = _Board(state, Ring(state.id), points, 0.0)
                self._boards[scope] = board
            board.looked_at = asyncio.get_running_loop().time()
            return board

    async def _sample(self) -> None:
        second = int(self._clock().timestamp())
        if self._company and self._company[-1][0] >= second:
            return
        try:
            in_progress, waiting = await self._reader.counts()
        except Exception as cause:
            _log.warning("wallboard: not to be counted just now: %s", type(cause).__name__)
            in_progress, waiting = None, None
        self._company.append((second, in_progress, waiting))

    async def _advance(self, scope: Scope, board: _Board) -> None:
        if not board.viewers and asyncio.get_running_loop().time() - board.looked_at > LINGER_S:
            del self._boards[scope]
            return
        try:
            new = await self._read(scope, board.points)
        except Exception as cause:  # whatever it is with one scope, the others go on
            _log.warning("wallboard: not to be read just now: %s", type(cause).__name__)
            return
        board.ring.append(self._frame(board.state, new))
        board.state = new
        changed, board.changed = board.changed, asyncio.Event()
        changed.set()

    async def _read(self, scope: Scope, points: deque[Point]) -> Snapshot:
        now, today = await asyncio.gather(self._reader.now(scope.partner, scope.campaign), self._today(scope))
        at = self._clock()
        self._age(now, at)
        with speaking(speech_of(scope.language)):
            return self._built(scope, now, today, points, at)

    def _built(self, scope: Scope, now: Now, today: Today | None, points: deque[Point], at: datetime) -> Snapshot:
        if not scope.everything:
            bare = build(now, today, (), at, scope)
            counts = {figure.key: figure.value for figure in bare.kpis}
            second = int(at.timestamp())
            if not points or points[-1][0] < second:
                points.append((second, _whole(counts["in_progress"]), _whole(counts["waiting"])))
            return msgspec.structs.replace(bare, points=list(points))
        return build(now, today, points, at, scope)

    def _age(self, now: Now, at: datetime) -> None:
        """How old is what a live source told last, at the moment at which it is first shown?"""
        told = {s.source: s.last_event_at for s in now.sources if s.live and s.last_event_at is not None}
        new = [last for source, last in told.items() if source in self._told and last > self._told[source]]
        self._told = self._told | told
        metrics.aged("on_screen", [(at - last).total_seconds() for last in new])

    async def _today(self, scope: Scope) -> Today | None:
        try:
            return await self._performance.today(scope.partner, scope.campaign)
        except StoreUnavailable:
            return None

    def _frame(self, old: Snapshot, new: Snapshot) -> Frame:
        if not same_frame(old, new):
            self.counts.resyncs += 1
            body = _event("resync", {"id": new.id}, new.id)
        else:
            body = b"".join(_event("alert", matter) for matter in alerts(old, new))
            body += _event("tick", tick(old, new), new.id)
        self.counts.frames += 1
        self.counts.frame_bytes += len(body)
        return Frame(new.id, body)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _event(kind: str, data: object, state: str | None = None) -> bytes:
    name = f"id: {state}\n".encode() if state else b""
    return name + b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
