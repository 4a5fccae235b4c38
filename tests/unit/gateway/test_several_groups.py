"""Several groups of a month are given to somebody by one press: what was done of it is seen, and said."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import Request

from services.gateway.api.asking import AsViewer
from services.gateway.pages.acting import Fields
from services.gateway.pages.month_acts import attribute
from shared.security import Principal

VIEWER, PAGE = Principal("boss", "admin", None), Request({"type": "http", "headers": []})


class Month:
    """A month behind the gateway: what it was told under which key, and whether that was waited for."""

    def __init__(self, refuses: str = "", away_after: int = 99) -> None:
        self.refuses = refuses
        self.away_after = away_after
        self.told: list[tuple[str, str, bool]] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://behind")
        self.ask = AsViewer(client, httpx.Auth())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"mismatches": {}})
        group = request.url.path.split("/")[-2]
        self.told.append((group, request.headers["idempotency-key"], "prefer" in request.headers))
        if len(self.told) > self.away_after:
            return httpx.Response(503, json={})
        if group == self.refuses:
            return httpx.Response(409, json={"type": "/problems/agreed_already", "detail": "It is agreed."})
        return httpx.Response(202, json={})

    async def attributed(self, *groups: str) -> dict[str, Any]:
        texts = [("party", "partner"), ("reason", "They say so."), *(("group", group) for group in groups)]
        told = await attribute(PAGE, self.ask, VIEWER, "adria", "2026-03", Fields(texts, {}))
        return parse_qs(urlsplit(told.headers["location"]).query)


async def test_the_last_is_waited_for() -> None:
    month = Month()
    assert await month.attributed("E1", "E2", "E3") == {"said": ["attributed"]}
    assert [(group, waited) for group, _, waited in month.told] == [("E1", False), ("E2", False), ("E3", True)]
    assert len({key for _, key, _ in month.told}) == 3


@pytest.mark.parametrize("away_after", [99, 3], ids=["seen", "not seen"])
async def test_where_one_is_refused_those_before_it_are_waited_for_and_counted(away_after: int) -> None:
    month = Month("E3", away_after)
    assert await month.attributed("E1", "E2", "E3", "E4") == {"wrong": ["Done for 2 of 4. It is agreed."]}
    assert [(group, waited) for group, _, waited in month.told] == [
        ("E1", False),
        ("E2", False),
        ("E3", False),
        ("E2", True),
    ]
    assert month.told[1][1] == month.told[3][1], "the same command, which is done once"


async def test_where_the_first_is_refused_nothing_was_done() -> None:
    month = Month("E1")
    assert await month.attributed("E1", "E2") == {"wrong": ["It is agreed."]}
    assert len(month.told) == 1
