"""A partner over HTTP from the day it is found until its file is archived: every gate refuses once, for its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.calls.doors.fixtures import load
from services.simulate.driver import Request, known, send
from tests.e2e.recorded import FIXTURES
from tests.e2e.switch import ANSWERED, CUSTOMER, DESK, ENDED, PLAYED, Switch, begun, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually
from tests.unit.terms.sheets import FIXTURES as TERMS

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE, CONTRACT, PLAN = "/api/v1/partners/vela", "/api/v1/contracts/vela:main", "/api/v1/transitions/vela"
SOURCE = "vela-switch"
PEOPLE = {"accountable": "J. Horvat", "ours": "M. Kovač", "theirs": "A. Diallo"}
PDF = b"%PDF-1.7\n"


class File:
    """The partner's file, as its manager works with it."""

    def __init__(self, system: System, time: Time) -> None:
        self.system = system
        self.time = time

    async def do(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Carry out what must be carried out, and wait until it is known everywhere."""
        answer = await self.system.client.request(method, path, json=body, **more)
        assert answer.status_code in (200, 201, 202), f"{method} {path}: {answer.status_code} {answer.text}"
        await at_rest(self.system)
        return answer.json()

    async def refused(self, code: str, path: str, body: Any = None) -> str:
        """The reason why it is not done."""
        answer = await self.system.client.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, f"/problems/{code}"), answer.text
        return str(answer.json()["detail"])

    async def move(self, target: str, **more: Any) -> None:
        """To another stage."""
        await self.do("POST", f"{HERE}/stage", {"target": target, **more})
        assert (await ask(self.system.client, HERE))["stage"] == target

    async def held_up(self, target: str, code: str, **more: Any) -> str:
        """The gate says no, and says the same where it is asked what holds the partner up."""
        detail = await self.refused(code, f"{HERE}/stage", {"target": target, **more})
        ways = (await ask(self.system.client, f"{HERE}/gates"))["ways"]
        unmet = [u["condition"] for way in ways if way["target"] == target for u in way["unmet"]]
        assert code in unmet
        return detail


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def file(system: System, time: Time) -> File:
    return File(system, time)


async def test_found_contacted_evaluated(file: File) -> None:
    await file.do(
        "POST", "/api/v1/partners", {"partner_id": "vela", "name": "Vela Voice", "time_zone": "Europe/Zagreb"}
    )
    await file.held_up("contacted", "contact_named")
    await file.do("PUT", f"{HERE}/contacts/Ana", {"email": "ana@vela.example"})
    await file.held_up("contacted", "owner_assigned")
    await file.do("PUT", f"{HERE}/owner", {"owner": "J. Horvat"})
    await file.move("contacted")
    await file.move("evaluating")
    await file.held_up("negotiating", "evaluated")
    await file.do("POST", "/api/v1/evaluations", {"partner_id": "vela"})
    here = "/api/v1/evaluations/vela:first"
    await file.refused("scores_missing", f"{here}/decision", {"decision": "take", "reason": "Nice people."})
    criteria = [criterion["id"] for criterion in (await ask(file.system.client, here))["criteria"]]
    scores = {"scores": {name: {"points": 4} for name in criteria}}
    for name in ("Ana N.", "Ivo K."):
        made = await file.system.client.post("/api/v1/keys", json={"name": name, "role": "admin"})
        key = {"authorization": f"Bearer {made.json()['key']}"}
        await file.do("PUT", f"{here}/scores", scores, headers=key)
    await file.do("POST", f"{here}/decision", {"decision": "take", "reason": "Good in every respect."})
    await file.move("negotiating")


async def test_contracted(file: File) -> None:
    await file.held_up("contracted", "contract_signed")

    async def sheet(path: str, name: str) -> None:
        content = (TERMS / "per-minute" / name).read_bytes()
        headers = {"content-type": "application/yaml"}
        answer = await file.system.client.post(CONTRACT + path, content=content, headers=headers)
        assert answer.status_code == 202, answer.text
        await at_rest(file.system)

    await sheet("/rounds", "agreed.yaml")
    await file.do("PUT", f"{CONTRACT}/agreement", {"round": 1})
    await sheet("/drafts", "draft.yaml")
    await file.refused("open_deviations", f"{CONTRACT}/approval")
    await sheet("/drafts", "agreed.yaml")
    await file.do("POST", f"{CONTRACT}/approval")
    scan = await file.do("POST", f"{CONTRACT}/documents?name=signed.pdf", content=PDF)
    signers = [{"name": side, "position": "Director", "side": side} for side in ("ours", "partner")]
    signed = {"signed_on": "2026-02-25", "signers": signers, "documents": [scan["digest"]]}
    await file.do("POST", f"{CONTRACT}/signature", signed)
    await file.move("contracted")
    pack = (await ask(file.system.client, f"{HERE}/handover"))["sections"]
    terms = {row["term"]: row["value"] for section in pack if section["name"] == "terms" for row in section["rows"]}
    assert (terms["version"], terms["payment.days"], terms["payment.currency"]) == (1, 30, "EUR")


async def test_integrated(file: File) -> None:
    await file.held_up("integrating", "transition_planned")
    await file.do("PUT", PLAN, {"templates": ["inbound"], "start": "2026-11-16", **PEOPLE})
    await file.move("integrating")
    await file.held_up("testing", "source_conformant")
    recording = load(FIXTURES / "native")
    switch = source(SOURCE, "vela")
    switch["settings"]["dispositions"] |= recording.settings.dispositions
    switch["settings"]["agent_states"] = recording.settings.agent_states
    await file.do("POST", "/api/v1/sources", switch)
    secrets = {scheme: list(values) for scheme, values in recording.secrets.items()}
    ready = await file.do("POST", f"/api/v1/sources/{SOURCE}/sandbox", {"clock": "replay", "secrets": secrets})
    (replay_key,) = [c["key"] for c in ready["credentials"] if c["scheme"] == "replay"]
    await known(file.system.client, ready["id"], ready["credentials"])
    requests = [
        Request(
            n,
            d.method,
            f"/v1/in/{ready['id']}",
            d.headers | {"tallyline-received-at": d.received_at.isoformat(), "tallyline-replay-key": replay_key},
            d.body,
        )
        for n, d in recording.deliveries
    ]
    await send(file.system.client, requests, in_flight=1)

    async def conformant() -> bool:
        return SOURCE in (await ask(file.system.client, HERE))["facts"].get("conformant_source", {})

    await eventually(conformant)
    await file.move("testing")


async def test_tested_and_ramping(file: File) -> None:
    switch = Switch(file.system, file.time, SOURCE)
    line = "%2B38533000100"
    await file.do("PUT", f"{PLAN}/lines/{line}", {"purpose": "TV spot", "campaign": "lamps"})
    await file.do("PUT", f"{PLAN}/issues/echo", {"title": "An echo", "severity": "severe", "owner": "A. Diallo"})
    await file.held_up("ramping", "test_calls_passed")
    for n, (scenario, said) in enumerate(sorted(PLAYED.items())):
        since = file.time() - timedelta(minutes=45 - 10 * n)
        window = {"since": since.isoformat(), "until": (since + timedelta(minutes=9)).isoformat()}
        await file.do("PUT", f"{PLAN}/test-runs/r{n}", {"scenario": scenario, "numbers": ["desk-1"], **window})
        await switch.tell(f"t{n}", since, [begun(DESK), *said])
        assert (await ask(file.system.client, f"{PLAN}/test-runs/r{n}"))["verdict"] == "passed"
    await file.held_up("ramping", "lines_switched")
    await file.do("POST", f"{PLAN}/lines/{line}/switch", {})
    await file.held_up("ramping", "no_severe_issue")
    await file.do("POST", f"{PLAN}/issues/echo/resolve", {"outcome": "Another codec."})
    phases = [{"name": "all", "daily_cap": 100, "exit": {"min_days": 1, "min_calls": 1, "min_answer_rate": 80}}]
    await file.do("PUT", f"{PLAN}/ramp", {"phases": phases})
    await file.move("ramping")
    await file.held_up("live", "ramp_completed")
    await switch.tell("c1", file.time() - timedelta(minutes=5), [begun(CUSTOMER), ANSWERED, ENDED])
    await file.refused("exit_criteria_unmet", f"{PLAN}/ramp/advance", {"phase": "all"})
    file.time.forward(timedelta(days=1))
    await file.do("POST", f"{PLAN}/ramp/advance", {"phase": "all"})
    await file.move("live")


async def test_reviewed_with_the_contract_and_its_own_calls_only(file: File) -> None:
    pack = (await ask(file.system.client, f"{HERE}/reviews/2026-11"))["sections"]
    goals = {row["goal"]: row for section in pack if section["name"] == "goals" for row in section["rows"]}
    assert (goals["calls"]["reached"], goals["answered, %"]["reached"], goals["answered, %"]["n"]) == (1, "100.0", 1)
    assert goals["calls"]["expected"] > 0


async def test_ended(file: File) -> None:
    await file.held_up("ending", "notice_given", reason="Other plans.")
    today = file.time().date()
    notice = {"notice_on": today.isoformat(), "notice_by": "ours", "reason": "Other plans."}
    ends = {"ends": (today + timedelta(days=60)).isoformat()}
    await file.do("POST", f"{CONTRACT}/termination", notice | ends)
    await file.move("ending", reason="Other plans.")
    client: httpx.AsyncClient = file.system.client
    for fact, ref in (
        ("running_campaign", "lamps"),
        ("open_month", "2026-11"),
        ("open_invoice", "R-17"),
        ("open_hot_lead", "L-3"),
    ):
        await file.do("POST", f"{HERE}/facts", {"fact": fact, "ref": ref, "says": "Not yet."})
    question = {"partner_id": "vela", "subject": "The last report", "text": "Where to?", "category": "report"}
    ticket = (await file.do("POST", "/api/v1/tickets", question))["id"]

    async def closed(fact: str, ref: str) -> None:
        await file.do("POST", f"{HERE}/facts", {"fact": fact, "ref": ref, "says": "Closed.", "holds": False})

    assert "lamps" in await file.held_up("ended", "campaigns_stopped")
    await closed("running_campaign", "lamps")
    await file.held_up("ended", "credentials_revoked")
    await file.do("POST", f"{HERE}/credentials/revoke-all")
    assert "2026-11" in await file.held_up("ended", "months_agreed")
    await closed("open_month", "2026-11")
    assert "R-17" in await file.held_up("ended", "invoices_settled")
    await closed("open_invoice", "R-17")
    assert "L-3" in await file.held_up("ended", "hot_leads_closed")
    await closed("open_hot_lead", "L-3")
    await file.held_up("ended", "tickets_closed")
    await file.do("POST", f"/api/v1/tickets/{ticket}/resolution", {"outcome": "To the new address."})
    await file.held_up("ended", "data_settled")
    erased = {"fact": "settled_data", "ref": "erased", "says": "All erased."}
    assert await file.refused("unknown_document", f"{HERE}/facts", erased | {"proof": "ab" * 32})
    proof = await file.do("POST", f"{HERE}/documents?name=erased.pdf", content=PDF + b"All erased.")
    await file.do("POST", f"{HERE}/facts", erased | {"proof": proof["digest"]})
    kept = await client.get(f"{HERE}/documents/{proof['digest']}")
    assert (kept.content, kept.headers["content-disposition"][:10]) == (PDF + b"All erased.", "attachment")
    await file.held_up("ended", "archived")
    await file.do("POST", f"{HERE}/archive")
    await file.move("ended")
    steps = [(step["source"], step["target"]) for step in (await ask(client, HERE))["steps"]]
    assert [target for _, target in steps] == [
        "contacted", "evaluating", "negotiating", "contracted", "integrating", "testing", "ramping", "live", "ending",
        "ended",
    ]  # fmt: skip


async def test_a_contract_that_is_over_holds_no_gate_open(file: File) -> None:
    file.time.forward(timedelta(days=62))

    async def over() -> bool:
        return not (await ask(file.system.client, HERE))["facts"].get("signed_contract")

    assert await eventually(over)
