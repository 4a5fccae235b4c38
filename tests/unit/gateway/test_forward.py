"""The way through the public door to other processes: files as large as files may be, and how they are given out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from services.calls.api import router as calls
from services.gateway.api.forward import FILES, Passing, forwarding, service_of
from services.gateway.api.gateway import gateway_of, signed_in
from services.partners.api import router as partners
from services.reconciliation.api import router as reconciliation
from services.training.api import router as training
from shared.http import MAX_BODY_BYTES, MAX_FILE_BYTES, install_problems
from shared.security import Principal, ServiceTokens

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AS_FILE = {
    "content-disposition": "attachment",
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox",
}


@asynccontextmanager
async def door() -> AsyncIterator[tuple[httpx.AsyncClient, list[int]]]:
    """The public door, and the sizes of what came to the service behind it."""
    behind, app = FastAPI(), FastAPI()
    sizes: list[int] = []

    @behind.api_route("/api/v1/{rest:path}", methods=["GET", "POST"])
    async def answer(rest: str, request: Request) -> Response:
        sizes.append(len(await request.body()))
        return Response(b"%PDF-", headers=AS_FILE | {"x-secret": "no"}, media_type="application/pdf")

    tokens = ServiceTokens(bytes(32), lambda: AT)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(behind), base_url="http://behind") as client:
        app.include_router(forwarding(Passing(client, tokens)))
        app.dependency_overrides = {
            gateway_of: lambda: None,
            signed_in: lambda: Principal("boss", "admin", None),
        }
        install_problems(app)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
            yield http, sizes


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/contracts/adria:2026/documents", MAX_FILE_BYTES),
        ("/api/v1/contracts/adria:2026/drafts", MAX_BODY_BYTES),
        ("/api/v1/partners/import", MAX_FILE_BYTES),
    ],
)
async def test_a_body_is_as_large_as_its_route_takes_it(path: str, most: int) -> None:
    async with door() as (http, sizes):
        assert (await http.post(path, content=bytes(most))).status_code == 200
        large = await http.post(path, content=bytes(most + 1))
        assert (large.status_code, str(most) in large.json()["detail"]) == (413, True)
        assert sizes == [most]


async def test_a_file_comes_out_as_a_file() -> None:
    async with door() as (http, _):
        answer = await http.get("/api/v1/contracts/adria:2026/documents/abc")
        assert AS_FILE.items() <= dict(answer.headers).items()
        assert "x-secret" not in answer.headers


SERVICES = {"calls": calls, "partners": partners, "reconciliation": reconciliation, "training": training}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_is_reached_and_takes_as_much_as_it_does_in_one_process(service: str) -> None:
    app = FastAPI()
    app.include_router(SERVICES[service])
    paths = {re.sub("{[^}]*}", "x-1", path): told for path, told in app.openapi()["paths"].items()}
    assert len(paths) > 20
    assert [path for path in paths if service_of(path) != service] == []
    files = [
        path
        for path, told in paths.items()
        if any("application/octet-stream" in each.get("requestBody", {}).get("content", {}) for each in told.values())
    ]
    assert [path for path in files if not any(pattern.search(path) for pattern, _ in FILES)] == []
