"""What became of each delivery and of a source's items: verdicts, kept by the tracker, added up when read.

Items received = applied + duplicate + stale + ignored + unknown + dead-lettered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.calls.connectors.base import Verdict

DELIVERIES = "deliveries"
INTAKE = "intake"
INTAKE_INDEXES = ("source", "day")
KINDS = ("accepted", "duplicate", "stale", "ignored", "unknown", "invalid")


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
    """A source's items of one day (UTC, by receipt) in one partition, counted by verdict."""

    at: int
    source: str
    day: str
    last_at: datetime
    counts: dict[str, int] = {}


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
