"""Writes for what was read, and reads of what was written: If-Match and Prefer on whatever route."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.systems import System, Time, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = {"prefer": "wait=10"}


async def partner(system: System, name: str) -> str:
    made = await system.client.post("/api/v1/partners", json={"partner_id": name, "name": name}, headers=WAIT)
    assert (made.status_code, made.headers["preference-applied"]) == (201, "wait=10"), made.text
    return f"/api/v1/partners/{name}"


async def tag(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


async def test_a_command_that_is_waited_for_is_read_at_once(system: System) -> None:
    """Without a moment's rest between: each write is seen by the read that follows it."""
    place = await partner(system, "waited")
    for number in range(20):
        owner = {"owner": f"owner {number}"}
        said = await system.client.put(f"{place}/owner", json=owner, headers=WAIT)
        assert said.headers["preference-applied"] == "wait=10"
        assert (await ask(system.client, place))["owner"] == owner["owner"]


async def test_who_does_not_wait_is_told_nothing_of_it(system: System) -> None:
    place = await partner(system, "hurried")
    for headers in ({}, {"prefer": "respond-async"}, {"prefer": "wait=0"}, {"prefer": "waiting=3"}):
        said = await system.client.put(f"{place}/owner", json={"owner": "ana"}, headers=headers)
        assert said.status_code == 202
        assert "preference-applied" not in said.headers
    refused = await system.client.put(f"{place}/owner", json={"owner": 7}, headers=WAIT)
    assert (refused.status_code, "preference-applied" in refused.headers) == (422, False)


async def test_of_many_who_read_the_same_exactly_one_writes(system: System) -> None:
    """At the same moment, on a stream: the look and the append are one step."""
    place = await partner(system, "contended")
    for _ in range(5):
        read = await tag(system.client, place)
        said = await asyncio.gather(
            *(
                system.client.put(
                    f"{place}/owner", json={"owner": f"{read[1:9]} {number}"}, headers={"if-match": read} | WAIT
                )
                for number in range(8)
            )
        )
        assert sorted(answer.status_code for answer in said) == [202] + [412] * 7
        (won,) = [number for number, answer in enumerate(said) if answer.status_code == 202]
        assert (await ask(system.client, place))["owner"] == f"{read[1:9]} {won}"


