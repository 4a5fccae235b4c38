"""The product's own tracker and projector under thousands of schedules: former owners, crashes, lost answers.

What must hold whatever happens: in each output partition the first copies of an origin stand in the order of their
positions, one position has one content, what was published adds up to the facts of the set of items, and every view
is a fold of its log.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.calls.connectors.base import Connector, Reading, Secrets, Slice, Split
from services.calls.connectors.fields import in_order
from services.calls.doors.sources import Source
from services.calls.tracker.call_document import AGENTS, AGENTS_NOW, CALLS, CallDocument
from services.calls.tracker.intake import DELIVERIES, INTAKE, IntakeDay, add_intake
from services.calls.tracker.items import Content, Item, encode_item
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.tracking import tracking
from services.calls.tracking.tracking import Tracker
from services.calls.views.performance import performance_day
from shared.clock import now
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC, PublicCallEvent
from shared.contracts.partners import SourceSettings
from shared.engine.dead_letters import DeadLetters
from shared.engine.partitions import CHECKPOINTS, Checkpoint, Checkpoints, Partitions, Worker
from shared.engine.projection import Kept, Projector, Target
from shared.engine.reading import Reader
from shared.kernel import Observation
from shared.ports import Record, Refused
from tests.engine import world as worlds
from tests.engine.world import Bus, Documents, World

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(connector="plain", partner="acme")
VIEW = performance_day
COLLECTION = "performance_day_v1"
SCHEDULES = 150


class VirtualTime(asyncio.SelectorEventLoop):
    """When nobody is ready, the next sleeper's time has come."""

    virtual = 0.0

    def time(self) -> float:
        return self.virtual

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.virtual = max(self.virtual, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(work)


# A platform whose items are observations in JSON


def read(part: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    said = json.loads(part.raw)
    note = Observation(
        kind=said["kind"],
        at=AT + timedelta(seconds=said["s"]),
        call="c",
        agent=said.get("agent"),
        data=said.get("data", {}),
    )
    return Reading(key=said["key"], notes=(note,))


PLAIN = Connector(
    "plain",
    lambda delivery, settings, secrets: None,
    lambda delivery, settings: Split(),
    read,
    lambda notes, settings: in_order(notes),
)


class Sources:
    def get(self, source: str) -> Source:
        return Source(source, 1, SETTINGS, PLAIN, Secrets({}))

    async def settings(self, source: str, revision: int) -> SourceSettings:
        return SETTINGS


class Vault:
    async def keyring(self, sealed: Iterable[bytes]) -> Any:
        return self

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        return sealed

    async def customer_refs(self, numbers: Iterable[str]) -> dict[str, str]:
        return {number: number for number in numbers}


def item(call: int, key: str, kind: str, seconds: int, agent: str | None = None, **data: Any) -> Item:
    raw = json.dumps({"key": key, "kind": kind, "s": seconds, "agent": agent, "data": data}).encode()
    return Item(
        source="s", partner="acme", correlation=f"call:{call}", delivery=f"{call}-{key}", index=0, of=1,
        received_at=AT, revision=1, sealed=msgspec.msgpack.encode(Content(raw)), digest=key,
    )  # fmt: skip


def traffic(world: World) -> list[Item]:
    dice, items = world.dice, list[Item]()
    for call in range(6):
        items.append(item(call, "start", "CallStarted", call, direction="inbound", phase="queued"))
        for n in range(dice.choice((1, 2))):
            agent = f"a{dice.randrange(3)}"
            items.append(item(call, f"answer{n}", "CallAnswered", 10 + call + 20 * n, agent, answered_by="human"))
        items.append(item(call, "end", "CallEnded", 100 + call, scope="call", reason="completed"))
        if dice.random() < 0.5:
            items.append(item(call, "sale", "SaleRecorded", 90, f"a{dice.randrange(3)}", order_ref=f"o{call}"))
    items += dice.choices(items, k=len(items) // 3)
    dice.shuffle(items)
    return items


class System:
    """Two of each worker on every partition, killed and started again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bus = Bus(world)
        self.documents = Documents(world)
        for collection in (CALLS, AGENTS, AGENTS_NOW, DELIVERIES, INTAKE, CHECKPOINTS, COLLECTION):
            world.collections[collection]

    def tracker(self) -> Tracker:
        letters = DeadLetters("calls", self.documents)
        checkpoints = Checkpoints(self.documents)
        return Tracker(self.bus, self.documents, checkpoints, Sources(), Vault(), letters, now, 1, len)  # type: ignore[arg-type]

    def projector(self) -> Projector:
        target = Target(VIEW, COLLECTION, self.documents)
        return Projector("views", TOPIC, [target], Checkpoints(self.documents))

    async def live(self, make: Callable[[], Worker], stopping: asyncio.Event) -> None:
        """One owner after the other; each may be killed at any step."""
        while not stopping.is_set():
            partitions = Partitions(self.bus, make())
            task = asyncio.ensure_future(partitions.run(stopping))
            for _ in range(self.world.dice.randint(20, 1500)):
                await asyncio.sleep(0)
                if stopping.is_set() or task.done():
                    break
            if not stopping.is_set():
                task.cancel()
            done = (await asyncio.gather(task, return_exceptions=True))[0]
            if isinstance(done, Exception):
                raise done

    async def settle(self, worker: Worker) -> None:
        """With everything calm, one owner applies what there is."""
        for partition in range(self.world.partitions):
            offset = await worker.begin(partition)
            while records := self.world.logs[worker.topic, partition][offset : offset + 3]:
                await worker.apply(partition, records)
                offset = records[-1].offset + 1

    async def feed(self, items: Sequence[Item]) -> None:
        for one in items:
            partition = int(one.correlation.rpartition(":")[2]) % self.world.partitions
            log = self.world.logs[TELEPHONY_TOPIC, partition]
            log.append(Record(len(log), one.document, encode_item(one)))
            await self.world.pause()


async def play(seed: int) -> System:
    world = World(seed)
    system = System(world)
    stopping = asyncio.Event()
    owners = [
        asyncio.ensure_future(system.live(make, stopping))
        for make in (system.tracker, system.tracker, system.projector, system.projector)
    ]
    await system.feed(traffic(world))
    for _ in range(3000):
        await asyncio.sleep(0)
    world.calm = True
    stopping.set()
    await asyncio.gather(*owners)
    await system.settle(system.tracker())
    await system.settle(system.projector())
    return system


def breaches(system: System) -> list[str]:
    """What must hold and does not."""
    return [*_order(system), *_content(system), *_totals(system), *_views(system), *_intake(system)]


def _first_copies(records: Sequence[Record]) -> Iterable[tuple[str, tuple[int, int], bytes]]:
    seen = set()
    for record in records:
        envelope = json.loads(record.value)
        place = (envelope["origin"], tuple(envelope["position"]))
        if place not in seen:
            seen.add(place)
            yield place[0], place[1], record.value


def _order(system: System) -> Iterable[str]:
    for (topic, partition), log in system.world.logs.items():
        if topic != TOPIC:
            continue
        last: dict[str, tuple[int, int]] = {}
        for origin, position, _ in _first_copies(log):
            if position < last.get(origin, (-1, -1)):
                yield f"late first copy of {origin} {position} in {partition}"
            last[origin] = position


def _content(system: System) -> Iterable[str]:
    contents: dict[tuple[str, Any], bytes] = {}
    for (topic, _), log in system.world.logs.items():
        for record in log if topic == TOPIC else ():
            envelope = json.loads(record.value)
            place = (envelope["origin"], tuple(envelope["position"]))
            if contents.setdefault(place, record.value) != record.value:
                yield f"two contents at {place}"


def _totals(system: System) -> Iterable[str]:
    net: Counter[str] = Counter()
    for (topic, _), log in system.world.logs.items():
        for _, _, value in _first_copies(log) if topic == TOPIC else ():
            envelope = json.loads(value)
            net[json.dumps(envelope["event"], sort_keys=True)] += -1 if "reverses" in envelope else 1
    expected: Counter[str] = Counter()
    for document in _by_the_set(system).values():
        expected.update(json.dumps(json.loads(bytes(told.event)), sort_keys=True) for told in document.told.values())
    for event in net.keys() | expected.keys():
        if net[event] != expected[event]:
            yield f"published {net[event]} times, true {expected[event]} times: {event}"


def _by_the_set(system: System) -> dict[str, CallDocument]:
    """The documents that the set of all items gives, in the order of the log, without any engine."""
    documents: dict[str, CallDocument] = {}
    decode = msgspec.msgpack.Decoder(Item).decode
    for (topic, partition), log in system.world.logs.items():
        for record in log if topic == TELEPHONY_TOPIC else ():
            one = decode(record.value)
            raw = msgspec.msgpack.decode(one.sealed, type=Content).raw
            arrival = Arrival(record.offset, partition, one, read(Slice(raw, one.correlation), SETTINGS, AT))
            context = Context(PLAIN, SETTINGS, "x", 2, 0)
            documents[one.document] = take(documents.get(one.document), arrival, context).document
    return documents


def _views(system: System) -> Iterable[str]:
    fresh: dict[str, Any] = {}
    reader = Reader("check", VIEW.events)
    for (topic, partition), log in system.world.logs.items():
        for _, recorded in reader.first_copies(log, {}) if topic == TOPIC else ():
            for key, part in VIEW.route(recorded.event):
                id_ = f"{key}|{partition}"
                fresh[id_] = VIEW.fold(fresh.get(id_), part, recorded.sign)
    decode = msgspec.json.Decoder(Kept[VIEW.doc]).decode  # type: ignore[name-defined]
    stored = {id_: decode(s.body).doc for id_, s in system.world.collections[COLLECTION].items()}
    for id_ in fresh.keys() | stored.keys():
        if fresh.get(id_) != stored.get(id_):
            yield f"{id_}: stored {stored.get(id_)}, folded {fresh.get(id_)}"


def _intake(system: System) -> Iterable[str]:
    decode = msgspec.json.Decoder(IntakeDay).decode
    counts = add_intake(decode(s.body) for s in system.world.collections[INTAKE].values())
    received = sum(len(log) for (topic, _), log in system.world.logs.items() if topic == TELEPHONY_TOPIC)
    if counts["received"] != received:
        yield f"{received} items received, {counts} counted"
    accepted = sum(len(document.known) for document in _by_the_set(system).values())
    if counts["accepted"] != accepted:
        yield f"{accepted} items were news, {counts['accepted']} counted so"


def found(seeds: Iterable[int]) -> dict[int, list[str]]:
    wrong: dict[int, list[str]] = {}

    async def one(seed: int) -> None:
        wrong[seed] = breaches(await play(seed))

    for seed in seeds:
        run(one(seed))
    return {seed: list_ for seed, list_ in wrong.items() if list_}


def test_nothing_is_lost_and_nothing_is_counted_twice_under_any_schedule() -> None:
    assert PublicCallEvent
    assert found(range(SCHEDULES)) == {}


# Planted bugs: each must be found, or the test above shows nothing


def expect_breach(seeds: int = 60) -> None:
    for seed in range(seeds):
        try:
            if found([seed]):
                return
        except (AssertionError, KeyError):
            return
    pytest.fail(f"{seeds} schedules, and nobody noticed")


def test_a_write_without_a_revision_condition_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Documents.put

    async def unconditional(self: Documents, collection: str, puts: Any) -> None:
        await put(self, collection, [p._replace(revision=None) for p in puts])

    monkeypatch.setattr(worlds.Documents, "put", unconditional)
    expect_breach()


def test_a_checkpoint_before_the_write_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Tracker._note

    async def early(self: Tracker, session: Any, partition: int, taken: Any, stored: Any) -> None:
        end = taken[-1][0].offset + 1
        await self._checkpoints.save([self.name], partition, Checkpoint(end))
        await note(self, session, partition, taken, stored)

    monkeypatch.setattr(Tracker, "_note", early)
    expect_breach()


def test_a_reader_without_the_origin_check_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    first_copies = Reader.first_copies

    def all_copies(self: Reader, records: Any, seen: Any) -> Any:
        for record in records:
            yield from first_copies(self, [record], {})

    monkeypatch.setattr("shared.engine.projection.Reader.first_copies", all_copies)
    expect_breach_in_views()


def expect_breach_in_views() -> None:
    """The check folds with a reader of its own, so that the planted one is on one side only."""
    for seed in range(60):
        wrong: list[str] = []

        async def one(seed: int = seed, wrong: list[str] = wrong) -> None:
            system = await play(seed)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Reader, "first_copies", _right_first_copies)
                wrong.extend(_views(system))

        run(one())
        if wrong:
            return
    pytest.fail("nobody noticed")


_right_first_copies = Reader.first_copies


def test_a_document_that_is_published_whole_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def whole(self: Tracker, session: Any, taken: Any) -> None:
        by_partition: dict[int, list[Any]] = {}
        for arrival, _ in taken:
            document = session.calls[tracking.collection_of(arrival.item), arrival.item.document].document
            for entry in document.outbox:
                by_partition.setdefault(entry.partition, []).append(entry)
        for partition, entries in by_partition.items():
            await self._send(session.publisher, partition, entries)

    monkeypatch.setattr(Tracker, "_publish", whole)
    expect_breach()


def test_a_refused_owner_that_goes_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Tracker.apply

    async def goes_on(self: Tracker, partition: int, records: Any) -> None:
        try:
            await apply(self, partition, records)
        except Refused:
            self._sessions[partition].calls.clear()
            self._sessions[partition].days.clear()
            self._sessions[partition].agents.clear()

    monkeypatch.setattr(Tracker, "apply", goes_on)
    expect_breach()


def test_an_outbox_that_is_trimmed_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def early(document: Any, arrival: Arrival, context: Context, memo: Any) -> Any:
        if document is not None and arrival.offset >= document.at:
            document.outbox = []
        return take(document, arrival, context, memo)

    monkeypatch.setattr(tracking, "take", early)
    expect_breach()


def test_publishing_before_the_write_with_a_new_release_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    write, publish = Tracker._write, Tracker._publish
    releases = iter(range(10**9))

    async def publishes_first(self: Tracker, session: Any, taken: Any) -> None:
        """Each write comes after its publishing, and each time another release has computed the content."""
        for _, result in taken:
            result.document.outbox = [
                msgspec.structs.replace(e, value=msgspec.Raw(bytes(e.value)[:-1] + b',"actor":"%d"}' % next(releases)))
                for e in result.document.outbox
            ]
        await publish(self, session, taken)
        await write(self, session, taken)

    async def nothing(self: Tracker, session: Any, taken: Any) -> None:
        return

    monkeypatch.setattr(Tracker, "_write", publishes_first)
    monkeypatch.setattr(Tracker, "_publish", nothing)
    expect_breach()
