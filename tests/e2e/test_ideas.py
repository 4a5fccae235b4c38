"""Ideas over HTTP: proposed by agents, voted for, merged, answered, shipped, and measured to their authors' credit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.training.events.struggles import Step
from services.training.measuring.usage import Visit
from services.training.usage import Usage
from tests.e2e.floor import open_floor, somebody
from tests.e2e.shop import done, refused
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"
HERE = "/training/ideas"
WORDS = "Let the postcode fill in the city: Iva Kos spelt hers three times."


async def used(usage: Usage, number: int, wrong: int, visits: int, step: Step = "address") -> None:
    good, bad = Visit(step=step, seconds=20), Visit(step=step, seconds=90, mistakes={"format": 1})
    await usage.add("adria", "a7", f"{number:016x}", [bad] * wrong + [good] * (visits - wrong))


async def test_an_idea_from_its_author_to_its_effect(system: System, time: Time) -> None:
    ours = system.client
    await open_floor(system, time)
    await done(ours, "POST", "/partners", {"partner_id": "other", "name": "Other"})
    usage: Usage = system.runtime.parts["training"].state["panel_usage"]
    usage.on = True
    await used(usage, 1, 60, 300)
    time.forward(timedelta(days=1))
    viewer = await somebody(system, "Mia", "partner", "adria")
    async with (
        await panel(system, "adria", "a7") as author,
        await panel(system, "adria", "a8") as like,
        await panel(system, "adria", "a9") as fan,
        await panel(system, "other", "b1") as elsewhere,
        viewer,
    ):
        headers = {"idempotency-key": "once"}
        said = {"subject": "panel", "text": WORDS}
        first = (await done(author, "POST", HERE, said, **headers))["id"]
        assert (await done(author, "POST", HERE, said, **headers))["id"] == first
        time.forward(timedelta(minutes=1))
        second = (await done(like, "POST", HERE, {"subject": "panel", "text": "City by postcode."}))["id"]
        third = (await done(elsewhere, "POST", HERE, {"subject": "panel", "text": "The city, please."}))["id"]
        assert (await viewer.post(f"/api/v1{HERE}", json=said)).status_code == 403
        await at_rest(system)

        # One vote each, and none for oneself.
        await refused(author, f"{HERE}/{first}/vote", None, "own_idea")
        for _ in range(2):
            await done(fan, "POST", f"{HERE}/{first}/vote")
            await done(fan, "POST", f"{HERE}/{second}/vote")
        await done(viewer, "POST", f"{HERE}/{first}/vote")
        assert (await elsewhere.post(f"/api/v1{HERE}/{first}/vote")).status_code == 404
        await done(viewer, "DELETE", f"{HERE}/{first}/vote")
        await at_rest(system)
        listed = (await ask(fan, f"/api/v1{HERE}"))["items"]
        assert [(one["idea"], one["votes"], one["voted"]) for one in listed] == sorted(
            [(first, 1, True), (second, 1, True)]
        )
        assert {one["text"] for one in listed} == {WORDS, "City by postcode."}
        assert [one["idea"] for one in (await ask(elsewhere, f"/api/v1{HERE}"))["items"]] == [third]

        # Doubles are merged: nobody is counted twice, and everybody hears the answer.
        assert (await viewer.post(f"/api/v1{HERE}/{second}/merge", json={"into": first})).status_code == 403
        for double in (second, third):
            await done(ours, "POST", f"{HERE}/{double}/merge", {"into": first})
        await at_rest(system)
        await refused(ours, f"{HERE}/{first}/merge", {"into": second}, "into_merged")
        await refused(ours, f"{HERE}/{first}/merge", {"into": "adria:ffffffffffff"}, "into_unknown")
        await done(ours, "POST", f"{HERE}/{first}/answer", {"status": "planned", "text": "In March."})
        await at_rest(system)
        (whole,) = (await ask(author, f"/api/v1{HERE}"))["items"]
        assert (whole["votes"], whole["mine"], whole["status"], whole["reply"]) == (3, True, "planned", "In March.")
        assert whole["authors"] == ["a7", "a8"], "whose idea it was elsewhere is not theirs to know"
        (theirs,) = (await ask(elsewhere, f"/api/v1{HERE}"))["items"]
        assert (theirs["text"], theirs["reply"], theirs["mine"]) == ("The city, please.", "In March.", True)
        assert theirs["authors"] == ["b1"]
        assert (await ask(elsewhere, f"/api/v1{HERE}/{third}"))["idea"] == first

        # It comes true, and is measured when there is something to measure.
        watched: dict[str, Any] = {"measure": "failed", "step": "address"}
        shipped = {"on": time().date().isoformat(), "text": "It is there. Thank you.", "watched": watched}
        await refused(ours, f"{HERE}/{first}/shipping", shipped | {"watched": {"measure": "sales", "step": "order"}},
                      "watched_wrong")  # fmt: skip
        await refused(ours, f"{HERE}/{first}/measurement", {"days": 7}, "not_shipped")
        await done(ours, "POST", f"{HERE}/{first}/shipping", shipped)
        await used(usage, 2, 150, 150)  # the day itself is on neither side
        await at_rest(system)
        await refused(ours, f"{HERE}/{first}/measurement", {"days": 7}, "too_early")
        time.forward(timedelta(days=2))
        await used(usage, 3, 15, 300)
        time.forward(timedelta(days=6))
        await done(ours, "POST", f"{HERE}/{first}/measurement", {"days": 7})
        await at_rest(system)
        (told,) = (await ask(like, f"/api/v1{HERE}"))["items"]
        found = told["measured"]
        assert (found["before"], found["after"]) == ({"count": 60, "total": 300}, {"count": 15, "total": 300})
        assert (found["verdict"], found["effect"], told["reply"]) == ("improved", "-15.00", "It is there. Thank you.")
        credits = (await ask(author, f"/api/v1{HERE}/credits"))["items"]
        assert [(one["agent"], one["shipped"], one["improved"]) for one in credits] == [("a7", 1, 1), ("a8", 1, 1)]
    verified = await ours.post("/api/v1/operations/views/ideas/verify")
    assert verified.json()["identical"], verified.text
    stored = await system.runtime.kits["training"].store.load(f"idea-{first}")
    assert stored
    assert "Iva Kos" not in str(stored), "the words lie in the vault"
