"""The work of a run's process, which is pure: a report is read and compared."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from services.reconciliation.matching.bundles import split
from services.reconciliation.matching.kept import Kept, kept
from services.reconciliation.matching.other_month import other_month
from services.reconciliation.matching.profile import Profile
from services.reconciliation.matching.reading import Known, read
from services.reconciliation.matching.results import reconcile
from services.reconciliation.running.job import Progress, own_of


def work(data: bytes, at: Callable[[Progress], None]) -> Kept:
    """Read the report and compare it. `at` is told what begins. Rejected as `read` and `other_month` are."""
    at(Progress(phase="read"))
    report, sealed, month, said = split(data)
    own = own_of(sealed)
    profile = msgspec.json.decode(said, type=Profile | None)
    known = Known(country=own.basis.country or None, currency=own.basis.currency, month=month.decode())
    told = read(report, known, profile)
    other_month(told.lines, own.basis)
    lines = len(told.lines)
    outcome = reconcile(told.lines, own, lambda phase: at(Progress(phase=phase, lines=lines)))
    at(Progress(phase="keep", lines=lines))
    return kept(told, outcome)
