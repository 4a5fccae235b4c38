"""Is the promise kept? Topics, documents and the client's journal against each other; what is wrong, in words.

Nothing of ours is imported, so that no mistake is shared. Each line begins with the kind of breach.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.chaos import registers, tally, watched
from tests.chaos.book import CALLS, GATEWAY, PARTNERS, RELAYED, Book, Entry, Place
from tests.chaos.journal import Told

Firsts = dict[int, list[Entry]]
NEWER = "newer."
"""The origins of events that a newer release would write begin so."""
QUARTER_S = 900
NO_END_S = 4 * 3600
"""So long after it began the end of a call is given up."""
VERDICTS = frozenset({"accepted", "duplicate", "stale", "ignored", "unknown", "invalid"})


def breaches(book: Book, told: Told) -> list[str]:
    """Everything that is wrong with a system at rest."""
    firsts, wrong = first_copies(book.events[CALLS])
    alive, unfounded = net(firsts)
    return [
        *told.wrong,
        *wrong,
        *unfounded,
        *gaps(firsts),
        *lost(book, told),
        *phantoms(book, told, alive),
        *differing_facts(book, alive),
        *untold(book, firsts),
        *relayed(book, told),
        *unreadable(book, told),
        *miscounted(book),
        *once(told, alive),
        *in_their_quarter(book, told, alive),
        *early(book, told),
        *foreign(book, told),
        *sent_again(book, told),
        *gone_back(told),
        *figures(book, firsts),
        *behind_figures(book, firsts),
        *registered(book),
        *watching(book, told),
        *([f"spool: {book.spooled} entries wait"] if book.spooled else []),
    ]


def first_copies(topic: Mapping[int, Iterable[Entry]]) -> tuple[Firsts, list[str]]:
    """The first copies of each partition; and where one comes late, or a position has two contents."""
    firsts: Firsts = {}
    wrong: list[str] = []
    contents: dict[Place, tuple[int, bytes]] = {}
    for partition, entries in topic.items():
        high: dict[str, tuple[int, int]] = {}
        mine = firsts.setdefault(partition, [])
        for entry in entries:
            if entry.origin.startswith(NEWER):
                continue
            known = contents.get(entry.place)
            if known is not None and known != (partition, entry.record):
                wrong.append(f"content: {entry.place} has two contents or stands in two partitions")
            contents.setdefault(entry.place, (partition, entry.record))
            if entry.origin not in high or entry.position > high[entry.origin]:
                high[entry.origin] = entry.position
                mine.append(entry)
            elif known is None:
                wrong.append(f"order: the first copy of {entry.place} comes after {high[entry.origin]} in {partition}")
    return firsts, wrong


def net(firsts: Firsts) -> tuple[dict[Place, dict[str, Any]], list[str]]:
    """What is left when every reversal has taken its event back."""
    alive: dict[Place, dict[str, Any]] = {}
    wrong: list[str] = []
    for entries in firsts.values():
        for entry in entries:
            if entry.reverses is None:
                alive[entry.place] = entry.event
            elif alive.pop(entry.reverses, None) != entry.event:
                wrong.append(f"reversal: {entry.place} takes back what does not stand there")
    return alive, wrong


def gaps(firsts: Firsts) -> Iterator[str]:
    """The events that one input gave are numbered from 0 without a gap, over all partitions."""
    numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for entries in firsts.values():
        for entry in entries:
            numbers[entry.origin, entry.position[0]].append(entry.position[1])
    for place, found in numbers.items():
        if sorted(found) != list(range(len(found))):
            yield f"gap: {place} gave {sorted(found)}"


def lost(book: Book, told: Told) -> Iterator[str]:
    """Each item of an acknowledged delivery is in the log, in the document that it belongs to, and has a verdict."""
    stored: dict[str, set[int]] = defaultdict(set)
    tracked = book.tracked()
    for partition, items in book.items.items():
        for offset, item in items.items():
            stored[item["delivery"]].add(item["index"])
            document = tracked.get(f"{item['source']}:{item['correlation']}")
            if document is None or document["partition"] != partition:
                yield f"lost: the item at {offset} of {partition} has no document"
    verdicts: Counter[str] = Counter()
    for note in book.documents["calls", "deliveries"].values():
        verdicts[note["delivery"]] += len(note.get("verdicts", {}))
    for delivery, (_, of) in told.taken.items():
        if len(stored.get(delivery, ())) != of:
            yield f"lost: {delivery} had {of} items, {len(stored.get(delivery, ()))} are in the log"
        elif verdicts[delivery] != of:
            yield f"verdict: {delivery} has {verdicts[delivery]} verdicts on {of} items"


def phantoms(book: Book, told: Told, alive: Mapping[Place, dict[str, Any]]) -> Iterator[str]:
    """What is in the log was sent: no more deliveries than answers and unknown outcomes, no fact without an item."""
    items = [item for rows in book.items.values() for item in rows.values()]
    letters = book.documents["calls", "dead_letters"].values()
    again = {letter["context"]["delivery"] for letter in letters if letter["kind"] == "delivery"}
    unasked = {(item["source"], item["delivery"]) for item in items if not item.get("timer")}
    unasked = {(source, delivery) for source, delivery in unasked if delivery not in again}
    extra = Counter(source for source, delivery in unasked if delivery not in told.taken)
    for source, found in extra.items():
        if found > told.unknown[source]:
            yield f"phantom: {source} has {found} deliveries that nobody sent ({told.unknown[source]} unknown)"
    documents = {f"{item['source']}:{item['correlation']}" for item in items}
    for id_ in book.tracked().keys() - documents:
        yield f"phantom: {id_} is tracked and no item says so"
    for place, event in alive.items():
        source, _, call = event["call"].partition(":") if "call" in event else (event["source"], "", "")
        if call and f"{source}:call:{call}" not in documents:
            yield f"phantom: {place} tells of {event['call']}, of which no item is there"


def differing_facts(book: Book, alive: Mapping[Place, dict[str, Any]]) -> Iterator[str]:
    """The net of all signs is exactly what the documents have told."""
    told = {
        (f"telephony.1/{document['partition']}", tuple(fact["position"])): fact["event"]
        for document in book.tracked().values()
        for fact in document.get("told", {}).values()
    }
    for place in sorted(told.keys() | alive.keys()):
        if told.get(place) != alive.get(place):
            yield f"told: {place} was told as {told.get(place)}, and stands in the log as {alive.get(place)}"


def untold(book: Book, firsts: Firsts) -> Iterator[str]:
    """Whatever is in an outbox stands in the log."""
    published = {entry.place for entries in firsts.values() for entry in entries}
    for id_, document in book.tracked().items():
        for entry in document.get("outbox", ()):
            place = (f"telephony.1/{document['partition']}", tuple(entry["position"]))
            if place not in published:
                yield f"outbox: {place} of {id_} was never published"


def relayed(book: Book, told: Told) -> Iterator[str]:
    """Commits have numbers without a gap, each of their events stands in the log once, each command was done once."""
    committed: dict[str, dict[tuple[int, int], dict[str, Any]]] = {}
    for service, topic in RELAYED.items():
        firsts, wrong = first_copies(book.events[topic])
        yield from wrong
        yield from gaps(firsts)
        numbers = sorted(commit["number"] or 0 for commit in book.commits[service])
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"relay: {len(numbers)} commits of {service} are numbered {numbers[:3]} ... {numbers[-3:]}"
        committed[service] = {
            (commit["number"], index): event
            for commit in book.commits[service]
            for index, event in enumerate(_events(commit["events"]))
        }
        published = {entry.position: entry.event for entries in firsts.values() for entry in entries}
        if committed[service] != published:
            yield f"relay: {service} committed {len(committed[service])} events, {len(published)} are published"
    names = Counter(event["agent"] for event in committed["partners"].values() if event["type"] == "AgentRegistered")
    for agent in told.agents:
        if names[agent] != 1:
            yield f"command: {agent} was registered {names[agent]} times"


def _events(raw: bytes | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(raw)
    return found


def unreadable(book: Book, told: Told) -> Iterator[str]:
    """What could not be read is in the dead letters whole: each that was answered, and no more than were sent."""
    letters = book.documents["calls", "dead_letters"]
    for delivery in told.unreadable:
        if f"delivery:{delivery}" not in letters:
            yield f"letter: {delivery} was not readable and is not in the dead letters"
    found = Counter(letter["source"] for letter in letters.values() if letter["kind"] == "delivery")
    known = Counter(told.taken[delivery][0] for delivery in told.unreadable) + told.refused
    for source in found.keys() | known.keys():
        if not known[source] <= found[source] <= known[source] + told.unknown[source]:
            yield f"letter: {source} has {found[source]} letters, {known[source]} were answered"


def miscounted(book: Book) -> Iterator[str]:
    """By source: items received = applied + duplicate + stale + ignored + unknown + dead-lettered."""
    items = [item for rows in book.items.values() for item in rows.values()]
    # What is sent again from the dead letters was received when it came first.
    received = Counter(i["source"] for i in items if not i.get("timer") and not i.get("retried"))
    counted: Counter[str] = Counter()
    invalid = 0
    for day in book.documents["calls", "intake"].values():
        if not day["counts"].keys() <= VERDICTS:
            yield f"intake: a verdict that nobody knows in {sorted(day['counts'])}"
        counted[day["source"]] += sum(day["counts"].values())
        invalid += day["counts"].get("invalid", 0)
    if counted != received:
        yield f"intake: {dict(received)} items in the log, {dict(counted)} counted"
    letters = book.documents["calls", "dead_letters"].values()
    waiting = sum(letter["kind"] == "item" and letter.get("state", "waiting") == "waiting" for letter in letters)
    if waiting != invalid:
        yield f"intake: {invalid} items were not readable, {waiting} wait in the dead letters"


def once(told: Told, alive: Mapping[Place, dict[str, Any]]) -> Iterator[str]:
    """A call whose only delivery was answered counts once; where nobody knows, once or not at all."""
    found = Counter(event["call"].partition(":")[2] for event in alive.values() if event["type"] == "CallStarted")
    for call, answered in told.once.items():
        if found[call] not in ((1,) if answered else (0, 1)):
            yield f"once: {call} (answered: {answered}) counts {found[call]} times"


def in_their_quarter(book: Book, told: Told, alive: Mapping[Place, dict[str, Any]]) -> Iterator[str]:
    """A call told once counts in the quarter of an hour in which it began by its own platform's clock, whatever ours
    showed, and whether it was understood at once or after a fix."""
    calls = (event["call"].partition(":")[2] for event in alive.values() if event["type"] == "CallStarted")
    expected = Counter(told.seconds[call] // QUARTER_S * QUARTER_S * 1000 for call in calls if call in told.once)
    partners = {e["partner"] for e in alive.values() if e["type"] == "CallStarted" and _call(e) in told.once}
    found: Counter[int] = Counter()
    for doc in book.views["performance"].values():
        # A canary's calls are the partner's too, and no figure has them.
        if doc is not None and doc["partner"] in partners and doc.get("counts") != "test":
            found[doc["interval"]] += doc.get("tally", {}).get("offered", 0)
    for quarter in expected.keys() | found.keys():
        if expected[quarter] != found[quarter]:
            yield f"quarter: {found[quarter]} calls told once count at {quarter}, {expected[quarter]} began then"


def _call(event: Mapping[str, Any]) -> str:
    call: str = event["call"].partition(":")[2]
    return call


def early(book: Book, told: Told) -> Iterator[str]:
    """No end is given up of a call that has just begun, unless the clock that says so had jumped ahead.

    That, and when something was received and recorded, is all that a clock may change.
    """
    ahead = any(by >= NO_END_S for target, by in told.jumps if target.startswith("worker"))
    for partition, items in book.items.items():
        for offset, item in items.items():
            if item.get("timer") == "no_end" and item["correlation"].startswith("call:live-") and not ahead:
                yield f"early: the end of {item['correlation']} was given up at {offset} of {partition}"


def foreign(book: Book, told: Told) -> Iterator[str]:
    """What nobody of ours wrote is where it was put and nowhere else; the tracker keeps each such record."""
    for place in book.unreadable - told.foreign.keys():
        yield f"foreign: the record at {place} is of nobody"
    letters = book.documents["calls", "dead_letters"]
    kept = {id_ for id_, letter in letters.items() if letter["kind"] == "record"}
    wanted = {f"record:{partition}:{offset}" for (_, partition, offset), letter in told.foreign.items() if letter}
    for id_ in kept ^ wanted:
        yield f"foreign: {id_} is {'missing from' if id_ in wanted else 'without reason in'} the dead letters"


def sent_again(book: Book, told: Told) -> Iterator[str]:
    """Each dead letter that was sent again says so, each that still can't be read waits, and none was forgotten."""
    for id_, letter in book.documents["calls", "dead_letters"].items():
        state = letter.get("state", "waiting")
        if told.retried and id_ not in told.retried and letter.get("retries", 0):
            yield f"again: {id_} was sent again by nobody"
        if (told.retried.get(id_) == 200) != (state == "retried"):
            yield f"again: {id_} was answered {told.retried.get(id_)} and is {state}"


