"""Whose a call is while it is open, read once for all who ask."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.calls.api import waiting
from services.calls.tracker.call_document import CALL_INDEXES, CALLS, CallDocument, CallSummary, Told, fields_of
from services.calls.tracking import ringing
from services.calls.tracking.ringing import Ringing, ring_of
from shared.ports import Put
from tests.unit.shared.documents import MemoryDocuments

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)


def document(state: Any = "waiting", agents: list[str] | None = None, rings: str | None = "a7") -> CallDocument:
    summary = CallSummary(
        call="c-1",
        state=state,
        direction="inbound",
        campaign="lamps",
        queue=None,
        customer_ref="cus_1",
        started_at=AT,
        answered_at=None,
        ended_at=None,
        outcome="",
        ended_by="unknown",
        agents=agents or [],
        transfers=0,
        wait_ms=None,
        talk_ms=None,
        hold_ms=None,
        wrap_ms=None,
        disposition=None,
        sale=False,
        flags=[],
    )
    started = msgspec.json.encode({"agent": rings, "our_number": "+38533000100"})
    return CallDocument(
        at=1,
        partition=0,
        source="switch",
        partner="adria",
        correlation="call:c-1",
        summary=summary,
        told={"started": Told(position=(1, 0), partition=0, event=msgspec.Raw(started))},
    )


@pytest.mark.parametrize(
    ("one", "agent"),
    [
        (document(), "a7"),
        (document(rings=None), None),
        (document("in_progress", ["a1", "a2"]), "a2"),
        (document("ended", rings="a7"), None),
    ],
)
def test_a_call_is_the_agents_who_has_it_or_at_whom_it_rings(one: CallDocument, agent: str | None) -> None:
    assert fields_of(one)["agent"] == agent
    ring = ring_of(one)
    assert (ring.agent if ring else None) == agent
    assert ring is None or (ring.call, ring.our_number) == ("switch:c-1", "+38533000100")


class Counting(MemoryDocuments):
    """Counts how often it is searched."""

    searches = 0

    async def find(self, *args: Any, **more: Any) -> Any:
        self.searches += 1
        return await super().find(*args, **more)


async def test_one_read_serves_all_panels_of_a_partner_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Counting()
    await documents.declare(CALLS, CALL_INDEXES)
    one = document()
    await documents.put(CALLS, [Put("switch:call:c-1", 0, msgspec.json.encode(one), fields_of(one))])
    calls = Ringing(documents)
    assert [ring.call for ring in await calls.of("adria", "a7")] == ["switch:c-1"]
    assert await calls.of("adria", "a8") == ()
    assert documents.searches == 2, "one for each state, whoever asks"
    assert await calls.of("other", "a7") == ()
    monkeypatch.setattr(ringing, "FRESH_S", -1)
    await calls.of("adria", "a7")
    assert documents.searches == 6


async def test_who_listens_hears_of_what_is_written_here_and_reads_only_their_own() -> None:
    documents = Counting()
    await documents.declare(CALLS, CALL_INDEXES)
    calls = Ringing(documents)
    with calls.listening("adria", "a7") as bell, calls.listening("adria", "a8") as other:
        assert await calls.of("adria", "a7") == ()
        one = document()
        await documents.put(CALLS, [Put("switch:call:c-1", 0, msgspec.json.encode(one), fields_of(one))])
        assert await calls.of("adria", "a7") == (), "looked up a moment ago"
        calls.written([one])
        assert (bell.is_set(), other.is_set()) == (True, False)
        assert [ring.call for ring in await calls.of("adria", "a7")] == ["switch:c-1"]
        assert [ring.call for ring in await calls.of("adria", "a7")] == ["switch:c-1"], "and it stays known"
        assert documents.searches == 4, "for each state once for all, and once for the agent"
    bell.clear()
    calls.written([one])
    assert not bell.is_set()


async def test_a_panel_that_waits_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 60)
    documents = Counting()
    await documents.declare(CALLS, CALL_INDEXES)
    calls = Ringing(documents)
    one = document()
    with calls.listening("adria", "a7") as bell:
        version, _ = await waiting.changed(lambda: calls.of("adria", "a7"), tuple, None, 0, bell)
        told = asyncio.ensure_future(waiting.changed(lambda: calls.of("adria", "a7"), tuple, version, 20, bell))
        await asyncio.sleep(0.01)
        await documents.put(CALLS, [Put("switch:call:c-1", 0, msgspec.json.encode(one), fields_of(one))])
        calls.written([one])
        _, rings = await asyncio.wait_for(told, 5)
    assert [ring.call for ring in rings] == ["switch:c-1"]
