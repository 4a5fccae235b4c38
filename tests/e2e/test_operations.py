"""What operators do and what time brings: dead letters and their retry, secrets that change, calls without an end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from services.calls.connectors.base import Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.native import native
from services.calls.connectors.registry import CONNECTORS
from services.simulate.company import Company, Partner, company
from services.simulate.driver import set_up_company
from services.simulate.signing import standard_headers
from shared import metrics
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation
from shared.ports import Outgoing
from tests.e2e.systems import System, Time, ask, documents, eventually, everything, of_page, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
LETTERS = "/api/v1/operations/dead-letters"
MINUTE = timedelta(minutes=1)
NUMBER = "+447700900777"


class Bug:
    """A release that stumbles over some words: splitting deliveries, reading items, understanding calls."""

    def __init__(self) -> None:
        self.split_at: str | None = None
        self.read_at: str | None = None
        self.translate_at: str | None = None

    def split(self, delivery: Delivery, settings: SourceSettings) -> Split:
        if self.split_at and self.split_at.encode() in delivery.body:
            raise Unreadable("a bug of this release")
        return native.split(delivery, settings)

    def read(self, item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
        if self.read_at and self.read_at.encode() in item.raw:
            raise RecursionError
        return native.read(item, settings, received_at)

    def translate(self, notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
        if self.translate_at and any(note.call == self.translate_at for note in notes):
            raise RuntimeError
        return native.translate(notes, settings)


@pytest.fixture(scope="module")
def bug(engine: str) -> Iterator[Bug]:
    """What is wrong with the native connector at the moment: nothing, until a test says so."""
    found = Bug()
    with pytest.MonkeyPatch.context() as patch:
        stumbling: Any = {"split": found.split, "read": found.read, "translate": found.translate}
        patch.setitem(CONNECTORS, "native", dataclasses.replace(native, **stumbling))
        yield found


@pytest.fixture(scope="module")
def firm() -> Company:
    """Two partners with the native format; the second one's source is on the live clock."""
    found = company(6, partners=2, agents=4, connectors=("native", "native"))
    one, other = found.partners
    live = dataclasses.replace(
        other,
        settings=msgspec.structs.replace(other.settings, clock="live"),
        secrets={"standard-webhooks": other.secrets["standard-webhooks"]},
    )
    return dataclasses.replace(found, partners=(one, live))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    engine: str, time: Time, firm: Company, bug: Bug, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """A system whose timers look often."""
    async with start(engine, tmp_path_factory.mktemp("data"), time, timers_every=0.05) as system:
        await set_up_company(system.client, firm, demo=True)
        yield system


class Platform:
    """A native platform that says one thing after the other, at times of its own."""

    def __init__(self, system: System, partner: Partner, secret: str | None = None) -> None:
        self._client = system.client
        self._partner = partner
        self._secret = secret or partner.secrets["standard-webhooks"][0]
        self._n = 0

    async def says(self, kind: str, at: datetime, **data: Any) -> httpx.Response:
        """Deliver one event, received when it happened."""
        event = {
            "specversion": "1.0",
            "id": f"{kind}-{data.get('call')}-{at.isoformat()}",
            "source": "https://partner.example/1",
            "type": f"com.tallyline.{kind}.v1",
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }
        return await self.delivers(json.dumps(event).encode(), at)

    async def delivers(self, body: bytes, at: datetime) -> httpx.Response:
        """A body as it is."""
        self._n += 1
        ident, second = f"{self._secret[-4:]}-{at.timestamp()}-{self._n}", int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            **standard_headers(self._secret, ident, second, body),
        }
        if "replay" in self._partner.secrets:
            replay = {"received-at": at.isoformat(), "replay-key": self._partner.secrets["replay"][0]}
            headers |= {f"tallyline-{name}": value for name, value in replay.items()}
        return await self._client.post(f"/v1/in/{self._partner.source}", content=body, headers=headers)

    async def starts(self, call: str, at: datetime, **more: Any) -> httpx.Response:
        """A customer calls."""
        data = {"direction": "inbound", "phase": "queued", "customer_number": NUMBER, "campaign": "TV-KIT-GB"}
        return await self.says("call.started", at, call=call, **data, **more)


def agent_of(partner: Partner) -> str:
    return partner.agents[0].id


async def intake(system: System, partner: Partner) -> dict[str, int]:
    counts: dict[str, int] = (await ask(system.client, f"/api/v1/sources/{partner.source}/intake"))["counts"]
    assert counts["received"] == sum(n for verdict, n in counts.items() if verdict != "received")
    return counts


