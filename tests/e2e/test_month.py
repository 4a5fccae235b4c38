"""A month over HTTP on each engine: calls come in, and a report; what differs finds its owner; it is agreed."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from services.partners.views.partners import partners
from services.reconciliation.gathering import Gathering
from services.reconciliation.running import runner
from services.reconciliation.running.job import Progress
from services.reconciliation.running.process import run_process
from shared.contracts.rating import Usage
from shared.kernel import Rejected
from shared.rights import Role
from tests.e2e.contracts import signed_partner
from tests.e2e.switch import ANSWERED, ENDED, SALE, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONTH = "/api/v1/reconciliation/months/adria:2026-11"
FIRST = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
CALLS = 24
ZONE = ZoneInfo("Europe/Zagreb")
HEADER = ("Call ID", "Date", "Time", "Phone", "Agent", "Duration (s)", "Result", "Amount (EUR)")
LABELS = {True: "Sale", False: "Not interested"}


def customer(number: int) -> str:
    return f"+38591{1_000_000 + number * 7919}"


def sold(number: int) -> bool:
    return number % 4 == 0


def began(number: int) -> datetime:
    return FIRST + timedelta(hours=number * 11, seconds=number * 17)


async def connected(system: System, partner: str = "adria") -> None:
    """The partner has a contract, and a switch that we know."""
    await signed_partner(system, partner, "2026-02-25")
    assert (await system.client.post("/api/v1/sources", json=source(f"{partner}-switch", partner))).status_code == 201
    await at_rest(system)


async def november(system: System, time: Time, calls: int = CALLS, partner: str = "adria") -> Switch:
    """The switch, after it has told the first calls of November."""
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, f"{partner}-switch")
    for number in range(calls):
        sale = [SALE] if sold(number) else []
        code = result("SOLD" if sold(number) else "NO")
        await switch.tell(f"c-{number}", began(number), [begun(customer(number)), ANSWERED, *sale, ENDED, code])
    return switch


def report(numbers: Sequence[int], **changed: dict[int, str]) -> bytes:
    """The partner's own table of these calls, right but for what is `changed` by column and call."""
    into = io.StringIO()
    table = csv.writer(into)
    table.writerow(HEADER)
    for number in numbers:
        local = began(number).astimezone(ZONE)
        row = {
            "Call ID": f"c-{number}",
            "Date": f"{local:%Y-%m-%d}",
            "Time": f"{local:%H:%M:%S}",
            "Phone": customer(number),
            "Agent": "a7",
            "Duration (s)": "80",
            "Result": LABELS[sold(number)],
            "Amount (EUR)": "49.00" if sold(number) else "",
        }
        row |= {name.replace("_", " "): value[number] for name, value in changed.items() if number in value}
        table.writerow([row[name] for name in HEADER])
    return into.getvalue().encode()


async def submitted(system: System, content: bytes, name: str = "november.csv") -> dict[str, Any]:
    """The month once the report was compared."""
    answer = await system.client.post(f"{MONTH}/reports", params={"name": name}, content=content)
    assert answer.status_code == 202, answer.text
    await at_rest(system)
    async with asyncio.timeout(60):
        while True:
            found = await ask(system.client, MONTH)
            if found["stage"] in ("reconciled", "unreadable"):
                return dict(found)
            await asyncio.sleep(0.1)
            await at_rest(system)


async def refused(system: System, path: str, body: dict[str, Any] | None = None, status: int = 409) -> str:
    answer = await system.client.post(MONTH + path, json=body)
    assert answer.status_code == status, answer.text
    return str(answer.json()["type"]).removeprefix("/problems/")


async def done(system: System, path: str, body: dict[str, Any] | None = None) -> None:
    answer = await system.client.post(MONTH + path, json=body)
    assert answer.status_code == 202, answer.text
    await at_rest(system)


async def as_role(system: System, name: str, role: Role, partners: list[str] | None = None) -> httpx.AsyncClient:
    """Somebody else."""
    assert system.access is not None
    _, text = await system.access.create_key(name, role, None if partners is None else frozenset(partners))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(system.app),
        base_url="http://tallyline",
        headers={"authorization": f"Bearer {text}"},
    )


async def open_months(system: System) -> dict[str, str]:
    """What stands open in the partner's file."""
    found = await system.runtime.kits["partners"].views.get(partners, ["adria"])
    return {ref: fact.says for ref, fact in found["adria"].facts.get("open_month", {}).items()}


