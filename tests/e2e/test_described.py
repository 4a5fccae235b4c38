"""What `make schemathesis` found once: every problem is described, and each method and time is what it says."""

from __future__ import annotations

import logging

import pytest

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


async def test_a_method_that_a_path_has_not_is_told_those_that_it_has(system: System) -> None:
    refused = await system.client.request("OPTIONS", "/api/v1/agents")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert refused.headers.get_list("allow") == ["GET, POST"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/work?before=0.5",
        "/api/v1/orders?to=0",
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
