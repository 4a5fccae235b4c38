"""What became of each delivery and of a source's items: verdicts, kept by the tracker, added up when read.

Items received = applied + duplicate + stale + ignored + unknown + dead-lettered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from services.calls.connectors.base import Verdict
from services.calls.connectors.fields import KINDS as CANONICAL
from shared.kernel import Observation

DELIVERIES = "deliveries"
INTAKE = "intake"
INTAKE_INDEXES = ("source", "day")
REFUSALS = "refusals"
KINDS = ("accepted", "duplicate", "stale", "ignored", "unknown", "invalid")
LAGS_S = (-3600, -600, -120, -60, -30, -10, -5, -2, 0, 1, 2, 3, 5, 10, 15, 30, 60, 120, 300, 900, 3600, 21600, 86400)
"""Upper bounds, in seconds, of how much later than the vendor's time an item is received. Above the last: 2 days."""
_BEYOND = LAGS_S[-1] * 2
_CANONICAL = frozenset(CANONICAL)
_TELLS = {
    "result": "CallDispositioned",
    "transfer": "CallTransferred",
    "hangup": "CallEnded",
    "row": "CallEnded",
    "start": "CallAnswered",
    "dispo": "CallDispositioned",
    "noagent": "CallEnded",
}
"""What the notes private to a connector tell of."""


class DeliveryNote(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The items of one delivery that lie in one partition: index -> verdict, and why. `of` is how many it had.

    Of a delivery without items ingest itself keeps a note, under partition 0.
    """

    at: int
    delivery: str
    source: str
    received_at: datetime
    of: int
    key: str | None = None
    verdicts: dict[str, str] = {}
    reasons: dict[str, str] = {}


class IntakeDay(msgspec.Struct, kw_only=True):
    """A source's items of one day (UTC, by receipt) in one partition, counted by verdict, and by hour.

    `kinds` has the latest time by the vendor's clock of each kind of observation; `lags` counts accepted items by how
    much later than their latest time they were received, in seconds: the upper bound of each class; items that heal
    gaps are late by nature, and are not among them. `told` counts observations by kind and hour of receipt, `backfill`
    items that heal gaps by verdict: what was accepted of them was not known before.
    """

    at: int
    source: str
    day: str
    last_at: datetime
    counts: dict[str, int] = {}
    hours: dict[str, int] = {}
    kinds: dict[str, datetime] = {}
    lags: dict[str, int] = {}
    told: dict[str, dict[str, int]] = {}
    backfill: dict[str, int] = {}

    def take(
        self,
        verdict: str,
        received_at: datetime,
        notes: Sequence[Observation],
        retried: bool,
        backfill: bool = False,
    ) -> None:
        """Count an item. One that is `retried` was counted as invalid when it came, and becomes what it is now."""
        self.last_at = max(self.last_at, received_at)
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if retried:
            self.counts["invalid"] = self.counts.get("invalid", 0) - 1
        else:
            hour = str(received_at.hour)
            self.hours[hour] = self.hours.get(hour, 0) + 1
        if backfill:
            self.backfill[verdict] = self.backfill.get(verdict, 0) + 1
        if verdict != "accepted":
            return
        for note in notes:
            kind = note.data["kind"] if note.kind == "copy" else _TELLS.get(note.kind, note.kind)
            if kind not in _CANONICAL:
                continue
            if not backfill:
                hours, hour = self.told.setdefault(kind, {}), str(received_at.hour)
                hours[hour] = hours.get(hour, 0) + 1
            if (known := self.kinds.get(kind)) is None or note.at > known:
                self.kinds[kind] = note.at
        times = [note.at for note in notes if "no_vendor_time" not in note.flags]
        if times and not retried and not backfill:
            lag = (received_at - max(times)).total_seconds()
            place = bisect_left(LAGS_S, lag)
            bound = str(LAGS_S[place] if place < len(LAGS_S) else _BEYOND)
            self.lags[bound] = self.lags.get(bound, 0) + 1


class RefusedDay(msgspec.Struct, kw_only=True):
    """A source's deliveries of one day (UTC) that one process of ingest did not take, by what it answered."""

    source: str
    day: str
    causes: dict[str, int]


def note_id(delivery: str, partition: int) -> str:
    """Under which id the note of a delivery's items in one partition lies."""
    return f"{delivery}|{partition}"


def delivery_verdict(notes: Iterable[DeliveryNote]) -> Verdict | None:
    """The verdict of the whole delivery, from its items; None while some are not settled yet.

    Invalid items beside others make it `partial`. A kind that nobody knows spoils nothing that was taken.
    """
    found = list(notes)
    verdicts = {verdict for note in found for verdict in note.verdicts.values()}
    if not found or sum(len(note.verdicts) for note in found) < found[0].of:
        return None
    if "invalid" in verdicts:
        return "partial" if len(verdicts) > 1 else "invalid"
    for verdict in ("accepted", "unknown", "stale", "duplicate"):
        if verdict in verdicts:
            return verdict
    return "ignored"


def add_intake(days: Iterable[IntakeDay]) -> dict[str, int]:
    """Counts by verdict over all shards and days, with their sum as `received`."""
    counts = dict.fromkeys(KINDS, 0)
    for day in days:
        for verdict, n in day.counts.items():
            counts[verdict] += n
    return {"received": sum(counts.values()), **counts}
