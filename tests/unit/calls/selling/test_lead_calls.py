"""Telephony feeds leads: dials are attempts whatever comes first or twice, and what is taken back is taken out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.calls.leads.lead_calls import LeadCalls
from services.calls.tracker.call_document import CALLS, CallDocument, CallSummary
from shared.codec import encode
from shared.contracts.calls import CallDispositioned, CallEnded
from shared.engine.partitions import CHECKPOINTS, Checkpoints
from shared.kernel import Recorded
from shared.ports import Put, Record
from tests.spec import published
from tests.unit.calls.selling.memory import AT, World

NUMBER = "+385912340001"
FACT: dict[str, Any] = {
    "call": "adria-1:c1",
    "source": "adria-1",
    "partner": "adria",
    "direction": "outbound",
    "at": AT + timedelta(minutes=2),
    "interval": AT,
    "day": "2026-03-04",
    "agent": "a1",
}


def ended(outcome: Any = "no-answer", **more: Any) -> CallEnded:
    said = {"scope": "call", "reason": outcome, "ended_by": "system", "dialed": True, "outcome": outcome}
    return CallEnded(**{**FACT, **said, **more})


def result(code: str, **more: Any) -> CallDispositioned:
    return CallDispositioned(**{**FACT, "native": code, "canonical": code, "leg": "l1", **more})


class Floor:
    """The worker with one call that the tracker knows, and the topic that it reads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.worker = LeadCalls(
            world.documents,
            Checkpoints(world.documents),
            world.leads,
            world.barred,
            world.vault,
            self,  # type: ignore[arg-type]
            lambda: world.now,
        )
        self.ages: list[tuple[str, datetime]] = []
        self.number = 0
        self.lead = ""
        self.ref = ""

    async def start(self) -> Floor:
        world = self.world
        await world.documents.declare(CALLS)
        await world.documents.declare(CHECKPOINTS)
        lead = await world.add(NUMBER)
        self.lead, self.ref = lead.id, lead.customer_ref
        await self.tracked("outbound")
        await self.worker.begin(0)
        return self

    async def say(self, document: CallDocument, summary: CallSummary, added: datetime) -> None:
        """In the place of `LeadAges`."""
        self.ages.append((f"{document.source}:{summary.call}", added))

    async def tracked(self, direction: str, answered_at: datetime | None = None) -> None:
        """The tracker's document of the call."""
        summary = CallSummary(
            call="c1", state="ended", direction=direction, campaign=None, queue=None, customer_ref=self.ref,
            started_at=AT, answered_at=answered_at, ended_at=None, outcome="", ended_by="", agents=[], transfers=0,
            wait_ms=None, talk_ms=None, hold_ms=None, wrap_ms=None, disposition=None, sale=False, flags=[],
        )  # fmt: skip
        document = CallDocument(
            at=1, partition=0, source="adria-1", partner="adria", correlation="call:c1", summary=summary
        )
        await self.world.documents.put(CALLS, [Put("adria-1:call:c1", None, encode(document))])

    async def tell(self, *facts: Any, back: Recorded[Any] | None = None) -> Recorded[Any]:
        """Published; a repeat of the record comes along."""
        recorded = None
        for fact in facts:
            self.number += 1
            recorded = published(fact, self.number, reverses=back)
            value = encode(recorded)
            await self.worker.apply(0, [Record(2 * self.number, "c1", value), Record(2 * self.number + 1, "c1", value)])
        assert recorded is not None
        return recorded

    async def state(self) -> tuple[str, str | None, int]:
        """Of the lead: its state, the attempts' results, and how many there were."""
        lead = await self.world.leads.get(self.lead)
        assert lead is not None
        results = [attempt.result for attempt in lead.attempts.values()]
        return lead.state, results[-1] if results else None, len(results)


async def floor() -> Floor:
    return await Floor(await World().start()).start()


async def test_a_dial_is_one_attempt_with_its_result() -> None:
    one = await floor()
    await one.tell(ended())
    assert await one.state() == ("recall", "no_answer", 1)
    await one.tell(result("not_interested"))
    assert await one.state() == ("done", "not_interested", 1)
    lead = await one.world.leads.get(one.lead)
    assert lead is not None
    assert lead.attempts["adria-1:c1"].at == AT, "it was tried when the call began"


async def test_what_is_taken_back_was_never_there() -> None:
    one = await floor()
    first = await one.tell(ended())
    said = await one.tell(result("sale"))
    await one.tell(result("sale"), back=said)
    assert await one.state() == ("recall", "no_answer", 1)
    await one.tell(ended(), back=first)
    assert await one.state() == ("fresh", None, 0)


async def test_a_correction_leaves_the_new_fact() -> None:
    one = await floor()
    said = await one.tell(result("sale"))
    await one.tell(result("sale"), back=said)
    await one.tell(result("busy"))
    assert await one.state() == ("recall", "busy", 1)


@pytest.mark.parametrize(
    "fact",
    [
        ended(dialed=False),
        ended(scope="leg"),
        ended(counts="test"),
        ended(partner="other"),
        result("busy", direction="inbound"),
        ended(call="adria-1:unknown"),
    ],
)
async def test_what_is_no_dial_of_this_partner_is_no_attempt(fact: Any) -> None:
    one = await floor()
    await one.tell(fact)
    assert await one.state() == ("fresh", None, 0)


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_a_customer_who_asks_not_to_be_called_is_not_and_a_mistake_is_taken_back(direction: Any) -> None:
    one = await floor()
    said = await one.tell(result("do_not_call", direction=direction))
    assert (await one.state())[0] == "barred"
    assert [list(entry.grounds) for entry in await one.world.barred.of(NUMBER)] == [["call:adria-1:c1:l1"]]
    assert await one.world.next("a1") is None
    await one.tell(result("do_not_call", direction=direction), back=said)
    assert await one.world.barred.of(NUMBER) == []
    assert (await one.state())[0] == "fresh"


async def test_of_a_call_that_somebody_took_it_is_said_how_old_the_youngest_lead_was() -> None:
    one = await floor()
    await one.tell(ended())
    assert one.ages == [], "nobody answered"
    await one.tracked("outbound", answered_at=AT)
    await one.tell(ended("answered"))
    assert one.ages == [], "it is a lead since nobody knows when"
    for days in (90, 30):
        await one.world.add(NUMBER, id=f"{one.lead}-{days}", added=AT - timedelta(days=days))
    await one.world.add(NUMBER, id="other", partner="other", added=AT)
    answered = await one.tell(ended("answered"))
    assert set(one.ages) == {("adria-1:c1", AT - timedelta(days=30))}
    one.ages.clear()
    await one.tell(ended("answered"), back=answered)
    await one.tell(result("sale"), ended("answered", direction="inbound"))
    assert one.ages == []
