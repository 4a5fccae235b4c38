"""What the OpenAPI document promises of every route: lists come in pages, writes may be held against what was read,
repeated and waited for. Whatever is promised otherwise stands here, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from services.gateway.api.forward import service_of
from shared.http.described import operations
from tests.e2e.systems import System, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIXED = "as many as the program knows"
FEW = "as many as somebody set up by hand, one each"
OF_ONE = "what belongs to the one thing in the path"
SUMS = "figures: as many as there are groups, however much is counted"
DAYS = "as many as the range has days or half hours, and the range is bounded"
NOW = "what is so at this moment"

WHOLE_LISTS = {
    "/api/v1/operations/views": FIXED,
    "/api/v1/partners/{partner_id}/stages": OF_ONE,
    "/api/v1/pipeline": "partners that nobody has adopted or lost yet; the board shows all of them",
    "/api/v1/partners/{partner_id}/sites": OF_ONE,
    "/api/v1/briefs/{brief_id}/candidates": "candidates of one brief",
    "/api/v1/scorecards": FEW,
    "/api/v1/evaluations/compare": "evaluations of one scorecard, side by side",
    "/api/v1/contracts/due": "contracts with a date within the weeks ahead",
    "/api/v1/contracts/{contract_id}/deviations": OF_ONE,
    "/api/v1/transitions/{partner_id}/scenarios": FIXED,
    "/api/v1/transitions/{partner_id}/test-runs": OF_ONE,
    "/api/v1/tickets/policy": FIXED,
    "/api/v1/tickets/figures": SUMS,
    "/api/v1/announcements/reminders": "who has to be reminded on one day",
    "/api/v1/protocols": FIXED,
    "/api/v1/performance/changes": "the newest changes of one figure; `unmoved` says how many more",
    "/api/v1/kpis": FIXED,
    "/api/v1/calls/{call}/recordings": OF_ONE,
    "/api/v1/calls/{call}": OF_ONE,
    "/api/v1/deliveries/{delivery}": OF_ONE,
    "/api/v1/sources/{source}/unmapped": "as many codes as are kept of a source; `complete` says whether that is all",
    "/api/v1/sources/{source}/health": DAYS,
    "/api/v1/panel/calls": NOW,
    "/api/v1/campaigns/{campaign}/uncertified": "agents of one campaign",
    "/api/v1/media": FEW,
    "/api/v1/media/bought": "a figure a campaign and month",
    "/api/v1/lead-lists/{list_id}/imports": OF_ONE,
    "/api/v1/imports/{import_id}/reasons": OF_ONE,
    "/api/v1/panel/callbacks": "what one agent has promised and not kept yet",
    "/api/v1/orders/return-windows": FEW,
    "/api/v1/providers": FEW,
    "/api/v1/paid-time/{partner}/agents/{agent}": DAYS,
    "/api/v1/scripts/{script}/answers": "the best of one script",
    "/api/v1/handovers/live": NOW,
    "/api/v1/handovers/times": SUMS,
    "/api/v1/work/rules": FIXED,
    "/api/v1/routing/policies": FEW,
    "/api/v1/routing/candidates": "the best `limit` for one call",
    "/api/v1/routing/shares": "partners of one campaign",
    "/api/v1/sources/{source}/trust": DAYS,
    "/api/v1/trust": "a card a source",
    "/api/v1/reconciliation/expected": "a month of each partner",
    "/api/v1/reconciliation/audits/{partner}/{month}": "a sample of fixed size",
    "/api/v1/training/sessions/{session}/comments": "of those invited to one session",
    "/api/v1/training/sessions/form": FIXED,
    "/api/v1/training/coverage": SUMS,
    "/api/v1/training/coaching/library": FIXED,
    "/api/v1/training/coaching/{partner_id}/agents/{agent}": OF_ONE,
    "/api/v1/training/comparison/{among}": SUMS,
    "/api/v1/training/partners/{partner_id}/staffing/forecast": DAYS,
    "/api/v1/training/partners/{partner_id}/staffing/need": DAYS,
    "/api/v1/training/partners/{partner_id}/rotas/{rota}/adherence": "agents of one rota",
    "/api/v1/training/shifts/mine": "of one agent, in rotas that hold",
    "/api/v1/training/partners/{partner_id}/capacity": OF_ONE,
    "/api/v1/training/partners/{partner_id}/capacity/delivery": DAYS,
    "/api/v1/training/ideas/credits": SUMS,
    "/api/v1/keys": FEW,
    "/api/v1/users": FEW,
    "/api/v1/audit/verification": "a chain a service",
    "/api/v1/webhooks/events": FIXED,
}
"""Lists that are answered whole, and why they stay small enough for it."""

APPENDS = "it adds a fact beside others, whatever they are"
NOTHING_TO_MATCH = {
    "/api/v1/operations/dead-letters/{service}/{letter_id}/retry": "a letter never changes; a repeat is recognised",
    "/api/v1/operations/dead-letters/{service}/{letter_id}/dismissal": "only one that waits is dismissed",
    "/api/v1/media/bought/{campaign}/{month}": APPENDS,
    "/api/v1/scripts/steps/{walk}": APPENDS,
    "/api/v1/reconciliation/partners/{partner_id}/lost-sales": APPENDS,
    "/api/v1/reconciliation/month-keys/{month_id}/release": "it is said once, of a month that has no report",
    "/api/v1/reconciliation/rates/{month}": APPENDS,
    "/api/v1/reconciliation/media-costs/{month}": APPENDS,
}
"""Writes on something that exists which can't be held against a read."""

