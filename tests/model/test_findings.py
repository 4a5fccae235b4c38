"""What the model found in the product's own code stays mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.calls.connectors.base import Reading
from services.calls.connectors.registry import CONNECTORS
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import Arrival, Context, take
from shared.adapters.sqlite import SqliteEventStore, SqliteFile
from shared.contracts.partners import SourceSettings
from shared.engine.commands import Commands
from shared.kernel import Command, Decider, Event, Observation, Rejected

AT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def context(day_zone: str) -> Context:
    settings = SourceSettings(connector="native", partner="acme", day_zone=day_zone)
    return Context(CONNECTORS["native"], settings, "telephony.1/0", 4, 0)


def arrival(offset: int, *notes: Observation, wrong: str | None = None) -> Arrival:
    item = Item(
        source="s",
        partner="acme",
        correlation="call:c",
        delivery=f"d{offset}",
        index=0,
        of=1,
        received_at=AT,
        revision=1,
    )
    return Arrival(offset, 0, item, None if wrong else Reading(key=f"k{offset}", notes=notes), wrong)


def ended_call() -> CallDocument:
    document = None
    for offset, (kind, data) in enumerate(
        (
            ("CallStarted", {"direction": "inbound", "phase": "queued"}),
            ("CallAnswered", {"answered_by": "human"}),
            ("CallEnded", {"scope": "call", "reason": "completed"}),
        )
    ):
        note = Observation(kind=kind, at=AT + timedelta(seconds=10 * offset), call="c", agent="a", data=data)
        document = take(document, arrival(offset, note), context("UTC")).document
    assert document is not None
    return document


def test_an_item_that_is_given_up_tells_nothing_even_where_the_facts_would_now_be_others() -> None:
    """Another owner may have read it, passed over it as a repeat, and published what comes after it."""
    before = ended_call()
    assert take(before, arrival(3), context("Asia/Tokyo")).document.told != before.told
    taken = take(before, arrival(3, wrong="not a time"), context("Asia/Tokyo"))
    assert taken.changed
    assert taken.verdict == "invalid"
    assert taken.document.at == 4
    assert taken.document.told == before.told
    assert taken.document.outbox == before.outbox


class Set(Command, frozen=True):
    """Want the value."""

    value: str


class Fix(Command, frozen=True):
    """Want the value, which nobody may change afterwards."""

    value: str


class WasSet(Event, frozen=True):
    """The value is another one."""

    value: str
    fixed: bool = False


def decide(command: Set | Fix, state: WasSet) -> list[WasSet]:
    if state.fixed:
        raise Rejected("fixed", "It is fixed.")
    if isinstance(command, Fix):
        return [WasSet(value=command.value, fixed=True)]
    return [] if command.value == state.value else [WasSet(value=command.value)]


SETTING = Decider("setting", WasSet, WasSet(value=""), decide, lambda _, event: event)


class Process:
    """One of several that share a store, with what it remembers."""

    def __init__(self, store: SqliteEventStore) -> None:
        self._commands = Commands(store, lambda: AT, lambda: None)

    async def want(self, command: Set | Fix, id_: str) -> int:
        _, version = await self._commands.handle(SETTING, "x", command, command_id=id_, actor="ana")
        return version


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteEventStore]:
    file = SqliteFile(tmp_path / "tallyline.db")
    await file.open()
    yield SqliteEventStore(file, "settings")
    await file.close()


async def test_a_command_is_not_answered_as_done_on_a_state_that_another_process_has_changed(
    store: SqliteEventStore,
) -> None:
    one, other = Process(store), Process(store)
    assert await one.want(Set(value="a"), "1") == 1
    assert await other.want(Set(value="b"), "2") == 2
    assert await one.want(Set(value="a"), "3") == 3
    assert await one.want(Set(value="a"), "4") == 3


async def test_a_command_that_was_carried_out_is_answered_again_though_the_rules_now_say_no(
    store: SqliteEventStore,
) -> None:
    one, other = Process(store), Process(store)
    assert await one.want(Set(value="a"), "1") == 1
    assert await one.want(Fix(value="b"), "2") == 2
    assert await one.want(Fix(value="b"), "2") == 2
    assert await other.want(Set(value="a"), "1") == 1
    with pytest.raises(Rejected):
        await one.want(Set(value="c"), "3")
