"""Takes one item after the other into its document, and says what follows: reversals of what was told, then news.

Pure. The document that results depends on the set of its items and not on their order; only which events had to be
told on the way, and at which positions, does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Literal, cast

import msgspec

from services.calls.connectors.base import Connector, Reading
from services.calls.tracker.call_document import CallDocument, CallSummary, Entry, Known, Told, began, vendor_id
from services.calls.tracker.facts import AgentDay, Call, Facts, agent_day, agent_facts, facts_of, summarise
from services.calls.tracker.ghosts import BEATS_LOST, is_lost, signs_of, without_ghosts
from services.calls.tracker.items import Item
from services.calls.tracker.maps import applied, undecided
from shared.codec import encode, partition_of
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation, Position

ItemVerdict = Literal["accepted", "duplicate", "stale", "ignored", "unknown", "invalid"]
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
LEAD_CALLED = "lead_called"
"""The kind of what we know of a call's lead ourselves: no platform said it, so no connector is asked about it."""
NO_END_AFTER = timedelta(hours=4)
"""How long a call may go on before it is flagged `no_end` and leaves the list of calls in progress."""


@dataclass(frozen=True)
class Arrival:
    """An item, read: its place in the log, and what the connector made of it (`wrong`: it could not be read).

    `tests` are the names of our test numbers that it gives as its customer's, found before the number became a token.
    """

    offset: int
    partition: int
    item: Item
    reading: Reading | None
    wrong: str | None = None
    generation: int = 0
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What a fold needs beside document and item: `settings` are those of the latest revision that document or item
    met. `checkpoint`: below it every entry is known to be published."""

    connector: Connector
    settings: SourceSettings
    origin: str
    output_partitions: int
    checkpoint: int


@dataclass(frozen=True)
class Memo:
    """The facts of an agent's day as its last fold worked them out, all of them told: a day has hundreds, and an item
    changes one or two. It saves work and decides nothing."""

    settings: SourceSettings
    day: AgentDay
    facts: Facts


@dataclass(frozen=True)
class Taken:
    """The result: the document as it is now, whether it must be written, and the verdict on the item.

    `settles`: the item was sent again from the dead letters, and this is what becomes of what could not be read. A
    second copy of it settles nothing.
    """

    document: CallDocument
    changed: bool
    verdict: ItemVerdict
    reason: str | None = None
    memo: Memo | None = None
    settles: bool = False


def tests_of(reading: Reading, settings: SourceSettings) -> tuple[str, ...]:
    """The names of our test numbers that an item gives as its customer's. Only here: what a document keeps of a
    customer is a token."""
    known = settings.test_numbers
    return tuple(sorted({known[note.customer] for note in reading.notes if note.customer in known})) if known else ()


def take(document: CallDocument | None, arrival: Arrival, context: Context, memo: Memo | None = None) -> Taken:
    """Take the arrival in. What the document has beyond the item's offset already is left as it is.

    `memo` is that of the fold which left this very document, if it is at hand.
    """
    item = arrival.item
    if document is None:
        document = CallDocument(
            at=0,
            partition=arrival.partition,
            source=item.source,
            partner=item.partner,
            correlation=item.correlation,
            counts=context.settings.counts,
            clock=context.settings.clock,
        )
    elif arrival.offset < document.at:
        return Taken(document, False, _verdict_at(document, arrival.offset))
    if arrival.generation and arrival.wrong is not None:
        return _as_it_was(document, arrival, context)
    unread = f"!{item.delivery}.{item.index}"
    reading = arrival.reading or Reading(key=unread, verdict="unknown", reason=arrival.wrong)
    settles = item.retried and unread in document.known
    if settles:  # as if it came for the first time now
        known = {key: value for key, value in document.known.items() if key != unread}
        document = msgspec.structs.replace(document, known=known)
    repeat = _repeat(document, arrival, reading)
    if repeat and settles:
        document = msgspec.structs.replace(document, at=arrival.offset + 1, outbox=_unpublished(document, context))
        return Taken(document, True, *repeat, memo, settles)
    if repeat:
        if not _elsewhere(document, arrival):
            return Taken(document, False, *repeat)
        # Read anew it is another fact than it was taken for, and that one has a better content already.
        return replace(_apply(document, arrival, None, context, memo), verdict=repeat[0], reason=repeat[1])
    return replace(_apply(document, arrival, reading, context, memo), settles=settles)


def _as_it_was(document: CallDocument, arrival: Arrival, context: Context) -> Taken:
    """A stored item that nobody can read again, its key destroyed or its customer erased: what was read of it before
    goes on counting, as if it had been read by the settings of today, and waits for nothing any more."""
    item = arrival.item
    known = {
        key: msgspec.structs.replace(known, revision=item.revision) if _is_of(known, item) else known
        for key, known in document.known.items()
    }
    document = msgspec.structs.replace(
        document,
        known=known,
        at=arrival.offset + 1,
        revision=max(document.revision, item.revision),
        outbox=_unpublished(document, context),
        undecided={},
    )
    return Taken(document, True, "stale", arrival.wrong)


def _elsewhere(document: CallDocument, arrival: Arrival) -> list[str]:
    """The keys under which an item that is read again was known by an earlier reading."""
    item, generation = arrival.item, arrival.generation
    if not generation:
        return []
    return [key for key, known in document.known.items() if _is_of(known, item) and known.generation < generation]


def _is_of(known: Known, item: Item) -> bool:
    return known.delivery == f"{item.delivery}.{item.index}"


def _unpublished(document: CallDocument, context: Context) -> list[Entry]:
    return [entry for entry in document.outbox if entry.position[0] >= context.checkpoint]


def _verdict_at(document: CallDocument, offset: int) -> ItemVerdict:
    """Asked again for an input that was taken before; its notes were written before the document, so this is idle."""
    found = next((known.verdict for known in document.known.values() if known.offset == offset), "duplicate")
    return cast(ItemVerdict, found)


def _order(version: str, digest: str, generation: int) -> tuple[str, str, int]:
    """Of two contents under one key the greater wins: vendor's sequence, then hash; of two readings of one content the
    later generation."""
    return version, digest, generation


def _repeat(document: CallDocument, arrival: Arrival, reading: Reading) -> tuple[ItemVerdict, str] | None:
    """Whether the item can pass without a write: a known delivery, or a known key that keeps its content."""
    item = arrival.item
    known = document.known.get(reading.key)
    if arrival.generation and (known is None or (_is_of(known, item) and known.generation < arrival.generation)):
        # The same item, and what it is taken for now: no matter how its earlier reading would compare.
        return None
    if known is None:
        seen = document.deliveries.get(f"{item.key}#{item.index}") if item.key else None
        return ("duplicate", "delivery already seen") if seen else None
    mine = _order(reading.version, item.digest, arrival.generation)
    theirs = _order(known.version, known.digest, known.generation)
    if mine > theirs:
        return None
    if reading.version < known.version or _superseded(reading, document):
        return "stale", "older than the stored content"
    return "duplicate", "already known"


def _apply(
    document: CallDocument, arrival: Arrival, reading: Reading | None, context: Context, memo: Memo | None
) -> Taken:
    """`reading` None: the item says nothing any more."""
    item = arrival.item
    before = document.observations
    document = msgspec.structs.replace(  # so that an item that can't be taken leaves no trace in the one we were given
        document, known=dict(document.known), told=dict(document.told), deliveries=dict(document.deliveries)
    )
    reread = [key for key, other in document.known.items() if arrival.generation and _is_of(other, item)]
    was = [document.known.pop(key).verdict for key in reread]
    if reading is not None:
        _keep(document, arrival, reading, was)
    document.at = arrival.offset + 1
    document.revision = max(document.revision, item.revision)
    document.outbox = _unpublished(document, context)
    if reading is not None and arrival.wrong is not None:  # it says nothing: nothing is worked out that might fail
        document.known[reading.key].verdict = "invalid"
        return Taken(document, True, "invalid", reading.reason, memo)
    said = observations_of(document, context)
    document.undecided = undecided(said, context.settings)
    document.observations = applied(said, context.settings)
    verdict: ItemVerdict = _verdict(reading, before, document) if reading is not None else "stale"
    if reading is not None:
        document.known[reading.key].verdict = document.known[reading.key].verdict or verdict
    if memo is not None and memo.settings is not context.settings:
        memo = None
    facts, following = _facts(document, context, memo)
    document.outbox += _news(document, facts, memo.facts if memo else {}, arrival, context)
    return Taken(document, True, verdict, reading.reason if reading is not None else None, following)


def _keep(document: CallDocument, arrival: Arrival, reading: Reading, was: Sequence[str]) -> None:
    """Put the item among those that are known. What became of it when it came (`was`) stays as it was."""
    item = arrival.item
    document.known[reading.key] = Known(
        offset=arrival.offset,
        version=reading.version,
        digest=item.digest,
        received_at=item.received_at,
        revision=item.revision,
        delivery=f"{item.delivery}.{item.index}",
        verdict=was[-1] if was else "",
        generation=arrival.generation,
        reason=reading.reason,
        notes=tuple(msgspec.structs.replace(note, items=(reading.key,)) for note in reading.notes),
        tests=arrival.tests,
        backfill=item.backfill,
    )
    if item.key and arrival.wrong is None:  # what could not be read may come again after the fix
        document.deliveries[f"{item.key}#{item.index}"] = reading.key


def observations_of(document: CallDocument, context: Context) -> list[Observation]:
    """What all items of the document say together, in order, in the platform's own ids of agents."""
    notes = [note for key in sorted(document.known) for note in document.known[key].notes if note.kind != LEAD_CALLED]
    notes.sort(key=attrgetter("at"))
    return context.connector.translate(notes, context.settings)