ASKS = "it changes nothing"
SAME = "twice does what once does"
BY_CONTENT = "the same file again is known by its content"
SHOWN_ONCE = "what is shown is kept by nobody, so it can't be shown again; the one too many can be taken back"
WITHOUT_KEY = {
    "/api/v1/operations/views/{name}/rebuild": SAME,
    "/api/v1/operations/views/{name}/verify": ASKS,
    "/api/v1/operations/dead-letters/{service}/{letter_id}/retry": SAME,
    "/api/v1/operations/dead-letters/{service}/{letter_id}/dismissal": SAME,
    "/api/v1/contracts/rate": ASKS,
    "/api/v1/sources/{source}/reprocess": SAME,
    "/api/v1/sources/{source}/try": ASKS,
    "/api/v1/sources/{source}/replay": SAME,
    "/api/v1/sources/{source}/files": BY_CONTENT,
    "/api/v1/customers/imports": BY_CONTENT,
    "/api/v1/products/quote": ASKS,
    "/api/v1/panel/calls/{call}/basket": ASKS,
    "/api/v1/selling-rules/{scope}/trial": ASKS,
    "/api/v1/do-not-call/removal": SAME,
    "/api/v1/do-not-call/check": ASKS,
    "/api/v1/do-not-call/imports": BY_CONTENT,
    "/api/v1/lead-lists/{list_id}/imports/proposal": ASKS,
    "/api/v1/customers/imports/proposal": ASKS,
    "/api/v1/do-not-call/imports/proposal": ASKS,
    "/api/v1/lead-lists/{list_id}/imports": BY_CONTENT,
    "/api/v1/leads/next": "an agent who holds a lead is given the same one again",
    "/api/v1/leads/{lead_id}/release": SAME,
    "/api/v1/providers/{provider_id}/deliveries/{message}/again": SAME,
    "/api/v1/commissions/{partner}/plans/{plan_id}/what-if": ASKS,
    "/api/v1/scripts/check": ASKS,
    "/api/v1/scripts/{script}/preview": ASKS,
    "/api/v1/reconciliation/months/{month_id}/run": SAME,
    "/api/v1/reconciliation/months/{month_id}/run/cancel": SAME,
    "/api/v1/reconciliation/invoices/{invoice_id}/delivery/again": SAME,
    "/api/v1/training/courses/{course}/images": BY_CONTENT,
    "/api/v1/training/partners/{partner_id}/rotas/{rota}/trial": ASKS,
    "/api/v1/training/usage": "each use carries its own id",
    "/api/v1/keys": SHOWN_ONCE,
    "/api/v1/sign-in-links": SHOWN_ONCE,
    "/api/v1/agent-sign-in-links": SHOWN_ONCE,
    "/api/v1/users": "a name is given once: 409",
    "/api/v1/users/{name}/disabling": SAME,
    "/api/v1/users/{name}/enabling": SAME,
    "/api/v1/users/{name}/password": SHOWN_ONCE,
    "/api/v1/webhooks/{webhook}/deliveries/{message}/again": SAME,
}
"""What is posted without an Idempotency-Key, and why a repeat does no harm."""

