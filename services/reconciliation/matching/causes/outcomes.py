"""Outcomes other than ours: sales without an order, cancelled sales that still count, sales not told, wrong codes.

Our events decide each of them, line by line.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal for each way in which outcomes differ."""
    said, ours = pl.col("disposition"), pl.col("outcome")
    cutoff = seen.basis.cutoff.replace(tzinfo=None)
    sold, gone = pl.col("sale_id").is_not_null(), pl.col("cancelled_at").is_not_null()
    sale, taken_back = said == "sale", said == "sale_cancelled"
    open_ = (sale | taken_back).not_()
    early = pl.col("cancelled_at") <= cutoff
    rules = [
        ("phantom_sale", "sale_without_order", "partner", sale & sold.not_(), "no event of an order"),
        (
            "cancelled_sale_counted",
            "cancelled_before_cutoff",
            "partner",
            sale & sold & gone & early,
            f"the order was cancelled before {cutoff} UTC",
        ),
        (
            "cancelled_sale_counted",
            "cancelled_after_cutoff",
            "explainable",
            sale & sold & gone & early.not_(),
            f"the order was cancelled after {cutoff} UTC",
        ),
        (
            "sale_not_cancelled",
            "cancelled_without_event",
            "undetermined",
            taken_back & sold & gone.not_(),
            "the order stands in our events; the partner's proof of the cancellation would settle it",
        ),
        ("sale_not_reported", "sale_not_reported", "partner", open_ & sold & gone.not_(), "our events have the order"),
        (
            "wrong_disposition",
            "wrong_disposition",
            "partner",
            (taken_back & sold.not_()) | (open_ & (sold & gone.not_()).not_() & (said != ours)),
            "our events have another outcome",
        ),
    ]
    found = []
    for kind, cause, party, where, proof in rules:
        part = seen.matched.filter(where.fill_null(False))
        if len(part):
            found.append(Proposal(kind, cause, party, hits(part), proof, decided=True))
    return found