async def offered(system: System, partner: Partner, day: str) -> int:
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    period = {"from": day, "to": following, "partner": partner.id}
    table = await ask(system.client, "/api/v1/performance/partners", **period)
    value: int = table["totals"]["figures"]["offered"]["value"]
    return value


async def letters(system: System, partner: Partner, state: str = "waiting") -> list[Any]:
    return await everything(system.client, LETTERS, source=partner.source, state=state)


async def call_of(system: System, partner: Partner, call: str) -> Any:
    return await ask(system.client, f"/api/v1/calls/{partner.source}:{call}")


async def test_a_delivery_that_nobody_could_read_is_kept_shown_and_counted_once_after_the_fix(
    running: System, firm: Company, bug: Bug
) -> None:
    one = firm.partners[0]
    platform, at = Platform(running, one), datetime(2026, 11, 10, 9, tzinfo=UTC)
    bug.split_at = "poison-1"
    assert (await platform.starts("poison-1", at)).status_code == 400
    assert (await platform.starts("fine-1", at)).status_code == 202
    await running.settled()
    before = await intake(running, one)
    assert (before["received"], await offered(running, one, "2026-11-10")) == (1, 1)

    (letter,) = await letters(running, one)
    assert (letter["kind"], letter["cause"]) == ("delivery", "a bug of this release")
    assert "payload" not in letter
    payload = await running.client.get(f"{LETTERS}/calls/{letter['id']}/payload")
    assert payload.json()["data"]["call"] == "poison-1"
    assert payload.json()["data"]["customer_number"] == NUMBER
    assert NUMBER not in str(letter)
    retry = f"{LETTERS}/calls/{letter['id']}/retry"
    still = await running.client.post(retry)
    assert (still.status_code, still.json()["type"]) == (409, "/problems/still_unreadable")
    assert len(await letters(running, one)) == 1

    bug.split_at = None
    done = await running.client.post(retry)
    assert done.json() == {"id": letter["id"], "sent": 1}
    assert (await running.client.post(retry)).status_code == 409
    await running.settled()
    assert await letters(running, one) == []
    assert [found["id"] for found in await letters(running, one, "retried")] == [letter["id"]]
    assert await intake(running, one) == before | {"received": 2, "accepted": before["accepted"] + 1}
    assert await offered(running, one, "2026-11-10") == 2
    assert (await call_of(running, one, "poison-1"))["summary"]["state"] == "waiting"
    assert (await platform.starts("poison-1", at)).status_code == 202
    await running.settled()
    assert await offered(running, one, "2026-11-10") == 2


async def test_an_item_that_stumbles_stops_nobody_and_is_counted_once_after_the_fix(
    running: System, firm: Company, bug: Bug, time: Time
) -> None:
    one, other = firm.partners
    at = datetime(2026, 11, 11, 9, tzinfo=UTC)
    before = await intake(running, one)
    bug.read_at = "poison-2"
    poisoned = (await Platform(running, one).starts("poison-2", at)).json()["delivery"]
    for n in range(8):
        assert (await Platform(running, one).starts(f"fine-2-{n}", at + n * MINUTE)).status_code == 202
        assert (await Platform(running, other).starts(f"live-2-{n}", time())).status_code == 202
    await running.settled()
    assert (await running.client.get("/readyz")).status_code == 200
    assert await offered(running, one, "2026-11-11") == 8
    assert await offered(running, other, time().date().isoformat()) == 8
    assert (await ask(running.client, f"/api/v1/deliveries/{poisoned}"))["verdict"] == "invalid"
    counts = await intake(running, one)
    assert (counts["received"], counts["invalid"]) == (before["received"] + 9, before["invalid"] + 1)
    assert await letters(running, other) == []

    (letter,) = await letters(running, one)
    assert (letter["kind"], letter["cause"]) == ("item", "RecursionError")
    payload = await running.client.get(f"{LETTERS}/calls/{letter['id']}/payload")
    assert payload.json()["data"]["call"] == "poison-2"
    bug.read_at = None
    assert (await running.client.post(f"{LETTERS}/calls/{letter['id']}/retry")).json()["sent"] == 1
    await running.settled()
    assert await offered(running, one, "2026-11-11") == 9
    after = await intake(running, one)
    assert (after["received"], after["invalid"]) == (counts["received"], before["invalid"])
    assert after["accepted"] == counts["accepted"] + 1
    settled = await ask(running.client, f"/api/v1/deliveries/{poisoned}")
    assert settled["verdict"] == "accepted"
    assert settled["items"] == [{"index": 0, "verdict": "accepted", "reason": None}]
    assert await letters(running, one) == []


