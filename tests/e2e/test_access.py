"""Who gets in: keys are made, restricted and revoked; a sign-in link opens one session."""

from __future__ import annotations

import httpx
import pytest

from tests.e2e.systems import System, of_page

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"


def stranger(system: System) -> httpx.AsyncClient:
    """Somebody without a key."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline")


async def test_a_key_is_shown_once_does_what_its_role_may_and_is_refused_once_it_is_revoked(system: System) -> None:
    made = (
        await system.client.post("/api/v1/keys", json={"name": "dash", "role": "partner", "partners": ["acme"]})
    ).json()
    bearer = {"authorization": f"Bearer {made['key']}"}
    async with stranger(system) as client:
        assert (await client.get("/api/v1/wallboard?partner=acme", headers=bearer)).status_code == 200
        assert (await client.get("/api/v1/wallboard?partner=other", headers=bearer)).status_code == 403
        assert (await client.get("/api/v1/keys", headers=bearer)).status_code == 403
        assert (
            await client.post("/api/v1/keys", headers=bearer, json={"name": "more", "role": "sre"})
        ).status_code == 403
    listed = (await system.client.get("/api/v1/keys")).text
    assert made["key"] not in listed
    assert made["id"] in listed
    assert (await system.client.delete(f"/api/v1/keys/{made['id']}")).status_code == 204
    async with stranger(system) as client:
        assert (await client.get("/api/v1/wallboard?partner=acme", headers=bearer)).status_code == 401
    refused = await system.client.post("/api/v1/keys", json={"name": "x", "role": "owner"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "role"


async def test_a_sign_in_link_opens_one_session(system: System) -> None:
    path = (await system.client.post("/api/v1/sign-in-links")).json()["path"]
    async with stranger(system) as client:
        assert (await client.get("/wallboard", headers={"accept": "text/html"})).status_code == 401
        going = await client.get(path)
        assert (going.status_code, going.headers["location"]) == (303, "/wallboard")
        assert "token" not in going.headers["location"]
        assert (await client.get("/wallboard")).status_code == 200
    async with stranger(system) as late:
        assert (await late.get(path)).status_code == 401


async def test_an_administrator_of_one_partner_lets_nobody_in_who_sees_more(system: System) -> None:
    wide = (await system.client.post("/api/v1/keys", json={"name": "wide", "role": "admin"})).json()
    asked = {"name": "narrow", "role": "admin", "partners": ["acme"]}
    narrow = (await system.client.post("/api/v1/keys", json=asked)).json()
    async with stranger(system) as client:
        client.headers["authorization"] = f"Bearer {narrow['key']}"
        for partners in (None, ["other"], ["acme", "other"]):
            more = {"name": "more", "role": "admin", "partners": partners}
            assert (await client.post("/api/v1/keys", json=more)).status_code == 403
        mine = await client.post("/api/v1/keys", json={"name": "mine", "role": "partner", "partners": ["acme"]})
        assert mine.status_code == 201
        listed = (await client.get("/api/v1/keys")).json()["items"]
        assert wide["id"] not in {key["id"] for key in listed}
        assert {narrow["id"], mine.json()["id"]} <= {key["id"] for key in listed}
        assert {tuple(key["partners"]) for key in listed} == {("acme",)}
        assert (await client.delete(f"/api/v1/keys/{wide['id']}")).status_code == 404
        assert (await client.delete(f"/api/v1/keys/{mine.json()['id']}")).status_code == 204
        client.headers["authorization"] = f"Bearer {wide['key']}"
        assert (await client.get("/api/v1/keys")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/internal/calls/now?at=2026-03-02T09:00:00Z"),
        ("GET", "/internal/calls/counts?at=2026-03-02T09:00:00Z"),
        ("GET", "/api/v1/operations/dead-letters"),
        ("GET", "/api/v1/operations/dead-letters/calls/delivery:1/payload"),
        ("POST", "/api/v1/operations/dead-letters/calls/delivery:1/retry"),
        ("POST", "/api/v1/operations/dead-letters/calls/delivery:1/dismissal"),
        ("GET", "/api/v1/operations/views"),
        ("POST", "/api/v1/operations/views/performance/rebuild"),
        ("POST", "/api/v1/operations/views/performance/verify"),
        ("DELETE", "/api/v1/customers/cus_1"),
    ],
)
async def test_what_concerns_all_partners_is_not_for_an_administrator_of_one(
    method: str, path: str, system: System
) -> None:
    asked = {"name": "narrow", "role": "admin", "partners": ["acme"]}
    narrow = (await system.client.post("/api/v1/keys", json=asked)).json()
    async with stranger(system) as client:
        refused = await client.request(method, path, headers={"authorization": f"Bearer {narrow['key']}"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_allowed")
    assert (await system.client.request(method, path)).status_code in (200, 404)


OF_AGENTS = frozenset(
    tuple(route.split())
    for route in """
    get /api/v1/panel/calls
    post /api/v1/panel/calls/{call}/result
    get /api/v1/panel/calls/{call}/pop
    post /api/v1/panel/calls/{call}/basket
    post /api/v1/panel/callbacks
    get /api/v1/panel/callbacks
    get /api/v1/customers/{customer_ref}
    get /api/v1/customers/{customer_ref}/history
    get /api/v1/campaigns/{campaign}
    get /api/v1/numbers/{number}
    post /api/v1/selling-rules/{scope}/trial
    get /api/v1/scripts/{script}/version
    get /api/v1/scripts/{script}/answers
    post /api/v1/scripts/steps/{walk}
    post /api/v1/handovers
    get /api/v1/handovers
    get /api/v1/handovers/live
    get /api/v1/handovers/{handover_id}
    post /api/v1/leads/next
    get /api/v1/leads/{lead_id}
    get /api/v1/leads/{lead_id}/number
    post /api/v1/leads/{lead_id}/release
    post /api/v1/leads/{lead_id}/attempts
    post /api/v1/leads/{lead_id}/callbacks
    post /api/v1/orders
    get /api/v1/orders
    get /api/v1/orders/{order_id}
    get /api/v1/subscriptions
    get /api/v1/subscriptions/{subscription_id}
    post /api/v1/subscriptions/{subscription}/plan
    post /api/v1/subscriptions/{subscription}/product
    post /api/v1/subscriptions/{subscription}/skip
    post /api/v1/subscriptions/{subscription}/pause
    post /api/v1/subscriptions/{subscription}/resume
    post /api/v1/subscriptions/{subscription}/offers
    post /api/v1/subscriptions/{subscription}/offers/{offer}/answer
    post /api/v1/subscriptions/{subscription}/cancellation
    get /api/v1/commissions/{partner}/statements/{agent}/{month}
    get /api/v1/commissions/{partner}/statements/{agent}/{month}/csv
    get /api/v1/paid-time/{partner}/rules
    get /api/v1/scorecards/{partner}/{agent}
    get /api/v1/paid-time/{partner}/agents/{agent}
    get /api/v1/training/courses
    get /api/v1/training/courses/{course}
    get /api/v1/training/courses/{course}/manual
    get /api/v1/training/courses/{course}/manual/changes
    get /api/v1/training/courses/{course}/manual/page
    get /api/v1/training/sessions/form
    get /api/v1/training/sessions/{session}
    get /api/v1/training/sessions/{session}/invitations/{partner_id}/{agent}/calendar
    post /api/v1/training/sessions/{session}/feedback/{partner_id}/{agent}
    get /api/v1/training/agents/{partner_id}/{agent}
    post /api/v1/training/agents/{partner_id}/{agent}/courses/{course}/acknowledgement
    post /api/v1/training/agents/{partner_id}/{agent}/courses/{course}/papers
    get /api/v1/training/agents/{partner_id}/{agent}/papers/{paper}
    post /api/v1/training/agents/{partner_id}/{agent}/papers/{paper}/answers
    get /api/v1/training/coaching/{partner_id}/agents/{agent}
    get /api/v1/training/contests
    get /api/v1/training/contests/{partner_id}/{contest}
    post /api/v1/training/contests/{partner_id}/{contest}/entry
    post /api/v1/training/contests/{partner_id}/{contest}/exit
    get /api/v1/training/shifts/mine
    get /api/v1/training/forms/{form}
    get /api/v1/training/evaluations
    get /api/v1/training/evaluations/{evaluation_id}
    post /api/v1/training/evaluations/{evaluation_id}/disputes
    post /api/v1/training/ideas
    get /api/v1/training/ideas
    get /api/v1/training/ideas/credits
    get /api/v1/training/ideas/{idea_id}
    post /api/v1/training/ideas/{idea_id}/vote
    delete /api/v1/training/ideas/{idea_id}/vote
    post /api/v1/training/usage
    get /api/v1/training/usage/mine
    post /api/v1/training/conversations
    get /api/v1/training/conversations
    get /api/v1/training/conversations/{conversation_id}
    post /api/v1/training/conversations/{conversation_id}/messages
    """.strip().splitlines()
)
"""Routes of the API that let agents in: what a call needs, and nothing more."""


async def test_agents_are_let_in_by_name_only(system: System) -> None:
    asked = {"name": "Ivo", "role": "agent", "partners": ["acme"], "agent": "a-7"}
    key = (await system.client.post("/api/v1/keys", json=asked)).json()
    assert key["agent"] == "a-7"
    described = (await system.client.get("/api/v1/openapi.json")).json()["paths"]
    tried = 0
    async with stranger(system) as client:
        client.headers["authorization"] = f"Bearer {key['key']}"
        for path, methods in described.items():
            for method in methods.keys() - {"parameters"}:
                if (method, path) in OF_AGENTS or not path.startswith("/api/"):
                    continue
                answer = await client.request(method, path)
                assert (answer.status_code, method, path) == (403, method, path), answer.text
                tried += 1
        for page in ("/wallboard", "/calls", "/evidence"):
            assert (await client.get(page)).status_code == 403
    assert tried > 100


async def test_an_agent_signs_in_to_the_panel_and_to_nothing_else(system: System) -> None:
    wanted = {"name": "Ivo", "partner": "acme", "agent": "a-7"}
    path = (await system.client.post("/api/v1/agent-sign-in-links", json=wanted)).json()["path"]
    async with stranger(system) as client:
        going = await client.get(path)
        assert (going.status_code, going.headers["location"]) == (303, "/panel")
        assert (await client.get("/wallboard")).status_code == 403
        out = await client.post("/signout", headers=of_page(client))
        assert out.status_code == 303


async def test_a_narrowed_key_lets_no_agent_in(system: System) -> None:
    asked = {"name": "narrow", "role": "admin", "rights": ["administration"]}
    narrow = (await system.client.post("/api/v1/keys", json=asked)).json()
    wanted = {"name": "Ivo", "partner": "acme", "agent": "a-7"}
    async with stranger(system) as client:
        client.headers["authorization"] = f"Bearer {narrow['key']}"
        refused = await client.post("/api/v1/agent-sign-in-links", json=wanted)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_allowed")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"role": "agent", "partners": ["acme"]}, "agent"),
        ({"role": "agent", "agent": "a-7"}, "partners"),
        ({"role": "agent", "agent": "a-7", "partners": ["acme", "other"]}, "partners"),
        ({"role": "partner", "agent": "a-7", "partners": ["acme"]}, "agent"),
        ({"role": "partner"}, "partners"),
        ({"role": "partner", "partners": []}, "partners"),
    ],
)
async def test_a_key_of_an_agent_names_the_agent_and_one_partner(
    said: dict[str, object], field: str, system: System
) -> None:
    refused = await system.client.post("/api/v1/keys", json={"name": "x", **said})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