def gone_back(told: Told) -> Iterator[str]:
    """Nobody who asks again is told of an earlier state, and one ETag stands for one state."""
    for view, answers in told.read.items():
        high: list[int] = []
        tags: dict[str, str] = {}
        for as_of, etag in answers:
            vector = [int(offset) for offset in as_of.split(".")]
            if high and (len(vector) != len(high) or any(now < was for now, was in zip(vector, high, strict=True))):
                yield f"as_of: {view} went back from {high} to {vector}"
            high = vector
            if tags.setdefault(etag, as_of) != as_of:
                yield f"as_of: {view} has one ETag as of {tags[etag]} and of {as_of}"


def figures(book: Book, firsts: Firsts) -> Iterator[str]:
    """Every document of the performance views says what the log says; so does the money in all."""
    quarters, days = tally.from_log(firsts, "interval"), tally.from_log(firsts, "day")
    kept = {
        "performance": (quarters, tally.from_view(book.views["performance"], "interval")),
        "performance_day": (days, tally.from_view(book.views["performance_day"], "day")),
        "performance_month": (days, tally.from_months(book.views["performance_month"])),
    }
    for view, (expected, found) in kept.items():
        for cell in expected.keys() | found.keys():
            if expected.get(cell) != found.get(cell):
                yield f"view: {view} {cell}: {found.get(cell)} instead of {expected.get(cell)}"
        if tally.money(expected) != tally.money(found):
            yield f"money: {view} says {tally.money(found)} instead of {tally.money(expected)}"


