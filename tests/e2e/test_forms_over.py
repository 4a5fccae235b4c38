"""Two people have the same form open: who sends it later is asked again, and nothing of the other's is lost."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.e2e.contracts import AGREED
from tests.e2e.shop import done
from tests.e2e.switch import Switch, source
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_meanwhile import form_of, sides
from tests.e2e.test_month import MONTH, as_role, connected, november, report, submitted
from tests.e2e.test_rotas import FIRST, HERE, STAFF, called

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
PLAN = {"templates": ["inbound"], "start": "2026-12-01", "accountable": "Mira", "ours": "Jana", "theirs": "Ana"}
NOTHING: dict[str, str] = {}


def action_of(html: str, name: str) -> str:
    """Where the form of this id is sent."""
    found = re.search(rf'<form[^>]*action="([^"]*)"[^>]*id="{name}"', html)
    assert found is not None, name
    return unescape(found[1])


class Two:
    """Two people before one page."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.client = system.client

    async def sent(self, client: httpx.AsyncClient, to: str, form: dict[str, Any]) -> httpx.Response:
        answer = await client.post(to, data=form, headers={"accept": "text/html"})
        await at_rest(self.system)
        return answer

    async def at_once(
        self,
        page: str,
        form: str,
        other: dict[str, Any],
        mine: dict[str, Any],
        *,
        meant: bool = True,
        to: str = "",
    ) -> list[list[str]]:
        """Both open the form, the other one is faster. The rows of the dialogue; then I mean it, unless the rules
        refuse that by now."""
        html = (await self.client.get(page)).text
        filled, to = form_of(html, form), to or action_of(html, form)
        first = await self.sent(self.client, to, filled | other)
        assert (first.status_code, "wrong=" in first.headers.get("location", "")) == (303, False), first.headers.get(
            "location"
        ) or re.findall(r'id="said"[^>]*>(.*?)<', first.text)
        late = await self.sent(self.client, to, filled | mine)
        assert (late.status_code, 'id="meanwhile"' in late.text) == (412, True), late.text
        again = form_of(late.text, "again")
        assert unquote(action_of(late.text, "again")) == unquote(to)
        kept = {name: text for name, text in (filled | mine).items() if name not in ("csrf", "over") and text}
        assert {name: again.get(name) for name in kept} == kept
        if meant:
            sent = await self.sent(self.client, to, again)
            assert (sent.status_code, "wrong=" in sent.headers["location"]) == (303, False), sent.headers
        return sides(late.text)


async def test_a_month(system: System, time: Time) -> None:
    two, client = Two(system), system.client
    known = {one["partner_id"] for one in (await ask(client, "/api/v1/partners"))["items"]}
    assert "adria" not in known, "the month is the first of the module"
    await connected(system)
    await november(system, time, 12)
    found = await submitted(system, report(range(11)))
    page = "/reconciliation/adria/2026-11"
    html = (await client.get(page)).text
    stale = form_of(html, "layout")
    assert (await two.sent(client, f"{page}/layout", stale)).status_code == 303
    late = await two.sent(client, f"{page}/layout", stale)
    assert (late.status_code, 'id="meanwhile"' in late.text) == (412, True), late.text
    assert (await two.sent(client, f"{page}/layout", form_of(late.text, "again"))).status_code == 303

    group = next(iter(found["mismatches"]))
    chosen = form_of(html, "attribution") | {"group": [group], "which": "chosen", "reason": "Seen."}
    agreement = form_of(html, "agree")
    taking = {"taken": group, "amount": "0", "over": form_of(html, "attribution")["over"]}
    first = await two.sent(client, f"{page}/attribution", chosen | {"party": "own"})
    assert "attributed" in first.headers["location"], first.headers
    late = await two.sent(client, f"{page}/attribution", chosen | {"party": "partner"})
    assert (late.status_code, [row[0] for row in sides(late.text)]) == (412, [group]), late.text
    assert (await two.sent(client, f"{page}/taking", taking | {"reason": "So be it."})).status_code == 412
    assert (await two.sent(client, f"{page}/undo", chosen | {"undone": group})).status_code == 412
    late_one = await two.sent(client, f"{page}/agreement", agreement)
    assert (late_one.status_code, 'id="meanwhile"' in late_one.text) == (412, True), late_one.text
    meant = await two.sent(client, f"{page}/attribution", form_of(late.text, "again") | {"group": [group]})
    assert "attributed" in meant.headers["location"]
    assert (await ask(client, MONTH))["mismatches"][group]["attributed"]["party"] == "partner"

    several = form_of((await client.get(page)).text, "attribution") | {"which": "chosen", "reason": "Seen again."}
    several |= {"group": [group, "E999999"], "party": "own"}
    refused = await client.post(f"{page}/attribution", data=several, headers={"accept": "text/html"})
    assert "wrong=" in refused.headers["location"]
    known = await ask(client, MONTH)
    assert known["mismatches"][group]["attributed"]["party"] != "own", "all of them, or none"