Operation = tuple[str, str, dict[str, Any]]


async def promised(system: System) -> list[Operation]:
    return list(operations(await ask(system.client, "/api/v1/openapi.json")))


def named(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in operation.get("parameters", ())}


def lists(found: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    for method, path, operation in found:
        if method == "GET":
            for content in operation["responses"]["200"].get("content", {}).values():
                if isinstance(content.get("example"), dict) and "items" in content["example"]:
                    yield path, operation


async def test_every_list_comes_in_pages_or_says_why_it_is_short(system: System) -> None:
    whole = {
        path for path, operation in lists(await promised(system)) if not {"limit", "cursor"} <= {*named(operation)}
    }
    assert whole == WHOLE_LISTS.keys()


async def test_no_page_is_larger_than_the_largest(system: System) -> None:
    """Where the list can be asked for without knowing anything of what there is."""
    asked = 0
    for path, operation in lists(await promised(system)):
        parameters = named(operation)
        needed = [one for one in parameters.values() if one["required"]]
        if "cursor" in parameters and not needed:
            for limit in ("0", "1000000"):
                refused = await system.client.get(path, params={"limit": limit})
                assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "limit"), path
            refused = await system.client.get(path, params={"cursor": "~none~"})
            assert refused.status_code == 422, path
            asked += 1
    assert asked > 25


async def test_every_write_can_be_held_against_a_read_that_has_a_tag(system: System) -> None:
    found = await promised(system)
    tagged = {path for method, path, operation in found if "If-None-Match" in named(operation)}
    without = set()
    for method, path, operation in found:
        if method == "GET" or "{" not in path:
            continue
        given = named(operation).get("If-Match")
        if given is None:
            without.add(path)
            continue
        read = given["description"].partition("`GET ")[2].partition("`")[0]
        assert read in tagged, (method, path, read)
        assert "412" in operation["responses"], (method, path)
    assert without == NOTHING_TO_MATCH.keys()


async def test_no_path_has_two_names(system: System) -> None:
    """What differs in the names of parameters alone is one path (OpenAPI 3.1, 4.8.8.2)."""
    paths = {path for _, path, _ in await promised(system)}
    assert len({re.sub(r"{[^}]*}", "{}", path) for path in paths}) == len(paths)


async def test_what_is_posted_may_be_posted_again(system: System) -> None:
    found = await promised(system)
    without = {
        path for method, path, operation in found if method == "POST" and "Idempotency-Key" not in named(operation)
    }
    assert without == WITHOUT_KEY.keys()


async def test_every_write_may_be_waited_for_and_a_command_tells_its_version(system: System) -> None:
    for method, path, operation in await promised(system):
        if method == "GET":
            continue
        assert "Prefer" in named(operation), (method, path)
        for content in operation["responses"].get("202", {}).get("content", {}).values():
            if isinstance(content["example"], dict) and "stream" in content["example"]:
                assert isinstance(content["example"]["version"], int), (method, path)


async def test_the_public_door_knows_the_way_to_every_route(system: System) -> None:
    """Where the services are processes of their own, what is not the gateway's is led on to whose it is."""
    astray = {
        (path, service, service_of(path))
        for service, parts in system.runtime.parts.items()
        for router in parts.routers
        for route in iter_route_contexts(router.routes)
        if service != "gateway" and service_of(path := str(route.path_format)) != service
    }
    assert astray == set()
