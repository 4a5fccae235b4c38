"""When is a system at rest, and what does it answer then? Asked over HTTP and in the database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.e2e.crash.checker import CALLS, TELEPHONY, tracked
from tests.e2e.crash.load import DAY, MIDNIGHT, after_midnight, firm
from tests.e2e.crash.logbook import Logbook

PATIENCE_S = 180.0


async def at_rest(client: httpx.AsyncClient, book: Logbook) -> None:
    """Return when everything that is in the log and in the commits has been applied by everybody."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while (wrong := await _moving(client, book)) is not None:
        if loop.time() > until:
            raise TimeoutError(wrong)
        await asyncio.sleep(0.2)


async def night(client: httpx.AsyncClient, book: Logbook) -> None:
    """Send what moves the clocks past midnight, until time has brought about all that it can."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        for request in after_midnight():
            answer = await client.post(request.path, headers=request.headers, content=request.body)
            assert answer.status_code == 202, answer.text
        await at_rest(client, book)
        if not (left := due(book)):
            return
        if loop.time() > until:
            raise TimeoutError(f"{left[:5]} are due")
        await asyncio.sleep(0.5)


def due(book: Logbook) -> list[str]:
    """The documents whose deadline was before midnight, or is midnight, but for the partner on its own clock."""
    own = firm().partners[2].source
    return [
        id_
        for id_, document in tracked(book).items()
        if document["source"] != own
        and document.get("deadline")
        and datetime.fromisoformat(document["deadline"]) <= MIDNIGHT
    ]


async def _moving(client: httpx.AsyncClient, book: Logbook) -> str | None:
    for service, worker, topic in (
        ("calls", "calls.tracker", TELEPHONY),
        ("partners", "manager.register_agents_on_first_sight", CALLS),
    ):
        marks = book.documents(service, "checkpoints")
        for partition, end in book.ends(topic).items():
            at = marks.get(f"{worker}/{partition}", {}).get("offset", 0)
            if at != end:
                return f"{worker} is at {at} of {end} in {partition}"
    if book.committed("partners")[1]:
        return "the relay has not numbered all commits"
    if book.documents("partners", "relay")["head"]["pending"]:
        return "the relay has not published all commits"
    views = (await client.get("/api/v1/operations/views")).json()["items"]
    return next((f"{view['view']} lags" for view in views if view["lag"]), None)


async def wrong_views(client: httpx.AsyncClient) -> list[str]:
    """The views that are not what a fold of their log gives."""
    listed = (await client.get("/api/v1/operations/views")).json()["items"]
    found = []
    for view in [item["view"] for item in listed]:
        answer = (await client.post(f"/api/v1/operations/views/{view}/verify")).json()
        if not answer["identical"]:
            found.append(f"{view}: {answer['differences'][:3]}")
    return found


async def figures(client: httpx.AsyncClient) -> dict[str, Any]:
    """What the read routes say of the partners that send at least once: all figures by every dimension."""
    period = {"from": DAY.isoformat(), "to": (DAY + timedelta(days=1)).isoformat(), "counts": "test", "limit": "500"}
    found: dict[str, Any] = {}
    for partner in firm().partners[:2]:
        for dimension in ("partners", "agents", "teams", "campaigns"):
            query = period | {"partner": partner.id, "group_by": "day,direction"}
            answer = await client.get(f"/api/v1/performance/{dimension}", params=query)
            assert answer.status_code == 200, answer.text
            said = answer.json()
            found[f"{partner.id} {dimension}"] = [said["items"], said["totals"]]
        for measure in ("offered", "handled", "aht", "sales_reported"):
            query = period | {"partner": partner.id, "measure": measure}
            answer = await client.get("/api/v1/performance/evidence", params=query)
            assert answer.status_code == 200, answer.text
            found[f"{partner.id} evidence of {measure}"] = answer.json()["items"]
    return found


async def offered_to(client: httpx.AsyncClient, partner: str) -> int:
    """Calls offered to a partner on the day."""
    query = {"from": DAY.isoformat(), "to": (DAY + timedelta(days=1)).isoformat(), "counts": "test", "partner": partner}
    answer = (await client.get("/api/v1/performance/partners", params=query | {"kpis": "offered"})).json()
    return int(answer["totals"]["figures"]["offered"]["value"] or 0)