async def test_a_partners_file(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "kolna", "name": "Kolna", "time_zone": "Europe/Zagreb"})
    await at_rest(system)
    page, api = "/partners/kolna", "/api/v1/partners/kolna"
    assert await two.at_once(page, "owner", {"owner": "Jana"}, {"owner": "Mira"}) == [["Owner", "Mira", "Jana"]]
    assert (await ask(client, api))["owner"] == "Mira"
    due = {"owner": "Mira", "due": "2026-12-01"}
    rows = await two.at_once(page, "next", due | {"action": "Call them"}, due | {"action": "Write"})
    assert rows == [["Next step", "Write", "Call them"]]
    assert (await ask(client, api))["next_action"]["action"] == "Write"
    html = (await client.get(page)).text
    stale = form_of(html, "next-done")
    await two.sent(client, f"{page}/next", form_of(html, "next") | due | {"action": "Visit"})
    late = await two.sent(client, f"{page}/next-done", stale)
    assert (late.status_code, sides(late.text)) == (412, [["Next step", "Write", "Visit"]])
    assert (await ask(client, api))["next_action"]["action"] == "Visit"
    late_one = {"target": "contacted", "reason": "They answered."}
    rows = await two.at_once(page, "to-rejected", {"reason": "Too small."}, late_one, meant=False)
    assert rows == [["Stage", "Contacted", "Rejected"]]
    assert (await ask(client, api))["stage"] == "rejected"


async def test_a_ticket(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "lumen", "name": "Lumen", "time_zone": "Europe/Zagreb"})
    await at_rest(system)
    said = {"partner_id": "lumen", "subject": "No calls", "text": "Since nine.", "category": "telephony"}
    name = (await done(client, "POST", "/tickets", said))["id"]
    await at_rest(system)
    page = f"/tickets/{name}"
    assert await two.at_once(page, "assign", {"assignee": "Jana"}, {"assignee": "Mira"}) == [
        ["Assign to", "Mira", "Jana"]
    ]
    rows = await two.at_once(page, "prioritise", {"priority": "urgent"}, {"priority": "low"})
    assert rows == [["Priority", "low", "urgent"]]
    found = await ask(client, f"/api/v1/tickets/{name}")
    assert (found["assignee"], found["priority"]) == ("Mira", "low")


