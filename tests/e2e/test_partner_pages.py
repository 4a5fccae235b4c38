"""The pages of partners and tickets as each role asks for them: whole for those who may, nothing of others for those
who may not, and forms that become commands."""

from __future__ import annotations

import csv
import io

import httpx
import pytest
import pytest_asyncio
from lxml.html import fromstring

from shared.rights import RIGHTS, ROLES
from tests.e2e.contracts import signed_partner
from tests.e2e.systems import System, at_rest, of_page

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = (
    "/partners",
    "/partners/lumen",
    "/partners/lumen/contract",
    "/partners/lumen/transition",
    "/partners/lumen/interface",
    "/partners/lumen/issues",
    "/partners/lumen/months",
    "/tickets",
)
OURS = "/partners/lumen/evaluation"
"""For those who see all partners."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ticket(system: System) -> str:
    """A partner with a contract and a ticket, and another one: the ticket's id."""
    await signed_partner(system, "lumen", "2026-02-25")
    other = {"partner_id": "sonder", "name": "Sonder", "time_zone": "Europe/Zagreb"}
    assert (await system.client.post("/api/v1/partners", json=other)).status_code == 201
    body = {"partner_id": "lumen", "subject": "No calls come", "text": "Since nine.", "category": "telephony"}
    opened = await system.client.post("/api/v1/tickets", json=body)
    assert opened.status_code == 201
    await at_rest(system)
    return str(opened.json()["id"])


async def caller(system: System, role: str, *partners: str) -> dict[str, str]:
    """The header of somebody's key."""
    asked = {"name": f"{role} of {partners}", "role": role, "partners": list(partners) or None}
    made = await system.client.post("/api/v1/keys", json=asked)
    assert made.status_code == 201
    return {"authorization": f"Bearer {made.json()['key']}", "accept": "text/html"}


async def test_every_page_is_there_for_our_own_side(system: System, ticket: str) -> None:
    for path in (*PAGES, OURS, f"/tickets/{ticket}"):
        answer = await system.client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, f"{path}: {answer.text}"
    shown = (await system.client.get("/partners/lumen/contract")).text
    assert "pricing.per_minute[talk].tiers[0].rate" in shown
    assert "Version 1, from 2026-03-01" in shown


@pytest.mark.parametrize("role", [role for role in ROLES if role != "agent"])
async def test_a_role_gets_the_pages_that_its_rights_say(system: System, ticket: str, role: str) -> None:
    who = await caller(system, role, *(["lumen"] if role == "partner" else []))
    rights = {"contract": "contracts.read", "interface": "sources.read", "months": "reconciliation.read"}
    for path in PAGES:
        asked = rights.get(path.rpartition("/")[2], "partners.read")
        answer = await system.client.get(path, headers=who)
        may = any(role in roles for right, roles in RIGHTS.items() if right == asked)
        assert answer.status_code == (200 if may else 403), f"{role} {path}: {answer.text}"


async def test_another_partners_lead_is_shown_nothing_of_it(system: System, ticket: str) -> None:
    who = await caller(system, "partner", "sonder")
    for path in (*PAGES, OURS, f"/tickets/{ticket}", "/partners?stage=negotiating", "/tickets?partner=lumen"):
        answer = await system.client.get(path, headers=who)
        assert answer.status_code in (200, 403, 404), path
        assert "Lumen" not in answer.text, path
        assert "No calls come" not in answer.text, path
    for path, data in (
        ("/partners/lumen/owner", {"owner": "Me"}),
        ("/partners/lumen/transition/done", {"task": "source"}),
        ("/partners/lumen/contract/approve", {"contract": "lumen:2026"}),
        (f"/tickets/{ticket}/answer", {"text": "Mine"}),
    ):
        refused = await system.client.post(path, data=data, headers=who)
        assert refused.status_code in (403, 404), path
    assert (await system.client.get(f"/api/v1/tickets/{ticket}")).json()["state"] == "open"


async def test_a_form_becomes_a_command_and_a_session_elsewhere_does_not(system: System, ticket: str) -> None:
    path = (await system.client.post("/api/v1/sign-in-links")).json()["path"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline") as browser:
        assert (await browser.get(path)).status_code == 303
        form = {"subject": "From elsewhere", "text": "Forged.", "partner_id": "lumen", "category": "other"}
        forged = await browser.post("/tickets", data=form, headers={"sec-fetch-site": "cross-site"})
        assert forged.status_code == 403
        own = await browser.post(f"/tickets/{ticket}/assign", data={"assignee": "Jana"}, headers=of_page(browser))
        assert (own.status_code, own.headers["location"].partition("?")[0]) == (303, f"/tickets/{ticket}")
    listed = (await system.client.get("/api/v1/tickets")).json()["items"]
    assert [(one["subject"], one["assignee"]) for one in listed] == [("No calls come", "Jana")]


async def test_every_table_of_a_page_is_a_file_with_its_rows(system: System, ticket: str) -> None:
    more = ("/admin", "/alerts", "/coaching", "/campaigns", "/health", "/scripts", "/training", "/admin/audit")
    looked = set()
    for path in (*PAGES, OURS, *more):
        shown = fromstring((await system.client.get(path, headers={"accept": "text/html"})).text)
        for way in shown.xpath("//p[@class='files']/a/@href[contains(., 'file=')]"):
            answer = await system.client.get(way)
            assert answer.status_code == 200, way
            if not way.endswith(".csv"):
                assert answer.content.startswith(b"PK"), way
                continue
            table = way.rpartition("file=")[2].removesuffix(".csv")
            rows = shown.xpath(f"//table[@id='{table}']/tbody/tr")
            heading, *read = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
            assert {len(row) for row in read} <= {len(heading)}, way
            # The log grows by each file that is taken.
            assert len(read) >= len(rows) if path == "/admin/audit" else len(read) == len(rows), way
            looked.add(table)
    assert {"tickets", "policy", "views", "entries"} <= looked


async def test_a_file_of_a_table_holds_what_its_reader_sees(system: System, ticket: str) -> None:
    ours = await system.client.get("/tickets?file=tickets.csv")
    assert "No calls come" in ours.text
    theirs = await caller(system, "partner", "sonder")
    assert (await system.client.get("/tickets?file=policy.csv", headers=theirs)).status_code == 200
    assert (await system.client.get("/tickets?file=tickets.csv", headers=theirs)).status_code == 404
    assert (await system.client.get(f"/tickets/{ticket}?file=tickets.csv", headers=theirs)).status_code == 404
