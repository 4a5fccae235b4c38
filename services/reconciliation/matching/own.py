"""The self-audit: our events replayed into shadow statistics, and what the statistics shown have otherwise.

The log is replayed without a look at what is shown, so that a difference is a defect of ours, whatever a partner says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from services.reconciliation.matching.basis import Basis

EVENTS: dict[str, Any] = {
    "seq": pl.Int64,
    "at": pl.Datetime("us"),
    "call_id": pl.String,
    "type": pl.String,
    "phone": pl.String,
    "agent_id": pl.String,
    "campaign": pl.String,
    "direction": pl.String,
    "partner_ref": pl.String,
    "talk_s": pl.Int64,
    "disposition": pl.String,
    "sale_id": pl.String,
    "sku": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
}
"""The columns of our events. Times are UTC and naive, amounts minor units."""

RECORDS: dict[str, Any] = {
    "call_id": pl.String,
    "partner_ref": pl.String,
    "campaign": pl.String,
    "direction": pl.String,
    "started_at": pl.Datetime("us"),
    "customer_phone": pl.String,
    "agent_id": pl.String,
    "duration_s": pl.Int64,
    "disposition": pl.String,
    "sale_id": pl.String,
    "sku": pl.String,
    "sale_minor": pl.Int64,
    "currency": pl.String,
    "sale_status": pl.String,
    "sale_status_at": pl.Datetime("us"),
}
"""The columns of the statistics shown."""


Span = tuple[datetime, datetime]
"""From, until; naive UTC."""


@dataclass(frozen=True)
class OwnSide:
    """What we bring to a month: the statistics shown (`records`) and our `events`, in the columns above. `roster`: the
    partner's codes of agents to ours; `holes`: times at which our log is known to be incomplete."""

    basis: Basis
    records: pl.DataFrame
    events: pl.DataFrame
    roster: dict[str, str]
    holes: tuple[Span, ...] = ()


def replay(events: pl.DataFrame) -> pl.DataFrame:
    """The shadow statistics: one row a call, as its events say. `talk_s` is null where nothing says that it ended."""

    def of(kind: str) -> pl.LazyFrame:
        return events.lazy().filter(pl.col("type") == kind)

    started = of("call.started").unique("call_id", keep="first", maintain_order=True)
    answered = _last(of("call.answered"), answered_at=pl.col("at"))
    ended = _last(of("call.ended"), talk_s=pl.col("talk_s"), ended=pl.lit(True))
    told = _last(of("call.dispositioned"), outcome=pl.col("disposition"))
    cancelled = of("order.cancelled").select("sale_id", cancelled_at="at").unique("sale_id", keep="last")
    orders = (
        of("order.accepted")
        .join(cancelled, on="sale_id", how="left")
        .group_by("call_id")
        .agg(
            pl.col("sale_id").first(),
            pl.col("sku").first(),
            pl.when(pl.col("amount_minor").count() > 0).then(pl.col("amount_minor").sum()).alias("order_minor"),
            pl.col("currency").first().alias("order_currency"),
            pl.when(pl.col("cancelled_at").is_not_null().all())
            .then(pl.col("cancelled_at").max())
            .alias("cancelled_at"),
        )
    )
    last_at = events.lazy().group_by("call_id").agg(pl.col("at").max().alias("last_at"))
    shadow = started.select(
        "call_id", "phone", "campaign", "direction", agent="agent_id", ref="partner_ref", start="at"
    )
    for more in (answered, ended, told, orders, last_at):
        shadow = shadow.join(more, on="call_id", how="left")
    ring = (pl.col("answered_at") - pl.col("start")).dt.total_seconds().alias("ring_s")
    return shadow.with_columns(pl.col("ended").fill_null(False), ring).drop("answered_at").collect(engine="streaming")


def _last(part: pl.LazyFrame, **columns: pl.Expr) -> pl.LazyFrame:
    return part.select("call_id", **columns).unique("call_id", keep="last", maintain_order=True)


def gaps(events: pl.DataFrame, known: Sequence[Span] = ()) -> list[Span]:
    """Where our log is incomplete: what is `known` of it, and from the last event before a number that is missing to
    the first after it."""
    ordered = events.select("seq", "at").sort("seq")
    holes = ordered.with_columns(pl.col("seq").shift().alias("before"), pl.col("at").shift().alias("from")).filter(
        pl.col("seq") - pl.col("before") > 1
    )
    return [*known, *((min(a, b), max(a, b)) for a, b in holes.select("from", "at").iter_rows())]


