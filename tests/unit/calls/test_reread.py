"""Codes that nobody has decided on are found, and read again they give what a map from the start would have given."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.calls.connectors.base import NotAuthentic, Reading, Secrets, Slice, Unreadable
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixtures import Recording, replay
from services.calls.doors.sources import Source
from services.calls.tracker.call_document import CallDocument, fields_of
from services.calls.tracker.items import Item
from services.calls.tracker.maps import applied, undecided
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.tracking.timers import _items, reading_of_timer
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation
from tests.unit.calls.test_tracker import SETS, decode, facts, ids, load

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Came = tuple[Item, Slice]


def came(recording: Recording) -> list[Came]:
    """All items of a set, in order of arrival, as ingest would store them."""
    connector, secrets = CONNECTORS[recording.settings.connector], Secrets(recording.secrets)
    found: list[Came] = []
    for n, delivery in recording.deliveries:
        try:
            connector.authenticate(delivery, recording.settings, secrets)
            split = connector.split(delivery, recording.settings)
        except (NotAuthentic, Unreadable):
            continue
        for index, part in enumerate(split.slices):
            item = Item(
                source=recording.source_id, partner=recording.settings.partner, correlation=part.correlation,
                delivery=str(n), index=index, of=len(split.slices), received_at=delivery.received_at, revision=1,
                key=split.key, digest=hashlib.sha256(part.raw).hexdigest()[:32],
            )  # fmt: skip
            found.append((item, part))
    return found


class System:
    """Documents, and a log from which items are read again, by the settings of the revision that they carry."""

    def __init__(self, recording: Recording, *revisions: SourceSettings) -> None:
        self.connector = CONNECTORS[recording.settings.connector]
        self.settings = dict(enumerate(revisions, 1))
        self.log: list[Came] = []
        self.documents: dict[str, CallDocument] = {}

    def append(self, item: Item, part: Slice) -> None:
        """Take an item as the tracker would."""
        document = self.documents.get(item.document)
        revision = max(item.revision, document.revision if document else 0)
        context = Context(self.connector, self.settings[revision], "telephony.1/0", 1, 0)
        offset = len(self.log)
        self.log.append((item, part))
        try:
            reading: Reading | None = self.connector.read(part, self.settings[item.revision], item.received_at)
        except Unreadable:
            reading = None
        wrong = None if reading else "unreadable"
        self.documents[item.document] = take(
            document, Arrival(offset, 0, item, reading, wrong, item.generation), context
        ).document

    def again(self, revision: int) -> Iterator[Came]:
        """What waits under older settings, read again."""
        for document in list(self.documents.values()):
            waiting = fields_of(document)["waiting"]
            if not isinstance(waiting, int) or waiting >= revision:
                continue
            for known in list(document.known.values()):
                if known.revision < revision and known.from_outside:
                    item, part = self.log[known.offset]
                    yield msgspec.structs.replace(item, revision=revision, generation=revision), part


def poorer(settings: SourceSettings, dice: random.Random) -> SourceSettings:
    """Without some of the codes; a map that there is stays one."""
    change = {}
    for name in ("dispositions", "agent_states", "queues", "campaigns"):
        codes = getattr(settings, name)
        left = {code: ours for code, ours in codes.items() if dice.random() < 0.4}
        change[name] = left or ({"?": "?"} if codes else {})
    return msgspec.structs.replace(settings, **change)


@cache
def decided(folder: Path) -> tuple[Recording, dict[str, Any]]:
    """A set whose campaigns' codes are known from the start, and what it tells then."""
    read = load(folder)
    campaigns = {code: code.upper() for code in ("vital", "TV", "demo", "support", "sales")}
    settings = msgspec.structs.replace(read.settings, campaigns=campaigns)
    recording = Recording(read.source_id, settings, read.secrets, read.deliveries)
    return recording, facts(replay(recording))


