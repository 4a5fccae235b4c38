"""What a run's process is given and what it answers, as bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from services.reconciliation.events.months import OtherMonth
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.bundles import frame_bytes, frame_of, joined, split
from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.profile import Profile

Phase = Literal["waiting", "gather", "read", "replay", "pair", "explain", "keep", "done"]
PHASES: tuple[Phase, ...] = ("gather", "read", "replay", "pair", "explain", "keep")


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is at; `lines` of the report, once it is read."""

    phase: Phase
    lines: int | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a report can't be compared; `elsewhere`: because it is of another month."""

    code: str
    detail: str
    elsewhere: OtherMonth | None = None


class _Own(msgspec.Struct):
    basis: Basis
    roster: dict[str, str]
    holes: tuple[tuple[datetime, datetime], ...]


def own_bytes(own: OwnSide) -> bytes:
    """Our side as bytes."""
    head = msgspec.json.encode(_Own(own.basis, own.roster, own.holes))
    return joined([head, frame_bytes(own.records), frame_bytes(own.events)])


def own_of(data: bytes) -> OwnSide:
    """Our side again."""
    head, records, events = split(data)
    told = msgspec.json.decode(head, type=_Own)
    return OwnSide(told.basis, frame_of(records), frame_of(events), told.roster, told.holes)


def job_bytes(report: bytes, own: bytes, month: str, profile: Profile | None) -> bytes:
    """All that a run needs."""
    return joined([report, own, month.encode(), msgspec.json.encode(profile)])
