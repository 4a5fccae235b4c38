"""When is the system at rest? Looked up in the topics' ends and in the checkpoints, from outside."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from services.calls import service as calls
from services.gateway.service import GATEWAY
from services.partners import service as partners
from services.reconciliation import service as reconciliation
from services.training import service as training
from tests.chaos import book
from tests.chaos.book import TELEPHONY
from tests.chaos.journal import Journal
from tests.chaos.system import System

TELLING = "gateway.webhooks."
TOPICS = (
    {
        name: topic
        for service in (calls.SERVICE, partners.SERVICE, reconciliation.SERVICE, training.SERVICE, GATEWAY)
        for name, topic in (
            *((view.name, view.topic) for view in service.views),
            *((f"manager.{manager.name}", manager.topic) for manager in service.managers),
        )
    }
    | {"calls.tracker": TELEPHONY}
    | {f"{TELLING}{topic}": topic for topic in GATEWAY.topics}
)
"""What each view and worker reads."""
QUIET_S = 12.0
"""Timers look every five seconds: so long nothing may move."""


async def at_rest(system: System, patience: float, quiet: float = QUIET_S) -> None:
    """Return when all that is in the topics is applied, and nothing came for `quiet` seconds. TimeoutError says what is
    left."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    before, since = None, loop.time()
    while loop.time() - since < quiet:
        await asyncio.sleep(1.0)
        ends = await book.ends(system.ground.kafka, system.namespace)
        marks = await book.marks(system.ground.mongo, system.namespace)
        readers = await book.readers(system.ground.mongo, system.namespace)
        left = [
            f"{reader}/{partition} is at {marks.get(f'{reader}/{partition}', 0)} of {end}"
            for reader, name in readers.items()
            for partition, end in ends[TOPICS[name]].items()
            if marks.get(f"{reader}/{partition}", 0) != end
        ]
        left += [f"{marks['relay']} commits wait for the relay"] if marks["relay"] else []
        left += [f"{marks['messages']} messages wait"] if marks["messages"] else []
        if left or ends != before:
            before, since = ends, loop.time()
        if loop.time() > until:
            raise TimeoutError("; ".join(left) or "records still come")


async def unequal_views(system: System) -> list[str]:
    """The views that are not what a fold of their log gives, in words; asked at the door."""
    wrong: list[str] = []
    async with system.caller(600.0) as operator:
        listed = await operator.get("/api/v1/operations/views")
        for name in [item["view"] for item in said(listed)["items"]]:
            answer = said(await operator.post(f"/api/v1/operations/views/{name}/verify"))
            if not answer["identical"]:
                wrong.append(f"verify: {name}: {answer['differences'][:3]}")
    return wrong if "alerts" in listed.text else [*wrong, "verify: the views of the gateway are not listed"]


async def retry_letters(system: System, journal: Journal) -> None:
    """Send all dead letters of the telephony again that wait."""
    async with system.operator("calls") as calls:
        cursor: str | None = ""
        letters: list[str] = []
        while cursor is not None:
            page = said(await calls.get("/api/v1/operations/dead-letters", params={"limit": "500"} | _after(cursor)))
            letters += [letter["id"] for letter in page["items"]]
            cursor = page["next"]
        for letter in letters:
            answer = await calls.post(f"/api/v1/operations/dead-letters/calls/{letter}/retry")
            journal.note("retried", letter=letter, status=answer.status_code)


def _after(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def said(answer: httpx.Response) -> dict[str, Any]:
    """The answer of a route that has to work."""
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
