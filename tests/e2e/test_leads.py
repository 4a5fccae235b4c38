"""Leads over HTTP: a file becomes leads, agents are given one at a time, dials are attempts, nobody barred is given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.training.views.worked import worked
from tests.e2e.shop import done
from tests.e2e.switch import Switch, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARTNER, LIST = "adria-leads", "adria-leads:spring"
AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Zagreb."""
RULES = {
    "rules": [{"after": "no_answer", "wait_minutes": 120, "most": 3}],
    "from_minute": 540,
    "until_minute": 1200,
    "weekdays": [1, 2, 3, 4, 5],
    "kept_within_minutes": 15,
    "lease_minutes": 20,
}
DIALLING = [{"country": "HR", "hours": [{"days": [1, 2, 3, 4, 5, 6], "starts": "08:00", "ends": "21:00"}]}]
NUMBERS = [f"+38591234{n:04}" for n in range(8)]
FILE = "\n".join(
    [
        "Telefon;Ime i prezime;Poštanski broj;Prioritet",
        "091 234 0000;Ana Anić;10000;1",
        f"{NUMBERS[1]};Bruno Babić;21000;5",
        f"{NUMBERS[2]};Cvita Cvitić;31000;3",
        "00385912340000;Ana Anić;10000;9",  # the first number again
        f"{NUMBERS[3]};Babić Bruno;21000;7",  # another number of the second person
        "12;Nobody;1;1",
        f'{NUMBERS[4]};=HYPERLINK("http://x");1;1',
        f"{NUMBERS[5]};Danica Danić;51000;0",
    ]
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch(system: System, time: Time) -> Switch:
    """The partner with its telephony and its list."""
    time.at = AT
    client = system.client
    partner = {"partner_id": PARTNER, "name": "Adria", "country": "HR", "time_zone": "Europe/Zagreb"}
    assert (await client.post("/api/v1/partners", json=partner)).status_code in (201, 202)
    settings = source("leads-1", PARTNER)
    settings["settings"]["dispositions"] |= {"NA": "no_answer", "DNC": "do_not_call", "DROP": "dropped_by_dialler"}
    assert (await client.post("/api/v1/sources", json=settings)).status_code in (201, 202)
    await at_rest(system)
    await done(client, "PUT", "/selling-rules/company", {"rules": {"dialling": DIALLING}, "reason": "The law."})
    created = {"name": "Spring", "country": "HR", "zone": "Europe/Zagreb", "campaign": "lamps", "rules": RULES}
    assert (await client.put(f"/api/v1/lead-lists/{LIST}", json=created)).status_code == 202
    await at_rest(system)
    return Switch(system, time, "leads-1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the partner who only looks."""
    assert system.access is not None
    _, key = await system.access.create_key("Iva", "partner", frozenset({PARTNER}))
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as client:
        yield client


async def taken_in(system: System, path: str, content: bytes, **params: str) -> Any:
    """The import once it is done."""
    answer = await system.client.post(path, content=content, params=params)
    assert answer.status_code == 202, answer.text
    id_ = answer.json()["id"]

    async def done() -> Any:
        found = await ask(system.client, f"/api/v1/imports/{id_}")
        return found if found["standing"] in ("done", "failed") else None

    found = await eventually(done)
    await at_rest(system)
    return found


async def next_for(system: System, agent: str) -> Any:
    answer = await system.client.post("/api/v1/leads/next", json={"list": LIST, "agent": agent})
    if answer.status_code == 409:
        assert answer.json()["type"] == "/problems/no_lead"
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_file_becomes_leads_and_taken_in_again_nothing(system: System, switch: Switch) -> None:
    proposal = await system.client.post(f"/api/v1/lead-lists/{LIST}/imports/proposal", content=FILE.encode())
    assert proposal.json() == {
        "header": ["Telefon", "Ime i prezime", "Poštanski broj", "Prioritet"],
        "headings": True,
        "columns": {
            "number": "Telefon",
            "name": "Ime i prezime",
            "postal_code": "Poštanski broj",
            "priority": "Prioritet",
        },
        "lines": 8,
        "fields": [
            "number", "first_name", "last_name", "name", "street", "postal_code", "city", "region", "country", "email",
            "language", "notes", "priority", "zone", "added_on",
        ],
        "needed": ["number"],
    }  # fmt: skip
    found = await taken_in(system, f"/api/v1/lead-lists/{LIST}/imports", FILE.encode())
    counts = {name: found[name] for name in ("lines", "done", "new", "known", "duplicates", "rejected")}
    assert counts == {"lines": 8, "done": 8, "new": 4, "known": 0, "duplicates": 2, "rejected": 2}
    rejects = await system.client.get(found["rejects_href"])
    assert rejects.text.split("\r\n")[:3] == [
        "line,column,reason,value",
        "7,Telefon,no telephone number of HR,12",
        '8,Ime i prezime,a formula,"\'=HYPERLINK(""http://x"")"',
    ]
    assert (await ask(system.client, f"/api/v1/imports/{found['id']}/reasons"))["items"] == [
        {"column": "Telefon", "reason": "no telephone number of HR", "lines": 1, "first": 7},
        {"column": "Ime i prezime", "reason": "a formula", "lines": 1, "first": 8},
    ]
    again = await taken_in(system, f"/api/v1/lead-lists/{LIST}/imports", FILE.encode())
    assert again == found
    more = await taken_in(system, f"/api/v1/lead-lists/{LIST}/imports", FILE.encode() + b"\n")
    assert (more["new"], more["known"], more["duplicates"]) == (0, 6, 0)
    shown = await ask(system.client, f"/api/v1/lead-lists/{LIST}")
    assert shown["leads"] == {"fresh": 4}
    leads = await everything(system.client, "/api/v1/leads", list=LIST, limit=3)
    assert sorted(lead["number"] for lead in leads) == [
        "+385 91 *** **00", "+385 91 *** **01", "+385 91 *** **02", "+385 91 *** **05",
    ]  # fmt: skip
    assert {lead["zone"] for lead in leads} == {"Europe/Zagreb"}


async def test_imports_are_listed_the_newest_first_to_who_may_see_them(
    system: System, switch: Switch, theirs: httpx.AsyncClient
) -> None:
    register = {"scope": "*", "country": "HR"}
    barred = await taken_in(system, "/api/v1/do-not-call/imports", b"Telefon\n091 999 0001\n", **register)
    past = {"kind": "orders", "partner": PARTNER, "country": "HR"}
    ordered = await taken_in(
        system, "/api/v1/customers/imports", f"Telefon;Narudzba;Datum\n{NUMBERS[6]};o1;2026-03-02\n".encode(), **past
    )
    assert (ordered["partner"], ordered["country"], ordered["new"]) == (PARTNER, "HR", 1)
    found = await everything(system.client, "/api/v1/imports", limit=1)
    asked = [one["asked_at"] for one in found]
    assert asked == sorted(asked, reverse=True)
    assert {barred["id"], ordered["id"]} < {one["id"] for one in found}
    assert [one["kind"] for one in found].count("leads") == 2
    assert {one["id"] for one in await everything(system.client, "/api/v1/imports", kind="orders")} == {ordered["id"]}
    own = await everything(theirs, "/api/v1/imports")
    assert barred["id"] not in {one["id"] for one in own}, "a register is the company's"
    assert ordered["id"] in {one["id"] for one in own}
    assert system.access is not None
    other = (await system.access.create_key("Eva", "partner", frozenset({"somebody"})))[1]
    stranger = {"authorization": f"Bearer {other}"}
    assert (await system.client.get("/api/v1/imports", headers=stranger)).json() == {"items": [], "next": None}
    assert (await system.client.get("/api/v1/imports?cursor=!", headers=stranger)).status_code == 422
    assert (await theirs.get(f"/api/v1/imports/{ordered['id']}/reasons")).status_code == 403


async def test_the_columns_of_each_kind_are_proposed(system: System, switch: Switch) -> None:
    orders = await system.client.post(
        "/api/v1/customers/imports/proposal?kind=orders", content=b"Telefon;Narudzba;Datum\n1;2;3\n"
    )
    assert orders.json()["columns"] == {"number": "Telefon", "order": "Narudzba", "ordered_on": "Datum"}
    assert orders.json()["needed"] == ["number", "order", "ordered_on"]
    register = await system.client.post("/api/v1/do-not-call/imports/proposal", content=b"Rufnummer\n1\n")
    assert (register.json()["columns"], register.json()["fields"]) == ({"number": "Rufnummer"}, ["number"])


async def test_two_agents_never_hold_the_same_lead(system: System, switch: Switch, time: Time) -> None:
    given = await asyncio.gather(*(next_for(system, f"a{n}") for n in range(6)))
    leads = [one["lead"] for one in given if one]
    assert len(leads) == len(set(leads)) == 4
    holder, held = next((f"a{n}", one["lead"]) for n, one in enumerate(given) if one)
    assert (await next_for(system, holder))["lead"] == held, "who asks again has it still"
    time.forward(timedelta(minutes=21))
    await eventually(lambda: free(system, 4))
    first = await next_for(system, "a0")
    assert (first["profile"]["name"], first["number"]) == ("Bruno Babić", "+385 91 *** **01")


async def free(system: System, count: int) -> bool:
    leads = await everything(system.client, "/api/v1/leads", list=LIST)
    return [lead["held_by"] for lead in leads].count(None) == count


async def test_the_number_is_shown_only_to_whoever_holds_the_lead(
    system: System, switch: Switch, theirs: httpx.AsyncClient
) -> None:
    lead = (await next_for(system, "a0"))["lead"]
    assert (await ask(system.client, f"/api/v1/leads/{lead}/number"))["number"] == NUMBERS[1]
    assert (await theirs.get(f"/api/v1/leads/{lead}/number")).status_code == 403
    seen = await ask(theirs, f"/api/v1/leads/{lead}")
    assert seen["profile"]["name"] == "Bruno Babić", "a lead of theirs is given out"
    freed = await system.client.post(f"/api/v1/leads/{lead}/release", json={"agent": "a0"})
    assert freed.json()["held_by"] is None
    assert (await ask(theirs, f"/api/v1/leads/{lead}"))["profile"] is None
    refused = await system.client.get(f"/api/v1/leads/{lead}/number")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not_held")
    ref = seen["customer_ref"]
    assert (await ask(theirs, f"/api/v1/customers/{ref}"))["number"] == "+385 91 *** **01"
    assert system.access is not None
    other = (await system.access.create_key("Eva", "partner", frozenset({"somebody"})))[1]
    stranger = {"authorization": f"Bearer {other}"}
    for path in (f"/customers/{ref}", f"/customers/{ref}/history", f"/leads/{lead}", f"/lead-lists/{LIST}"):
        assert (await system.client.get(f"/api/v1{path}", headers=stranger)).status_code == 404


async def test_an_agent_sees_what_the_present_call_needs(system: System, switch: Switch) -> None:
    assert system.access is not None
    _, key = await system.access.create_key("Mia", "agent", frozenset({PARTNER}), agent="a3")
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(system.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as mia:
        asked = {"list": LIST, "agent": "a3"}
        assert (await mia.post("/api/v1/leads/next", json=asked | {"agent": "a4"})).status_code == 403
        given = (await mia.post("/api/v1/leads/next", json=asked)).json()
        path, customer = f"/api/v1/leads/{given['lead']}", f"/api/v1/customers/{given['customer_ref']}"
        assert (await ask(mia, f"{path}/number"))["number"] in NUMBERS
        assert (await ask(mia, customer))["profile"] == given["profile"]
        assert (await ask(mia, f"{customer}/history"))["calls"] == []
        for closed in (
            f"/api/v1/leads?list={LIST}",
            f"/api/v1/lead-lists/{LIST}",
            f"/api/v1/callbacks?partner={PARTNER}",
        ):
            assert (await mia.get(closed)).status_code == 403, closed
        other = [one for one in await everything(system.client, "/api/v1/leads", list=LIST) if one["held_by"] is None]
        for hidden in (f"/api/v1/leads/{other[0]['lead']}", f"/api/v1/customers/{other[0]['customer_ref']}"):
            assert (await mia.get(hidden)).status_code == 404, hidden
        assert (await mia.post(f"{path}/release", json={"agent": "a3"})).status_code == 200
        for hidden in (path, customer, f"{customer}/history", f"{path}/number"):
            assert (await mia.get(hidden)).status_code == 404, hidden


async def test_a_dial_is_an_attempt_and_one_that_is_taken_back_is_none(
    system: System, switch: Switch, time: Time
) -> None:
    lead = await next_for(system, "a7")
    numbers = {"customer_number": NUMBERS[1], "our_number": "+38533000100"}
    await switch.tell(
        "d1",
        time(),
        [
            ("call.started", 0, {"direction": "outbound", "phase": "dialing", "campaign": "lamps", **numbers}),
            ("call.ended", 25, {"scope": "call", "reason": "no-answer", "ended_by": "system"}),
        ],
    )

    async def tried() -> Any:
        found = await ask(system.client, f"/api/v1/leads/{lead['lead']}")
        return found if found["attempts"] else None

    found = await eventually(tried)
    assert (found["state"], found["result"], found["held_by"]) == ("recall", "no_answer", None)
    assert found["due"] == (time() + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    await at_rest(system)
    assert (await ask(system.client, f"/api/v1/lead-lists/{LIST}"))["leads"] == {"fresh": 3, "recall": 1}
    history = await ask(system.client, f"/api/v1/customers/{lead['customer_ref']}/history")
    assert [(call["call"], call["direction"]) for call in history["calls"]] == [("leads-1:d1", "outbound")]


async def test_callbacks_come_before_recalls_and_are_judged(system: System, switch: Switch, time: Time) -> None:
    lead = await next_for(system, "a1")
    path = f"/api/v1/leads/{lead['lead']}"
    due = time() + timedelta(hours=1)
    promise = {"agent": "a1", "due": due.isoformat(), "personal": True}
    for wrong, code in ((time() - timedelta(hours=1), "too_far"), (time() + timedelta(hours=12), "outside_hours")):
        refused = await system.client.post(f"{path}/callbacks", json=promise | {"due": wrong.isoformat()})
        assert (refused.status_code, refused.json()["type"]) == (409, f"/problems/{code}")
    headers = {"idempotency-key": "promise-1"}
    for _ in range(2):
        kept = await system.client.post(f"{path}/callbacks", json=promise, headers=headers)
        assert kept.status_code == 200, kept.text
    assert [one["promise"] for one in kept.json()["promises"]] == ["promise-1"]
    time.forward(timedelta(hours=1, minutes=5))
    other = await next_for(system, "a2")
    assert other["lead"] != lead["lead"], "it is a1's"
    mine = await next_for(system, "a1")
    assert (mine["lead"], mine["callback"]["promise"]) == (lead["lead"], "promise-1")
    noted = await system.client.post(f"{path}/attempts", json={"agent": "a1", "result": "sale"})
    assert (noted.json()["state"], noted.json()["promises"][0]["verdict"]) == ("done", "kept")
    await at_rest(system)
    month = f"{due:%Y-%m}"
    (figures,) = (await ask(system.client, "/api/v1/callbacks", partner=PARTNER, month=month))["items"]
    assert figures == {
        "agent": "a1", "promised": 1, "kept": 1, "broken": 0, "replaced": 0, "waiting": 0, "share": "100.00",
    }  # fmt: skip
    await system.client.post(f"/api/v1/leads/{other['lead']}/release", json={"agent": "a2"})


async def test_whoever_asked_not_to_be_called_is_given_out_no_more(system: System, switch: Switch, time: Time) -> None:
    await switch.tell(
        "in1",
        time(),
        [
            ("call.started", 0, {"direction": "inbound", "phase": "queued", "customer_number": NUMBERS[5]}),
            ("call.answered", 5, {"answered_by": "human", "agent": "a7", "leg": "l1"}),
            ("call.ended", 30, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
            ("call.dispositioned", 35, {"agent": "a7", "leg": "l1", "native": "DNC"}),
        ],
    )

    async def listed() -> Any:
        answer = await system.client.post("/api/v1/do-not-call/check", json={"number": NUMBERS[5]})
        return answer.json()["listed"]

    (ground,) = await eventually(listed)
    assert (ground["scope"], ground["reason"]) == ("*", "asked in a call")
    added = {"number": NUMBERS[0], "scope": "HR", "reason": "By letter."}
    answer = await system.client.post("/api/v1/do-not-call", json=added)
    assert answer.json()["listed"][0]["scope"] == "HR"
    register = await taken_in(
        system, "/api/v1/do-not-call/imports", f"phone\n{NUMBERS[1]}\n".encode(), scope="HR", country="HR"
    )
    assert (register["new"], register["rejected"]) == (1, 0)
    time.forward(timedelta(hours=1))
    assert (await next_for(system, "a3")) is None, "the recall is due, and on the register since"
    await at_rest(system)
    shown = (await ask(system.client, f"/api/v1/lead-lists/{LIST}"))["leads"]
    assert shown == {"barred": 3, "done": 1}
    await system.client.post("/api/v1/do-not-call/removal", json=added)
    assert (await next_for(system, "a3"))["number"] == "+385 91 *** **00"


async def test_new_rules_hold_at_once(system: System, switch: Switch, time: Time) -> None:
    held = await next_for(system, "a3")
    await system.client.post(f"/api/v1/leads/{held['lead']}/release", json={"agent": "a3"})
    rules = RULES | {"from_minute": 0, "until_minute": 60}
    answer = await system.client.put(f"/api/v1/lead-lists/{LIST}/rules", json={"rules": rules})
    assert answer.status_code == 202
    await at_rest(system)
    assert await next_for(system, "a3") is None
    wrong = RULES | {"from_minute": 600, "until_minute": 600}
    refused = await system.client.put(f"/api/v1/lead-lists/{LIST}/rules", json={"rules": wrong})
    assert refused.json()["type"] == "/problems/rules_wrong"
    await system.client.put(f"/api/v1/lead-lists/{LIST}/rules", json={"rules": RULES})
    await at_rest(system)
    assert (await next_for(system, "a3"))["lead"] == held["lead"]


async def test_the_rules_of_selling_stop_dialling_when_too_many_calls_are_dropped(
    system: System, switch: Switch, time: Time
) -> None:
    held = await next_for(system, "a3")
    limit = [DIALLING[0] | {"abandoned_percent": "3"}]
    await done(system.client, "PUT", "/selling-rules/company", {"rules": {"dialling": limit}, "reason": "The law."})
    await at_rest(system)
    assert (await next_for(system, "a3"))["lead"] == held["lead"], "nothing was dropped yet"
    dialled = {"direction": "outbound", "phase": "dialing", "campaign": "lamps", "customer_number": "+385919999999"}
    said = [
        ("call.started", 0, dialled),
        ("call.answered", 5, {"answered_by": "human", "leg": "l1"}),
        ("call.ended", 8, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
        ("call.dispositioned", 9, {"leg": "l1", "native": "DROP"}),
    ]
    await switch.tell("dropped-1", time(), said)
    await at_rest(system)
    time.forward(timedelta(seconds=30))
    assert await next_for(system, "a3") is None, "what was held is given back"
    asked = await system.client.post("/api/v1/leads/next", json={"list": LIST, "agent": "a3"})
    assert "100 % of calls are abandoned; the limit is 3 %." in asked.json()["detail"]
    time.forward(timedelta(hours=25))
    assert (await next_for(system, "a3"))["lead"] == held["lead"], "only the last day counts"
    await system.client.post(f"/api/v1/leads/{held['lead']}/release", json={"agent": "a3"})
    await done(system.client, "PUT", "/selling-rules/company", {"rules": {"dialling": DIALLING}, "reason": "Lifted."})
    await at_rest(system)


async def test_histories_come_from_files_and_an_erased_customer_is_nowhere(system: System, switch: Switch) -> None:
    file = "Broj;Order;Datum;SKU;Iznos;Valuta\n" + f"{NUMBERS[2]};A-1;2.3.2026;KOL-30;39,90;EUR\n"
    said = {"kind": "orders", "partner": PARTNER, "country": "HR", "zone": "Europe/Zagreb"}
    found = await taken_in(system, "/api/v1/customers/imports", file.encode(), **said)
    assert (found["new"], found["rejected"]) == (1, 0), found
    person = f"phone,name,notes\n{NUMBERS[2]},Cvita Cvitić-Nova,Rings twice\n"
    await taken_in(system, "/api/v1/customers/imports", person.encode(), **said | {"kind": "customers"})
    (lead,) = [
        one for one in await everything(system.client, "/api/v1/leads", list=LIST) if one["number"].endswith("02")
    ]
    path = f"/api/v1/customers/{lead['customer_ref']}"
    history = await ask(system.client, f"{path}/history")
    assert [(one["order"], one["amount"], one["past"]) for one in history["orders"]] == [
        (f"{PARTNER}:past:A-1", {"minor": 3990, "currency": "EUR"}, True)
    ]
    customer = await ask(system.client, path)
    assert (customer["profile"]["name"], customer["profile"]["postal_code"]) == ("Cvita Cvitić-Nova", "31000")
    written = await system.client.put(f"{path}/profile", json={"name": "C. C."})
    assert written.json()["profile"]["notes"] == ""
    assert (await system.client.delete(path)).status_code == 204
    assert (await system.client.get(path)).status_code == 404
    assert (await ask(system.client, f"/api/v1/leads/{lead['lead']}"))["state"] == "erased"
    columns = json.dumps({"number": "nowhere"})
    refused = await system.client.post(
        f"/api/v1/lead-lists/{LIST}/imports", content=FILE.encode(), params={"columns": columns}
    )
    assert refused.json()["type"] == "/problems/columns_wrong"


async def test_no_name_and_no_number_lies_readable_on_the_disk(system: System, switch: Switch) -> None:
    stored = b"".join(path.read_bytes() for path in system.runtime.settings.data.rglob("*") if path.is_file())
    assert LIST.encode() in stored or system.runtime.settings.engine == "distributed", "the search finds what is there"
    for word in ("Ana Ani", "Bruno", "Cvita", "Danica", "Rings twice", "HYPERLINK", *NUMBERS, "0912340000"):
        assert word.encode() not in stored, word


async def test_a_call_that_is_taken_says_how_old_its_lead_was(system: System, switch: Switch, time: Time) -> None:
    number = "+385912345678"
    file = f"phone;created\n{number};{time() - timedelta(days=20):%d.%m.%Y}\n"
    found = await taken_in(system, f"/api/v1/lead-lists/{LIST}/imports", file.encode())
    assert found["new"] == 1, found
    numbers = {"customer_number": number, "our_number": "+38533000100"}
    await switch.tell(
        "old-1",
        time(),
        [
            ("call.started", 0, {"direction": "outbound", "phase": "dialing", "campaign": "lamps", **numbers}),
            ("call.answered", 5, {"answered_by": "human", "agent": "a9", "leg": "l1"}),
            ("sale.recorded", 20, {"agent": "a9", "leg": "l1", "amount_minor": 4900, "currency": "EUR"}),
            ("call.ended", 60, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
        ],
    )
    reads, key = system.runtime.kits["training"].deps.reads, f"{time():%Y-%m}:{PARTNER}:a9"

    async def aged() -> Any:
        hours = (await reads.get(worked, [key]))[key].hours
        return hours if any("8-30" in cell for cell in hours) else None

    assert await eventually(aged) == {f"{time().astimezone(UTC).hour}|outbound|8-30|lamps": [1, 1]}
    compared = await ask(
        system.client, "/api/v1/training/comparison/agents", **{"from": f"{time():%Y-%m}", "to": f"{time():%Y-%m}"}
    )
    assert "lead_age" in compared["adjusted_for"]
    assert compared["items"][0]["contacts"] == 1