@pytest.mark.parametrize("folder", SETS, ids=ids)
@given(seed=st.integers(0, 2**32))
@examples(max_examples=25, deadline=None)
def test_what_is_read_again_after_the_decision_gives_what_a_map_from_the_start_gives(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    recording, told = decided(folder)
    system = System(recording, poorer(recording.settings, dice), recording.settings)
    items = came(recording)
    items += dice.choices(items, k=len(items) // 3)
    dice.shuffle(items)
    before, late = items[: len(items) // 2], items[len(items) // 2 :]
    for one in before:
        system.append(*one)
    # The decision is made: what waits is read again, while more comes, some of it still under the older settings.
    again = list(system.again(2))
    again += dice.choices(again, k=len(again) // 3) if again else []
    late = [(msgspec.structs.replace(item, revision=dice.choice([1, 2])), part) for item, part in late]
    meanwhile = again + late
    dice.shuffle(meanwhile)
    for one in meanwhile:
        system.append(*one)
    for one in list(system.again(2)):
        system.append(*one)
    assert list(system.again(2)) == [], "nothing waits under the older settings any more"
    assert facts(system) == told  # type: ignore[arg-type]
    net: Counter[bytes] = Counter()
    for document in system.documents.values():
        for recorded in (decode(entry.value) for entry in document.outbox):
            net[msgspec.json.encode(recorded.event)] += recorded.sign
    assert set(net.values()) <= {0, 1}


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_reading_again_twice_or_by_the_same_settings_tells_nothing(folder: Path) -> None:
    recording = load(folder)
    system = System(recording, recording.settings, recording.settings)
    for one in came(recording):
        system.append(*one)
    told, verdicts = facts(system), verdicts_of(system)  # type: ignore[arg-type]
    published = sum(len(document.outbox) for document in system.documents.values())
    stored = [one for one in system.log if one[0].document in system.documents]
    for _ in range(2):
        for item, part in stored:
            system.append(msgspec.structs.replace(item, revision=2, generation=2), part)
    assert facts(system) == told  # type: ignore[arg-type]
    assert sum(len(document.outbox) for document in system.documents.values()) == published
    assert verdicts_of(system) == verdicts, "what became of an item when it came stays as it was"


def verdicts_of(system: System) -> dict[tuple[str, str], str]:
    return {(name, key): known.verdict for name, d in system.documents.items() for key, known in d.known.items()}


# One call, step by step

SETTINGS = SourceSettings(
    connector="native", partner="acme", dispositions={"S": "sale"}, agent_states={"In": "available"}
)


def note(kind: str, seconds: int = 0, agent: str | None = None, **data: Any) -> Observation:
    return Observation(kind=kind, at=AT + timedelta(seconds=seconds), call="c1", agent=agent, data=data)


def item(offset: int, **more: Any) -> Item:
    common: dict[str, Any] = {
        "source": "s1", "partner": "acme", "correlation": "call:c1", "delivery": f"d{offset}", "index": 0, "of": 1,
        "received_at": AT, "revision": 1, "digest": "same",
    }  # fmt: skip
    return Item(**common | more)


def context(settings: SourceSettings = SETTINGS) -> Context:
    return Context(CONNECTORS["native"], settings, "telephony.1/0", 4, 0)


def result(native: str, canonical: str) -> Reading:
    return Reading(key="k", notes=(note("CallDispositioned", 60, "a1", native=native, canonical=canonical),))


def test_a_result_without_a_map_counts_as_other_and_waits_until_it_is_decided() -> None:
    first = take(
        None, Arrival(0, 0, item(0), Reading(key="s", notes=(note("CallStarted", phase="ringing"),))), context()
    )
    document = take(first.document, Arrival(1, 0, item(1), result("NI", "other")), context()).document
    assert document.undecided == {"dispositions:NI": AT + timedelta(seconds=60)}
    assert fields_of(document)["waiting"] == 1
    decided = msgspec.structs.replace(SETTINGS, dispositions={"S": "sale", "NI": "not_interested"})
    again = Arrival(2, 0, item(1, revision=2, generation=2), result("NI", "not_interested"), generation=2)
    taken = take(document, again, context(decided))
    assert taken.document.undecided == {}
    assert fields_of(taken.document)["waiting"] is None
    news = [decode(entry.value) for entry in taken.document.outbox if entry.position[0] == 2]
    assert [(r.sign, r.event.canonical) for r in news] == [(-1, "other"), (1, "not_interested")]


def test_a_code_that_means_other_by_decision_waits_for_nobody() -> None:
    decided = msgspec.structs.replace(SETTINGS, dispositions={"NI": "other"})
    assert undecided([note("CallDispositioned", native="NI", canonical="other")], decided) == {}
    assert undecided([note("CallDispositioned", native="", canonical="other")], SETTINGS) == {}


def test_a_later_content_wins_over_an_earlier_one_that_was_read_again() -> None:
    """As it would without the reading: which of two contents counts never depends on when somebody decided."""
    document = take(None, Arrival(0, 0, item(0, digest="a"), result("S", "sale")), context()).document
    again = Arrival(1, 0, item(0, digest="a", revision=2, generation=2), result("S", "sale"), generation=2)
    document = take(document, again, context()).document
    document = take(document, Arrival(2, 0, item(2, digest="b"), result("NI", "other")), context()).document
    assert document.known["k"].digest == "b"


def test_what_nobody_can_read_again_stays_as_it_was_read() -> None:
    document = take(None, Arrival(0, 0, item(0), result("NI", "other")), context()).document
    gone = Arrival(1, 0, item(0, revision=2, generation=2), None, "KeyDestroyed: acme 2026-03", 2)
    taken = take(document, gone, context())
    assert (taken.changed, taken.document.told) == (True, document.told)
    assert taken.document.known["k"].notes == document.known["k"].notes
    assert fields_of(taken.document)["waiting"] is None, "and is not tried for ever"


def test_an_item_that_has_another_key_by_the_new_settings_is_not_known_twice() -> None:
    document = take(None, Arrival(0, 0, item(0), result("S", "sale")), context()).document
    other = msgspec.structs.replace(result("S", "sale"), key="k2")
    document = take(document, Arrival(1, 0, item(0, revision=2, generation=2), other, generation=2), context()).document
    assert list(document.known) == ["k2"]


def test_agents_go_by_our_ids_also_where_calls_are_handed_to_them() -> None:
    mapped = msgspec.structs.replace(SETTINGS, agents={"ext-1": "a1"})
    told = [
        note("CallAnswered", 5, "ext-1", answered_by="human"),
        note("CallTransferred", 9, "ext-2", to="ext-1", to_kind="agent"),
        note("CallTransferred", 9, "ext-1", to="ext-1", to_kind="extension"),
    ]
    assert [(o.agent, o.data.get("to")) for o in applied(told, mapped)] == [
        ("a1", None),
        ("ext-2", "a1"),
        ("a1", "ext-1"),
    ]
    assert undecided(told, mapped) == {"agents:ext-2": AT + timedelta(seconds=9)}
    assert undecided(told, SETTINGS) == {}, "without a map, agents go by the vendor's ids"


def test_the_number_that_was_called_says_the_campaign_where_the_platform_does_not() -> None:
    numbers = msgspec.structs.replace(SETTINGS, numbers={"+387": "vital"})
    told = [
        note("CallStarted", our_number="+387", campaign=None),
        note("CallStarted", our_number="+387", campaign="TV"),
        note("CallStarted", our_number="+388", campaign=None),
    ]
    assert [o.data["campaign"] for o in applied(told, numbers)] == ["vital", "TV", None]
    assert list(undecided(told, numbers)) == ["numbers:+388"]


def test_every_kind_of_code_is_found_with_its_first_time() -> None:
    told = [
        note("CallStarted", 0, campaign=None, queue=None, unmapped={"campaigns": "TV", "queues": "Q"}),
        note("AgentStateChanged", 1, "a1", native="Pause", state="other"),
        note("AgentStateChanged", 2, "a1", native="Pause", state="other"),
        note("AgentStateChanged", 3, "a1", native="In", state="available"),
    ]
    assert undecided(told, SETTINGS) == {
        "campaigns:TV": AT,
        "queues:Q": AT,
        "agent_states:Pause": AT + timedelta(seconds=1),
    }


def test_a_state_that_was_carried_over_midnight_is_corrected_on_both_days() -> None:
    decided = msgspec.structs.replace(SETTINGS, agent_states={"In": "available", "Pause": "break"})
    revisions = {1: SETTINGS, 2: decided}
    days: dict[str, CallDocument] = {}
    offset = 0

    def feed(one: Item, reading: Reading) -> None:
        nonlocal offset
        before = days.get(one.correlation)
        revision = max(one.revision, before.revision if before else 0)
        arrival = Arrival(offset, 0, one, reading, generation=one.generation)
        beating = dataclasses.replace(context(revisions[revision]), connector=CONNECTORS["amazon-connect"])
        days[one.correlation] = take(before, arrival, beating).document
        offset += 1

    def midnight(revision: int, *correlations: str) -> None:
        """What the timer does for days whose deadline has passed."""
        source = Source("s1", revision, revisions[revision], CONNECTORS["native"], Secrets({}))
        for correlation in correlations:
            assert days[correlation].deadline is not None
            for one in _items(source, days[correlation], AT + timedelta(days=2), 1):
                feed(one, reading_of_timer(one))

    def paused(state: str) -> Reading:
        at, data = AT + timedelta(hours=6), {"state": state, "native": "Pause"}
        return Reading(key="k", notes=(Observation(kind="AgentStateChanged", at=at, agent="a1", data=data),))

    def states() -> list[str]:
        told = [told.event for day in days.values() for told in day.told.values()]
        return [msgspec.json.decode(event)["state"] for event in told]

    first, second, third = (f"agent:a1:2026-03-0{n}" for n in (2, 3, 4))
    feed(item(0, correlation=first), paused("other"))
    midnight(1, first)
    beat = Observation(kind="heartbeat", at=AT + timedelta(days=1, hours=14), agent="a1")
    feed(item(9, correlation=second), Reading(key="beat", verdict="ignored", notes=(beat,)))  # is still there
    midnight(1, second)
    assert states() == ["other", "other"]
    assert {days[day].deadline for day in (first, second)} == {None}
    assert fields_of(days[first])["waiting"] == 1
    feed(item(0, correlation=first, revision=2, generation=2), paused("break"))
    midnight(2, first)
    midnight(2, second)
    assert states() == ["break", "break"]
    assert all(day.undecided == {} for day in days.values())
    assert {days[day].deadline for day in (first, second)} == {None}
    now = days[third].agent
    assert now is not None
    assert now.state == "break"
