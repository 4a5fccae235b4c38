"""A partner whose every name carries a mark, with something of each kind, and another partner beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from services.simulate.company import Agent, Company, Partner, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.contracts import signed_partner
from tests.e2e.shop import done, price
from tests.e2e.systems import System, Time, at_rest, eventually, everything
from tests.e2e.test_panel import panel

MARK = "qx7"
"""Stands in every name and id of the partner that is watched, and nowhere else."""
WATCHED, OTHER = f"{MARK}voice", "bystander"
SEED = 3
PLAN_TERMS = {"currency": "EUR", "rates": [{"name": "base", "per": "order", "fixed_minor": 200}]}
GOAL = {"measure": "orders", "target": 300, "starts": "2026-11-01", "ends": "2026-11-30", "zone": "UTC"}
LIST_RULES = {
    "rules": [{"after": "no_answer", "wait_minutes": 120, "most": 3}],
    "from_minute": 540,
    "until_minute": 1200,
    "weekdays": [1, 2, 3, 4, 5],
    "kept_within_minutes": 15,
    "lease_minutes": 20,
}


def two_partners() -> Company:
    """The one that is watched, and the one that others belong to; agents' names carry the mark too."""
    made = company(SEED, partners=2, agents=16, connectors=("native", "native"))
    watched, other = made.partners
    return replace(made, partners=(_renamed(watched, WATCHED, MARK), _renamed(other, OTHER, "")))


def _renamed(partner: Partner, name: str, mark: str) -> Partner:
    def person(agent: Agent) -> Agent:
        return replace(agent, id=f"{mark}{agent.id}", name=f"{mark}{agent.name}", team=f"{mark}{agent.team}")

    return replace(
        partner,
        id=name,
        name=name.title(),
        source=f"{name}-01",
        settings=msgspec.structs.replace(partner.settings, partner=name),
        agents=tuple(person(agent) for agent in partner.agents),
    )


async def filled(system: System, time: Time) -> dict[str, str]:
    """Both partners with some hours' calls; of the watched one all else too. The ids by parameters of routes."""
    firm, client = two_partners(), system.client
    await signed_partner(system, WATCHED, "2026-01-05")
    await set_up_company(client, firm, demo=True)
    sent = await send(client, requests_of(firm, deliveries(firm, SEED, time() - timedelta(hours=9), time())))
    assert sent.answers.keys() == {202}, sent
    await at_rest(system)
    ids = {
        "partner": WATCHED,
        "partner_id": WATCHED,
        "contract_id": f"{WATCHED}:2026",
        "source": f"{WATCHED}-01",
        "source_id": f"{WATCHED}-01",
        "agent": firm.partners[0].agents[0].id,
    }
    ids |= await _programme(system) | await _selling(system, ids["agent"]) | await _taught(system, ids["agent"])
    ids |= await _found(system)
    view = {"page": "/calls", "name": f"{MARK} view", "query": {"partner": WATCHED}, "shared": True}
    ids["saved_view"] = (await done(client, "POST", "/saved-views", view))["view"]
    await eventually(lambda: _looked_at(system, ids["month_id"]))
    await at_rest(system)
    return ids


async def _looked_at(system: System, month: str) -> bool:
    """Whether the month's report was read, which goes on behind the answer."""
    return bool((await system.client.get(f"/api/v1/reconciliation/months/{month}")).json()["stage"] != "submitted")


async def _programme(system: System) -> dict[str, str]:
    client, here = system.client, f"/partners/{WATCHED}"
    await done(client, "PUT", f"{here}/contacts/{MARK}Ana", {"email": f"{MARK}@adria.example", "languages": ["hr"]})
    ticket = {"partner_id": WATCHED, "subject": f"{MARK} calls", "text": f"{MARK} since nine.", "category": "telephony"}
    ticket_id = (await done(client, "POST", "/tickets", ticket))["id"]
    words = {"title": f"{MARK} title", "body": f"{MARK} text"}
    announced = {"texts": {"en": words}, "fallback": "en", "addressed": {"partners": [WATCHED]}}
    announcement_id = (await done(client, "POST", "/announcements", announced))["id"]
    people = {"accountable": f"{MARK} Horvat", "ours": f"{MARK} Kovač", "theirs": f"{MARK} Diallo"}
    plan = {"templates": ["inbound"], "start": "2026-11-02", **people}
    await done(client, "PUT", f"/transitions/{WATCHED}", plan)
    await done(client, "PUT", f"/sites/{WATCHED}:{MARK}site", {"site": {}})
    paper = await client.post(f"/api/v1{here}/documents?name={MARK}.pdf", content=b"%PDF-1.7\n" + MARK.encode())
    assert paper.status_code == 201, paper.text
    month = f"{WATCHED}:2026-10"
    report = f"{MARK} id;day;time\n{MARK}1;2026-10-01;10:00:00\n".encode()
    given = await client.post(f"/api/v1/reconciliation/months/{month}/reports?name={MARK}.csv", content=report)
    assert given.status_code == 202, given.text
    invoice = f"{WATCHED}:{MARK}-1"
    content = f"<{MARK}>no invoice</{MARK}>".encode()
    await client.post(f"/api/v1/reconciliation/invoices/{invoice}?month=2026-10", content=content)
    return {
        "ticket_id": ticket_id,
        "announcement_id": announcement_id,
        "site_id": f"{WATCHED}:{MARK}site",
        "digest": paper.json()["digest"],
        "month_id": month,
        "invoice_id": invoice,
        "name": f"{MARK}Ana",
        "month": "2026-10",
    }