async def test_a_call_that_nobody_understands_any_more_stops_nobody_and_keeps_what_was_told(
    running: System, firm: Company, bug: Bug
) -> None:
    one = firm.partners[0]
    platform, at = Platform(running, one), datetime(2026, 11, 11, 20, tzinfo=UTC)
    before = await offered(running, one, "2026-11-11")
    assert (await platform.starts("poison-3", at)).status_code == 202
    await running.settled()
    bug.translate_at = "poison-3"
    ended = await platform.says("call.ended", at + MINUTE, call="poison-3", scope="call")
    assert ended.status_code == 202
    assert (await platform.starts("fine-3", at)).status_code == 202
    await running.settled()
    assert (await running.client.get("/readyz")).status_code == 200
    assert await offered(running, one, "2026-11-11") == before + 2
    assert (await call_of(running, one, "poison-3"))["summary"]["state"] == "waiting"
    (letter,) = await letters(running, one)
    assert (letter["kind"], letter["cause"]) == ("item", "RuntimeError")
    bug.translate_at = None
    assert (await running.client.post(f"{LETTERS}/calls/{letter['id']}/retry")).json()["sent"] == 1
    await running.settled()
    assert (await call_of(running, one, "poison-3"))["summary"]["state"] == "ended"
    assert await offered(running, one, "2026-11-11") == before + 2


async def test_what_nobody_can_read_is_dismissed_with_a_reason_and_waits_no_more(running: System, time: Time) -> None:
    calls, client = running.runtime.kits["calls"], running.client
    await calls.appender.append_all(TELEPHONY_TOPIC, [Outgoing("nobody", b"\x00 of no release")] * 2)

    async def waiting() -> list[str]:
        return sorted(one["id"] for one in await everything(client, LETTERS, source=TELEPHONY_TOPIC))

    async def both() -> list[str] | None:
        found = await waiting()
        return found if len(found) == 2 else None

    first, second = await eventually(both)
    assert (await client.post(f"{LETTERS}/calls/{first}/retry")).status_code == 409, "nothing can be made of it"

    async def measured() -> dict[str, float]:
        await calls.letters.measure(time() + timedelta(days=2))
        value = metrics.REGISTRY.get_sample_value
        waiting = next(f for f in metrics.REGISTRY.collect() if f.name == "tallyline_dead_letters_waiting").samples
        return {
            "age": value("tallyline_dead_letters_oldest_age_seconds", {"service": "calls"}) or 0.0,
            "waiting": sum(one.value for one in waiting if one.labels["service"] == "calls"),
            "dismissed": value("tallyline_dead_letters_closed_total", {"service": "calls", "state": "dismissed"})
            or 0.0,
        }

    before = await measured()
    assert before["age"] > 86_400, "DeadLettersOld fires"
    dismissal = f"{LETTERS}/calls/{first}/dismissal"
    for empty in ({}, {"reason": ""}, {"reason": "  "}):
        assert (await client.post(dismissal, json=empty)).status_code == 422
    said = await client.post(dismissal, json={"reason": f"A test of ours, told by {NUMBER}."})
    assert said.status_code == 200, said.text
    assert (said.json()["by"], said.json()["reason"]) == ("local", "A test of ours, told by [number].")
    again = await client.post(dismissal, json={"reason": f"A test of ours, told by {NUMBER}."})
    assert (again.status_code, again.json()) == (200, said.json()), "a repeat changes nothing"
    assert (await client.post(dismissal, json={"reason": "Another one."})).json()["type"] == "/problems/not_waiting"
    assert (await client.post(f"{LETTERS}/calls/{first}/retry")).status_code == 409

    form = {"letter": second, "reason": "The same test."}
    page = await client.post("/health/letters/calls/dismissal", data=form, headers=of_page(client))
    assert "Dismissed: it waits no more." in (await client.get(page.headers["location"])).text
    page = await client.post("/health/letters/calls/dismissal", data=form | {"reason": "x"}, headers=of_page(client))
    assert "Not dismissed: It does not wait" in (await client.get(page.headers["location"])).text
    assert await waiting() == []
    kept = await everything(client, LETTERS, source=TELEPHONY_TOPIC, state="dismissed")
    assert {one["id"]: one["dismissal"]["reason"] for one in kept} == {
        first: "A test of ours, told by [number].",
        second: "The same test.",
    }
    after = await measured()
    assert (after["age"], after["waiting"]) == (0, before["waiting"] - 2), "nothing fires any more"
    assert after["dismissed"] == before["dismissed"] + 2
    asked = {"what": "Close a dead letter that is not to be sent again", "outcome": "accepted"}
    entries = [one["entry"] for one in (await ask(client, "/api/v1/audit/entries", **asked))["items"]]
    assert {one["on"]["letter_id"] for one in entries} == {first, second}


