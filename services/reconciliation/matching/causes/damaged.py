"""Telephone numbers that the partner's programme damaged: written scientifically, masked, without their leading zero;
and whole numbers that are other ones.

Proven when the pairing stands without the number, by time, duration and agent, and what is left of it agrees.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import ground


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal a class of damage, and one for other numbers."""
    damaged = seen.matched.drop_nulls("phone_damage")
    found = []
    for (how,), part in damaged.group_by("phone_damage", maintain_order=True):
        differs = pl.col("phone").is_not_null() & (pl.col("phone") != pl.col("our_phone"))
        against = len(part.filter(differs))
        why = (ground("number_damaged", n=len(part)),)
        found.append(Proposal("number_format", str(how), "explainable", hits(part), why, against, 4.0, True))
    other = seen.matched.filter("odd_phone")
    if len(other):
        why = (ground("other_number"),)
        found.append(Proposal("wrong_number", "wrong_number", "partner", hits(other), why, decided=True))
    return found