def calls_of(
    records: pl.DataFrame, events: pl.DataFrame, basis: Basis, known_holes: Sequence[Span] = ()
) -> pl.DataFrame:
    """All calls that we know of, each with what its events say and what is shown of it (`shown_…`), in the order of
    their start. `defects` names how what is shown differs from a replay; `touched` says that the log is
    incomplete where it would tell of the call."""
    holes = gaps(events, known_holes)
    shown = records.select(
        "call_id",
        pl.lit(True).alias("shown"),
        *(pl.col(name).alias(f"shown_{name}") for name in RECORDS if name != "call_id"),
    )
    both = replay(events).with_columns(pl.lit(True).alias("told")).join(shown, on="call_id", how="full", coalesce=True)
    pairs = {
        "phone": "customer_phone",
        "agent": "agent_id",
        "ref": "partner_ref",
        "start": "started_at",
        "campaign": "campaign",
        "direction": "direction",
    }
    alone = pl.col("told").is_null()
    instead = {"outcome": "disposition", "talk_s": "duration_s", "sale_id": "sale_id", "sku": "sku"}
    both = both.with_columns(
        *(pl.coalesce(mine, f"shown_{theirs}").alias(mine) for mine, theirs in pairs.items()),
        *(pl.when(alone).then(f"shown_{b}").otherwise(a).alias(a) for a, b in instead.items()),
        pl.when(alone).then("shown_sale_minor").otherwise("order_minor").alias("order_minor"),
        pl.when(alone & (pl.col("shown_sale_status") == "cancelled"))
        .then("shown_sale_status_at")
        .otherwise("cancelled_at")
        .alias("cancelled_at"),
        pl.col("told", "shown").fill_null(False),
        pl.col("ended").fill_null(False),
    )
    start, end = basis.start.replace(tzinfo=None), basis.end.replace(tzinfo=None)
    last = pl.max_horizontal("last_at", pl.col("start") + pl.duration(hours=1))
    near = pl.any_horizontal(
        pl.lit(False),
        *((pl.col("start") <= b) & (last >= a) for a, b in holes),
        *([pl.col("told").not_()] if holes else []),
        pl.lit(events.is_empty()),
    )
    return (
        both.with_columns(
            pl.col("start").is_between(start, end, closed="left").alias("in_period"),
            in_zone(pl.col("start"), basis.partner_tz).alias("local"),
            near.alias("touched"),
        )
        .with_columns(_defects().alias("defects"))
        .sort("start", "call_id")
        .with_row_index("call")
    )


def in_zone(instants: pl.Expr, zone: str) -> pl.Expr:
    """Naive UTC as the naive wall clock of a zone."""
    return instants.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _defects() -> pl.Expr:
    told, shown = pl.col("told"), pl.col("shown")
    both = told & shown
    longer = pl.col("shown_duration_s") - pl.col("talk_s")
    sold, showing = pl.col("sale_id").is_not_null(), pl.col("shown_sale_id").is_not_null()
    ringing = longer == pl.col("ring_s")
    cancelled, shown_cancelled = pl.col("cancelled_at").is_not_null(), pl.col("shown_sale_status") == "cancelled"
    tests = {
        "call_missing_own": told & shown.not_(),
        "own_call_without_events": shown & told.not_(),
        "sale_missing_own": both & sold & showing.not_(),
        "own_sale_without_order": both & showing & sold.not_(),
        "own_duration_ring": both & (longer != 0) & ringing,
        "own_duration": both & (longer != 0) & ringing.not_().fill_null(True),
        "own_amount": both & sold & showing & pl.col("shown_sale_minor").ne_missing(pl.col("order_minor")),
        "own_sale_status": both & sold & showing & (shown_cancelled != cancelled),
        "own_disposition": both & (sold == showing) & pl.col("shown_disposition").ne_missing(pl.col("outcome")),
    }
    judged = pl.col("in_period") & pl.col("touched").not_()
    return pl.concat_list(pl.when(judged & test).then(pl.lit(kind)) for kind, test in tests.items()).list.drop_nulls()
