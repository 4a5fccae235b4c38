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
