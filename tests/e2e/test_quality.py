"""Quality over HTTP: a sample that anybody can draw again, blind evaluations by both sides, disputes, calibration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.gateway.views.plain_yaml import to_yaml
from services.training.events.forms import FormContent
from tests.e2e.floor import SOURCE, open_floor, somebody, talk, talked
from tests.e2e.shop import done, open_shop, refused
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import panel
from tests.unit.training.quality import CONTENT

pytestmark = pytest.mark.asyncio(loop_scope="module")
CALLS = {
    **{f"c{number}": talk("a7" if number % 2 else "a8", 60, "SOLD") for number in range(12)},
    "short": talk("a7", 5, "HOT"),
    "long": talk("a8", 2_000, "UPSOLD"),
}
PLAN: dict[str, Any] = {
    "form": "inbound",
    "version": 1,
    "since": "2026-11-18",
    "until": "2026-11-18",
    "seed": "week 47",
    "random": 12,
    "risk": {"very_short": 5, "very_long": 5, "cancelled_sale": 5},
}
GOOD = {"greeting": "p1", "needs": "p3", "price": "p1"}
SAMPLE, NOTE = "/training/samples/adria:w47", "Iva Kos asked twice for the price."


def place(call: str) -> str:
    return f"/training/evaluations/adria:{SOURCE}:{call}"


def said(answers: dict[str, str], **notes: str) -> dict[str, Any]:
    return {"sample": "adria:w47", "answers": answers, "notes": notes}


async def test_calls_are_drawn_evaluated_blind_disputed_and_compared(system: System, time: Time) -> None:
    ours = system.client
    customer = await open_shop(system, "KOL-30")
    switch = await open_floor(system, time)
    await talked(switch, time, CALLS)
    order = {"partner": "adria", "id": "1", "country": "HR", "lines": [{"sku": "KOL-30"}], "call": f"{SOURCE}:c1"}
    await done(ours, "POST", "/orders", order | {"customer_ref": customer})
    await done(ours, "POST", "/orders/adria:1/cancellation", {"reason": "changed their mind"})
    content = msgspec.to_builtins(CONTENT)
    assert msgspec.convert(content, FormContent) == CONTENT
    await done(ours, "PUT", "/training/forms/inbound", {"content": content, "reason": "As agreed."})
    await at_rest(system)

    # A sample: the seed decides, and anybody can see that it does.
    assert (await ours.post(f"/api/v1{SAMPLE}", json=PLAN | {"form": "other"})).status_code == 404
    assert (await done(ours, "POST", SAMPLE, PLAN))["population"] == len(CALLS)
    await at_rest(system)
    await refused(ours, SAMPLE, PLAN | {"seed": "another"}, "drawn")
    shown = await ask(ours, f"/api/v1{SAMPLE}")
    why = {one["drawn"]["call"].partition(":")[2]: one["drawn"]["why"] for one in shown["calls"]}
    assert sum("random" in one for one in why.values()) == 12
    assert "very_short" in why["short"]
    assert "very_long" in why["long"]
    assert "cancelled_sale" in why["c1"]
    assert {one["drawn"]["agent"] for one in shown["calls"]} == {"a7", "a8"}
    assert await ask(ours, f"/api/v1{SAMPLE}/again") == {"population": 14, "same": True, "added": [], "gone": []}
    await talked(switch, time, {"late": talk("a7", 3, "SOLD")})
    await at_rest(system)
    later = await ask(ours, f"/api/v1{SAMPLE}/again")
    assert (later["population"], later["same"]) == (15, False)
    assert f"{SOURCE}:late" in later["added"]

    # A call that nobody drew is picked by a controller, and is open at once.
    picked = {"day": "2026-11-18", "form": "inbound", "version": 1, "answers": GOOD}
    for odd, code in (
        ({"sample": "adria:w47"}, "invalid"),
        ({"version": None}, "invalid"),
        ({"day": "2026-11-17"}, "not_talked"),
        ({"form": "other"}, "not_found"),
    ):
        wrongly = await ours.put(f"/api/v1{place('late')}", json=picked | odd)
        assert wrongly.json()["type"] == f"/problems/{code}", wrongly.text
    await done(ours, "PUT", place("late"), picked)
    await at_rest(system)
    alone = await ask(ours, f"/api/v1{place('late')}")
    assert (alone["state"], list(alone["evaluation"]["recorded"])) == ("recorded", ["company"])
    assert alone["evaluation"]["submitted"]["company"]["agent"] == "a7"

    # Blind, on both sides.
    calls = sorted(why)
    first = calls[0]
    mia, eva = await somebody(system, "Mia", "partner", "adria"), await somebody(system, "Eva", "admin")
    stranger, viewer = await somebody(system, "Max", "partner", "other"), await somebody(system, "Vic")
    async with (
        mia,
        eva,
        stranger,
        viewer,
        await panel(system, "adria", "a7") as a7,
        await panel(system, "adria", "a8") as a8,
    ):
        agent, colleague = (a7, a8) if int(first[1:]) % 2 else (a8, a7)
        await done(ours, "PUT", place(first), said(GOOD, greeting=NOTE))
        await at_rest(system)
        assert (await mia.get(f"/api/v1{place(first)}")).status_code == 404
        assert (await agent.get(f"/api/v1{place(first)}")).status_code == 404
        open_ = (await ask(mia, "/api/v1/training/evaluations"))["items"]
        assert [one["call"] for one in open_] == [f"{SOURCE}:late"]
        states = {one["drawn"]["call"]: one["state"] for one in (await ask(mia, f"/api/v1{SAMPLE}"))["calls"]}
        assert set(states.values()) == {"to_do"}
        assert (await viewer.put(f"/api/v1{place(first)}", json=said(GOOD))).status_code == 403
        assert (await stranger.put(f"/api/v1{place(first)}", json=said(GOOD))).status_code == 404
        off = await mia.put(f"/api/v1{place('late')}", json=said(GOOD))
        assert off.json()["type"] == "/problems/not_drawn"
        wrong = await mia.put(f"/api/v1{place(first)}", json=said(GOOD | {"price": "na"}))
        assert wrong.json()["type"] == "/problems/must_apply"
        await done(mia, "PUT", place(first), said(GOOD | {"price": "p0"}))
        await at_rest(system)
        whole = await ask(mia, f"/api/v1{place(first)}")
        recorded = whole["evaluation"]["recorded"]
        assert [(one, recorded[one]["score_percent"]) for one in ("company", "partner")] == [
            ("company", "100.00"), ("partner", "50.00"),
        ]  # fmt: skip
        assert recorded["partner"]["fatal"] == ["price"]
        assert list(whole["texts"].values()) == [NOTE]
        assert NOTE not in str(whole["evaluation"]), "the words lie in the vault"
        assert (await stranger.get(f"/api/v1{place(first)}")).status_code == 404
        assert (await colleague.get(f"/api/v1{place(first)}")).status_code == 404
        (mine,) = (await ask(agent, "/api/v1/training/evaluations"))["items"]
        assert mine["scores"] == {"company": "100.00", "partner": "50.00"}

        # The agent does not agree; the controller answers, and a third decides.
        disputed = {"against": "partner", "text": "I said it after the call was recorded.", "questions": ["price"]}
        told = await done(agent, "POST", f"{place(first)}/disputes", disputed)
        await at_rest(system)
        here = f"{place(first)}/disputes/{told['id']}"
        decision = {"decision": "changed", "text": "It is on the tape.", "answers": GOOD}
        await refused(eva, f"{here}/decision", decision, "not_answered")
        await refused(ours, f"{here}/answer", {"text": "No."}, "not_evaluator")
        await done(mia, "POST", f"{here}/answer", {"text": "I did not hear it."})
        assert (await mia.post(f"/api/v1{here}/decision", json=decision)).status_code == 403
        await done(eva, "POST", f"{here}/decision", decision)
        await at_rest(system)
        settled = await ask(agent, f"/api/v1{place(first)}")
        assert settled["evaluation"]["recorded"]["partner"]["score_percent"] == "100.00"
        assert {"I did not hear it.", "It is on the tape."} <= set(settled["texts"].values())
        assert settled["standing"]["partner"] == GOOD

        # The others; one side is late for the last call.
        *rest_of, last = calls[1:]
        for number, call in enumerate(rest_of):
            poor = {"greeting": "p0"} if number % 3 == 0 else {}
            await done(ours, "PUT", place(call), said(GOOD | poor))
            await done(mia, "PUT", place(call), said(GOOD | poor | ({"needs": "p0"} if number == 1 else {})))
        await done(ours, "PUT", place(last), said(GOOD))
        await done(ours, "POST", f"{place(last)}/waiting-end", {"reason": "No controller this week."})
        late = await mia.put(f"/api/v1{place(last)}", json=said(GOOD))
        assert late.json()["type"] == "/problems/waiting_over"
        await at_rest(system)

        found = await ask(mia, "/api/v1/training/calibration", form="inbound", version=1, partner="adria")
        assert (found["calls"], found["fatal_agreed"]) == (len(calls) - 1, len(calls) - 2)
        of = {one["question"]: one for one in found["questions"]}
        assert (of["greeting"]["alpha"], of["greeting"]["kappa"]) == (1.0, 1.0)
        assert of["price"]["agreed"] == len(calls) - 2, "what a dispute changed does not count"
        assert of["needs"]["level"] == "ordinal"
        assert float(found["score"]["lenient_by"]) > 0
        assert (
            await stranger.get("/api/v1/training/calibration?form=inbound&version=1&partner=adria")
        ).status_code == 404
        row = (await ask(ours, "/api/v1/training/samples", partner="adria"))["items"][0]
        assert (row["calls"], row["evaluated"], row["recorded"]) == (len(calls), len(calls), len(calls))


async def test_what_the_customer_answered_stands_beside_the_evaluation(system: System, time: Time) -> None:
    asks = {
        "kind": "survey",
        "title": "After",
        "languages": ["en"],
        "start": "stars",
        "nodes": [
            {
                "type": "input",
                "id": "stars",
                "texts": {"en": "Stars?"},
                "field": "stars",
                "form": "number",
                "to": "end",
            },
            {"type": "disposition", "id": "end", "code": "sale"},
        ],
    }
    await done(system.client, "PUT", "/scripts/after/draft", {"content": asks})
    await done(system.client, "POST", "/scripts/after/publication", {"draft": 1})
    await at_rest(system)
    call = (await ask(system.client, f"/api/v1{SAMPLE}"))["calls"][0]["drawn"]["call"]
    at = (time() - timedelta(minutes=30)).isoformat()
    step = {"step": 1, "script": "after", "version": 1, "node": "stars", "number": 4, "at": at}
    await done(system.client, "POST", f"/scripts/steps/adria:{call}", {"steps": [step]})
    await at_rest(system)
    shown = await ask(system.client, f"/api/v1/training/evaluations/adria:{call}")
    assert [(one["field"], one["number"]) for one in shown["survey"]] == [("stars", 4)]


async def test_forms_are_published_on_their_page(system: System) -> None:
    ours, here = system.client, "/quality/forms"
    text = to_yaml(msgspec.to_builtins(CONTENT))
    form = {"form": "outbound", "content": text, "reason": "As agreed."}
    wrong = await ours.post(here, data=form | {"content": text.replace("weight: 3", "weight: none")})
    assert wrong.status_code == 422
    assert "questions[2].weight: " in wrong.text
    assert "weight: none" in wrong.text, "what was written is not lost"
    twice = await ours.post(here, data=form | {"content": text.replace("id: needs", "id: greeting")})
    assert (twice.status_code, "two with the name of question greeting" in twice.text) == (409, True)
    unread = await ours.post(here, data=form | {"content": "title: a\ntitle: b"})
    assert (unread.status_code, "Line 2: " in unread.text) == (422, True)
    assert (await ours.get("/api/v1/training/forms/outbound")).status_code == 404
    assert (await ours.post(here, data=form)).status_code == 303
    await at_rest(system)
    shown = await ask(ours, "/api/v1/training/forms/outbound")
    assert msgspec.convert(shown["versions"][0]["content"], FormContent) == CONTENT
    assert "Inbound sale, version 1" in (await ours.get(f"{here}?form=outbound")).text
    for where in ("?form=none", "?form=outbound&version=9"):
        assert (await ours.get(here + where)).status_code == 404
    async with await somebody(system, "Sue", "supervisor") as supervisor:
        assert 'id="publish"' not in (await supervisor.get(here)).text
        assert (await supervisor.post(here, data=form)).status_code == 403


async def test_a_call_leads_to_its_evaluation(system: System) -> None:
    shown = (await system.client.get(f"/calls/{SOURCE}:c1")).text
    assert f"/quality?partner=adria&amp;call={SOURCE}%3Ac1&amp;day=2026-11-18" in shown


async def test_views_come_out_the_same_when_they_are_built_anew(system: System) -> None:
    for view in ("agent_talks", "call_orders", "samples", "call_evaluations", "forms", "call_surveys"):
        verified = await system.client.post(f"/api/v1/operations/views/{view}/verify")
        assert verified.status_code == 200, verified.text
        assert verified.json()["identical"], verified.text
