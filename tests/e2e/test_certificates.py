"""Training over HTTP: a manual, a session, an assessment, a certificate; and who takes calls without one is seen."""

from __future__ import annotations

import asyncio
import re
import time as clock
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import vobject

from tests.e2e.contracts import AGREED, signed_partner
from tests.e2e.shop import done, refused
from tests.e2e.switch import ENDED, Said, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest, documents, eventually, everything, looked

pytestmark = pytest.mark.asyncio(loop_scope="module")
COURSE = "lamps-inbound-hr"
ROUTE = f"/training/courses/{COURSE}"
IVO = "/training/agents/adria/a7"
EXAM = {"bank": "lamps", "questions": 2, "pass_percent": 50, "attempts": 2, "minutes": 30, "valid_days": 20}
TAUGHT = {
    "title": "Lampe, dolazni pozivi",
    "panel": "inbound",
    "language": "hr",
    "certificate": "lamps-inbound",
    "product": "LAMP",
    "exam": EXAM,
}
PNG = b"\x89PNG\r\n\x1a\n" + b"a lamp"
LAMPS: dict[str, Any] = {
    "name": "Lamps",
    "countries": ["HR"],
    "languages": ["hr"],
    "starts": "2026-11-01",
    "partners": [{"partner": "adria", "percent": "100"}],
    "certificates": ["lamps-inbound"],
}
TRAINED = b"certified:\n  - name: lamps-inbound\n    agents: 1\n    backups: 2\n    clause: '7.2'\n"


async def agent_key(system: System, agent: str) -> httpx.AsyncClient:
    """An agent of the partner."""
    return await keyed(system, {"name": agent.upper(), "role": "agent", "partners": ["adria"], "agent": agent})


async def supervisor(system: System, partner: str) -> httpx.AsyncClient:
    """An administrator of one partner."""
    return await keyed(system, {"name": "Mia", "role": "admin", "partners": [partner]})


