"""What is watched, what is wrong now, and what was?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.gateway.events import TOPIC
from services.gateway.events.alerts import (
    AlertAcknowledged,
    AlertBreached,
    AlertCalmed,
    AlertDefined,
    AlertEased,
    AlertEvent,
    AlertRaised,
    AlertRetired,
    AlertWorsened,
)
from shared.contracts.gateway import AlertCalled, AlertResolved
from shared.kernel import View

KEPT = 50
"""Episodes that are remembered of an alert."""


class Episode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """From when a figure was where it must not be until it was back. `value`: when it was raised; `last`: the latest
    that was noted; `calls`: when each level was called."""

    episode: int
    value: float
    last: float
    raised_at: datetime
    calls: list[datetime] = []
    easing: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None


class KnownAlert(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An alert as it is defined now, and its episodes, the newest last. `pending_since`: its figure is beyond the
    limit, but not for long enough yet. `changes` counts the events behind this."""

    alert: str
    defined: AlertDefined | None = None
    retired: bool = False
    pending_since: datetime | None = None
    episodes: list[Episode] = []
    changes: int = 0

    @property
    def open(self) -> Episode | None:
        """The episode that goes on."""
        last = self.episodes[-1] if self.episodes else None
        return last if last is not None and last.resolved_at is None and not self.retired else None


def by_alert(event: AlertEvent) -> Iterable[tuple[str, AlertEvent]]:
    """One document an alert."""
    return [(event.alert, event)]


def fold(doc: KnownAlert | None, event: AlertEvent, sign: int) -> KnownAlert:
    """A command's events are never reversed."""
    doc = doc or KnownAlert(alert=event.alert)
    doc.changes += 1
    last = doc.episodes[-1] if doc.episodes else None
    match event:
        case AlertDefined():
            doc.defined = event
        case AlertRetired():
            doc.retired = True
        case AlertBreached(at=at):
            doc.pending_since = at
        case AlertCalmed():
            doc.pending_since = None
        case AlertRaised(episode=episode, value=value, at=at):
            doc.pending_since = None
            begun = Episode(episode=episode, value=value, last=value, raised_at=at)
            doc.episodes = [*doc.episodes[1 - KEPT :], begun]
        case _ if last is None:
            pass  # its episode was forgotten
        case AlertEased(value=value) | AlertWorsened(value=value):
            last.last, last.easing = value, isinstance(event, AlertEased)
        case AlertAcknowledged(at=at, by=by):
            last.acknowledged_at, last.acknowledged_by = at, by
        case AlertCalled(at=at):
            last.calls.append(at)
        case AlertResolved(at=at):
            last.resolved_at, last.easing = at, False
    return doc


def newer(one: KnownAlert, other: KnownAlert) -> KnownAlert:
    """An alert is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownAlert) -> dict[str, str | int | None]:
    """Found while they are watched, and while an episode goes on."""
    return {"watched": int(not doc.retired), "open": int(doc.open is not None)}


alerts = View(
    "alerts", 1, TOPIC, AlertEvent, KnownAlert, by_alert, fold, newer, indexes=("watched", "open"), fields=indexed
)