async def test_an_old_and_a_new_secret_count_side_by_side_until_the_old_is_revoked(
    running: System, firm: Company
) -> None:
    one, at = firm.partners[0], datetime(2026, 11, 12, 9, tzinfo=UTC)
    path = f"/api/v1/sources/{one.source}"
    (old,) = (await ask(running.client, path))["credentials"]["standard-webhooks"]
    issued = await running.client.post(f"{path}/credentials", json={"scheme": "standard-webhooks"})
    assert issued.status_code == 201
    before, after = Platform(running, one), Platform(running, one, issued.json()["key"])

    async def taken() -> bool:
        return (await after.starts("rotated", at)).status_code == 202

    await eventually(taken)
    assert (await before.starts("with-the-old", at)).status_code == 202
    assert issued.json()["key"] not in (await running.client.get(path)).text
    assert (await running.client.delete(f"{path}/credentials/{old}")).status_code == 204

    async def refused() -> bool:  # until then it is the same event again
        return (await before.starts("with-the-old", at)).status_code == 401

    await eventually(refused)
    assert (await after.starts("with-the-new", at)).status_code == 202
    await running.settled()
    assert await offered(running, one, "2026-11-12") == 3
    one.secrets["standard-webhooks"] = (issued.json()["key"],)  # what the tests below sign with


async def test_what_an_erased_customer_said_is_never_shown_again(running: System, firm: Company) -> None:
    one, at = firm.partners[0], datetime(2026, 11, 12, 11, tzinfo=UTC)
    await Platform(running, one).starts("to-be-forgotten", at)
    await running.settled()
    call = await call_of(running, one, "to-be-forgotten")
    (item,) = call["items"]
    raw = await ask(running.client, item["raw_href"])
    assert NUMBER in raw["text"]
    before = await offered(running, one, "2026-11-12")
    erased = await running.client.delete(f"/api/v1/customers/{call['summary']['customer_ref']}")
    assert erased.status_code == 204
    assert (await running.client.get(item["raw_href"])).status_code == 410
    assert await call_of(running, one, "to-be-forgotten") == call
    assert await offered(running, one, "2026-11-12") == before
    await Platform(running, one).starts("calls-again", at + MINUTE)
    await running.settled()
    again = await call_of(running, one, "calls-again")
    assert again["summary"]["customer_ref"] not in (None, call["summary"]["customer_ref"])


async def until_state(system: System, partner: Partner, call: str, state: str) -> Any:
    async def reached() -> Any:
        found = (await call_of(system, partner, call))["summary"]
        return found if found["state"] == state else None

    return await eventually(reached)


async def test_a_call_without_an_end_is_flagged_on_the_recorded_clock_and_healed_by_its_end(
    running: System, firm: Company
) -> None:
    one, at = firm.partners[0], datetime(2026, 11, 13, 9, tzinfo=UTC)
    platform = Platform(running, one)
    await platform.starts("lost", at)
    await platform.says("call.answered", at + MINUTE, call="lost", agent=agent_of(one), answered_by="human")
    await running.settled()
    assert (await call_of(running, one, "lost"))["summary"]["state"] == "in_progress"
    await platform.starts("next", at + 240 * MINUTE)
    await running.settled()
    assert (await call_of(running, one, "lost"))["summary"]["state"] == "in_progress"
    before = await intake(running, one)
    await platform.starts("much-later", at + 242 * MINUTE)
    summary = await until_state(running, one, "lost", "no_end")
    assert summary["flags"] == ["no_end"]
    assert summary["ended_at"] is None
    listed = await everything(running.client, "/api/v1/calls", partner=one.id, state="in_progress")
    assert f"{one.source}:lost" not in {call["call"] for call in listed}
    await running.settled()
    assert (await intake(running, one))["received"] == before["received"] + 1
    data = {"scope": "call", "reason": "completed", "ended_by": "customer", "agent": agent_of(one)}
    await platform.says("call.ended", at + 10 * MINUTE, call="lost", **data)
    healed = await until_state(running, one, "lost", "ended")
    assert healed["flags"] == []
    assert healed["talk_ms"] == 9 * 60_000


