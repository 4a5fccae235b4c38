"""A form that writes over something reads it once, as what the write is held against; one that adds reads nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import Request, Response

from services.gateway.api.asking import AsViewer
from services.gateway.pages.acting import Fields
from services.gateway.pages.meanwhile import state_of
from services.gateway.pages.partner import act as of_partner
from services.gateway.pages.tickets import act as of_ticket
from shared.http import Problem
from shared.security import Principal

DOCS: dict[str, dict[str, Any]] = {
    "/api/v1/partners/acme": {"owner": "Mira", "stage": "active", "next_action": None},
    "/api/v1/tickets/acme:000000000001": {"assignee": "Mira", "priority": "high", "partner_id": "acme"},
}
Acting = Callable[..., Awaitable[Response]]
VIEWER, PAGE = Principal("boss", "admin", None), Request({"type": "http", "headers": []})


class Behind:
    """The services, and what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://behind")
        self.ask = AsViewer(client, httpx.Auth())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append((request.method, path))
        known = next((doc for place, doc in DOCS.items() if path.startswith(place)), None)
        if known is None:
            return httpx.Response(404, json={"type": "/problems/not_found", "detail": "There is none."})
        if request.method == "GET":
            return httpx.Response(200, json=known, headers={"etag": '"1"'})
        assert request.headers.get("if-match") in (None, '"1"')
        return httpx.Response(202, json={})


def form(**texts: str) -> Fields:
    return Fields(list(texts.items()), {})


FORMS: list[tuple[Acting, str, str, Fields, list[str]]] = [
    (of_partner, "acme", "owner", form(owner="Jana", over=state_of("Mira")), ["GET", "PUT"]),
    (of_partner, "acme", "next-done", form(over=state_of(None)), ["GET", "POST"]),
    (of_ticket, "acme:000000000001", "assign", form(assignee="Jana", over=state_of("Mira")), ["GET", "PUT"]),
    (of_ticket, "acme:000000000001", "answer", form(text="It is mended."), ["POST"]),
]


@pytest.mark.parametrize(("act", "of", "what", "filled", "asked"), FORMS)
async def test_nothing_is_read_twice(act: Acting, of: str, what: str, filled: Fields, asked: list[str]) -> None:
    behind = Behind()
    told = await act(PAGE, behind.ask, VIEWER, of, what, filled)
    assert [method for method, _ in behind.asked] == asked
    assert told.status_code == 303
    assert parse_qs(urlsplit(told.headers["location"]).query).keys() == {"said"}


@pytest.mark.parametrize(("act", "what", "filled"), [(act, what, filled) for act, _, what, filled, _ in FORMS])
async def test_what_is_not_there_is_404(act: Acting, what: str, filled: Fields) -> None:
    behind = Behind()
    with pytest.raises(Problem) as told:
        await act(PAGE, behind.ask, VIEWER, "other:000000000001", what, filled)
    assert told.value.status == 404