def behind_figures(book: Book, firsts: Firsts) -> Iterator[str]:
    """Every entry of the evidence says what the log says of that call."""
    expected, found = tally.by_call(firsts), tally.from_evidence(book.views["evidence"])
    for cell in expected.keys() | found.keys():
        if expected.get(cell) != found.get(cell):
            yield f"view: evidence {cell}: {found.get(cell)} instead of {expected.get(cell)}"


def registered(book: Book) -> Iterator[str]:
    """Every document of the views of partners, sources and agents says what the log says."""
    for view, expected in registers.from_log(first_copies(book.events[PARTNERS])[0]).items():
        found = registers.from_view(view, book.views[view])
        for id_ in expected.keys() | found.keys():
            if expected.get(id_) != found.get(id_):
                yield f"view: {view} {id_}: {found.get(id_)} instead of {expected.get(id_)}"


def watching(book: Book, told: Told) -> Iterator[str]:
    """Every document of the views of alerts and endpoints says what the log of the gateway says, and whoever is to be
    told of agents was told of each, under one name."""
    firsts, _ = first_copies(book.events[GATEWAY])
    for view, expected in watched.from_log(firsts).items():
        found = watched.from_view(view, book.views[view])
        for id_ in expected.keys() | found.keys():
            if expected.get(id_) != found.get(id_):
                yield f"view: {view} {id_}: {found.get(id_)} instead of {expected.get(id_)}"
    wanted = watched.to_be_told(firsts, first_copies(book.events[PARTNERS])[0])
    for place, ident in told.hooked:
        if place not in wanted:
            yield f"hook: {ident} tells of {place}, which nobody asked for"
    names: dict[Place, set[str]] = defaultdict(set)
    for place, ident in told.hooked:
        names[place].add(ident)
    ahead = any(by > 0 for target, by in told.jumps if target == "gateway-worker")
    for place in sorted(wanted):
        if len(names[place]) > 1:
            yield f"hook: {place} was told under {len(names[place])} names"
        # What is tried again waits by the clock: where that had jumped ahead, it may still wait.
        if not names[place] and not ahead:
            yield f"hook: {place} was never told"
