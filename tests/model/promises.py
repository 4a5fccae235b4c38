"""What must be true when a schedule has come to rest, worked out from the logs alone wherever that is possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.model.calls import CALLS, NEW, OLD, CallDocument, Event, Fact, Item, facts, origin_of
from tests.model.commands import STREAMS, Commit, Head, commits_of
from tests.model.tracker import Note
from tests.model.views import POINTER, Pointer, Tally, fold, greets, is_first, keys_of
from tests.model.world import World


def breaches(world: World) -> list[str]:
    """Every promise that is broken, in words."""
    found = list(world.breaches)
    for promise in (_one_content, _in_order, _nothing_lost, _told, _counted, _commands, _relayed, _greeted, _views):
        found += promise(world)
    return found


def settled(world: World) -> bool:
    """Nothing is on its way, and everybody has applied everything."""
    live = world.get(POINTER, Pointer()).value.collection
    reached = {name: at[0] if isinstance(at, tuple) else at for name, at in world.checkpoints.items()}
    ends = {f"tracker/{part}": len(log) for part, log in enumerate(world.inputs)}
    for part, log in enumerate(world.outputs):
        ends |= {f"{live}/{part}": len(log), f"manager/{part}": len(log)}
    return not (
        world.requests
        or world.late
        or world.spool
        or world.get("head/relay", Head()).value.pending
        or any(not letter.sent for letter in world.kind("letter").values())
        or any(not commit.number for commit in world.kind("commit").values())
        or any(reached.get(name, 0) != end for name, end in ends.items())
    )


def _firsts(log: list[Event]) -> Iterator[tuple[int, Event]]:
    """The copies that stand first, whatever their order."""
    seen: set[tuple[str, tuple[int, int]]] = set()
    for offset, event in enumerate(log):
        if (event.origin, event.position) not in seen:
            seen.add((event.origin, event.position))
            yield offset, event


def _one_content(world: World) -> Iterator[str]:
    contents: dict[tuple[str, tuple[int, int]], Event] = {}
    for event in (event for log in world.outputs for event in log):
        if contents.setdefault((event.origin, event.position), event) != event:
            yield f"{event.origin} {event.position} has two contents"


def _in_order(world: World) -> Iterator[str]:
    """The condition that every reader rests on: nothing comes late, and so nothing was missing before a later one."""
    for partition, log in enumerate(world.outputs):
        highest: dict[str, tuple[int, int]] = {}
        for _, event in _firsts(log):
            if event.position < highest.get(event.origin, event.position):
                yield f"output {partition}: the first copy of {event.origin} {event.position} came late"
            highest[event.origin] = max(event.position, highest.get(event.origin, event.position))


def _nothing_lost(world: World) -> Iterator[str]:
    taken: set[object] = {item for log in world.inputs for item in log}
    taken |= {commit.id for commit in world.kind("commit").values()}
    if lost := world.accepted - taken:
        yield f"accepted and lost: {lost}"


def _known(world: World) -> list[dict[str, Item]]:
    """The items of each call: of two contents under one key the greater."""
    known: list[dict[str, Item]] = [{} for _ in range(CALLS)]
    for item in (item for log in world.inputs for item in log):
        known[item.call][item.key] = max(item, known[item.call].get(item.key, item))
    return known


def _told_facts(world: World) -> list[Mapping[str, Fact]]:
    return [world.get(f"call/{call}", CallDocument()).value.told for call in range(CALLS)]


def _told(world: World) -> Iterator[str]:
    """What a call says last is what the set of its items says, and what was published adds up to it."""
    net: Counter[tuple[int, str, int, int]] = Counter()
    for log in world.outputs:
        for _, event in _firsts(log):
            net[event.origin == "relay", event.measure, event.fact.agent, event.fact.campaign] += event.fact.amount
    for call, (known, told) in enumerate(zip(_known(world), _told_facts(world), strict=True)):
        if told not in [facts(call, known, release) for release in (OLD, NEW)]:
            yield f"call {call} says {told}, its items say {facts(call, known, NEW)}"
        for measure, fact in told.items():
            net[False, measure, fact.agent, fact.campaign] -= fact.amount
    for commit in world.kind("commit").values():
        for agent, amount in commit.grants:
            net[True, "bonus", agent, agent % 2] -= amount
    for what, amount in net.items():
        if amount:
            yield f"published {amount} more than is true of {what}"


def _counted(world: World) -> Iterator[str]:
    """Each input is counted once, as news or not; unless two releases judge it, what is news is counted as news."""
    for part, log in enumerate(world.inputs):
        note = world.get(f"note/{part}", Note()).value
        if note.received != len(log):
            yield f"input {part} has {len(log)} items, {note.received} were counted"
        news = sum(len(d.known) for key, d in world.kind("call").items() if _part(d) == part)
        if note.news < news and not world.kind("letter"):
            yield f"input {part}: documents hold {news} items, {note.news} were counted as news"


def _part(document: CallDocument) -> int:
    return int(origin_of(next(iter(document.known.values()))).rpartition("/")[2])


def _commands(world: World) -> Iterator[str]:
    """A command whose outcome nobody learned happened once or never; an answered one happened once."""
    ids = Counter(commit.id for stream in range(STREAMS) for commit in commits_of(world, stream))
    for id_, times in ids.items():
        if times > 1:
            yield f"{id_} was carried out {times} times"


def _relayed(world: World) -> Iterator[str]:
    numbers: list[int] = []
    for stream in range(STREAMS):
        mine = [commit.number for commit in commits_of(world, stream)]
        numbers += mine
        if mine != sorted(mine):
            yield f"stream {stream} was numbered out of order: {mine}"
    if len(set(numbers)) < len(numbers):
        yield f"a number was given twice: {sorted(numbers)}"


def _greeted(world: World) -> Iterator[str]:
    """The process manager has carried out what follows from each event, and nothing else."""
    wanted = {id_ for log in world.outputs for event in log if (id_ := greets(event)) is not None}
    commits: list[Commit] = list(world.kind("commit").values())
    done = {commit.id for commit in commits if commit.id.startswith("greet")}
    if wanted != done:
        yield f"the process manager left out {wanted - done} and made up {done - wanted}"


def _views(world: World) -> Iterator[str]:
    """The live collection, with its offsets, is the fold of the log; it was kept, rebuilt and switched meanwhile."""
    live = world.get(POINTER, Pointer()).value.collection
    fresh: dict[str, Tally] = {}
    for partition, log in enumerate(world.outputs):
        seen: dict[str, tuple[int, int]] = {}
        for offset, event in enumerate(log):
            if not is_first(event, seen):
                continue
            seen[event.origin] = event.position
            for key in keys_of(event):
                id_ = f"view/{live}/{key}|{partition}"
                fresh[id_] = fold(fresh.get(id_, Tally()), offset, event)
    stored: dict[str, Any] = world.kind(f"view/{live}")
    for id_ in sorted(fresh.keys() | stored.keys()):
        if fresh.get(id_) != stored.get(id_):
            yield f"{id_} holds {stored.get(id_)}, the log says {fresh.get(id_)}"
    if not any(fresh.get(id_) != stored.get(id_) for id_ in fresh.keys() | stored.keys()):
        yield from _sums(world, stored)


def _sums(world: World, stored: dict[str, Tally]) -> Iterator[str]:
    """What the view says of all together is what the calls and commits say."""
    sums: Counter[tuple[str, str]] = Counter()
    for id_, tally in stored.items():
        key = id_.rpartition("/")[2].partition("|")[0]
        sums.update({(key, measure): amount for measure, amount in tally.sums.items()})
    true: Counter[tuple[str, str]] = Counter()
    grants = [("bonus", agent, agent % 2, n) for commit in world.kind("commit").values() for agent, n in commit.grants]
    grants += [(measure, *fact) for told in _told_facts(world) for measure, fact in told.items()]
    for measure, agent, campaign, amount in grants:
        true.update({(f"agent{agent}", measure): amount, (f"campaign{campaign}", measure): amount})
    for what in sorted(sums.keys() | true.keys()):
        if sums[what] != true[what]:
            yield f"the view says {sums[what]} of {what}, true is {true[what]}"