def known_at(document: CallDocument, moment: datetime, context: Context) -> tuple[CallDocument, Facts]:
    """The document without what was received after the moment, and the facts that would be told of it.

    Of an item that came again under its key with a newer content only the newer one is kept: it counts as received when
    that came.
    """
    then = msgspec.structs.replace(
        document,
        known={key: known for key, known in document.known.items() if known.received_at <= moment},
        summary=None,
        agent=None,
        calls={},
    )
    then.observations = applied(observations_of(then, context), context.settings) if then.known else []
    if not then.observations:
        return then, {}
    facts, _ = _facts(then, context, None)
    return then, facts


def _verdict(reading: Reading, before: Sequence[Observation], document: CallDocument) -> ItemVerdict:
    if reading.verdict != "accepted":
        return reading.verdict
    if not _say_the_same(before, document.observations):
        return "accepted"
    return "stale" if _superseded(reading, document) else "duplicate"


def _say_the_same(before: Sequence[Observation], after: Sequence[Observation]) -> bool:
    """Whatever items they rest on."""
    if len(before) != len(after):
        return False
    return all(one is other or _said(one) == _said(other) for one, other in zip(before, after, strict=True))


def _said(o: Observation) -> Observation:
    return msgspec.structs.replace(o, items=())


def _superseded(reading: Reading, document: CallDocument) -> bool:
    """Copies of one record are known as `<record>@<version>`: is there a newer one?"""
    if not reading.version:
        return False
    record = reading.key.rpartition("@")[0]
    return any(key > reading.key for key in document.known if key.startswith(f"{record}@"))