async def _selling(system: System, agent: str) -> dict[str, str]:
    client, number = system.client, "+385912345678"
    await done(client, "PUT", "/products/KOL-30", {"name": "Collagen"})
    await price(system, "KOL-30", 3192)
    lamps = {"name": "Lamps", "countries": ["HR"], "languages": ["hr"], "products": ["KOL-30"], "starts": "2026-11-01"}
    await at_rest(system)
    await done(client, "PUT", "/campaigns/lamps", lamps)
    await at_rest(system)
    await done(client, "PUT", f"/goals/{MARK}goal", GOAL | {"name": MARK, "partner": WATCHED, "campaign": "lamps"})
    await done(client, "PUT", f"/commissions/{WATCHED}/plans/{MARK}/draft", {"terms": PLAN_TERMS, "reason": MARK})
    await done(client, "PUT", f"/commissions/{WATCHED}/plans/global/draft", {"terms": PLAN_TERMS, "reason": MARK})
    await at_rest(system)
    published = {"starts": "2026-11-01", "reason": MARK}
    await done(client, "POST", f"/commissions/{WATCHED}/plans/global/publication", published)
    ref = (await system.runtime.kits["calls"].vault.customer_refs([number]))[number]
    lead_list = f"{WATCHED}:{MARK}list"
    said = {"name": f"{MARK} spring", "country": "HR", "zone": "Europe/Zagreb", "campaign": "lamps"}
    await done(client, "PUT", f"/lead-lists/{lead_list}", said | {"rules": LIST_RULES})
    await at_rest(system)
    file = f"Telefon;Ime i prezime;Poštanski broj;Prioritet\n{number};{MARK} Anić;10000;1\n".encode()
    imported = await client.post(f"/api/v1/lead-lists/{lead_list}/imports", content=file)
    assert imported.status_code == 202, imported.text
    order = {"partner": WATCHED, "country": "HR", "customer_ref": ref, "lines": [{"sku": "KOL-30"}]}
    await done(client, "POST", "/orders", {**order, "id": f"{MARK}1", "agent": agent})
    await at_rest(system)
    await done(client, "PUT", f"/customers/{ref}/profile", {"name": f"{MARK} Person"})
    return {
        "campaign": "lamps",
        "sku": "KOL-30",
        "goal": f"{MARK}goal",
        "plan": MARK,
        "plan_id": MARK,
        "list_id": lead_list,
        "list": lead_list,
        "import_id": imported.json()["id"],
        "order": f"{WATCHED}:{MARK}1",
        "order_id": f"{WATCHED}:{MARK}1",
        "customer_ref": ref,
        "customer": ref,
    }


async def _taught(system: System, agent: str) -> dict[str, str]:
    """A candidate, a session, a conversation with an agent, and an idea of theirs."""
    client, here = system.client, "/training"
    candidate = f"{here}/partners/{WATCHED}/candidates/{MARK}c1"
    skilled = {"languages": [{"language": "hr", "level": "C1"}], "skills": ["telesales"]}
    await done(client, "PUT", candidate, skilled)
    await at_rest(system)
    person = {"name": f"{MARK} Marić", "email": f"{MARK}m@adria.example", "note": f"{MARK} called back."}
    await done(client, "PUT", f"{candidate}/person", person)
    spoken = {"partner": WATCHED, "agent": agent, "step": "address", "text": f"{MARK} a word about addresses?"}
    conversation = (await done(client, "POST", f"{here}/conversations", spoken))["id"]
    async with await panel(system, WATCHED, agent) as own:
        idea = (await done(own, "POST", f"{here}/ideas", {"subject": "panel", "text": f"{MARK} city by postcode."}))[
            "id"
        ]
    await at_rest(system)
    return {"candidate": f"{MARK}c1", "conversation_id": conversation, "idea_id": idea}


async def _found(system: System) -> dict[str, str]:
    """Ids that the system made."""
    client, found = system.client, dict[str, str]()
    calls: list[Any] = await everything(client, "/api/v1/calls", partner=WATCHED)
    one = (await client.get(calls[0]["href"])).json()
    leads = await eventually(lambda: everything(client, "/api/v1/leads", list=f"{WATCHED}:{MARK}list"))
    source = (await client.get(f"/api/v1/sources/{WATCHED}-01")).json()
    found["call"] = one["call"]
    found["key"], found["delivery"] = one["items"][0]["key"], one["items"][0]["delivery"]
    found["lead_id"] = leads[0]["lead"]
    found["credential_id"] = next(iter(source["credentials"].values()))[0]
    return found
