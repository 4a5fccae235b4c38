"""Staffing over HTTP: from calls to a forecast, people and a rota; who kept to it; what was committed; who may join."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from shared.contracts.training import TOPIC
from tests.e2e.switch import Switch, begun, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE = "/api/v1/training/partners/adria"
ZAGREB = ZoneInfo("Europe/Zagreb")
TODAY = date(2026, 11, 18)
FIRST = TODAY + timedelta(days=1)
STAFF: list[dict[str, Any]] = [{"agent": name, "languages": ["hr"]} for name in ("a1", "a2", "a3", "a4", "a5", "a6")]

NEXT = FIRST + timedelta(weeks=1)
FORM = {
    "partner": "adria", "name": "w48", "first": str(NEXT), "weeks": "1", "lengths": "8", "every": "60", "rest": "11",
    "most": "40", "off": "2", "people": "\n".join(f"a{n}: hr" for n in range(1, 7)), "action": "try",
}  # fmt: skip


async def done(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.status_code in (200, 201, 202), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(client: httpx.AsyncClient, method: str, path: str, body: Any, code: str) -> str:
    answer = await client.request(method, path, json=body)
    assert answer.json()["type"] == f"/problems/{code}", answer.text
    return str(answer.json()["detail"])


def local(day: date, hour: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZAGREB) + timedelta(hours=hour)


async def called(switch: Switch) -> None:
    """Three weeks with two calls each morning, one of which nobody waited out, and three minutes of talk in the
    other."""
    for back in range(21, 0, -1):
        day = TODAY - timedelta(days=back)
        said: list[Any] = [
            begun("+385912345678"),
            ("call.answered", 10, {"answered_by": "human", "agent": "a1", "leg": "l1"}),
            (
                "call.ended",
                190,
                {"scope": "leg", "agent": "a1", "leg": "l1", "reason": "completed", "ended_by": "agent"},
            ),
            ("call.ended", 190, {"scope": "call", "reason": "completed", "ended_by": "customer"}),
        ]
        await switch.tell(f"in-{day}", local(day, 10), said)
        gone = ("call.ended", 40, {"scope": "call", "reason": "abandoned", "ended_by": "customer"})
        await switch.tell(f"gone-{day}", local(day, 10.2), [begun("+385912345679"), gone])


async def test_from_calls_to_a_rota_that_is_kept(system: System, time: Time) -> None:
    ours = system.client
    await done(ours, "POST", "/api/v1/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
    settings = source("adria-1", "adria")
    settings["settings"]["agent_states"] = {state: state for state in ("available", "break", "offline")}
    await done(ours, "POST", "/api/v1/sources", settings)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-1")

    # Nothing is known yet; then calls come.
    assert (await ours.get(f"{HERE}/staffing")).status_code == 404
    line = {"language": "hr", "share_percent": 90, "within_seconds": 10, "occupancy_percent": None}
    staffing = {"time_zone": "Europe/Zagreb", "lines": [line], "holidays": ["2026-12-25"]}
    wrong = staffing | {"lines": [line, line | {"language": "de"}]}
    await refused(ours, "PUT", f"{HERE}/staffing", wrong, "claimed_twice")
    await done(ours, "PUT", f"{HERE}/staffing", staffing)
    await at_rest(system)
    await refused(ours, "GET", f"{HERE}/staffing/forecast", None, "too_little_known")
    await called(switch)
    await at_rest(system)

    found = (await ask(ours, f"{HERE}/staffing/forecast", days="7"))["items"][0]
    assert (found["language"], found["days"], found["odd"]) == ("hr", 21, [])
    assert found["handle_seconds"] == 180
    assert found["patience_seconds"] == 50, "21 waits of 10 s, 21 of 40 s, 21 gave up"
    calls = {one["at"]: one["calls"] for one in found["half_hours"]}
    assert calls[f"{FIRST}T09:00:00Z"] == pytest.approx(2, abs=0.01)
    assert sum(calls.values()) == pytest.approx(14, abs=0.1)
    assert found["held_out"]["half_hour_error"] == pytest.approx(0, abs=0.01)
    need = (await ask(ours, f"{HERE}/staffing/need", days="7"))["items"][0]["half_hours"]
    busy = {one["at"]: one["people"] for one in need if one["people"]}
    assert len(busy) == 7
    people = busy[f"{FIRST}T09:00:00Z"]
    assert people >= 2

    # One person is too few, and it is said how many more it takes; six are enough.
    wish = {"first": str(FIRST), "weeks": 1, "people": STAFF}
    alone = await done(ours, "POST", f"{HERE}/rotas/w47/trial", wish | {"people": STAFF[:1]})
    assert (alone["possible"], alone["without"]) == (False, [])
    enough = [{"agent": f"new{number}", "languages": ["hr"]} for number in range(alone["more"]["hr"])]
    tried = await done(ours, "POST", f"{HERE}/rotas/w47/trial", wish | {"people": [*STAFF[:1], *enough]})
    assert tried["possible"]
    why = await refused(ours, "POST", f"{HERE}/rotas/w47/draft", wish | {"people": STAFF[:1]}, "rota_impossible")
    assert "with hr" in why
    await refused(ours, "POST", f"{HERE}/rotas/w47/publication", None, "no_draft")
    await done(ours, "POST", f"{HERE}/rotas/w47/draft", wish)
    await done(ours, "POST", f"{HERE}/rotas/w47/publication")
    await at_rest(system)
    shown = await ask(ours, f"{HERE}/rotas/w47")
    assert shown["open"] == []
    assert len(shown["shifts"]) == 7 * people
    assert (await ask(ours, f"{HERE}/rotas"))["items"][0]["shifts"] == 7 * people
    await refused(ours, "POST", f"{HERE}/rotas/w47/draft", wish | {"people": STAFF[:5]}, "published")

    # A shift is given away, and the agent who has it sees it.
    first = shown["shifts"][0]
    there = {one["agent"] for one in shown["shifts"] if one["starts"][:10] == first["starts"][:10]}
    number = {one["agent"]: sum(s["agent"] == one["agent"] for s in shown["shifts"]) for one in STAFF}
    free = min((str(name) for name in number if name not in there), key=lambda name: (number[name], name))
    swap = {"agent": first["agent"], "starts": first["starts"], "to": free, "reason": "ill"}
    await refused(ours, "POST", f"{HERE}/rotas/w47/swaps", swap | {"to": "nobody"}, "rule_broken")
    await done(ours, "POST", f"{HERE}/rotas/w47/swaps", swap)
    await at_rest(system)
    assert system.access is not None
    _, key = await system.access.create_key("their agent", "agent", frozenset({"adria"}), free)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers
    ) as agent:
        mine = await ask(agent, "/api/v1/training/shifts/mine")
        assert len(mine["items"]) == number[free] + 1
        assert mine["items"][0]["starts"] == first["starts"]
        assert (await agent.get(f"{HERE}/rotas/w47")).status_code == 403

    # The first shift is worked, half an hour late and with a break; then it is looked at.
    begin = datetime.fromisoformat(first["starts"])
    time.at = begin + timedelta(hours=9)
    for state, minutes in (("available", 30), ("break", 240), ("available", 270), ("offline", 480)):
        said = {"call": None, "agent": free, "state": state, "native": state}
        await switch.tell(f"{state}-{minutes}", begin + timedelta(minutes=minutes), [("agent.state_changed", 0, said)])
    await at_rest(system)
    kept = {one["agent"]: one for one in (await ask(ours, f"{HERE}/rotas/w47/adherence"))["items"]}[free]
    assert (kept["scheduled_seconds"], kept["there_seconds"], kept["paused_seconds"]) == (28_800, 27_000, 1_800)
    assert kept["shifts"][0]["late_seconds"] == 1_800
    assert kept["adherence"] == kept["conformance"] == 0.9375

    # The page shows it.
    shown_page = (await ours.get("/rota?partner=adria")).text
    assert 'href="/rota?partner=adria&amp;name=w47"' in shown_page
    assert "Every half hour is covered." in shown_page
    assert "93.8 %" in shown_page
    assert (await ours.get("/rota?partner=adria&name=w99")).status_code == 404

    assert "Need against cover" in shown_page
    assert shown_page.count('class="need"') == 1

    # So does the page of staffing, which also changes it.
    page, promised = "/rota/staffing", "time_zone: Europe/Zagreb\nlines:\n- language: hr\n  share_percent: {share}\n"
    form = {"partner": "adria", "act": "staffing", "content": promised.format(share=500)}
    assert '<td class="n">90 %</td><td class="n">10</td>' in (await ours.get(f"{page}?partner=adria")).text
    wrong_share = await ours.post(page, data=form)
    assert (wrong_share.status_code, "lines[0].share_percent: " in wrong_share.text) == (422, True)
    assert "share_percent: 500" in wrong_share.text, "what was written is not lost"
    over_night = (
        "starts: 2027-01-01\ncommitted:\n- {language: hr, days: [mon], opens: '20:00', closes: '08:00', people: 3}"
    )
    night = form | {"act": "capacity", "content": over_night}
    over_midnight = await ours.post(page, data=night)
    assert (over_midnight.status_code, "one over midnight is two" in over_midnight.text) == (409, True)
    morning = night | {"content": over_night.replace("'20:00'", "'06:00'")}
    assert (await ours.post(page, data=morning)).status_code == 303
    assert (await ours.post(page, data=form | {"act": "other"})).status_code == 404
    await at_rest(system)
    assert (await ask(ours, f"{HERE}/capacity"))["items"][-1]["committed"][0]["people"] == 3
    assert "06:00–08:00" in (await ours.get(f"{page}?partner=adria")).text
    assert (await ours.post(page, data=form | {"content": promised.format(share=90)})).status_code == 303

    # Planners make the next one on a page: what is impossible says why, what is drafted is published.
    nobody = await ours.post("/rota/plan", data=FORM | {"people": ""})
    assert "A rota needs people." in nobody.text
    unread = await ours.post("/rota/plan", data=FORM | {"people": "a1"})
    assert "Line 1 can&#39;t be read: a1" in unread.text
    few = (await ours.post("/rota/plan", data=FORM | {"people": "a1: hr"})).text
    assert "There is no such rota" in few
    assert 'id="more"' in few
    assert 'id="gaps"' in few
    tight = (await ours.post("/rota/plan", data=FORM | {"off": "6"})).text
    assert "<li>the days off</li>" in tight
    tried = (await ours.post("/rota/plan", data=FORM)).text
    assert 'id="possible"' in tried
    assert "Need against cover" in tried
    refusal = (await ours.post("/rota/plan", data=FORM | {"action": "draft", "people": "a1: hr"})).text
    assert "half hours stay open" in refusal
    drafted = await ours.post("/rota/plan", data=FORM | {"action": "draft"})
    assert (drafted.status_code, drafted.headers["location"]) == (
        303,
        "/rota?partner=adria&name=w48&said=It+is+drafted.",
    )
    assert (await ours.get(drafted.headers["location"])).status_code == 200
    await at_rest(system)
    draft = (await ours.get("/rota?partner=adria&name=w48")).text
    assert 'id="publish"' in draft
    again = (await ours.get("/rota/plan?partner=adria")).text
    assert "a1: hr" in again
    assert f'value="{NEXT + timedelta(weeks=1)}"' in again
    nameless = (await ours.get("/rota/plan?partner=nobody")).text
    assert '<option value="nobody" selected>nobody</option>' in nameless, "no other partner's rota is made"
    tried = (await ours.post("/rota/plan", data=FORM | {"partner": "nobody"})).text
    assert '<option value="nobody" selected>nobody</option>' in tried
    published = await ours.post("/rota/publication", data={"partner": "adria", "name": "w48"})
    assert "said=It+holds" in published.headers["location"]
    await at_rest(system)
    holds = await ask(ours, f"{HERE}/rotas/w48")
    given, there = holds["shifts"][0], holds["shifts"][0]["agent"]
    swapped = {"partner": "adria", "name": "w48", "shift": f"{given['starts']}|{there}", "to": there, "reason": "ill"}
    assert "said=" in (await ours.post("/rota/swaps", data=swapped)).headers["location"]
    assert 'id="publish"' not in (await ours.get("/rota?partner=adria&name=w48")).text

    # What was committed against what was there.
    await done(ours, "POST", "/api/v1/agents", {"partner_id": "adria", "agent": free, "languages": ["hr"]})
    committed = {"language": "hr", "days": ["thu"], "opens": "00:00", "closes": "24:00", "people": 1}
    await done(ours, "PUT", f"{HERE}/capacity", {"starts": str(TODAY), "committed": [committed]})
    await at_rest(system)
    had = await ask(ours, f"{HERE}/capacity/delivery", **{"from": str(FIRST), "to": str(FIRST + timedelta(days=1))})
    over = [one for one in had["items"] if one["speaking"]]
    assert len(over) == 15, "seven and a half hours"
    assert had["languages"][0]["short"] == had["languages"][0]["half_hours"] - 15


async def test_candidates_go_through_the_stages_and_who_they_are_stays_in_the_vault(system: System) -> None:
    ours, one = system.client, f"{HERE}/candidates/c17"
    known = {"languages": [{"language": "de", "level": "C1"}], "skills": ["telesales"]}
    person = {"name": "Ana Anić", "email": "ana@example.com", "note": "Called back twice."}
    assert (await ours.put(f"{one}/person", json=person)).status_code == 404
    await done(ours, "PUT", one, known)
    await at_rest(system)
    await done(ours, "PUT", f"{one}/person", person)
    await done(ours, "POST", f"{one}/stage", {"stage": "interviewed"})
    await refused(ours, "POST", f"{one}/stage", {"stage": "screened"}, "not_forward")
    await at_rest(system)
    shown = await ask(ours, one)
    assert (shown["stage"], shown["person"]["name"]) == ("interviewed", "Ana Anić")
    listed = await ask(ours, f"{HERE}/candidates", stage="interviewed", language="de")
    assert [row["candidate"] for row in listed["items"]] == ["c17"]
    assert "Ana" not in str(listed)
    assert (await ask(ours, f"{HERE}/candidates", language="pl"))["items"] == []
    bus = system.runtime.kits["training"].bus
    read = [await bus.read(TOPIC, partition, 0, 1_000) for partition in range(bus.partitions(TOPIC))]
    told = b"".join(record.value for records in read for record in records)
    assert b"CandidateMoved" in told
    assert b"Ana" not in told
    assert b"example.com" not in told
    await done(ours, "POST", f"{one}/erasure")
    await at_rest(system)
    gone = await ask(ours, one)
    assert (gone["erased"], gone["person"]) == (True, None)
    assert await system.runtime.kits["training"].vault.get_secret("candidate/adria/c17") is None