def _facts(document: CallDocument, context: Context, memo: Memo | None) -> tuple[Facts, Memo | None]:
    if document.correlation.startswith("agent:"):
        following = _agent(document, context, memo)
        return (following.facts if following else {}), following
    if document.correlation.startswith("lead:"):
        return _lead(document, context), None
    return (_call(document, context) if document.correlation.startswith("call:") else {}), None


def _call(document: CallDocument, context: Context) -> Facts:
    overdue = any(known.version == "no_end" for known in document.known.values())
    call = _as_call(document, context, vendor_id(document.correlation), document.observations, overdue)
    document.counts = call.counts
    if not document.observations:
        return {}
    document.summary = summarise(call)
    document.deadline = _deadline(call, document.summary)
    return facts_of(call, document.summary)


def _lead(document: CallDocument, context: Context) -> Facts:
    """All calls of a lead, each by itself."""
    overdue = [known.received_at for known in document.known.values() if known.version == "no_end"]
    of_call: dict[str, list[Observation]] = {}
    for o in document.observations:
        of_call.setdefault(o.call or "", []).append(o)
    facts: Facts = {}
    document.calls, deadlines = {}, []
    for vendor, observations in of_call.items():
        due = observations[-1].at + NO_END_AFTER
        call = _as_call(document, context, vendor, observations, any(at >= due for at in overdue))
        document.counts = call.counts
        summary = document.calls[vendor] = summarise(call)
        facts |= {f"{vendor}/{key}": fact for key, fact in facts_of(call, summary).items()}
        deadlines.append(_deadline(call, summary))
    document.summary = max(document.calls.values(), key=lambda s: (began(s) or BEFORE_ALL, s.call), default=None)
    document.deadline = min(filter(None, deadlines), default=None)
    return facts


def _deadline(call: Call, summary: CallSummary) -> datetime | None:
    return call.all[-1].at + NO_END_AFTER if summary.state in ("waiting", "in_progress") else None


def _as_call(
    document: CallDocument, context: Context, vendor: str, observations: Sequence[Observation], overdue: bool
) -> Call:
    return Call(
        id=f"{document.source}:{vendor}",
        vendor_id=vendor,
        source=document.source,
        settings=context.settings,
        all=observations,
        reports_holds=context.settings.reports_holds and not _silent_on_holds(document, context),
        no_end=overdue,
        tests=_tests(document, context.settings),
        lead_added=_lead_added(document, vendor),
    )


