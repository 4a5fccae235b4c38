"""Is the promise kept? Questions to the database alone; what is wrong comes back in words, each with its kind first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tests.e2e.crash.load import Journal, firm
from tests.e2e.crash.logbook import Entry, Logbook

CALLS, PARTNERS, TELEPHONY = "tallyline.calls", "tallyline.partners", "tallyline.telephony"
VIEWS = ("performance", "performance_day", "performance_month", "evidence")
IDENTITY = frozenset({"partner", "campaign", "agent", "direction", "counts", "interval", "day", "month", "summed"})
"""The fields of a view's document that name it, or say how it is kept; the others are what it counts."""
Place = tuple[str, tuple[int, int]]
"""Origin and position."""


def breaches(book: Logbook, reference: Logbook, journal: Journal) -> list[str]:
    """Everything that is wrong with a system that has settled. `reference` was given the same deliveries, once each
    and undisturbed."""
    if (health := book.integrity()) != "ok":
        return [f"integrity: {health}"]
    firsts, wrong = first_copies(book.events(CALLS))
    alive, dead_wrong = net(firsts)
    return [
        *wrong,
        *dead_wrong,
        *gaps(firsts),
        *differing_facts(book, alive),
        *unpublished(book, firsts),
        *relay_breaches(book, journal),
        *unsettled(book, journal),
        *miscounted(book),
        *told_once_breaches(alive, journal),
        *other_than(reference, book),
    ]


def first_copies(topic: Mapping[int, Iterable[Entry]]) -> tuple[dict[int, list[Entry]], list[str]]:
    """The first copies of each partition; and where one comes late or a position has two contents."""
    firsts: dict[int, list[Entry]] = {}
    wrong: list[str] = []
    contents: dict[Place, tuple[int, bytes]] = {}
    for partition, entries in topic.items():
        high: dict[str, tuple[int, int]] = {}
        mine = firsts.setdefault(partition, [])
        for entry in entries:
            place = (entry.origin, entry.position)
            known = contents.setdefault(place, (partition, entry.record))
            if known != (partition, entry.record):
                wrong.append(f"content: {place} has two contents or stands in two partitions")
            if entry.origin not in high or entry.position > high[entry.origin]:
                high[entry.origin] = entry.position
                mine.append(entry)
            elif not any(first.position == entry.position and first.origin == entry.origin for first in mine):
                wrong.append(f"order: the first copy of {place} comes after {high[entry.origin]} in {partition}")
    return firsts, wrong


def net(firsts: Mapping[int, Iterable[Entry]]) -> tuple[dict[Place, dict[str, Any]], list[str]]:
    """What is left when every reversal has taken its event back."""
    alive: dict[Place, dict[str, Any]] = {}
    wrong: list[str] = []
    for entries in firsts.values():
        for entry in entries:
            if entry.reverses is None:
                alive[entry.origin, entry.position] = entry.event
            elif alive.pop(entry.reverses, None) != entry.event:
                wrong.append(f"reversal: {entry.origin} {entry.position} takes back what does not stand there")
    return alive, wrong