async def test_a_month_from_its_calls_to_the_agreement(system: System, time: Time) -> None:
    early = await system.client.post(f"{MONTH}/reports", params={"name": "a.csv"}, content=b"x")
    assert (await ask(system.client, "/api/v1/reconciliation/expected?month=2026-11"))["items"] == []
    assert early.json()["type"] == "/problems/unknown_partner"
    await connected(system)
    expected = (await ask(system.client, "/api/v1/reconciliation/expected?month=2026-11"))["items"]
    assert [(one["partner_id"], one["name"], one["version"]) for one in expected] == [("adria", "Adria", 1)]
    await november(system, time)
    assert await refused(system, "/agreement", status=404) == "not_found"

    clean = await submitted(system, report(range(CALLS)))
    assert clean["mismatches"] == {}, clean["mismatches"]
    states = {
        one["state"]: (one["units"], one["theirs_minor"], one["ours_minor"]) for one in clean["reconciled"]["totals"]
    }
    assert states["agreed"] == (CALLS, 6 * 4900, 6 * 4900)
    run = await ask(system.client, f"{MONTH}/run")
    assert (run["standing"], run["attempts"], run["lines"]) == ("done", 1, CALLS)

    raised = report(range(CALLS), **{"Amount_(EUR)": {4: "94.00"}, "Result": {5: "Sale"}})
    wrong = await submitted(system, raised, "november-2.csv")
    assert wrong["reports"][1]["number"] == 2
    kinds = {one["found"]["kind"]: one["found"]["party"] for one in wrong["mismatches"].values()}
    assert kinds == {"wrong_amount": "partner", "phantom_sale": "partner"}
    mismatch = next(iter(wrong["mismatches"]))
    lines = await ask(system.client, f"{MONTH}/mismatches/{mismatch}/lines")
    assert lines["items"][0]["our_call"] in ("adria-switch:c-4", "adria-switch:c-5")
    file = await system.client.get(f"{MONTH}/reports/2")
    assert (file.content, file.headers["x-content-type-options"]) == (raised, "nosniff")

    assert await refused(system, "/agreement") == "open_corrections"
    taking = {"amount_minor": 0, "reason": "Never mind."}
    assert await refused(system, f"/mismatches/{mismatch}/taking", taking) == "not_to_be_taken"
    said = {"party": "undetermined", "reason": "The recording is gone."}
    await done(system, f"/mismatches/{mismatch}/attribution", said)
    assert await refused(system, "/agreement", {"accepted_by": "M. Perić"}) == "open_undetermined"
    await done(system, f"/mismatches/{mismatch}/taking", taking)
    assert await open_months(system) == {"2026-11": "not agreed"}
    assert await refused(system, "/agreement", {"accepted_by": "M. Perić"}) == "separation_of_duties"
    async with await as_role(system, "lead", "partner", ["adria"]) as lead:
        seen = (await lead.get(MONTH)).json()
        assert seen["mismatches"][mismatch]["attributed"]["party"] == "undetermined"
        assert "The recording is gone." not in json.dumps(seen)
        assert "Never mind." not in json.dumps(seen)
    listed = (await ask(system.client, "/api/v1/reconciliation/months?month=2026-11"))["items"][0]["sums"]
    assert (
        listed["difference"]
        == listed["explained"]
        == sum(one["found"]["moved"]["minor"] for one in wrong["mismatches"].values())
    )
    assert (listed["unexplained"], listed["open"]) == (0, 0)
    async with await as_role(system, "mira", "reconciler") as mira:
        assert (await mira.post(f"{MONTH}/agreement", json={"accepted_by": "M. Perić"})).status_code == 202
    await at_rest(system)
    assert await open_months(system) == {}
    known = await ask(system.client, MONTH)
    accepted, _ = known["history"][-2:]
    assert (accepted["what"], accepted["says"].split(" by ")[1]) == ("accepted", "M. Perić")
    agreed = known["agreed"]
    assert (agreed["agreed"], agreed["deemed"]) == ({"minor": 6 * 4900, "currency": "EUR"}, False)
    stored = await system.runtime.engine.blobs.get(agreed["usage"])
    assert stored is not None
    usage = msgspec.json.decode(stored, type=Usage)
    assert (len(usage.calls), sum(call.talk_seconds for call in usage.calls), len(usage.sales)) == (
        CALLS,
        80 * CALLS,
        6,
    )
    assert await refused(system, "/run") == "agreed_already"

    await done(system, "/reopening", {"reason": "A call was told late."})
    assert (await ask(system.client, MONTH))["agreed"] is None
    for view in ("months", "month_calls", "counterparts"):
        verified = await system.client.post(f"/api/v1/operations/views/{view}/verify")
        assert verified.json()["identical"], view