async def test_a_transition(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "vela", "name": "Vela", "time_zone": "Europe/Zagreb"})
    await at_rest(system)
    await done(client, "PUT", "/transitions/vela", PLAN)
    await at_rest(system)
    page, api = "/partners/vela/transition", "/api/v1/transitions/vela"
    task = {"task": "tour", "side": "ours", "start": "2026-12-02", "end": "2026-12-03"}
    rows = await two.at_once(page, "plan-task", task | {"name": "Tour"}, task | {"name": "Visit", "after": ""})
    assert rows[0] == ["What is to be done", "Visit", "Tour"]
    tasks = {one["task"]: one["name"] for one in (await ask(client, api))["tasks"]}
    assert tasks["tour"] == "Visit"
    stale = form_of((await client.get(page)).text, "plan-task")
    await two.sent(client, f"{page}/task", stale | task | {"task": "other", "name": "Another one"})
    fine = await two.sent(client, f"{page}/task", stale | task | {"name": "Tour again"})
    assert fine.status_code == 303, "another task is nobody's business here"

    line = {"line": "+38513334444"}
    rows = await two.at_once(page, "list-line", line | {"purpose": "Sales"}, line | {"purpose": "Service"})
    assert rows == [["For", "Service", "Sales"]]
    states = {"interface": "feed", "name": "Feed"}
    rows = await two.at_once(
        page, "note-interface", states | {"state": "planned"}, states | {"state": "planned", "note": "Soon"}
    )
    assert rows == [["Note", "Soon", "–"]]

    lines = ["pilot 50 3 85\nfull 500 1", "pilot 60 3 85\nfull 600 1"]
    rows = await two.at_once(page, "plan-ramp", {"phases": lines[0]}, {"phases": lines[1]})
    assert rows == [["Phases", lines[1], lines[0]]]
    html = (await client.get(page)).text
    assert form_of(html, "plan-ramp")["phases"].strip() == lines[1]
    run = {"run": "r1", "scenario": (await ask(client, f"{api}/scenarios"))["items"][0]["scenario"]}
    window = {"since": "2026-12-05T09:00", "until": "2026-12-05T10:00"}
    gone = form_of(html, "book-run") | run | window | {"numbers": "two", "over": "of r1=taken-back"}
    late = await two.sent(client, f"{page}/run", gone)
    assert (late.status_code, ["Names of test numbers", "two", "–"] in sides(late.text)) == (412, True)


async def test_a_candidate(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "sonder", "name": "Sonder", "time_zone": "Europe/Zagreb"})
    await at_rest(system)
    api = "/training/partners/sonder/candidates/c1"
    await done(client, "PUT", api, {"languages": [{"language": "hr", "level": "C1"}], "skills": []})
    await at_rest(system)
    page = "/rota/candidates?partner=sonder&candidate=c1"
    rows = await two.at_once(page, "person", {"name": "Ana Anić"}, {"name": "Ana Marić", "note": "Called."})
    assert rows == [["Name", "Ana Marić", "Ana Anić"], ["What was said of them", "Called.", "–"]]
    assert (await ask(client, f"/api/v1{api}"))["person"]["name"] == "Ana Marić"
    await two.at_once(page, "move", {"stage": "tested"}, {"stage": "rejected"})
    assert (await ask(client, f"/api/v1{api}"))["stage"] == "rejected"


async def test_a_users_role(system: System) -> None:
    two, client = Two(system), system.client
    assert (await client.post("/admin/users", data={"name": "vesna", "role": "manager"})).status_code == 201
    rows = await two.at_once("/admin", "role-1", {"role": "sre"}, {"role": "trainer", "partners": "adria"})
    assert rows == [["Role", "trainer", "sre"], ["Partners, by comma", "adria", "–"]]
    (user,) = (await ask(client, "/api/v1/users"))["items"]
    assert (user["role"], user["partners"]) == ("trainer", ["adria"])
    wrong = await client.post("/admin/users/vesna/role", data={"role": "queen"})
    assert wrong.status_code == 422


async def test_an_evaluation(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "delta", "name": "Delta", "time_zone": "Europe/Zagreb"})
    await at_rest(system)
    made = await client.post("/partners/delta/evaluation/begin", data={"name": "first"})
    assert made.status_code == 303
    await at_rest(system)
    page, api = "/partners/delta/evaluation", "/api/v1/evaluations/delta:first"
    stale = form_of((await client.get(page)).text, "decide-1")
    criteria = [one["id"] for one in (await ask(client, api))["criteria"]]
    for name in ("Ana", "Luka"):
        async with await as_role(system, name, "manager") as evaluator:
            scores = {"scores": {one: {"points": 4, "comment": ""} for one in criteria}}
            assert (await evaluator.put(f"{api}/scores", json=scores)).status_code == 202
    await at_rest(system)
    late = await two.sent(client, f"{page}/decide", stale | {"decision": "take", "reason": "Good."})
    assert (late.status_code, 'id="meanwhile"' in late.text) == (412, True), late.text
    assert (await ask(client, api))["decided"] is None
    assert (await two.sent(client, f"{page}/decide", form_of(late.text, "again"))).status_code == 303
    assert (await ask(client, api))["decided"]["decision"] == "take"


