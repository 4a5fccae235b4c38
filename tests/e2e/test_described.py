"""What `make schemathesis` found once: every problem is described, and each method and time is what it says."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI

from shared.http.joined import give_routes
from tests.e2e.systems import System

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROBLEM = "#/components/schemas/ProblemDocument"


async def test_every_answer_from_400_on_is_described_as_a_problem_document(system: System) -> None:
    document = (await system.client.get("/api/v1/openapi.json")).json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method in methods.keys() - {"parameters"}:
            responses = methods[method]["responses"]
            for status in (status for status in responses if status == "default" or status >= "400"):
                (media,) = responses[status]["content"]
                assert (media, responses[status]["content"][media]["schema"]) == (
                    "application/problem+json",
                    {"$ref": PROBLEM},
                ), (method, path)
            assert "default" in responses, (method, path)


async def test_every_route_of_every_service_is_in_the_document(system: System) -> None:
    """The document is made of a list of routers, beside the list by which each service answers."""
    served = FastAPI()
    give_routes(served, *(router for parts in system.runtime.parts.values() for router in parts.routers))
    wanted = {(path, method) for path, methods in served.openapi()["paths"].items() for method in methods}
    document = (await system.client.get("/api/v1/openapi.json")).json()
    found = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert len(wanted) > 400
    assert wanted - found == set()
    assert all(path.startswith(("/api/v1/operations", "/api/v1/asyncapi")) for path, _ in found - wanted), (
        found - wanted
    )


async def test_a_method_that_a_path_has_not_is_told_those_that_it_has(system: System) -> None:
    refused = await system.client.request("OPTIONS", "/api/v1/agents")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert refused.headers.get_list("allow") == ["GET, POST"]


async def test_what_is_named_is_not_what_a_parameter_would_take_it_for(system: System) -> None:
    for path, methods in (
        ("contracts/rate", "POST"),
        ("products/quote", "POST"),
        ("media/bought", "GET"),
        ("contracts/c-1", "GET"),
        ("providers/p", "GET, PUT"),
    ):
        refused = await system.client.request("OPTIONS", f"/api/v1/{path}")
        assert (refused.status_code, refused.headers["allow"]) == (405, methods), path


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/api/v1/scripts/collagen/survey/texts?version=2474459458047588209524736", "version"),
        ("POST", "/api/v1/reconciliation/invoices/0?month=0000-00", "month"),
        ("GET", "/api/v1/reconciliation/audits/adria/0000-01", "month"),
        ("POST", "/api/v1/commissions/adria/plans/%C3%B6/what-if", "plan_id"),
    ],
)
async def test_what_no_calendar_and_no_store_can_hold_is_refused(
    method: str, path: str, field: str, system: System
) -> None:
    said = {"terms": {"currency": "EUR"}, "month": "2026-02"} if field == "plan_id" else None
    refused = await system.client.request(method, path, json=said)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), refused.text


async def test_a_script_as_yaml_is_described_as_yaml(system: System) -> None:
    document = (await system.client.get("/api/v1/openapi.json")).json()
    good = document["paths"]["/api/v1/scripts/{script}/yaml"]["get"]["responses"]["200"]
    assert list(good["content"]) == ["application/yaml"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/work?before=0.5",
        "/api/v1/orders?to=0",
        "/api/v1/announcements/reminders?on=2.225073858507e-311",
        "/api/v1/handovers?to=1e9",
        "/api/v1/training/certificates?before=0",
        "/api/v1/training/coaching/proposals?until=0",
        "/api/v1/reconciliation/economics?month=0000-01",
    ],
)
async def test_a_number_is_no_time(path: str, system: System) -> None:
    refused = await system.client.get(path)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")


async def test_what_nobody_foresaw_is_logged_once(system: System, caplog: pytest.LogCaptureFixture) -> None:
    """The layer that writes down who asked needs the status only."""
    caplog.set_level(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.engine.commands.Commands.handle", None)
        answer = await system.client.post("/api/v1/partners", json={"partner_id": "odd", "name": "Odd"})
    assert answer.status_code == 500
    assert len([line for line in caplog.messages if line.startswith("error ")]) == 1