async def test_a_run_is_broken_off_and_goes_on_from_what_it_had(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = (sys.executable, "-c", "import sys, time; sys.stdin.buffer.read(); time.sleep(600)")
    gathered = asyncio.Event()

    async def hangs(job: bytes, at: Callable[[Progress], Awaitable[None]]) -> bytes:
        gathered.set()
        return await run_process(job, at, hanging)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_process", hangs)
        content = report(range(CALLS), Agent={3: "a7 "})
        sent = await system.client.post(f"{MONTH}/reports", params={"name": "november-4.csv"}, content=content)
        assert sent.status_code == 202
        await asyncio.wait_for(gathered.wait(), 60)
        assert (await ask(system.client, f"{MONTH}/run"))["standing"] == "running"
        await done(system, "/run/cancel")
        assert await refused(system, "/run/cancel") == "not_running"
    monkeypatch.setattr(Gathering, "own_side", None)  # whoever gathers again fails
    await done(system, "/run")  # begins once the worker sees with its next beat that the run was taken away
    async with asyncio.timeout(60):
        while (await ask(system.client, f"{MONTH}/run"))["standing"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await at_rest(system)
    assert (await ask(system.client, MONTH))["stage"] == "reconciled"


async def test_a_report_that_nobody_can_read_says_why_and_harms_nothing(system: System) -> None:
    found = await submitted(system, b"PK\x03\x04 this is no workbook", "november.xlsx")
    assert found["stage"] == "unreadable"
    assert found["failed"]["code"].startswith("file_"), found["failed"]
    fixed = await submitted(system, report(range(CALLS)), "november-3.csv")
    assert (fixed["stage"], fixed["mismatches"]) == ("reconciled", {})


async def compared_again(system: System, time: Time) -> dict[str, Any]:
    """The month once its last report was compared again a minute later, or could not be."""
    time.forward(timedelta(minutes=1))
    await done(system, "/run")
    async with asyncio.timeout(60):
        while (await ask(system.client, f"{MONTH}/run"))["standing"] not in ("done", "failed"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await at_rest(system)
    return dict(await ask(system.client, MONTH))


async def fails(system: System, time: Time, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The month after a comparison of its last report that came to nothing."""

    async def refuse(*_: object) -> bytes:
        raise Rejected("times_unreadable", "No line has a time.")

    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_process", refuse)
        return await compared_again(system, time)


async def test_a_run_that_fails_leaves_what_an_earlier_one_found_and_the_next_takes_its_failure_back(
    system: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await compared_again(system, time)
    assert (before["stage"], before["failed"]) == ("reconciled", None)
    failed = await fails(system, time, monkeypatch)
    assert (failed["stage"], failed["failed"]["code"]) == ("reconciled", "times_unreadable")
    assert failed["reconciled"] == before["reconciled"]
    again = await compared_again(system, time)
    assert (again["stage"], again["failed"]) == ("reconciled", None)
    assert again["reconciled"]["kept"] == before["reconciled"]["kept"]


async def test_an_adjusted_report_is_asked_for_and_held_against_the_one_before(
    system: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = report(range(CALLS), **{"Amount_(EUR)": {4: "94.00"}, "Result": {5: "Sale"}})
    wrong = await submitted(system, raised, "november-5.csv")
    chosen = sorted(wrong["mismatches"])
    assert await refused(system, "/requests", {"mismatches": ["E99"]}) == "unknown_mismatch"
    past = {"mismatches": chosen, "due": "2020-01-31"}
    assert (await system.client.post(f"{MONTH}/requests", json=past)).status_code == 422
    await done(system, "/requests", {"mismatches": chosen})
    asked = (await ask(system.client, MONTH))["requests"][-1]
    assert (asked["lines"], asked["mismatches"]) == (2, chosen)
    place = f"{MONTH}/requests/{asked['number']}"
    letter = await system.client.get(place)
    assert letter.headers["content-type"] == "text/markdown; charset=utf-8"
    assert f"by {asked['due']}" in letter.text
    assert "Amount (EUR): reported 94.00, expected 49.00" in letter.text
    attachment = list(csv.DictReader(io.StringIO((await system.client.get(f"{place}/attachment")).text)))
    assert {row["line"]: row["expected: Amount (EUR)"] for row in attachment}.items() >= {("6", "49.00")}
    assert await refused_answer(system, place) == "no_answer"

    moved = (await system.client.get(f"{place}/adjusted")).content.replace(b"Not interested", b"Sale", 1)
    again = await submitted(system, moved, "november-6.csv")
    assert again["reports"][-1]["adjusted"]
    answer = await ask(system.client, f"{place}/answer")
    assert (answer["done"], answer["not_done"], answer["unrequested"]) == (2, 0, 1)
    assert (again["mismatches"]["U1"]["found"]["kind"], again["mismatches"]["U1"]["found"]["lines"]) == (
        "unrequested_change",
        1,
    )
    assert (await system.client.get(f"{MONTH}/mismatches/U1/lines")).json()["type"] == "/problems/see_answer"
    assert await refused(system, "/requests", {"mismatches": ["U1"]}) == "nothing_to_correct"
    assert [(one["what"], one["field"], one["is"]) for one in answer["moved"]] == [("changed", "disposition", "sale")]
    missing = await system.client.get(f"{MONTH}/requests/99")
    assert missing.status_code == 404

    theirs = [id_ for id_, one in again["mismatches"].items() if one["found"]["party"] == "partner" and id_ != "U1"]
    await done(system, "/requests", {"mismatches": theirs})
    same = await compared_again(system, time)
    assert same["mismatches"] == again["mismatches"], "the same again changes nothing"
    await fails(system, time, monkeypatch)
    anew = await compared_again(system, time)
    assert anew["mismatches"]["U1"]["found"]["proof"] == again["mismatches"]["U1"]["found"]["proof"]


async def refused_answer(system: System, place: str) -> str:
    answer = await system.client.get(f"{place}/answer")
    assert answer.status_code == 409, answer.text
    return str(answer.json()["type"]).removeprefix("/problems/")


async def test_what_is_remembered_of_a_partner(system: System) -> None:
    of_partner = "/api/v1/reconciliation/partners/adria"
    taken = await system.client.post(f"{of_partner}/profile/acceptance", json={"month": "2026-11"})
    assert taken.status_code == 202, taken.text
    await at_rest(system)
    known = await ask(system.client, f"{of_partner}/profile")
    assert (known["profile"]["version"], known["versions"][0]["detected_in"]) == (1, "2026-11")
    better = known["profile"] | {"dispositions": {"Sale": "sale", "Not interested": "refused"}}
    saving = {"profile": better | {"duration_unit": "ages"}, "reason": "Sold means sold."}
    assert (await system.client.post(f"{of_partner}/profile", json=saving)).status_code == 422
    code = {"code": "a7", "agent_id": "a7"}
    assert (await system.client.post(f"{of_partner}/agent-codes", json=code)).status_code == 202
    rule = {"kind": "phantom_sale", "cause": "sale_*", "starts": "2026-11", "reason": "Counted next month."}
    far = await system.client.post(f"{of_partner}/standing", json=rule | {"ends": "2099-12-31"})
    assert far.json()["type"] == "/problems/ends_too_late"
    stands = await system.client.post(f"{of_partner}/standing", json=rule | {"ends": "2027-12-31"})
    assert stands.status_code == 202, stands.text
    await at_rest(system)
    assert (await ask(system.client, f"{of_partner}/agent-codes"))["codes"]["a7"]["agent_id"] == "a7"
    tested = (await ask(system.client, f"{of_partner}/standing?month=2026-11"))["month"]
    assert len(tested["agreed"]) == 1
    assert [one["kind"] for one in tested["held"]] == ["phantom_sale"]
    assert (tested["gone"], tested["expired"]) == ([], [])
    swapped = report(range(CALLS)).replace(b"Duration (s)", b"Seconds")
    read_by_it = await submitted(system, swapped, "november-7.csv")
    assert (read_by_it["stage"], read_by_it["failed"]["code"]) == ("unreadable", "layout_changed")