def gaps(firsts: Mapping[int, Iterable[Entry]]) -> Iterator[str]:
    """The events that one input gave are numbered from 0 without a gap, over all partitions."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for entries in firsts.values():
        for entry in entries:
            numbers.setdefault((entry.origin, entry.position[0]), []).append(entry.position[1])
    for place, found in numbers.items():
        if sorted(found) != list(range(len(found))):
            yield f"gap: {place} gave {sorted(found)}"


def tracked(book: Logbook) -> dict[str, Any]:
    """Every document of the tracker."""
    return book.documents("calls", "tracked_calls") | book.documents("calls", "tracked_agents")


def differing_facts(book: Logbook, alive: Mapping[Place, dict[str, Any]]) -> Iterator[str]:
    """The net of all signs is exactly what the documents have told."""
    told = {
        (f"telephony.1/{document['partition']}", tuple(fact["position"])): fact["event"]
        for document in tracked(book).values()
        for fact in document.get("told", {}).values()
    }
    for place in sorted(told.keys() | alive.keys()):
        if told.get(place) != alive.get(place):
            yield f"told: {place} was told as {told.get(place)}, and stands in the log as {alive.get(place)}"


def unpublished(book: Logbook, firsts: Mapping[int, Iterable[Entry]]) -> Iterator[str]:
    """Whatever is in an outbox has been published when all is at rest."""
    published = {(e.origin, e.position) for entries in firsts.values() for e in entries}
    for id_, document in tracked(book).items():
        for entry in document.get("outbox", ()):
            place = (f"telephony.1/{document['partition']}", tuple(entry["position"]))
            if place not in published:
                yield f"lost: {place} of {id_} was never published"


def relay_breaches(book: Logbook, journal: Journal) -> Iterator[str]:
    """Commits have numbers without a gap, and each of their events stands in the log once."""
    firsts, wrong = first_copies(book.events(PARTNERS))
    yield from wrong
    yield from gaps(firsts)
    commits = list(book.commits("partners"))
    numbers = sorted(-1 if number is None else number for number, *_ in commits)
    if numbers != list(range(1, len(commits) + 1)):
        yield f"relay: {len(commits)} commits are numbered {numbers[:3]} ... {numbers[-3:]}"
    committed = {(number, index): e for number, _, _, events in commits for index, e in enumerate(events)}
    published = {entry.position: entry.event for entries in firsts.values() for entry in entries}
    if committed != published:
        yield f"relay: {len(committed)} events were committed, {len(published)} published"
    names = [event["agent"] for event in committed.values() if event["type"] == "AgentRegistered"]
    yield from (
        f"command: {agent} was registered {names.count(agent)} times"
        for agent in journal.agents
        if names.count(agent) != 1
    )


def unsettled(book: Logbook, journal: Journal) -> Iterator[str]:
    """Each delivery that was answered 2xx has a verdict on every one of its items."""
    verdicts: dict[str, tuple[int, int]] = {}
    for note in book.documents("calls", "deliveries").values():
        had, of = verdicts.get(note["delivery"], (0, note["of"]))
        verdicts[note["delivery"]] = (had + len(note.get("verdicts", {})), of)
    for delivery in sorted(journal.deliveries()):
        had, of = verdicts.get(delivery, (0, -1))
        if had != of:
            yield f"verdict: delivery {delivery} has {had} verdicts on {of} items"


def miscounted(book: Logbook) -> Iterator[str]:
    """The items in the log are the items counted, whatever their verdict."""
    counted = sum(sum(day["counts"].values()) for day in book.documents("calls", "intake").values())
    items = [msgspec.msgpack.decode(value) for rows in book.records(TELEPHONY).values() for _, value in rows]
    sent = sum(1 for item in items if item.get("timer") is None)
    if counted != sent:
        yield f"intake: {sent} items in the log, {counted} counted"


def told_once_breaches(alive: Mapping[Place, dict[str, Any]], journal: Journal) -> Iterator[str]:
    """A call whose only delivery was answered counts once; where nobody knows, once or not at all."""
    source = firm().partners[2].source
    found: dict[str, int] = {}
    for event in alive.values():
        if event["source"] == source:
            call = event["call"].removeprefix(f"{source}:")
            found[call] = found.get(call, 0) + 1
    for call, answered in journal.once.items():
        if found.get(call, 0) not in ((1,) if answered else (0, 1)):
            yield f"once: {call} (answered: {answered}) counts {found.get(call, 0)} times"


def other_than(reference: Logbook, book: Logbook) -> Iterator[str]:
    """Views and calls say what they say in a system that nothing ever happened to."""
    told_once = firm().partners[2]
    for view in VIEWS:
        mine, theirs = (_of_others(b.view("calls", view), told_once.id) for b in (book, reference))
        yield from (
            f"view: {view} {id_}: {_short(mine.get(id_))} instead of {_short(theirs.get(id_))}"
            for id_ in sorted(mine.keys() | theirs.keys())
            if mine.get(id_) != theirs.get(id_)
        )
    mine, theirs = (_calls(b, told_once.source) for b in (book, reference))
    yield from (
        f"call: {id_}: {_short(mine.get(id_))} instead of {_short(theirs.get(id_))}"
        for id_ in sorted(mine.keys() | theirs.keys())
        if mine.get(id_) != theirs.get(id_)
    )


def _of_others(documents: Mapping[str, Any], partner: str) -> dict[str, Any]:
    """Without the partner whose calls may or may not be there, and without what came to nothing."""
    cleaned = {id_: _without_zeros(doc) for id_, doc in documents.items() if doc["partner"] != partner}
    return {id_: doc for id_, doc in cleaned.items() if doc.keys() - IDENTITY}


def _without_zeros(value: Any) -> Any:
    """A counter at zero says as much as none."""
    if not isinstance(value, dict):
        return value
    cleaned = {name: _without_zeros(item) for name, item in value.items()}
    return {name: item for name, item in cleaned.items() if item not in (0, {}, [], None)}


def _calls(book: Logbook, source: str) -> dict[str, Any]:
    """Each document's summary and facts. A customer's token is thrown anew in each data folder."""
    return {
        id_: [
            _anonymous(document.get("summary")),
            {key: _anonymous(fact["event"]) for key, fact in document.get("told", {}).items()},
        ]
        for id_, document in tracked(book).items()
        if document["source"] != source
    }


def _anonymous(value: dict[str, Any] | None) -> dict[str, Any] | None:
    return value and {name: item for name, item in value.items() if name != "customer_ref"}


def _short(value: object) -> str:
    return "nothing" if value is None else json.dumps(value)[:300]