async def test_a_contracts_draft(system: System) -> None:
    two, client = Two(system), system.client
    await done(client, "POST", "/partners", {"partner_id": "norra", "name": "Norra", "time_zone": "Europe/Zagreb"})
    adopted = {"stage": "negotiating", "reason": "Older than us."}
    await done(client, "POST", "/partners/norra/adopt", adopted)
    route, yaml = "/api/v1/contracts/norra:2026", {"content-type": "application/yaml"}
    page = "/partners/norra/contract?contract=norra:2026"

    async def given(where: str, sheet: bytes) -> None:
        answer = await client.post(f"{route}/{where}", content=sheet, headers=yaml)
        assert answer.status_code in (201, 202), answer.text
        await at_rest(system)

    await given("rounds", AGREED)
    assert (await client.put(f"{route}/agreement", json={"round": 1})).status_code == 202
    await given("drafts", AGREED.replace(b"days: 30", b"days: 45"))
    html = (await client.get(page)).text
    approve = form_of(html, "approve")
    deviations = (await ask(client, f"{route}/deviations"))["items"]
    accept = form_of(html, "accept-1") if deviations else {}
    await given("drafts", AGREED.replace(b"days: 30", b"days: 60"))
    late = await two.sent(client, "/partners/norra/contract/approve", approve)
    assert (late.status_code, ["Draft", "1", "2"] in sides(late.text)) == (412, True), late.text
    assert not (await ask(client, route))["approved"]
    assert deviations, "the draft has to say something otherwise"
    late = await two.sent(client, "/partners/norra/contract/accept", accept | {"reason": "It is fine."})
    assert (late.status_code, sides(late.text)[0][1:]) == (412, ["45", "60"]), late.text
    again = form_of(late.text, "again")
    assert (await two.sent(client, "/partners/norra/contract/accept", again)).status_code == 303


async def test_a_rota(system: System, time: Time) -> None:
    two, ours = Two(system), system.client
    partner = HERE.rpartition("/")[2]
    known = {one["partner_id"] for one in (await ask(ours, "/api/v1/partners"))["items"]}
    if partner not in known:
        await done(ours, "POST", "/partners", {"partner_id": partner, "name": partner, "time_zone": "Europe/Zagreb"})
    await done(ours, "POST", "/sources", source("rota-1", partner))
    await called(Switch(system, time, "rota-1"))
    await at_rest(system)
    line = {"language": "hr", "share_percent": 90, "within_seconds": 10, "occupancy_percent": None}
    staffing = {"time_zone": "Europe/Zagreb", "lines": [line], "holidays": []}
    assert (await ours.put(f"{HERE}/staffing", json=staffing)).status_code == 202
    await at_rest(system)
    people = "\n".join(f"{one['agent']}: hr; 40" for one in [*STAFF, {"agent": "b1"}, {"agent": "b2"}])
    page = f"/rota/plan?partner={partner}"
    mine = {"name": "w47", "first": str(FIRST), "people": people, "lengths": "4, 8", "action": "draft"}
    rows = await two.at_once(page, "plan", mine, mine | {"off": "1"})
    assert ["Days off a week", "1", "2"] in rows
    drafted = (await ask(ours, f"{HERE}/rotas/w47"))["drafted"]
    assert drafted["rules"]["days_off"] == 1
    shown = (await ours.get(f"/rota?partner={partner}&name=w47")).text
    stale = form_of(shown, "publish")
    html = (await ours.get(f"{page}&name=w47")).text
    redrafted = form_of(html, "plan") | {"lengths": "4, 8", "off": "2", "action": "draft"}
    assert (await two.sent(ours, "/rota/plan", redrafted)).status_code == 303
    late = await two.sent(ours, "/rota/publication", stale)
    assert (late.status_code, 'id="meanwhile"' in late.text) == (412, True), late.text
    assert (await ask(ours, f"{HERE}/rotas/w47"))["published_at"] is None
    assert (await two.sent(ours, "/rota/publication", form_of(late.text, "again"))).status_code == 303
    assert (await ask(ours, f"{HERE}/rotas/w47"))["published_at"] is not None