async def keyed(system: System, asked: dict[str, Any]) -> httpx.AsyncClient:
    """Somebody with a key of their own."""
    key = (await system.client.post("/api/v1/keys", json=asked)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def publish(system: System, version: str, text: str, valid_from: str, changed: str = "") -> None:
    body = {"version": version, "text": text, "changed": changed, "valid_from": valid_from}
    await done(system.client, "POST", f"{ROUTE}/manual", body)
    await at_rest(system)


async def passed(system: System, client: httpx.AsyncClient, agent: str, version: str) -> dict[str, Any]:
    """The agent reads the manual and passes a paper."""
    of = f"/training/agents/adria/{agent}"
    await done(client, "POST", f"{of}/courses/{COURSE}/acknowledgement", {"version": version})
    paper = (await done(client, "POST", f"{of}/courses/{COURSE}/papers"))["paper"]
    await at_rest(system)
    shown = await ask(client, f"/api/v1{of}/papers/{paper}")
    answers = {one["question"]: [0] for one in shown["questions"]}
    marked: dict[str, Any] = await done(client, "POST", f"{of}/papers/{paper}/answers", {"answers": answers})
    await at_rest(system)
    return marked


async def test_a_manual_is_published_in_versions_and_read_as_of_a_day(system: System, time: Time) -> None:
    client, time.at = system.client, datetime(2026, 11, 18, 15, tzinfo=UTC)
    await signed_partner(system, "adria", "2026-01-05", AGREED.rstrip() + b"\n" + TRAINED)
    await done(client, "POST", "/agents", {"partner_id": "adria", "agent": "a7", "name": "Ivo", "languages": ["hr"]})
    await done(client, "PUT", ROUTE, TAUGHT)
    await at_rest(system)
    laid = await client.post(f"/api/v1{ROUTE}/images", content=PNG)
    assert (laid.status_code, laid.json()["media"]) == (201, "image/png")
    assert (await client.post(f"/api/v1{ROUTE}/images", content=b"<svg/>")).status_code == 415
    picture = laid.json()["address"]
    text = f"# Lampe\n\n## Žarulja\n\n![lamp]({picture})\n\n<script>alert(1)</script>\n"
    await publish(system, "1.0", text, "2026-11-18")
    body = {"version": "1.2", "text": "# Lampe", "changed": "Shorter.", "valid_from": "2026-11-18"}
    await refused(client, f"{ROUTE}/manual", body, "version_not_next")
    strange = {**body, "version": "1.1", "text": "![x](https://other.example/x.png)"}
    await refused(client, f"{ROUTE}/manual", strange, "image_elsewhere")
    await refused(client, f"{ROUTE}/manual", {**body, "version": "1.1", "changed": ""}, "changes_not_told")
    await publish(system, "1.1", text + "\nNovo.\n", "2026-11-25", "A line more.")
    found = await ask(client, f"/api/v1{ROUTE}/manual")
    assert (found["published"]["version"], found["text"]) == ("1.0", text)
    later = await ask(client, f"/api/v1{ROUTE}/manual", on="2026-11-25")
    assert (later["published"]["version"], later["published"]["changed"]) == ("1.1", "A line more.")
    assert (await client.get(f"/api/v1{ROUTE}/manual", params={"on": "2026-11-17"})).status_code == 404
    differs = await ask(client, f"/api/v1{ROUTE}/manual/changes", version="1.1")
    assert differs["changed"] == [{"version": "1.1", "changed": "A line more."}]
    assert [line for line in differs["lines"] if line[0] in "+-"] == ["+", "+Novo."]
    assert (await client.get(f"/api/v1{ROUTE}/manual/changes", params={"version": "1.0"})).status_code == 404
    for layout in ("screen", "print"):
        page = await client.get(f"/api/v1{ROUTE}/manual/page", params={"layout": layout})
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert 'src="data:image/png;base64,' in page.text
        assert "<script>" not in page.text
        assert ("<nav>" in page.text) == (layout == "screen")
        assert ("@page" in page.text) == (layout == "print")


async def test_a_session_is_moved_and_cancelled_in_every_calendar(system: System, time: Time) -> None:
    client = system.client
    route = "/training/sessions/lamps-1"
    planned = {
        "course": COURSE,
        "title": "Lampe: uvod",
        "starts_at": "2026-11-19T09:00:00+01:00",
        "time_zone": "Europe/Zagreb",
        "minutes": 60,
        "capacity": 2,
        "place": "https://meet.example/lamps",
        "contact": "training@company.example",
    }
    await done(client, "PUT", route, planned)
    await at_rest(system)
    for agent in ("a7", "a8"):
        await done(client, "PUT", f"{route}/invitations/adria/{agent}")
    full = await client.put(f"/api/v1{route}/invitations/adria/a9")
    assert (full.status_code, full.json()["type"]) == (409, "/problems/session_full")
    async with await supervisor(system, "bora") as strange:
        assert (await strange.put(f"/api/v1{route}/invitations/adria/a9")).status_code == 404
        assert (await strange.put(f"/api/v1{route}", json=planned)).status_code == 403
    await at_rest(system)

    async def calendar(agent: str) -> Any:
        answer = await client.get(f"/api/v1{route}/invitations/adria/{agent}/calendar")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/calendar")
        parsed = vobject.readOne(answer.text)
        parsed.validate()
        return parsed

    first = await calendar("a7")
    assert first.method.value == "REQUEST"
    assert (first.vevent.sequence.value, first.vevent.status.value) == ("0", "CONFIRMED")
    assert first.vevent.dtstart.value.isoformat() == "2026-11-19T09:00:00+01:00"
    assert first.vevent.attendee.params["CN"] == ["Ivo"]
    await done(client, "PUT", route, {**planned, "starts_at": "2026-11-19T10:30:00+01:00"})
    async with await supervisor(system, "adria") as theirs:
        await done(theirs, "POST", f"{route}/invitations/adria/a8/withdrawal")
    await at_rest(system)
    moved, gone = await calendar("a7"), await calendar("a8")
    assert moved.vevent.uid.value == first.vevent.uid.value
    assert int(moved.vevent.sequence.value) > 0
    assert moved.vevent.dtstart.value.isoformat() == "2026-11-19T10:30:00+01:00"
    assert (gone.method.value, gone.vevent.status.value) == ("CANCEL", "CANCELLED")

    attendance = f"{route}/invitations/adria/a7/attendance"
    await refused(client, attendance, {"present": True}, "not_begun")
    time.at = datetime(2026, 11, 19, 10, 45, tzinfo=UTC)
    await done(client, "POST", attendance, {"present": True})
    await done(client, "POST", f"{route}/held", {"minutes": 70})
    await done(client, "PUT", f"{route}/recording", {"url": "https://video.example/lamps-1"})
    await at_rest(system)
    marks = {"understood": 5, "useful": 4, "pace": 3, "questions": 5}
    async with await agent_key(system, "a7") as ivo, await agent_key(system, "a8") as mia:
        page, said = "/training/sessions/lamps-1/feedback", {"comment": "Slower, please; Ana spoke too fast."}
        assert "My questions were answered." in (await ivo.get(page)).text
        assert f'href="{page}"' in (await ivo.get("/training/mine")).text
        few = await ivo.post(page, data={name: str(mark) for name, mark in marks.items() if name != "pace"} | said)
        assert "The+form+asks+for" in few.headers["location"]
        told = await ivo.post(page, data={name: str(mark) for name, mark in marks.items()} | said)
        assert "without+your+name" in told.headers["location"]
        assert "Ana" not in told.headers["location"]
        absent = await mia.post(page, data={name: str(mark) for name, mark in marks.items()})
        assert "without+your+name" not in absent.headers["location"]
        assert "<script" not in (await mia.get(absent.headers["location"])).text.partition('id="said"')[2][:200]
        await refused(mia, f"{route}/feedback/adria/a8", {"marks": marks}, "not_there")
        await refused(mia, f"{route}/feedback/adria/a7", {"marks": marks}, "not_found", 404)
        await at_rest(system)
        mine = await ask(ivo, f"/api/v1{route}")
    comments = (await ask(client, f"/api/v1{route}/comments"))["items"]
    assert comments == [{"partner": "adria", "text": "Slower, please; Ana spoke too fast."}]
    kept = await documents(system.runtime.kits["training"].documents, "session_comments")
    assert len(kept) == 1
    assert "Ana" not in str(kept)
    assert (mine["state"], mine["held"]["invited"], mine["held"]["attended"]) == ("held", 1, 1)
    assert mine["feedback"] == {"given": 1, "means": {name: f"{mark}.00" for name, mark in marks.items()}}

    worth = (await client.get("/training/sessions/lamps-1")).text
    assert "Slower, please; Ana spoke too fast." in worth
    assert 'href="https://video.example/lamps-1"' in worth
    assert ("was there" in worth, "invitation withdrawn" in worth, "was not there" in worth) == (True, True, False)
    table = worth.partition('id="marks"')[2].partition("</table>")[0]
    assert re.findall(r'<td class="n">([0-9.]+)</td>', table) == [
        one for mark in marks.values() for one in (f"{mark}.00", "1")
    ]
    assert 'href="/training/sessions/lamps-1"' in (await client.get("/training")).text
    async with await supervisor(system, "bora") as strange:
        elsewhere = (await strange.get("/training/sessions/lamps-1")).text
        assert ("Slower" in elsewhere, "Ivo" in elsewhere, "/agents/adria/" in elsewhere) == (False, False, False)
        assert "Nobody is invited." in elsewhere
    assert (await client.get("/training/sessions/none")).status_code == 404

    await done(client, "PUT", "/training/sessions/lamps-2", {**planned, "starts_at": "2026-11-30T09:00:00+01:00"})
    await done(client, "PUT", "/training/sessions/lamps-2/invitations/adria/a7")
    await done(client, "POST", "/training/sessions/lamps-2/cancellation", {"reason": "The lamps are late."})
    await at_rest(system)
    answer = await client.get("/api/v1/training/sessions/lamps-2/invitations/adria/a7/calendar")
    cancelled = vobject.readOne(answer.text)
    assert (cancelled.method.value, cancelled.vevent.sequence.value) == ("CANCEL", "1")


async def test_who_passes_is_certified_and_until_when(system: System, time: Time) -> None:
    client = system.client
    for number in range(4):
        question = {
            "text": f"Question {number}",
            "choices": ["right", "wrong", "neither"],
            "right": [0],
            "topic": "light" if number % 2 else "price",
        }
        await done(client, "PUT", f"/training/banks/lamps/questions/q{number}", question)
    await at_rest(system)
    of_ivo = f"{IVO}/courses/{COURSE}"
    async with await agent_key(system, "a7") as ivo:
        assert (await ivo.get("/api/v1/training/banks/lamps")).status_code == 403
        await refused(ivo, f"{of_ivo}/papers", None, "manual_not_read")
        await refused(ivo, f"{of_ivo}/acknowledgement", {"version": "7.0"}, "unknown_version")
        await done(ivo, "POST", f"{of_ivo}/acknowledgement", {"version": "1.0"})
        first = (await done(ivo, "POST", f"{of_ivo}/papers"))["paper"]
        await at_rest(system)
        await refused(ivo, f"{of_ivo}/papers", None, "paper_open")
        wrong = {"answers": {"q0": [7]}}
        await refused(ivo, f"{IVO}/papers/{first}/answers", {"answers": {"nothing": [0]}}, "unknown_answer")
        await refused(ivo, f"{IVO}/papers/{first}/answers", wrong, "unknown_answer")
        failed = await done(ivo, "POST", f"{IVO}/papers/{first}/answers", {"answers": {}})
        assert (failed["passed"], failed["score_percent"]) == (False, "0.00")
        marked = await passed(system, ivo, "a7", "1.0")
        assert (marked["passed"], marked["score_percent"]) == (True, "100.00")
        mine = await ask(ivo, f"/api/v1{IVO}")
        assert [one["held"] for one in mine["certificates"]] == [True]
        assert mine["certificates"][0]["certified"]["valid_until"] == "2026-12-09"
        assert [paper["passed"] for paper in mine["papers"]] == [False, True]
        assert [one["session"] for one in mine["sessions"]] == ["lamps-1", "lamps-2"]
        assert mine["due"] == []
        assert (await ivo.get("/api/v1/training/agents/adria/a8")).status_code == 404
    (covered,) = (await ask(client, "/api/v1/training/coverage", partner="adria"))["items"]
    assert (covered["certified"], covered["backups"], covered["lapsing"]) == (1, 0, 1)
    assert (covered["asked_agents"], covered["asked_backups"], covered["missing_backups"]) == (1, 2, 2)
    assert covered["products"] == ["LAMP"]


TALKING: list[Said] = [
    begun("+38761555001"),
    ("call.answered", 1, {"answered_by": "human", "agent": "a8", "leg": "l1"}),
]
UNCERTIFIED = "adria:sale_uncertified:a8:adria-switch:g-1"


def ready(agent: str) -> Said:
    return "agent.state_changed", 0, {"call": None, "agent": agent, "native": "READY"}


async def test_a_call_by_an_uncertified_agent_is_flagged_within_a_second(system: System, time: Time) -> None:
    client = system.client
    settings = source("adria-switch", "adria")
    settings["settings"]["agent_states"] = {"READY": "available"}
    await done(client, "POST", "/sources", settings)
    await done(client, "PUT", "/campaigns/lamps", LAMPS)
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    for agent in ("a7", "a8"):
        await switch.tell(f"s-{agent}", time(), [ready(agent)])
    found = await ask(client, "/api/v1/routing/candidates", campaign="lamps")
    assert [one["candidate"]["agent"] for one in found["items"]] == ["a7"]
    reasons = {reason["of"]: reason["value"] for reason in found["items"][0]["reasons"]}
    assert reasons["certificate"] == "valid"
    assert [(one["candidate"]["agent"], one["reason"]["text"]) for one in found["left_out"]] == [
        ("a8", "lacks lamps-inbound")
    ]

    async def in_campaign() -> list[str]:
        told = await ask(client, "/api/v1/campaigns/lamps/uncertified")
        return [one["agent"] for one in told["items"]]

    async def on_board() -> list[str]:
        board = await ask(client, "/api/v1/wallboard")
        matters = [one["key"] for one in board["attention"] if one["key"] == "uncertified"]
        return matters + [row[0] for row in board["rows"] if row[-1] == "lamps-inbound"]

    assert await in_campaign() == []
    assert await on_board() == []
    begun_at = clock.monotonic()
    await switch.tell("g-1", time(), TALKING)
    assert await eventually(in_campaign) == ["a8"]
    in_the_campaign = clock.monotonic() - begun_at
    assert await eventually(on_board) == ["uncertified", "adria/a8"]
    on_the_board = clock.monotonic() - begun_at
    print(f"flagged after {in_the_campaign:.3f} s in the campaign, {on_the_board:.3f} s on the wallboard")
    told = await everything(client, "/api/v1/campaigns/lamps/uncertified")
    assert (told[0]["lacks"], told[0]["calls"]) == (["lamps-inbound"], ["adria-switch:g-1"])


async def test_a_sale_by_an_uncertified_agent_is_on_the_work_list(system: System, time: Time) -> None:
    client = system.client
    switch = Switch(system, time, "adria-switch")
    sold = {"agent": "a8", "leg": "l1"}
    await switch.tell(
        "g-1",
        time(),
        [
            ("sale.recorded", 2, {**sold, "sku": "LAMP", "amount_minor": 4900, "currency": "EUR"}),
            ENDED,
            ("call.dispositioned", 95, {**sold, "native": "SOLD"}),
        ],
    )
    certified = begun("+38761555002"), ("call.answered", 1, {"answered_by": "human", "agent": "a7", "leg": "l1"})
    await switch.tell("g-2", time(), [*certified, ENDED, result("SOLD")])
    await at_rest(system)

    async def listed(**asked: str) -> list[str]:
        return [item["work"] for item in await everything(client, "/api/v1/work", kind="sale_uncertified", **asked)]

    time.forward(timedelta(minutes=2))
    await looked()
    assert await listed() == []
    time.forward(timedelta(minutes=31))
    assert await eventually(listed) == [UNCERTIFIED]
    (item,) = await everything(client, "/api/v1/work", kind="sale_uncertified")
    assert (item["agent"], item["subject"], item["owner"]) == ("a8", "adria-switch:g-1", "partner")

    async def settled() -> list[str]:
        return await listed(state="settled")

    await done(client, "PUT", "/campaigns/lamps", {**LAMPS, "certificates": []})
    assert await eventually(settled) == [UNCERTIFIED]
    assert await ask(client, "/api/v1/campaigns/lamps/uncertified") == {"asked": [], "items": [], "next": None}
    await done(client, "PUT", "/campaigns/lamps", LAMPS)
    await at_rest(system)
    await looked()
    assert await listed() == [], "what is asked for from now on is held against nobody's past"


async def test_a_new_major_version_asks_for_certification_anew(system: System, time: Time) -> None:
    client, time.at = system.client, datetime(2026, 11, 25, 8, tzinfo=UTC)
    await publish(system, "2.0", "# Lampe\n\n## Nove žarulje\n", "2026-11-25", "Other bulbs, another socket.")

    async def held() -> list[bool]:
        return [one["held"] for one in (await ask(client, f"/api/v1{IVO}"))["certificates"]]

    async def has_lapsed() -> bool:
        return await held() == [False]

    await eventually(has_lapsed)
    mine = await ask(client, f"/api/v1{IVO}")
    assert mine["certificates"][0]["lapsed"]["reason"] == "manual_changed"
    assert [(one["course"], one["version"]) for one in mine["due"]] == [(COURSE, "2.0")]

    async with await agent_key(system, "a7") as ivo:
        page = (await ivo.get("/training/mine")).text
        assert (await ivo.get("/training")).status_code == 403
    assert f'action="/training/mine/{COURSE}/reading"><input type="hidden" name="version" value="2.0">' in page
    assert "Other bulbs, another socket." in page
    assert "/api/v1/training/sessions/lamps-1/invitations/adria/a7/calendar" in page
    board = (await client.get("/training")).text
    assert "Lampe, dolazni pozivi" in board
    assert "0 of 2" in board

    async def left_out() -> list[str]:
        found = await ask(client, "/api/v1/routing/candidates", campaign="lamps")
        return [one["candidate"]["agent"] for one in found["left_out"] if one["candidate"]["agent"] == "a7"]

    assert await eventually(left_out) == ["a7"]
    async with await agent_key(system, "a7") as ivo:
        assert (await passed(system, ivo, "a7", "2.0"))["passed"]
    assert await held() == [True]
    assert await left_out() == []
    time.forward(timedelta(days=21))
    await eventually(has_lapsed)
    (one,) = (await ask(client, "/api/v1/training/certificates", partner="adria", held=False))["items"]
    assert one["lapsed"]["reason"] == "expired"
