"""What came of a call, on its page: a service that is away takes its part of the page away, and not the page."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from services.gateway.api.asking import AsViewer
from services.gateway.api.readers import CallRow
from services.gateway.pages.call_results import AWAY, results_of
from shared.security import Principal

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ROW = CallRow(
    call="adria-switch:c-1",
    partner="adria",
    source="adria-switch",
    state="ended",
    direction="inbound",
    outcome="answered",
)


@pytest.mark.parametrize("part", ["orders", "lead", "recordings"])
async def test_where_the_service_is_away_the_page_says_so(part: str) -> None:
    behind = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _request: httpx.Response(503, json={})), base_url="http://behind"
    )
    async with behind:
        told = await results_of(AsViewer(behind, httpx.Auth()), Principal("boss", "admin", None), ROW, NOW)
    assert told[part]["says"] == AWAY


async def test_a_calls_page_does_not_ask_who_the_customer_is() -> None:
    """The company's own staff would be given the number."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(404, json={})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://behind") as behind:
        await results_of(AsViewer(behind, httpx.Auth()), Principal("boss", "admin", None), ROW, NOW)
    (lead,) = [url for url in asked if url.path.startswith("/api/v1/handovers/")]
    assert lead.query == b"customer=false"
