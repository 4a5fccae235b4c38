"""A defect of ours over HTTP on each engine: a release that loses sales, its fixture, the mend, and its end."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from services.reconciliation import gathering
from services.reconciliation.matching import replaying
from services.reconciliation.matching.fixture import fixture_of
from services.reconciliation.matching.replaying import released, replayed
from services.reconciliation.views.month_calls import MonthCall, Shown, shown
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_month import connected, customer, november, report, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = 24
DEFECTS = "/api/v1/reconciliation/defects"
ID = "adria:2026-11-1"


def forgetful(doc: MonthCall) -> Shown:
    """The fold of a release that loses sales."""
    return replace(shown(doc), sales=())


async def post(system: System, path: str, body: dict[str, str] | None = None) -> dict[str, object]:
    answer = await system.client.post(f"{DEFECTS}/{ID}{path}", json=body)
    assert answer.status_code in (200, 202), answer.text
    await at_rest(system)
    return dict(answer.json())


async def test_a_defect_from_its_finding_to_its_end(
    system: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connected(system)
    await november(system, time)
    with monkeypatch.context() as patch:
        patch.setattr(gathering, "shown", forgetful)
        patch.setattr(replaying, "shown", forgetful)
        found = await submitted(system, report(range(CALLS)))
        assert {one["found"]["party"] for one in found["mismatches"].values()} == {"own"}
        await at_rest(system)
        listed = await ask(system.client, f"{DEFECTS}?partner=adria&month=2026-11&stage=open")
        assert [(one["defect_id"], one["kind"], one["calls"], one["passes"]) for one in listed["items"]] == [
            (ID, "sale_missing_own", 6, False)
        ]
        assert listed["items"][0]["moved"] == {"minor": -6 * 4900, "currency": "EUR"}
        assert (await ask(system.client, f"{DEFECTS}?month=2026-10"))["items"] == []
        replay = await post(system, "/replay")
        assert (replay["passes"], replay["calls"]) == (False, CALLS)
        again = await submitted(system, report(range(CALLS), Agent={3: "a7 "}), "november-2.csv")
        assert again["mismatches"]
        assert len((await ask(system.client, DEFECTS))["items"]) == 1, "a run finds it anew"

    await post(system, "/acknowledgement", {"ticket": "TL-311"})
    shown_now = await ask(system.client, f"{DEFECTS}/{ID}")
    assert (shown_now["stage"], shown_now["ticket"]) == ("acknowledged", "TL-311")
    assert shown_now["specification"]["expected"]["sale_status"] == "confirmed"
    assert shown_now["specification"]["shown"].get("sale_status") is None
    page = await system.client.get(f"{DEFECTS}/{ID}/specification.md")
    assert page.headers["content-type"].startswith("text/markdown")
    assert f"# {ID}: sale_missing_own" in page.text
    file = await system.client.get(f"{DEFECTS}/{ID}/fixture")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert not [number for number in range(CALLS) if customer(number)[1:] in file.text]
    assert "adria-switch:c-" not in file.text
    fixture = fixture_of(file.content)
    assert sum(case.fails for case in fixture.cases) == 6
    assert replayed(fixture, released) == []
    assert json.loads(file.content)["specification"] == shown_now["specification"]

    replay = await post(system, "/replay")
    assert (replay["passes"], replay["differences"]) == (True, [])
    closed = await ask(system.client, f"{DEFECTS}/{ID}")
    assert closed["stage"] == "closed"
    assert [one["what"] for one in closed["history"]][-2:] == ["replayed", "closed"]
    verified = await system.client.post("/api/v1/operations/views/defects/verify")
    assert verified.json()["identical"]


async def test_what_comes_back_is_open_again_and_a_run_closes_what_is_gone(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(gathering, "shown", forgetful)
        patch.setattr(replaying, "shown", forgetful)
        await submitted(system, report(range(CALLS), Agent={4: "a7 "}), "november-3.csv")
        assert (await ask(system.client, f"{DEFECTS}/{ID}"))["stage"] == "acknowledged"
    clean = await submitted(system, report(range(CALLS), Agent={5: "a7 "}), "november-4.csv")
    assert clean["mismatches"] == {}
    assert (await ask(system.client, f"{DEFECTS}/{ID}"))["stage"] == "closed"


async def test_what_is_not_there_is_said_to_be_not_there(system: System) -> None:
    for path in ("", "/fixture", "/specification.md"):
        answer = await system.client.get(f"{DEFECTS}/adria:2026-11-77{path}")
        assert answer.status_code == 404
    assert (await system.client.post(f"{DEFECTS}/adria:2026-11-77/replay")).status_code == 404
    unknown = await system.client.post(f"{DEFECTS}/adria:2026-11-77/acknowledgement", json={"ticket": "T"})
    assert unknown.json()["type"] == "/problems/unknown_defect"
