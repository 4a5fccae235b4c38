"""What stands behind each figure: what calls, agent states and orders added to the sums of each quarter of an hour."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from services.calls.views.cells import CellDocument, identity_fields, key_of, whose
from services.calls.views.measures import CountedEvent, Measure, measures
from services.calls.views.tally import name_of
from shared.contracts.calls import TOPIC
from shared.kernel import View


class Evidence(CellDocument, kw_only=True, omit_defaults=True):
    """What the tally of one cell and quarter of an hour is made of: counter -> amount, by call, agent state, order.

    `calls` are by our call ids, `states` by the time at which the state began, `orders` by their ids. Amounts of zero,
    and calls without amounts, vanish. `day` is that of the partner's zone, so that the sum over all entries of a cell's
    quarters or of its days is the tally of its `performance` or `performance_day` document.
    """

    interval: int
    day: str
    calls: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    states: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    orders: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)


def route(event: CountedEvent) -> Iterator[tuple[str, Measure]]:
    """One document for each quarter of an hour and day: sources of a partner may cut their days in different zones."""
    for measure in measures(event):
        yield key_of(f"{measure.cell.interval}|{measure.cell.day}", measure.cell), measure


def fold(doc: Evidence | None, part: Measure, sign: int) -> Evidence:
    """Take one measure in, or back."""
    cell, source, kind, changes = part
    doc = doc or Evidence(interval=cell.interval, day=cell.day, **whose(cell))
    entries = {"call": doc.calls, "state": doc.states, "order": doc.orders}[kind]
    _add(entries, source, [(name_of(f, e), sign * amount) for f, e, amount in changes])
    return doc


def merge(one: Evidence, other: Evidence) -> Evidence:
    """Two shards of one document, added up."""
    for mine, theirs in ((one.calls, other.calls), (one.states, other.states), (one.orders, other.orders)):
        for source, amounts in theirs.items():
            _add(mine, source, list(amounts.items()))
    return one


def _add(entries: dict[str, dict[str, int]], source: str, amounts: list[tuple[str, int]]) -> None:
    kept = entries.setdefault(source, {})
    for name, amount in amounts:
        changed = kept.get(name, 0) + amount
        if changed:
            kept[name] = changed
        else:
            kept.pop(name, None)
    if not kept:
        del entries[source]


evidence: View[CountedEvent, Evidence, Measure] = View(
    "evidence",
    version=2,
    topic=TOPIC,
    events=CountedEvent,
    doc=Evidence,
    route=route,
    fold=fold,
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "interval", "day"),
    fields=lambda doc: identity_fields(doc) | {"interval": doc.interval, "day": doc.day},
)
