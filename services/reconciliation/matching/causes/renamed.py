"""Agent codes that changed from one day on, and agents that are simply wrong.

Proven when from that day each code stands for one of our agents alone (no entropy is left), and each agent for one
code, while the roster agrees before.
"""

from __future__ import annotations

import math
from datetime import date

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from services.reconciliation.matching.explanations import Foretold
from shared.contracts.proofs import ground


def learn(matched: pl.DataFrame, entry: float) -> tuple[dict[str, str], date, float] | None:
    """Which codes mean whom since when, with the bits to say so; None if single differences are shorter."""
    coded = matched.drop_nulls("agent")
    odd = coded.filter("odd_agent")
    if len(odd) < 3:
        return None
    per_code = math.log2(max(coded["our_agent"].n_unique(), 2)) + 4
    best: tuple[float, dict[str, str], date, float] | None = None
    for since in odd["day"].unique().sort():
        later = coded.filter(pl.col("day") >= since)
        counted = later.group_by("agent", "our_agent", "agreed_agent").len("n").sort("n", "our_agent", descending=True)
        most = counted.unique("agent", keep="first", maintain_order=True)
        missed = len(later) - int(most["n"].sum()) + len(odd.filter(pl.col("day") < since))
        changed = most.filter(pl.col("our_agent").ne_missing(pl.col("agreed_agent")))
        bits = 10 + per_code * len(changed)
        total = bits + missed * entry
        if len(changed) and (best is None or total < best[0] - 1e-9):
            best = (total, dict(changed.select("agent", "our_agent").iter_rows()), since, bits)
    if best is None or best[0] >= len(odd) * entry:
        return None
    return best[1:]


def propose(seen: Evidence) -> list[Proposal]:
    """The renaming, if one pays for itself, and the agents that stay wrong."""
    found: list[Proposal] = []
    odd = seen.matched.filter("odd_agent")
    learned = learn(seen.matched, seen.entry)
    if learned is not None:
        table, since, bits = learned
        now = pl.col("agent").replace_strict(table, default=None, return_dtype=pl.String)
        scope = seen.matched.filter((pl.col("day") >= since) & now.is_not_null())
        part = odd.filter((pl.col("day") >= since) & (now == pl.col("our_agent")))
        against = len(scope) - len(part)
        one_to_one = len(set(table.values())) == len(table)
        how = {"codes": len(table), "n": len(part), "of": len(scope)}
        why = (ground("codes_one_to_one" if one_to_one else "codes_not_one_to_one", **how),)
        first = part.select(pl.col("day").min().cast(pl.String)).item()
        found.append(
            Proposal(
                "agent_remap",
                f"from:{first}",
                "explainable",
                hits(part),
                why,
                against,
                bits,
                True,
                one_to_one,
                foretold=_foretold(seen),
            )
        )
        odd = odd.join(part.select("row"), on="row", how="anti")
    if len(odd):
        why = (ground("other_agent"),)
        found.append(Proposal("wrong_agent", "wrong_agent", "partner", hits(odd), why, decided=True))
    return found


def _foretold(seen: Evidence) -> Foretold | None:
    learned = learn(seen.matched.filter("odd_day"), seen.entry)
    if learned is None:
        return None
    table, since, _ = learned
    now = pl.col("agent").replace_strict(table, default=None, return_dtype=pl.String)
    tested = seen.matched.filter(pl.col("odd_day").not_() & (pl.col("day") >= since) & now.is_not_null())
    days = seen.matched.filter("odd_day")["day"].n_unique()
    return Foretold(days, len(tested.filter(now == pl.col("our_agent"))), len(tested))
