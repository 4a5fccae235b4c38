"""What operators do with views and dead letters, on the distributed system: through its gateway."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.openapi import document
from services.simulate.driver import set_up_company
from shared.adapters.mongo import MongoDatabase, MongoDocuments
from shared.codec import encode
from shared.contracts.calls import CallAnswered
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.kernel import Recorded
from tests.e2e.processes import tallyline
from tests.e2e.systems import ask, eventually, everything
from tests.e2e.test_distributed import free_base
from tests.e2e.test_views import NAMES, VIEWS, Flow, all_identical, firm
from tests.engines.mongo import MONGO
from tests.engines.run_distributed import Distributed

pytestmark = [pytest.mark.engines, pytest.mark.timeout(280), pytest.mark.asyncio(loop_scope="module")]
LETTERS = "/api/v1/operations/dead-letters"
ASTERISK = Path(__file__).parents[1] / "fixtures" / "telephony" / "asterisk"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Distributed]:
    """All processes."""
    running = Distributed(tmp_path_factory.mktemp("system"), free_base(), f"e2e-{secrets.token_hex(4)}")
    try:
        await running.start()
        yield running
    finally:
        codes = await running.stop()
    assert set(codes.values()) == {0}, codes


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(system: Distributed) -> AsyncIterator[httpx.AsyncClient]:
    """With the operator's key."""
    async with system.caller() as caller:
        yield caller


