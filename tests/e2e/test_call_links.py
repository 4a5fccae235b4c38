"""From a call to what came of it and back: its order, its hot lead, its recordings; each for whoever may see it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from lxml import html

from shared.rights import ROLES, Role
from tests.e2e.contracts import signed_partner
from tests.e2e.shop import done, price
from tests.e2e.switch import ANSWERED, ENDED, SALE, Said, Switch, result, source
from tests.e2e.systems import System, Time, at_rest
from tests.e2e.test_panel import panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = {"accept": "text/html"}
NUMBER = "+385912345678"
ORDER = "adria:4711"
SOLD, WAITS, EXPIRED = "adria-switch:sold", "adria-switch:waits", "adria-switch:expired"
SOUND = {"recording_url": "https://adria.example/r/1.mp3", "transcript_url": "https://adria.example/t/1"}
OLD = {"recording_url": "https://adria.example/r/2.mp3?expires=1700000000&signature=x"}
"""Its address says itself until when it works: November 2023."""
OFFICE = {"manager", "supervisor", "reconciler", "accountant", "trainer", "partner", "admin"}
HEAR = OFFICE - {"accountant"}


def rings(**more: str) -> Said:
    numbers = {"customer_number": NUMBER, "our_number": "+38533000100"}
    said = {"direction": "inbound", "phase": "ringing", "campaign": "lamps", "agent": "a7", **numbers}
    return "call.started", 0, said | more


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(system: System, time: Time) -> System:
    """Three calls: of one an order, a hot lead that was taken late, and recordings."""
    client = system.client
    await signed_partner(system, "adria", "2026-01-05")
    await done(client, "POST", "/partners", {"partner_id": "zvono", "name": "Zvono", "time_zone": "Europe/Sarajevo"})
    await done(client, "POST", "/sources", source("adria-switch", "adria"))
    await done(client, "PUT", "/products/KOL-30", {"name": "Collagen"})
    await price(system, "KOL-30", 3192)
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    await switch.tell("sold", time(), [rings(**SOUND), ANSWERED, SALE, ENDED, result("SOLD")])
    await switch.tell("waits", time(), [rings(), ANSWERED])
    await switch.tell("expired", time(), [rings(**OLD), ANSWERED, ENDED])
    ref = (await system.runtime.kits["calls"].vault.customer_refs([NUMBER]))[NUMBER]
    lines = [{"sku": "KOL-30", "quantity": 2}]
    order = {"partner": "adria", "country": "HR", "customer_ref": ref, "lines": lines, "agent": "a7"}
    await done(client, "POST", "/orders", {**order, "id": "4711", "call": SOLD})
    await done(client, "POST", "/orders", {**order, "id": "4712"})
    async with await panel(system, "adria", "a7") as mine:
        await done(mine, "POST", "/handovers", {"partner": "adria", "call": SOLD})
        await at_rest(system)
        time.forward(timedelta(seconds=301))
        await done(client, "POST", f"/handovers/adria:{SOLD}/take")
        await done(client, "POST", f"/handovers/adria:{SOLD}/outcome", {"outcome": "lost", "reason": "price"})
        await done(mine, "POST", "/handovers", {"partner": "adria", "call": WAITS})
    await at_rest(system)
    return system


@asynccontextmanager
async def as_role(system: System, role: Role, partner: str = "adria") -> AsyncIterator[httpx.AsyncClient]:
    assert system.access is not None
    bound = frozenset({partner}) if role in ("partner", "agent") else None
    agent = "a7" if role == "agent" else None
    _, key = await system.access.create_key(f"a {role} of {partner}", role, bound, agent)
    headers = {"authorization": f"Bearer {key}"} | PAGE
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as client:
        yield client


async def page_of(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path, headers=PAGE)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return html.fromstring(answer.text).get_element_by_id("main")


def part_of(page: Any, id_: str) -> tuple[str, list[str]]:
    """What a part of the page says, and where it leads."""
    (found,) = page.xpath(f".//*[@id='{id_}']")
    return re.sub(r"\s+", " ", found.text_content()).strip(), [str(one) for one in found.xpath(".//a/@href")]


async def test_the_order_of_a_call_is_opened_and_leads_back(shop: System) -> None:
    text, links = part_of(await page_of(shop.client, f"/calls/{SOLD}"), "orders")
    assert (text, links) == (f"{ORDER} 79.80 EUR, Placed", [f"/orders/{ORDER}"])
    order = await page_of(shop.client, f"/orders/{ORDER}")
    assert order.get_element_by_id("call").get("href") == f"/calls/{SOLD}"
    assert "79.80 EUR" in order.text_content()
    assert part_of(await page_of(shop.client, f"/calls/{WAITS}"), "orders") == ("none", [])
    assert "no call brought it" in (await page_of(shop.client, "/orders/adria:4712")).text_content()
    assert (await shop.client.get("/orders/adria:none", headers=PAGE)).status_code == 404


async def test_what_became_of_the_order_is_said(shop: System) -> None:
    await done(shop.client, "POST", "/orders/adria:4712/cancellation", {"reason": "Changed their mind."})
    await at_rest(shop)
    order = await page_of(shop.client, "/orders/adria:4712")
    assert part_of(order, "state")[0] == "Cancelled"
    assert "Changed their mind." in part_of(order, "history")[0]


async def test_the_hot_lead_of_a_call_is_held_against_the_contracts_time(shop: System) -> None:
    text, links = part_of(await page_of(shop.client, f"/calls/{SOLD}"), "hot-lead")
    assert "after 5:01, too late: 5:00 are allowed. Lost: Too expensive" in text
    assert links == ["/handovers"]
    text, _ = part_of(await page_of(shop.client, f"/calls/{WAITS}"), "hot-lead")
    assert "waits to be taken until" in text
    assert text.endswith(": 5:00 are allowed")
    assert part_of(await page_of(shop.client, f"/calls/{EXPIRED}"), "hot-lead") == ("none", [])
    waiting = (await page_of(shop.client, "/handovers")).get_element_by_id("waiting")
    assert waiting.xpath(".//td/a/@href") == [f"/calls/{WAITS}"]


async def test_a_hot_lead_that_nobody_took_is_missed(shop: System, time: Time) -> None:
    time.forward(timedelta(seconds=301))
    text, _ = part_of(await page_of(shop.client, f"/calls/{WAITS}"), "hot-lead")
    assert text.endswith("nobody took it within the 5:00 that are allowed")


async def test_recordings_lead_through_us_and_what_is_not_there_says_why(shop: System) -> None:
    text, links = part_of(await page_of(shop.client, f"/calls/{SOLD}"), "recordings")
    assert text in ("RecordingTranscript", "TranscriptRecording")
    assert all(link.startswith(f"/api/v1/calls/{SOLD}/recordings/") for link in links)
    assert "adria.example" not in str(links)
    not_yet = part_of(await page_of(shop.client, f"/calls/{WAITS}"), "recordings")
    assert not_yet == ("Not yet: the call has not ended.", [])
    gone, links = part_of(await page_of(shop.client, f"/calls/{EXPIRED}"), "recordings")
    assert (gone, links) == ("Recording gone: the platform’s address worked until 2023-11-14 22:13:20", [])


@pytest.mark.parametrize("role", ROLES)
async def test_each_is_there_for_who_may_see_it(shop: System, role: Role) -> None:
    async with as_role(shop, role) as client:
        opened = await client.get(f"/calls/{SOLD}")
        order = await client.get(f"/orders/{ORDER}")
    if role not in OFFICE:
        assert (opened.status_code, order.status_code) == (403, 403)
        assert ORDER not in opened.text
        return
    assert (opened.status_code, order.status_code) == (200, 200)
    assert all(f'id="{part}"' in opened.text for part in ("orders", "hot-lead"))
    assert ('id="recordings"' in opened.text) == (role in HEAR)
    assert ("/recordings/" in opened.text) == (role in HEAR)
    assert NUMBER not in opened.text + order.text


async def test_another_partner_learns_nothing(shop: System) -> None:
    async with as_role(shop, "partner", "zvono") as client:
        for path in (f"/calls/{SOLD}", f"/orders/{ORDER}"):
            answer = await client.get(path)
            assert answer.status_code in (403, 404)
            assert "KOL-30" not in answer.text
            assert "79.80" not in answer.text


async def test_who_follows_a_link_to_a_file_that_is_gone_reads_a_page(shop: System) -> None:
    listed = (await shop.client.get(f"/api/v1/calls/{EXPIRED}/recordings")).json()["items"]
    followed = PAGE | {"sec-fetch-mode": "navigate"}
    answer = await shop.client.get(listed[0]["href"], headers=followed)
    assert (answer.status_code, answer.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "The platform has it no more." in answer.text
    program = await shop.client.get(listed[0]["href"], headers=PAGE)
    assert program.json()["type"] == "/problems/recording_gone"


async def test_who_was_erased_is_heard_no_more(shop: System) -> None:
    ref = (await shop.runtime.kits["calls"].vault.customer_refs([NUMBER]))[NUMBER]
    assert (await shop.client.delete(f"/api/v1/customers/{ref}")).status_code in (200, 202, 204)
    await at_rest(shop)
    said = part_of(await page_of(shop.client, f"/calls/{SOLD}"), "recordings")
    assert said == ("The customer’s data was erased: nothing can be fetched any more.", [])
