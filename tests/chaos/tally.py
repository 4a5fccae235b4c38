"""A second way to count: the log folded into a few figures by rules written down here once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.chaos.book import Entry

Cell = tuple[object, ...]
"""Period, partner, campaign, agent, direction, counts, and the partition that it was told in."""
Figures = dict[Cell, Counter[str]]
NUMBERS = ("offered", "answered", "handled", "talk_ms", "talk_known", "sales_reported")
MAPS = ("dispositions", "orders", "revenue")


def counted(event: Mapping[str, Any]) -> Counter[str]:
    """What one event counts for, of the figures that are counted here."""
    found: Counter[str] = Counter()
    match event:
        case {"type": "CallStarted", "offered": True}:
            found["offered"] += 1
        case {"type": "CallAnswered", "first": True, "offered": True}:
            found["answered"] += 1
        case {"type": "CallEnded", "scope": "leg"}:
            found["handled"] += 1
            if event.get("talk_ms") is not None:
                found["talk_ms"] += event["talk_ms"]
                found["talk_known"] += 1
        case {"type": "CallDispositioned"}:
            found[f"dispositions:{event['canonical']}"] += 1
        case {"type": "SaleRecorded"}:
            found["sales_reported"] += 1
            if (amount := event.get("amount")) is not None:
                found[f"orders:{amount['currency']}"] += 1
                found[f"revenue:{amount['currency']}"] += amount["minor"]
        case _:
            pass
    return found


def from_log(firsts: Mapping[int, Iterable[Entry]], period: str) -> Figures:
    """The figures of each cell; `period` is `interval` or `day`."""
    sums: Figures = {}
    for partition, entries in firsts.items():
        for entry in entries:
            if found := counted(entry.event):
                tally = sums.setdefault(_cell(entry.event, period, partition), Counter())
                for name, amount in found.items():
                    tally[name] += amount if entry.reverses is None else -amount
    return _something(sums)


def _cell(event: Mapping[str, Any], period: str, partition: int) -> Cell:
    when: object = event["day"]
    if period == "interval":
        when = round(datetime.fromisoformat(event["interval"]).timestamp() * 1000)
    return when, *_whose(event), partition


def _whose(told: Mapping[str, Any]) -> Cell:
    named = (told.get("campaign") or None, told.get("agent") or None, told.get("direction"))
    return told["partner"], *named, told.get("counts", "production")


def by_call(firsts: Mapping[int, Iterable[Entry]]) -> Figures:
    """The figures of each call in each of its quarters; the last of a cell but one is the call."""
    sums: Figures = {}
    for partition, entries in firsts.items():
        for entry in entries:
            if found := counted(entry.event):
                cell = (*_cell(entry.event, "interval", partition)[:-1], entry.event["call"], partition)
                tally = sums.setdefault(cell, Counter())
                for name, amount in found.items():
                    tally[name] += amount if entry.reverses is None else -amount
    return _something(sums)


def from_evidence(documents: Mapping[str, Any]) -> Figures:
    """The same as the documents of the evidence say it."""
    sums: Figures = {}
    for id_, doc in documents.items():
        for call, amounts in doc.get("calls", {}).items() if doc else ():
            mine = {n: a for n, a in amounts.items() if n in NUMBERS or n.partition(":")[0] in MAPS}
            cell = (doc["interval"], *_whose(doc), call, int(id_.rpartition("|")[2]))
            sums.setdefault(cell, Counter()).update(mine)
    return _something(sums)


def from_view(documents: Mapping[str, Any], period: str) -> Figures:
    """The same figures as the documents of a view by quarter or day say them."""
    sums: Figures = {}
    for id_, doc in documents.items():
        if doc is None:
            continue
        tally = doc.get("tally", {})
        found = Counter({name: tally[name] for name in NUMBERS if name in tally})
        for name in MAPS:
            found.update({f"{name}:{entry}": amount for entry, amount in tally.get(name, {}).items()})
        sums[doc[period], *_whose(doc), int(id_.rpartition("|")[2])] = found
    return _something(sums)


def from_months(documents: Mapping[str, Any]) -> Figures:
    """The same figures by day as the documents of months say them."""
    sums: Figures = {}
    for id_, doc in documents.items():
        for name, amounts in doc.get("days", {}).items() if doc else ():
            if name not in NUMBERS and name.partition(":")[0] not in MAPS:
                continue
            for n, amount in enumerate(amounts, 1):
                cell = (f"{doc['month']}-{n:02}", *_whose(doc), int(id_.rpartition("|")[2]))
                sums.setdefault(cell, Counter())[name] += amount
    return _something(sums)


def _something(sums: Figures) -> Figures:
    """Without what came to nothing."""
    kept = {cell: Counter({n: amount for n, amount in tally.items() if amount}) for cell, tally in sums.items()}
    return {cell: tally for cell, tally in kept.items() if tally}


def money(figures: Figures) -> dict[str, int]:
    """Revenue by currency over all cells."""
    sums: Counter[str] = Counter()
    for tally in figures.values():
        sums.update({name: amount for name, amount in tally.items() if name.startswith("revenue:")})
    return dict(sorted(sums.items()))
