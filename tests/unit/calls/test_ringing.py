"""Whose a call is while it is open, read once for all who ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

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
