"""Lines of calls of which our log knows nothing.

That is the partner's fault only where our log is complete: else nobody is accused.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import ground


def propose(seen: Evidence, rows: pl.DataFrame) -> list[Proposal]:
    """`rows` are the lines that nothing has explained yet."""
    if rows.is_empty():
        return []
    why = (ground("no_event"),)
    unpaired = len(rows) / max(len(seen.lines), 1)
    party = "partner" if unpaired <= 0.3 else "undetermined"
    return [Proposal("extra_line", "never_happened", party, hits(rows), why, sure=unpaired <= 0.3, decided=True)]
