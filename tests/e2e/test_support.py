"""Support and ending over HTTP: tickets hold the file open, each gate refuses for its reason, the archive closes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.simulate.company import company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.processes import tallyline
from tests.e2e.systems import System, Time, ask, at_rest, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = 5
MEASURES = ("offered", "answered", "abandoned", "dials", "contacts", "handled", "sales_reported")


async def done(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of a command that was carried out."""
    answer = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code in (201, 202), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(client: httpx.AsyncClient, path: str, body: Any, code: str) -> str:
    """What a command that the rules refuse is told."""
    answer = await client.post(f"/api/v1{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, f"/problems/{code}"), answer.text
    return str(answer.json()["detail"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """The partner's own people."""
    assert system.access is not None
    _, key = await system.access.create_key("Ana", "partner", frozenset({"adria-end"}))
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as client:
        yield client


async def test_a_partner_is_ended_when_nothing_is_open_any_more(
    system: System, theirs: httpx.AsyncClient, time: Time
) -> None:
    ours = system.client
    here = "/partners/adria-end"
    await done(ours, "POST", "/partners", {"partner_id": "adria-end", "name": "Adria"})
    settings = {"connector": "native", "partner": "adria-end"}
    await done(ours, "POST", "/sources", {"id": "end-1", "settings": settings})
    await done(ours, "PUT", f"{here}/contacts/Ana", {"email": "ana@adria.example", "languages": ["hr"]})
    await done(ours, "POST", f"{here}/adopt", {"stage": "ending", "reason": "With us since 2019."})
    for kind, ref in (("open_month", "2026-10"), ("open_invoice", "R-17"), ("open_hot_lead", "L-3")):
        await done(ours, "POST", f"{here}/facts", {"fact": kind, "ref": ref, "says": "Not yet."})
    await at_rest(system)

    # A question and its double; the clock stands while the partner is asked.
    question = {"partner_id": "adria-end", "subject": "The last report", "text": "Where to?", "category": "report"}
    first = (await done(theirs, "POST", "/tickets", question, **{"idempotency-key": "t1"}))["id"]
    assert (await done(theirs, "POST", "/tickets", question, **{"idempotency-key": "t1"}))["id"] == first
    time.forward(timedelta(hours=1))
    second = (await done(theirs, "POST", "/tickets", question))["id"]
    await at_rest(system)
    await done(ours, "POST", f"/tickets/{first}/messages", {"text": "Which month?", "asks": True})
    await done(ours, "POST", f"/tickets/{first}/messages", {"text": "They always ask.", "internal": True})
    await done(ours, "POST", f"/tickets/{second}/merge", {"into": first})
    await at_rest(system)
    time.forward(timedelta(hours=9))
    await done(theirs, "POST", f"/tickets/{first}/messages", {"text": "October; call 0912345678."})
    await at_rest(system)
    time.forward(timedelta(minutes=30))
    shown = await ask(theirs, f"/api/v1/tickets/{second}")
    assert (shown["id"], shown["state"], shown["merged"]) == (first, "open", [second])
    assert (shown["resolution"]["running_s"], shown["resolution"]["stopped_s"]) == (5400, 9 * 3600)
    assert "They always ask." not in str(shown)
    assert "October; call [number]." in str(shown)

    # Every gate refuses with what is open, and closes in its own way.
    said = await refused(ours, f"{here}/stage", {"target": "ended"}, "credentials_revoked")
    assert all(name in said for name in ("2026-10", "R-17", "L-3", first))
    assert second not in said
    await refused(ours, f"{here}/archive", None, "credentials_revoked")
    revoked = (await done(ours, "POST", f"{here}/credentials/revoke-all"))["items"]
    assert [row["source"] for row in revoked] == ["end-1"]
    await at_rest(system)
    for kind, ref, code in (
        ("open_month", "2026-10", "months_agreed"),
        ("open_invoice", "R-17", "invoices_settled"),
        ("open_hot_lead", "L-3", "hot_leads_closed"),
    ):
        assert ref in await refused(ours, f"{here}/archive", None, code)
        await done(ours, "POST", f"{here}/facts", {"fact": kind, "ref": ref, "says": "Closed.", "holds": False})
        await at_rest(system)
    assert "The last report" in await refused(ours, f"{here}/archive", None, "tickets_closed")
    await done(theirs, "POST", f"/tickets/{first}/resolution", {"outcome": "Sent to the new address."})
    await at_rest(system)
    await refused(ours, f"{here}/archive", None, "data_settled")
    erased = {"fact": "settled_data", "ref": "erased", "says": "All erased."}
    await refused(ours, f"{here}/facts", erased, "proof_missing")
    filed = await ours.post(f"/api/v1{here}/documents?name=erased.pdf", content=b"%PDF-1.7 All erased.")
    assert filed.status_code == 201, filed.text
    await done(ours, "POST", f"{here}/facts", erased | {"proof": filed.json()["digest"]})
    await refused(ours, f"{here}/stage", {"target": "ended"}, "archived")
    await at_rest(system)
    digest = (await done(ours, "POST", f"{here}/archive"))["digest"]
    await at_rest(system)
    kept = await ask(ours, f"/api/v1{here}/archive")
    now = await ask(ours, f"/api/v1{here}/handover")
    assert [s for s in kept["pack"]["sections"] if s["name"] != "facts"] == [
        s for s in now["sections"] if s["name"] != "facts"
    ], "but for the fact that it is archived"
    steps = (await ask(ours, f"/api/v1{here}/ending"))["steps"]
    assert [step["step"] for step in steps if not step["done"]] == ["notice_given"]
    assert digest in str(steps[-1]["known"])
    await done(ours, "POST", f"{here}/stage", {"target": "ended"})
    await at_rest(system)
    assert (await ask(ours, f"/api/v1{here}"))["stage"] == "ended"


async def test_actions_are_carried_and_readers_reminded(system: System, theirs: httpx.AsyncClient) -> None:
    ours = system.client
    await done(ours, "POST", "/agents", {"partner_id": "adria-end", "agent": "7", "languages": ["hr"]})
    month = "/partners/adria-end/reviews/2026-11/actions"
    await done(ours, "POST", month, {"text": "Return the headsets.", "owner": "Ana", "due": "2026-11-30"})
    await at_rest(system)
    review = await ask(ours, "/api/v1/partners/adria-end/reviews/2026-11")
    (action,) = next(s["rows"] for s in review["sections"] if s["name"] == "actions")
    await done(ours, "POST", f"{month}/{action['action']}/carry", {"due": "2026-12-31", "reason": "Not all found."})

    async def carried() -> Any:
        later = await ask(theirs, "/api/v1/partners/adria-end/reviews/2026-12")
        return next(s["rows"] for s in later["sections"] if s["name"] == "actions")

    (again,) = await eventually(carried)
    assert (again["action"], again["due"], again["carried_from"]) == (action["action"], "2026-12-31", "2026-11")
    news = {
        "texts": {"en": {"title": "The end", "body": "Thank you."}},
        "fallback": "en",
        "acknowledge_by": "2026-12-01",
    }
    announcement = (await done(ours, "POST", "/announcements", news))["id"]
    await at_rest(system)
    reading = {"partner_id": "adria-end", "role": "agent", "reader": "7"}
    await done(theirs, "POST", f"/announcements/{announcement}/receipts", reading)
    await at_rest(system)
    late = (await ask(theirs, "/api/v1/announcements/reminders", on="2026-12-02"))["items"]
    assert [(row["who"]["reader"], row["who"]["overdue"]) for row in late] == [("Ana", True)]


async def test_the_sums_in_packs_are_those_of_the_performance_figures(system: System, time: Time) -> None:
    firm = company(SEED, partners=1, agents=6, connectors=("native",))
    await set_up_company(system.client, firm, demo=True)
    sent = deliveries(firm, SEED, time() - timedelta(hours=3), time())
    await send(system.client, requests_of(firm, sent))
    await at_rest(system)
    (partner,) = firm.partners
    pack = await ask(system.client, f"/api/v1/partners/{partner.id}/handover")
    months = next(section["rows"] for section in pack["sections"] if section["name"] == "performance")
    assert sum(row["handled"] for row in months) > 0
    for row in months:
        until = {"2026-11": "2026-12-01", "2026-12": "2027-01-01"}[row["month"]]
        table = await ask(
            system.client,
            "/api/v1/performance/partners",
            **{"from": f"{row['month']}-01", "to": until, "partner": partner.id, "kpis": ",".join(MEASURES)},
        )
        figures = table["totals"]["figures"]
        assert {name: figures[name]["value"] for name in MEASURES} == {name: row[name] for name in MEASURES}


async def test_the_command_prints_what_the_service_answers(system: System) -> None:
    code, said = await tallyline("protocol", "end")
    shown = await system.client.get("/api/v1/protocols/end")
    assert (code, said) == (0, shown.text)
    code, said = await tallyline("protocol")
    assert code == 0
    assert "reconciliation" in said
    code, said = await tallyline("protocol", "none")
    assert code == 1
    assert "inbound-panel" in said