async def test_views_of_all_services_are_listed_rebuilt_and_verified_while_traffic_flows(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    await set_up_company(client, firm(), demo=True)
    flow = Flow(client)
    before = {item["view"]: item for item in (await ask(client, VIEWS))["items"]}
    assert before.keys() == NAMES
    assert {item["service"] for item in before.values()} == {
        "calls",
        "gateway",
        "partners",
        "reconciliation",
        "training",
    }
    for name in (
        "performance",
        "evidence",
        "agents",
        "alerts",
    ):  # the calls' views are kept by a process without routes
        code, said = await tallyline("views", "rebuild", name, data=system.data)
        assert (code, said.strip()) == (0, f"{name}_v{before[name]['version']}_1")
    await flow.end()

    async def caught_up() -> bool:
        items = (await ask(client, VIEWS))["items"]
        return all((item["lag"], item["building"]) == (0, None) for item in items)

    await eventually(caught_up)
    await all_identical(client)
    code, said = await tallyline("views", "verify", data=system.data)
    assert code == 0, said
    assert {line.partition(":")[0] for line in said.splitlines()} == NAMES
    code, said = await tallyline("views", "list", data=system.data)
    assert code == 0
    assert all(name in said for name in NAMES)
    for what in ("rebuild", "verify"):
        assert (await client.post(f"{VIEWS}/weather/{what}")).status_code == 404


async def test_the_door_describes_the_routes_of_all_services(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.json() == json.loads(json.dumps(document()))
    assert {"/api/v1/partners", "/api/v1/calls", "/api/v1/training/courses", "/api/v1/keys"} <= answer.json()[
        "paths"
    ].keys()
    assert "/api/v1/reconciliation/months" in (await client.get("/developers/api/months")).text


async def test_a_rebuild_asked_for_while_no_worker_is_there_is_done_by_the_next_one(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    await system.kill("worker")
    with pytest.raises(httpx.ReadTimeout):
        await client.post(f"{VIEWS}/performance_day/rebuild", timeout=2)
    await system.start("worker")

    async def switched() -> bool:
        items = {item["view"]: item for item in (await ask(client, VIEWS))["items"]}
        return items["performance_day"]["collection"].endswith("_1") and items["performance_day"]["building"] is None

    await eventually(switched)


async def configure(client: httpx.AsyncClient, columns: list[str]) -> Any:
    """The Asterisk source, whose files have these columns."""
    options = {"cdr": {"columns": columns}} if columns else {}
    settings = {
        "connector": "asterisk", "partner": "acme", "time_zone": "Europe/Sarajevo", "clock": "replay",
        "options": options, "dispositions": {"SALE": "sale", "NA": "no_answer", "B": "busy"},
    }  # fmt: skip
    answer = await client.post("/api/v1/sources", json={"id": "acme-ast", "settings": settings})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_delivery_is_shown_and_sent_again_through_the_command_line(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    registered = await client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
    assert registered.status_code < 300, registered.text
    ready = await configure(client, [])
    made = {issued["scheme"]: issued["key"] for issued in ready["credentials"]}
    content = (ASTERISK / "payloads" / "002-cdr.csv").read_bytes()
    headers = {
        "authorization": f"Bearer {made['bearer']}",
        "tallyline-replay-key": made["replay"],
        "tallyline-received-at": "2026-03-05T12:00:00Z",
        "tallyline-meta": json.dumps({"kind": "cdr"}),
    }

    async def taken() -> bool:
        answer = await client.post("/v1/in/acme-ast", content=content, headers=headers)
        assert answer.status_code in (202, 401), answer.text
        return answer.status_code == 202

    await eventually(taken)

    async def waiting() -> list[Any]:
        return await everything(client, LETTERS, source="acme-ast")

    (letter,) = await eventually(waiting)
    assert letter["cause"] == "the source does not say which columns its files have"
    code, said = await tallyline("dead-letters", "list", data=system.data)
    assert code == 0
    assert letter["id"] in said
    code, said = await tallyline("dead-letters", "show", letter["id"], data=system.data)
    assert code == 0
    assert "447700900134" in said
    code, said = await tallyline("dead-letters", "retry", "all", data=system.data)
    assert code == 1
    assert "does not say which columns" in said

    document = json.loads((ASTERISK / "source.json").read_text(encoding="utf-8"))
    await configure(client, document["cdr"]["columns"])

    async def sent() -> bool:  # the settings are on their way to the process that reads by them
        code, _ = await tallyline("dead-letters", "retry", "all", data=system.data)
        return code == 0

    await eventually(sent)
    assert await waiting() == []

    async def counted() -> Any:
        counts = (await ask(client, "/api/v1/sources/acme-ast/intake"))["counts"]
        return counts if counts["received"] >= len(rows) else None  # partition by partition

    rows = content.splitlines()
    counts = await eventually(counted)
    assert (counts["received"], counts["accepted"]) == (len(rows), len(set(rows))), counts


async def put(system: Distributed, letter: DeadLetter) -> None:
    """Among those of the partners service."""
    database = MongoDatabase(f"mongodb://{MONGO.address()}", system.namespace)
    await database.open()
    letters = DeadLetters("partners", MongoDocuments(database, "partners"))
    await letters.declare()
    await letters.add([letter])
    await database.close()


async def test_an_event_of_a_process_manager_is_shown_and_handled_again(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    fact = CallAnswered(
        call="acme-ast:9", source="acme-ast", partner="acme", direction="inbound", at=at, interval=at,
        day="2026-11-20", agent="latecomer", answered_by="human", first=True, offered=True, dialed=False,
    )  # fmt: skip
    recorded = Recorded[CallAnswered](origin="telephony.1/3", position=(9, 0), recorded_at=at, event=fact)
    letter = DeadLetter(
        id="manager.register_agents_on_first_sight:telephony.1/3:9.0", kind="event", source="tallyline.calls",
        at=at, cause="ZeroDivisionError: a bug of a former release", payload=encode(recorded),
        context={"partition": 0, "offset": 9},
    )  # fmt: skip
    await put(system, letter)
    code, said = await tallyline("dead-letters", "list", "--service", "partners", data=system.data)
    assert code == 0
    assert "ZeroDivisionError" in said
    code, said = await tallyline("dead-letters", "show", letter.id, "--service", "partners", data=system.data)
    assert json.loads(said)["event"]["agent"] == "latecomer"
    code, said = await tallyline("dead-letters", "retry", letter.id, "--service", "partners", data=system.data)
    assert (code, said.strip()) == (0, f"{letter.id}: sent again")
    assert (await client.post(f"{LETTERS}/partners/{letter.id}/retry")).status_code == 409

    async def registered() -> bool:
        return "latecomer" in (await client.get("/api/v1/agents", params={"partner": "acme", "limit": 500})).text

    await eventually(registered)


async def test_one_that_is_not_to_be_sent_again_is_dismissed_through_the_command_line(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    letter = DeadLetter(
        id="manager.gone:telephony.1/3:10.0", kind="event", source="tallyline.calls",
        at=datetime(2026, 11, 20, tzinfo=UTC), cause="KeyError: 'agent'", payload=b"{}",
    )  # fmt: skip
    await put(system, letter)
    to = ("--service", "partners")
    code, said = await tallyline("dead-letters", "retry", letter.id, *to, data=system.data)
    assert code == 1
    assert "The process manager of this event is gone." in said
    dismiss = ("dead-letters", "dismiss", letter.id, *to, "--because", "Its manager is gone since the last release.")
    code, said = await tallyline(*dismiss, data=system.data)
    assert (code, said.strip()) == (0, f"{letter.id}: dismissed")
    assert letter.id not in [one["id"] for one in await everything(client, LETTERS, service="partners")]
    (kept,) = await everything(client, LETTERS, service="partners", state="dismissed")
    assert kept["dismissal"]["reason"] == "Its manager is gone since the last release."


async def test_only_administrators_who_may_see_all_partners_get_in(
    system: Distributed, client: httpx.AsyncClient
) -> None:
    async def key(**wanted: Any) -> str:
        answer = await client.post("/api/v1/keys", json={"name": "a test", **wanted})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    ways = [
        ("GET", VIEWS),
        ("POST", f"{VIEWS}/performance/verify"),
        ("POST", f"{VIEWS}/agents/rebuild"),
        ("GET", LETTERS),
        ("GET", f"{LETTERS}/calls/x/payload"),
        ("POST", f"{LETTERS}/partners/x/retry"),
        ("POST", f"{LETTERS}/partners/x/dismissal"),
    ]
    refused = [await key(role="manager"), await key(role="admin", partners=["acme"])]
    for method, path in ways:
        for text in refused:
            answer = await client.request(method, path, headers={"authorization": f"Bearer {text}"})
            assert answer.status_code == 403, (method, path)
        stranger = await client.request(method, path, headers={"authorization": "Bearer nobody's"})
        assert stranger.status_code == 401, (method, path)
    assert (await client.get(LETTERS, params={"service": "weather"})).status_code == 404
    assert (await client.get(f"{LETTERS}/weather/x/payload")).status_code == 404
    assert (await client.get(LETTERS, params={"cursor": "nonsense"})).status_code == 422


async def test_the_canary_goes_to_the_door_beside_the_gateway(system: Distributed, client: httpx.AsyncClient) -> None:
    (await client.post("/api/v1/partners", json={"partner_id": "sings", "name": "Sings"})).raise_for_status()
    settings = {"connector": "native", "partner": "sings"}
    (await client.post("/api/v1/sources", json={"id": "sings-pbx", "settings": settings})).raise_for_status()
    once = ("canary", "--times", "1", "--partner", "sings", "--metrics-port", "0")
    code, said = await tallyline(*once, "--ingest", f"http://127.0.0.1:{system.ports['ingest']}", data=system.data)
    assert code == 0, said
    assert said.startswith("sings-canary: seen after ")
    code, said = await tallyline(*once, data=system.data)
    assert (code, said.startswith("sings-canary: no_door after ")) == (1, True), "the gateway has no door"
