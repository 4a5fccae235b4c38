"""The panel's use over HTTP: told by agents, seen by each of its own, compared for those who lead, and spoken about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.training.usage import Usage
from tests.e2e.floor import open_floor, somebody
from tests.e2e.shop import done, refused
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
DAYS = {"partner": "adria", "from": "2026-11-18", "to": "2026-11-19"}
WORDS = "Shall we look at the address step together, as Iva Kos asked?"


def batch(number: int, visits: int, wrong: int) -> dict[str, Any]:
    good = {"step": "address", "seconds": 20}
    bad = good | {"seconds": 90, "mistakes": {"format": 1}}
    return {"batch": f"{number:016x}", "visits": [bad] * wrong + [good] * (visits - wrong)}


async def test_nothing_is_taken_unless_the_company_says_so(system: System, time: Time) -> None:
    await open_floor(system, time)
    async with await panel(system, "adria", "a7") as agent:
        await refused(agent, "/training/usage", batch(1, 3, 0), "usage_off")
        mine = await ask(agent, "/api/v1/training/usage/mine")
        assert (mine["collecting"], mine["days"]) == (False, [])
        assert "nothing that is typed" in mine["told"]


async def test_who_struggles_is_found_and_spoken_to(system: System, time: Time) -> None:
    usage: Usage = system.runtime.parts["training"].state["panel_usage"]
    usage.on = True
    for number in range(30):
        async with await panel(system, "adria", f"b{number}") as other:
            await done(other, "POST", "/training/usage", batch(number, 60, number % 3))
    supervisor, viewer = await somebody(system, "Ana", "admin", "adria"), await somebody(system, "Vic")
    stranger = await somebody(system, "Max", "admin", "other")
    async with supervisor, viewer, stranger, await panel(system, "adria", "a7") as agent:
        for _ in range(2):  # a batch that was sent twice
            await done(agent, "POST", "/training/usage", batch(99, 60, 30))
        wrong = await agent.post("/api/v1/training/usage", json={"batch": "1" * 16, "visits": [{"step": "Iva Kos"}]})
        assert wrong.status_code == 422
        assert (await supervisor.post("/api/v1/training/usage", json=batch(1, 1, 0))).status_code == 403
        (mine,) = (await ask(agent, "/api/v1/training/usage/mine"))["days"]
        assert (mine["agent"], mine["steps"]["panel/address"]["visits"]) == ("a7", 60)
        assert mine["steps"]["panel/address"]["mistakes"] == {"format": 30}

        found = await ask(supervisor, "/api/v1/training/struggles", **DAYS)
        told = next(one for one in found["findings"] if one["measure"] == "failed")
        assert {one["agent"] for one in found["findings"]} == {"a7"}
        assert told["words"].startswith(
            "Asked for help never, and makes a mistake at the step address 30.0 times a day"
        )
        assert found["steps"][0]["agents"] == 31
        assert (await stranger.get("/api/v1/training/struggles", params=DAYS)).status_code == 404
        assert (await viewer.get("/api/v1/training/struggles", params=DAYS)).status_code == 403

        # The supervisor speaks to the agent.
        said = {"partner": "adria", "agent": "a7", "step": "address", "text": WORDS}
        assert (await viewer.post("/api/v1/training/conversations", json=said)).status_code == 403
        assert (await stranger.post("/api/v1/training/conversations", json=said)).status_code == 404
        here = f"/training/conversations/{(await done(supervisor, 'POST', '/training/conversations', said))['id']}"
        await at_rest(system)
        (listed,) = (await ask(agent, "/api/v1/training/conversations"))["items"]
        assert listed["started"]["by"] == "Ana"
        await done(agent, "POST", f"{here}/messages", {"text": "Yes, at four."})
        await at_rest(system)
        whole = await ask(supervisor, f"/api/v1{here}")
        assert list(whole["texts"].values()) == [WORDS, "Yes, at four."]
        assert WORDS not in str(whole["conversation"])
        assert whole["conversation"]["continued"][0]["by"] == "a7"
        assert (await viewer.get(f"/api/v1{here}")).status_code == 403
        async with await panel(system, "adria", "b1") as colleague:
            assert (await colleague.get(f"/api/v1{here}")).status_code == 404
            assert (await ask(colleague, "/api/v1/training/conversations"))["items"] == []
            for_another = await colleague.post("/api/v1/training/conversations", json=said)
            assert for_another.status_code == 422
        await done(supervisor, "POST", f"{here}/closing", {"outcome": "helped"})
        await refused(agent, f"{here}/messages", {"text": "And tomorrow?"}, "closed")

        # An agent asks for help, and is no more one who never does.
        await done(agent, "POST", "/training/conversations", {"step": "address", "text": "Where is the postcode?"})
        await at_rest(system)
        again = await ask(supervisor, "/api/v1/training/struggles", **DAYS)
        assert again["findings"][0]["words"].startswith("Asked for help once")
        verified = await system.client.post("/api/v1/operations/views/conversations/verify")
        assert verified.json()["identical"], verified.text

        # What is held has an end.
        time.forward(timedelta(days=usage.days))
        await usage.sweep()
        assert (await ask(agent, "/api/v1/training/usage/mine"))["days"] == []