def _lead_added(document: CallDocument, vendor: str) -> datetime | None:
    notes = (note for known in document.known.values() for note in known.notes)
    return next((note.at for note in notes if note.kind == LEAD_CALLED and note.call == vendor), None)


def _tests(document: CallDocument, settings: SourceSettings) -> tuple[str, ...]:
    """The names of all our test numbers in the call: those that items gave as the customer's, and those dialled."""
    named = {name for known in document.known.values() for name in known.tests}
    if settings.test_numbers:
        ours = (o.data.get("our_number") for o in document.observations)
        named |= {settings.test_numbers[number] for number in ours if number in settings.test_numbers}
    return tuple(sorted(named))


def _silent_on_holds(document: CallDocument, context: Context) -> bool:
    silent = context.connector.silent_on_holds
    return bool(silent) and any(note.kind in silent for known in document.known.values() for note in known.notes)


def _agent(document: CallDocument, context: Context, memo: Memo | None) -> Memo | None:
    states = [o for o in document.observations if o.kind == "AgentStateChanged"]
    if not states:
        return None
    end = day_end(document.correlation)
    closings = [int(key.rpartition(":")[2]) for key, item in document.known.items() if item.version == "closed"]
    last = max(item.offset for item in document.known.values() if item.version != "closed")
    closed = bool(closings) and max(closings) > last  # by a timer that had seen all the others
    day = agent_day(document.source, context.settings, states, memo.day if memo else None)
    now, facts = agent_facts(document.source, context.settings, day, end if closings else None)
    signs = signs_of(document, states)
    facts = without_ghosts(facts, signs, end if closings else None)
    now.lost, now.beats, now.seen = is_lost(now.state, end, signs), signs.limit == BEATS_LOST, signs.before(end)
    document.agent = None if closed else now
    # A day that was closed before has carried its state on: that it ended offline after all has to be carried too.
    settled = closed or (now.state == "offline" and not closings)
    document.deadline = None if settled else end
    return Memo(context.settings, day, facts)


def day_end(correlation: str) -> datetime:
    """The end of the UTC day that an agent's correlation key `agent:<id>:<2026-03-02>` names."""
    return datetime.fromisoformat(f"{correlation.rpartition(':')[2]}T00:00:00+00:00") + timedelta(days=1)


def _news(document: CallDocument, facts: Facts, known: Facts, arrival: Arrival, context: Context) -> list[Entry]:
    """For each fact that changed: what was told, taken back word for word, then the fact as it is now.

    A fact that is the same object as before is told already, and need not even be encoded.
    """
    entries: list[Entry] = []
    gone = document.told.keys() - facts.keys()
    for key in sorted([*gone, *(key for key, fact in facts.items() if known.get(key) is not fact)]):
        told = document.told.get(key)
        new = encode(facts[key]) if key in facts else None
        if told is not None and new == bytes(told.event):
            continue
        if told is not None:
            entries.append(_entry(told.event, fact_key(told.event), told, len(entries), arrival, context))
            del document.told[key]
        if new is not None:
            event = msgspec.Raw(new)
            entry = _entry(event, fact_key(event), None, len(entries), arrival, context)
            entries.append(entry)
            document.told[key] = Told(position=entry.position, partition=entry.partition, event=event)
    return entries


class _Keys(msgspec.Struct):
    agent: str | None = None
    call: str = ""
    partner: str = ""


_read_keys: Callable[[msgspec.Raw], _Keys] = msgspec.json.Decoder(_Keys).decode


def fact_key(event: msgspec.Raw) -> str:
    """Facts are keyed by agent, else by call."""
    keys = _read_keys(event)
    return f"{keys.partner}:{keys.agent}" if keys.agent else keys.call


def _entry(event: msgspec.Raw, key: str, told: Told | None, index: int, arrival: Arrival, context: Context) -> Entry:
    position: Position = (arrival.offset, index)
    record = {
        "origin": context.origin,
        "position": position,
        "recorded_at": arrival.item.received_at,
        "event": event,
    }
    if told is not None:
        record["reverses"] = (told.origin or context.origin, told.position)
    if arrival.item.trace:
        record["trace"] = arrival.item.trace
    partition = told.partition if told is not None else partition_of(key, context.output_partitions)
    return Entry(position=position, partition=partition, key=key, value=msgspec.Raw(encode(record)))
