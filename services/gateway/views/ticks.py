"""What changes from one tick of the wallboard to the next, and the last two minutes of it for those who come back."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.gateway.views.inputs import History
from services.gateway.views.snapshot import Attention, Figure, GroupCount, Point, Row, Seller, Snapshot, Sources

KEPT = 240
BEHIND = 60
OF_THE_CLOCK = frozenset({"longest_wait"})


class Tick(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Absolute values of all that changed since the state `prev`; taken twice, it changes nothing the second time.

    What depends on the clock and not only on what was read (the longest wait, what needs attention, sources, the
    point), and the history, is always in it: two states with one id may differ there. Of the rest, None or an empty
    list means: not changed.
    """

    id: str
    prev: str
    as_of: datetime
    point: Point | None
    kpis: list[Figure]
    attention: list[Attention]
    sources: Sources
    history: History | None = None
    groups: list[GroupCount] | None = None
    top: list[Seller] | None = None
    rows: list[Row] = []
    gone: list[str] = []


class Frame(NamedTuple):
    """One tick of the stream as sent: the id of the state that it leads to, and the bytes for everyone."""

    id: str
    body: bytes


def same_frame(old: Snapshot, new: Snapshot) -> bool:
    """Whether ticks can lead from one to the other: same generation, day, links and names."""
    return (
        (old.day, old.zone, old.links, old.partners, old.campaigns)
        == (new.day, new.zone, new.links, new.partners, new.campaigns)
    ) and old.id.partition("~")[0] == new.id.partition("~")[0]


def tick(old: Snapshot, new: Snapshot) -> Tick:
    """What leads from `old` to `new`, which must be of the `same_frame`."""
    before = {row.key: row for row in old.rows}
    figures = {figure.key: figure for figure in old.kpis}
    after = {row.key for row in new.rows}
    return Tick(
        id=new.id,
        prev=old.id,
        as_of=new.as_of,
        point=new.points[-1] if new.points else None,
        kpis=[figure for figure in new.kpis if figure.key in OF_THE_CLOCK or figure != figures.get(figure.key)],
        attention=new.attention,
        sources=new.sources,
        history=new.history,
        groups=new.groups if new.groups != old.groups else None,
        top=new.top if new.top != old.top else None,
        rows=[row for row in new.rows if row != before.get(row.key)],
        gone=[key for key in before if key not in after],
    )


def alerts(old: Snapshot, new: Snapshot) -> list[Attention]:
    """The bad ones among the matters that have just come up."""
    known = {matter.key for matter in old.attention}
    return [matter for matter in new.attention if matter.tone == "bad" and matter.key not in known]


class Ring:
    """The last frames of one scope. A reader is a cursor into it: the number of the next frame that it wants."""

    def __init__(self, start: str) -> None:
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._before = start
        self._first = 0

    @property
    def end(self) -> int:
        """The number that the next frame will get."""
        return self._first + len(self._frames)

    def append(self, frame: Frame) -> None:
        """The newest frame; the oldest goes when there are too many."""
        if len(self._frames) == KEPT:
            self._before = self._frames[0].id
            self._first += 1
        self._frames.append(frame)

    def after(self, state: str) -> int | None:
        """The cursor of one who has that state; None: it is not known here, or too long ago.

        Frames in a row may lead to one id. The earliest counts as far as it is near: to see a tick again is
        harmless, to miss one is not.
        """
        leading = [index + 1 for index, frame in enumerate(self._frames) if frame.id == state]
        if state == self._before:
            leading.insert(0, 0)
        if not leading:
            return None
        near = min(max(self.end - BEHIND, self._first + leading[0]), self._first + leading[-1])
        return self._near(near)

    def read(self, cursor: int) -> list[Frame] | None:
        """The frames from `cursor` on; None: the reader has fallen too far behind."""
        if self._near(cursor) is None:
            return None
        return [self._frames[index] for index in range(cursor - self._first, len(self._frames))]

    def _near(self, cursor: int) -> int | None:
        return cursor if cursor >= self._first and self.end - cursor <= BEHIND else None