async def test_a_repeat_is_answered_again_though_it_changed_what_it_was_meant_for(system: System) -> None:
    place = await partner(system, "repeated")
    headers = {"if-match": await tag(system.client, place), "idempotency-key": "once"} | WAIT
    first, again = [await system.client.put(f"{place}/owner", json={"owner": "ana"}, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await system.client.put(
        f"{place}/owner", json={"owner": "bea"}, headers=headers | {"idempotency-key": "twice"}
    )
    assert (other.status_code, other.json()["type"]) == (412, "/problems/changed_meanwhile")


@pytest.mark.parametrize("given", ['"other"', 'W/"{tag}"', '"", "x"'])
async def test_a_tag_that_is_not_the_last_one_is_refused(given: str, system: System) -> None:
    place = "/api/v1/partners/refusing"
    if (await system.client.get(place)).status_code == 404:
        await partner(system, "refusing")
    read = await tag(system.client, place)
    asked = {"if-match": given.replace('"{tag}"', read)}
    assert (await system.client.put(f"{place}/owner", json={"owner": "ana"}, headers=asked)).status_code == 412
    asked = {"if-match": f'"other", {read}'} | WAIT
    assert (await system.client.put(f"{place}/owner", json={"owner": read}, headers=asked)).status_code == 202
    asked = {"if-match": "*"} | WAIT
    assert (await system.client.put(f"{place}/owner", json={"owner": "cem"}, headers=asked)).status_code == 202


async def test_what_is_not_there_matches_nothing_and_what_nobody_reads_can_not_be_meant(system: System) -> None:
    """`PUT` makes what is not there: with `If-Match: *` only what is there already is described anew."""
    product: dict[str, Any] = {"name": "Tea"}
    path = "/api/v1/campaigns/unheard-of"
    refused = await system.client.put(path, json=product, headers={"if-match": "*"})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/changed_meanwhile")
    refused = await system.client.post(
        "/api/v1/partners", json={"partner_id": "x", "name": "X"}, headers={"if-match": "*"}
    )
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/nothing_to_match")


async def test_a_read_has_a_tag_whatever_route_it_is(system: System) -> None:
    for path in ("/api/v1/reconciliation/rates", "/api/v1/reconciliation/months", "/api/v1/asyncapi.json"):
        query = {"month": "2026-10"} if path.endswith("rates") else {}
        first = await system.client.get(path, params=query)
        assert first.status_code == 200, path
        again = await system.client.get(path, params=query, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


async def test_what_is_in_no_stream_is_held_against_its_list(system: System) -> None:
    """People who sign in are documents, and read in a list that is whole."""
    made = await system.client.post("/api/v1/users", json={"name": "mira", "role": "manager"})
    assert made.status_code == 201, made.text
    read = await tag(system.client, "/api/v1/users")
    for status in (200, 412):
        answer = await system.client.put("/api/v1/users/mira/role", json={"role": "sre"}, headers={"if-match": read})
        assert answer.status_code == status, answer.text
    assert (await ask(system.client, "/api/v1/users"))["items"][0]["role"] == "sre"


@pytest.mark.parametrize("role", ["agent", "partner"])
async def test_who_may_not_write_is_told_nothing_more_by_a_condition(role: str, system: System) -> None:
    asked = {"name": f"looks-{role}", "role": role, "partners": ["acme"]} | ({"agent": "a"} if role == "agent" else {})
    made = await system.client.post("/api/v1/keys", json=asked)
    assert made.status_code == 201, made.text
    bearer = {"authorization": f"Bearer {made.json()['key']}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as stranger:
        for there in ("waited", "never-heard-of"):
            answers = [
                await stranger.put(f"/api/v1/partners/{there}/owner", json={"owner": "x"}, headers=bearer | more)
                for more in ({}, {"if-match": "*"}, {"if-match": "*", "idempotency-key": "k"})
            ]
            assert {answer.status_code for answer in answers} <= {403, 404, 412}
            assert len({answer.status_code for answer in answers[::2]}) == 1
            assert there not in "".join(answer.text for answer in answers)


async def test_a_tickets_tag_stays_while_its_clocks_move_and_changes_with_what_is_said(
    system: System, time: Time
) -> None:
    place, client = await partner(system, "helped"), system.client
    question = {
        "partner_id": place.rpartition("/")[2],
        "subject": "Lines are down",
        "text": "All.",
        "category": "other",
    }
    opened = await client.post("/api/v1/tickets", json=question, headers=WAIT)
    ticket = f"/api/v1/tickets/{opened.json()['id']}"
    read, before = await tag(client, ticket), await ask(client, ticket)
    time.forward(timedelta(minutes=20))
    now = await ask(client, ticket)
    assert now["first_response"]["running_s"] == before["first_response"]["running_s"] + 1_200
    assert await tag(client, ticket) == read
    assert (await client.get(ticket, headers={"if-none-match": read})).status_code == 304
    one, other = [{"priority": priority} for priority in ("high", "low")]
    assert (await client.put(f"{ticket}/priority", json=one, headers={"if-match": read} | WAIT)).status_code == 202
    assert (await client.put(f"{ticket}/priority", json=other, headers={"if-match": read})).status_code == 412
    assert (await ask(client, ticket))["priority"] == "high"
    kept = await tag(client, ticket)
    assert kept != read
    time.forward(timedelta(hours=5))
    assert (await ask(client, ticket))["first_response"]["over"]
    assert await tag(client, ticket) != kept, "who has it already is told that the promise broke"
