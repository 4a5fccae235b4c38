"""Outcomes other than ours: sales without an order, cancelled sales that still count, sales not told, wrong codes.

Our events decide each of them, line by line.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import ground


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal for each way in which outcomes differ."""
    said, ours = pl.col("disposition"), pl.col("outcome")
    cutoff = seen.basis.cutoff.replace(tzinfo=None)
    at = f"{cutoff.isoformat(timespec='seconds')}Z"
    sold, gone = pl.col("sale_id").is_not_null(), pl.col("cancelled_at").is_not_null()
    sale, taken_back = said == "sale", said == "sale_cancelled"
    open_ = (sale | taken_back).not_()
    early = pl.col("cancelled_at") <= cutoff
    rules = [
        ("phantom_sale", "sale_without_order", "partner", sale & sold.not_(), ground("no_order")),
        (
            "cancelled_sale_counted",
            "cancelled_before_cutoff",
            "partner",
            sale & sold & gone & early,
            ground("cancelled_before", at=at),
        ),
        (
            "cancelled_sale_counted",
            "cancelled_after_cutoff",
            "explainable",
            sale & sold & gone & early.not_(),
            ground("cancelled_after", at=at),
        ),
        (
            "sale_not_cancelled",
            "cancelled_without_event",
            "undetermined",
            taken_back & sold & gone.not_(),
            ground("order_stands"),
        ),
        (
            "sale_not_reported",
            "sale_not_reported",
            "partner",
            open_ & sold & gone.not_(),
            ground("order_not_told"),
        ),
        (
            "wrong_disposition",
            "wrong_disposition",
            "partner",
            (taken_back & sold.not_()) | (open_ & (sold & gone.not_()).not_() & (said != ours)),
            ground("other_outcome"),
        ),
    ]
    found = []
    for kind, cause, party, where, why in rules:
        part = seen.matched.filter(where.fill_null(False))
        if len(part):
            found.append(Proposal(kind, cause, party, hits(part), (why,), decided=True))
    return found