async def test_a_call_without_an_end_is_flagged_on_the_live_clock(running: System, firm: Company, time: Time) -> None:
    other = firm.partners[1]
    await Platform(running, other).starts("lost-live", time())
    await running.settled()
    time.forward(239 * MINUTE)
    assert (await call_of(running, other, "lost-live"))["summary"]["state"] == "waiting"
    time.forward(2 * MINUTE)
    assert (await until_state(running, other, "lost-live", "no_end"))["flags"] == ["no_end"]


async def spent(system: System, partner: Partner, day: str, agent: str | None = None) -> dict[str, int]:
    """An agent's time by state on a day, as its evidence says."""
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    found = await ask(
        system.client,
        "/api/v1/performance/evidence",
        **{"from": day, "to": following},
        partner=partner.id,
        agent=agent or agent_of(partner),
        measure="agent_ms",
        limit=1000,
    )
    return dict(found["total"] or {})


async def test_an_agents_state_goes_on_over_midnight_and_its_time_adds_up(running: System, firm: Company) -> None:
    one, midnight = firm.partners[0], datetime(2026, 11, 15, tzinfo=UTC)
    platform, agent = Platform(running, one), agent_of(one)

    async def goes(state: str, at: datetime) -> None:
        answer = await platform.says("agent.state_changed", at, call=None, agent=agent, state=state, native=state)
        assert answer.status_code == 202

    await goes("available", midnight - 50 * MINUTE)
    await goes("break", midnight - 20 * MINUTE)
    await running.settled()
    assert await spent(running, one, "2026-11-14") == {"available": 30 * 60_000}
    await platform.starts("after-midnight", midnight + 25 * MINUTE)

    async def carried() -> Any:
        return await spent(running, one, "2026-11-14") == {"available": 30 * 60_000, "break": 20 * 60_000}

    await eventually(carried)
    await running.settled()
    assert await spent(running, one, "2026-11-15") == {}
    await goes("available", midnight + 30 * MINUTE)
    await goes("offline", midnight + 90 * MINUTE)
    await running.settled()
    assert await spent(running, one, "2026-11-15") == {"break": 30 * 60_000, "available": 60 * 60_000}

    days = await documents(running.runtime.kits["calls"].documents, "tracked_agents", source=one.source, agent=agent)
    mine = {id_[-10:]: document for id_, document in days.items()}
    assert mine["2026-11-14"].get("agent") is None
    assert mine["2026-11-15"]["agent"]["state"] == "offline"
    # A message of the evening before that comes late changes both days.
    await goes("available", midnight - 5 * MINUTE)

    async def corrected() -> Any:
        evening, morning = await spent(running, one, "2026-11-14"), await spent(running, one, "2026-11-15")
        return evening == {"available": 35 * 60_000, "break": 15 * 60_000} and morning == {"available": 90 * 60_000}

    await eventually(corrected)
    for name in ("performance", "performance_day", "evidence"):
        verified = await running.client.post(f"/api/v1/operations/views/{name}/verify")
        assert verified.json()["identical"]


async def test_a_logout_that_comes_after_midnight_ends_the_time_carried_into_the_next_day(
    running: System, firm: Company
) -> None:
    one, midnight = firm.partners[0], datetime(2026, 11, 18, tzinfo=UTC)
    platform, agent = Platform(running, one), one.agents[1].id

    async def goes(state: str, at: datetime) -> None:
        answer = await platform.says("agent.state_changed", at, call=None, agent=agent, state=state, native=state)
        assert answer.status_code == 202

    async def times() -> list[dict[str, int]]:
        return [await spent(running, one, day, agent) for day in ("2026-11-17", "2026-11-18")]

    async def become(evening: dict[str, int], morning: dict[str, int]) -> None:
        async def so() -> bool:
            return await times() == [evening, morning]

        await eventually(so)

    await goes("available", midnight - 50 * MINUTE)
    await goes("break", midnight + 45 * MINUTE)
    await become({"available": 50 * 60_000}, {"available": 45 * 60_000})
    await goes("offline", midnight - 20 * MINUTE)
    await become({"available": 30 * 60_000}, {})
    await goes("available", midnight - 10 * MINUTE)
    await become({"available": 40 * 60_000}, {"available": 45 * 60_000})


async def test_a_cursor_that_is_not_of_the_list_of_dead_letters_is_said_so(running: System) -> None:
    answer = await running.client.get(LETTERS, params={"cursor": "nonsense"})
    assert answer.status_code == 422, answer.text
    assert "cursor" in answer.text
