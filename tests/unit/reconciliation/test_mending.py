"""What a run and a replay make of a partner's defects, with stores in memory and a view that may lag."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.reconciliation.domain.defect import SpecifyDefect
from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.own_rows import events_of, in_sequence, records_of
from services.reconciliation.matching.replaying import Fold, released
from services.reconciliation.running.mending import Asked, Mending
from services.reconciliation.views.defects import KnownDefect, defects
from services.reconciliation.views.month_calls import month_calls
from shared.http import Accepted, Deps
from shared.kernel import Command, Decider, Event, Money, Rejected, View
from tests.spec import evolved, seen
from tests.unit.reconciliation.broken import (
    BASIS,
    compared,
    documents,
    facts_of_march,
    loses_article,
    loses_campaign,
)

AT = datetime(2026, 4, 3, 8, tzinfo=UTC)
ID = "adria:2026-03-1"
FACTS = facts_of_march()
DOCS = documents(FACTS)


class Memory:
    """Streams, their view, and the calls. `lagging`: what the view tells instead."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Event]] = defaultdict(list)
        self.commands: set[str] = set()
        self.lagging: dict[str, KnownDefect] | None = None

    def known(self) -> dict[str, KnownDefect]:
        return seen(defects, *(event for stream in self.streams.values() for event in stream))

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        happened = self.streams[stream_id]
        if command_id not in self.commands:
            happened += decider.decide(command, evolved(decider, decider.initial, happened))
            self.commands.add(command_id)
        return Accepted(f"{decider.name}-{stream_id}", len(happened))

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> Any:
        assert view is month_calls
        return {key: DOCS[key] for key in keys if key in DOCS}

    async def find(self, view: View[Any, Any, Any], equal: Mapping[str, Any]) -> list[tuple[str, Any]]:
        assert (view, equal) == (defects, {"partner": "adria"})
        return sorted((self.known() if self.lagging is None else self.lagging).items())


class Blobs:
    """Contents by their SHA-256."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    async def get(self, digest: str) -> bytes | None:
        return self.kept.get(digest)


class Month:
    """Our side of March as a fold shows it."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold

    async def own_side(self, partner_id: str, month: str, codes: Mapping[str, str]) -> OwnSide:
        assert (partner_id, month) == ("adria", "2026-03")
        seen_now = [one for doc in DOCS.values() if (one := self.fold(doc.facts)) is not None]
        events = in_sequence(events_of(DOCS.values(), {}, {}))
        return OwnSide(basis=BASIS, records=records_of(seen_now, {}, {}), events=events, roster={})


class Office:
    """Mending with all of that; `fold` is the release that runs."""

    def __init__(self, fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory, self.blobs, self.month = Memory(), Blobs(), Month(fold)
        self.patch = monkeypatch
        deps = Deps(
            door=self.memory,
            reads=cast("Any", self.memory),
            vault=cast("Any", None),
            blobs=cast("Any", self.blobs),
            clock=lambda: AT,
            base_url="",
        )
        self.mending = Mending(deps, cast("Gathering", self.month))
        self.runs = 0
        self.release(fold)

    def release(self, fold: Fold) -> None:
        """From now on this fold runs."""
        self.month.fold = fold
        self.patch.setattr("services.reconciliation.running.mending.released", fold)

    async def run(self) -> dict[str, KnownDefect]:
        """The month is compared once more."""
        self.runs += 1
        calls = compared(DOCS, self.month.fold)
        await self.mending.follow(calls, BASIS, "2026-03", Asked("run", f"run {self.runs}"))
        return self.memory.known()


async def test_a_run_specifies_replays_and_later_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(loses_article, monkeypatch)
    found = await office.run()
    assert [(id_, doc.stage, doc.replays[-1].differing > 0) for id_, doc in found.items()] == [(ID, "open", True)]
    assert await office.run() == found, "the same month tells nothing new"
    office.release(released)
    assert (await office.run())[ID].stage == "closed"
    office.release(loses_article)
    again = (await office.run())[ID]
    assert (again.stage, [one.what for one in again.history][-4:]) == (
        "open",
        ["closed", "found", "reopened", "replayed"],
    )


async def test_a_replay_closes_only_what_its_month_shows_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(loses_article, monkeypatch)
    doc = (await office.run())[ID]
    _, differences = await office.mending.replay(doc, Asked("iva", "r1"))
    assert differences
    assert office.memory.known()[ID].stage == "open"
    office.release(released)
    office.month.fold = loses_article  # the mend reaches the fixture and not the month
    assert (await office.mending.replay(doc, Asked("iva", "r2")))[1] == []
    assert office.memory.known()[ID].stage == "open"
    office.month.fold = released
    await office.mending.replay(office.memory.known()[ID], Asked("iva", "r3"))
    assert office.memory.known()[ID].stage == "closed"


async def test_a_number_that_another_defect_got_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(loses_article, monkeypatch)
    await office.run()
    office.memory.lagging = {}
    office.release(loses_campaign)
    found = await office.run()
    assert {id_: doc.found.kind for id_, doc in found.items()} == {
        ID: "sale_missing_own",
        "adria:2026-03-2": "call_missing_own",
    }


async def test_a_defect_of_two_months_is_not_closed_by_a_run_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(loses_article, monkeypatch)
    doc = (await office.run())[ID]
    april = SpecifyDefect(
        defect_id=ID,
        month="2026-04",
        kind=doc.found.kind,
        predicate=doc.found.predicate,
        calls=1,
        moved=Money(-4900, "EUR"),
        fixture=doc.found.fixture,
        at=AT,
        by="run",
    )
    await office.mending._send(april, Asked("run", "april"))
    office.release(released)
    assert (await office.run())[ID].stage == "open"


async def test_without_its_fixture_nothing_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(loses_article, monkeypatch)
    doc = (await office.run())[ID]
    office.blobs.kept.clear()
    with pytest.raises(Rejected) as refused:
        await office.mending.replay(doc, Asked("iva", "r1"))
    assert refused.value.code == "no_fixture"
