"""What happens to a defect of ours from its finding to its end, and the union of all that a defect records."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.reconciliation import DefectSpecified
from shared.kernel import Event


class DefectAcknowledged(Event, frozen=True, kw_only=True):
    """A developer has taken it on. `ticket`: where its work is followed."""

    defect_id: str
    partner_id: str
    ticket: str
    at: datetime
    by: str


class DefectReplayed(Event, frozen=True, kw_only=True):
    """The fixture went through the fold of a release: of its calls, `differing` are shown otherwise than they are."""

    defect_id: str
    partner_id: str
    fixture: str
    release: str
    differing: int
    of: int
    at: datetime
    by: str


class DefectClosed(Event, frozen=True, kw_only=True):
    """The fixture passes, and the months in which it was found, replayed, show it no more."""

    defect_id: str
    partner_id: str
    months: tuple[str, ...]
    release: str
    at: datetime
    by: str


class DefectReopened(Event, frozen=True, kw_only=True):
    """It is not mended after all."""

    defect_id: str
    partner_id: str
    reason: str
    at: datetime
    by: str


DefectEvent = DefectSpecified | DefectAcknowledged | DefectReplayed | DefectClosed | DefectReopened
