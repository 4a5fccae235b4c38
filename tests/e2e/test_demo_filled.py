"""What a demo's people enter fills every area, tells of one partner that needs attention, and is entered once."""

from __future__ import annotations

import time as real
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.simulate import briefing
from services.simulate.company import Company, company
from services.simulate.driver import enter_training, requests_of, send, set_up_company
from services.simulate.filling import fill_in
from services.simulate.help_line import SELLS
from services.simulate.hot_leads import FATES
from services.simulate.ideas import IDEAS
from services.simulate.judging import BOTH, DRAWN
from services.simulate.planning import CANDIDATES, weeks
from services.simulate.stream import history_day
from services.simulate.watching import enter_alerts
from tests.e2e.systems import System, Time, ask, at_rest, everything, start

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(900)]
SEED = 3
SELLER = "adriavox"


class Going(Time):
    """A clock that goes, from the afternoon of a day in the middle of a month on."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 11, 18, 20, 0, tzinfo=UTC))
        self._begun = real.monotonic()

    def __call__(self) -> datetime:
        return self.at + timedelta(seconds=real.monotonic() - self._begun)


@pytest.fixture(scope="module")
def going() -> Going:
    return Going()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory, going: Going) -> AsyncIterator[tuple[System, Company]]:
    """Two partners with the calls of a day, and all that their people and ours enter meanwhile."""
    data: Path = tmp_path_factory.mktemp("demo") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(briefing, "SOON", timedelta(seconds=10))
        async with start("embedded", data, going) as system:
            firm = company(SEED, 2, 24)
            await set_up_company(system.client, firm, demo=True)
            await enter_training(system.client, firm, going().date())
            await enter_alerts(system.client, firm)
            now = going()
            past = (one for one in history_day(firm, SEED, now.date()) if one.received_at < now)
            sent = await send(system.client, requests_of(firm, past))
            assert sent.answers.keys() == {202}
            await system.settled()
            await fill_in(system.client, firm, now.date(), going, forever=False)
            await at_rest(system)
            yield system, firm


async def items(system: System, path: str, **params: Any) -> list[Any]:
    return await everything(system.client, f"/api/v1{path}", **params)


async def test_it_sells(filled: tuple[System, Company]) -> None:
    system, _ = filled
    campaigns = {one["campaign"]: one for one in await items(system, "/campaigns")}
    assert {one["state"] for one in campaigns.values()} == {"running"}
    sells = campaigns["TV-KIT-DE"]["described"]
    assert len(await items(system, "/products")) == len(sells["products"]) > 0
    assert len(await items(system, "/numbers")) == 2
    rules = await ask(system.client, "/api/v1/selling-rules/TV-KIT-DE")
    assert rules["versions"][0]["rules"]["offers"]
    goals = await ask(system.client, "/api/v1/goals")
    assert len(goals["items"]) == 2
    sales = await items(system, "/calls", campaign="TV-KIT-DE", disposition="sale")
    orders = await items(system, "/orders", partner=SELLER)
    assert len(orders) > 0.75 * len(sales) > 5
    assert {one["placed"]["call"] for one in orders} <= {one["call"] for one in sales}
    assert len({one["placed"]["call"] for one in orders}) == len(orders), "one order a call"
    assert max(one["pace"]["done"] for one in goals["items"]) > 0
    figures = await ask(system.client, "/api/v1/scripts/tv-kit/figures")
    assert figures
    survey = await ask(system.client, "/api/v1/scripts/tv-kit-after/survey", version=1)
    assert survey["fields"]["stars"]["answered"] > 2
    (paid,) = {len(await items(system, f"/commissions/{SELLER}/statements", month="2026-11"))}
    assert paid > len(SELLS)


async def test_hot_leads_are_taken_but_for_one(filled: tuple[System, Company], going: Going) -> None:
    system, firm = filled
    assert len(await items(system, "/handovers")) == len(FATES)
    going.forward(timedelta(minutes=6))
    await fill_in(system.client, firm, going().date(), going, forever=False)
    await at_rest(system)
    found = await items(system, "/handovers")
    left = [one for one in found if one.get("taken") is None]
    assert [one["asked"]["points"] for one in left] == [["complaint_risk"]]
    assert {one["taken"]["by"] for one in found if one.get("taken")} == {"s.begic"}


async def test_people_are_planned_trained_and_heard(filled: tuple[System, Company], going: Going) -> None:
    system, _ = filled
    home = f"/training/partners/{SELLER}"
    rotas = await items(system, f"{home}/rotas")
    assert [bool(one["published_at"]) for one in sorted(rotas, key=lambda one: one["first"])] == [True, False]
    name = min(rotas, key=lambda one: one["first"])["rota"]
    adherence = await ask(system.client, f"/api/v1{home}/rotas/{name}/adherence")
    assert any(one["adherence"] for one in adherence["items"]), "shifts before today were attended"
    assert min(one["first"] for one in rotas) == weeks(going().date())[0].isoformat()
    candidates = await items(system, f"{home}/candidates")
    assert len(candidates) == len(CANDIDATES)
    assert {"applied", "hired", "withdrawn"} <= {one["stage"] for one in candidates}
    proposals = await ask(system.client, "/api/v1/training/coaching/proposals", partner=SELLER)
    assert len(await items(system, "/training/coaching/plans", partner=SELLER)) == 2
    assert "h1" in {one["agent"]["agent"] for one in proposals["proposals"] if not one["plans"]}
    (contest,) = await items(system, "/training/contests")
    assert len(contest["agents"]) == 5
    held = next(one for one in await items(system, "/training/sessions") if one["state"] == "held")
    assert (held["held"]["attended"], held["recording"][:8]) == (7, "https://")
    assert held["feedback"]["given"] > 2
    courses = await items(system, "/training/courses")
    assert len(courses) == 2


async def test_ideas_are_wanted_answered_and_measured(filled: tuple[System, Company]) -> None:
    system, _ = filled
    ideas = await items(system, "/training/ideas", partner=SELLER)
    assert len(ideas) == len(IDEAS)
    assert sorted(one["votes"] for one in ideas) == sorted(len(one.votes) for one in IDEAS)
    assert {one["status"] for one in ideas} == {"planned", "considered", "proposed", "declined", "shipped"}
    (shipped,) = [one for one in ideas if one["shipped"]]
    assert shipped["measured"]["verdict"] != "too_few"
    names = {author for one in ideas for author in one["authors"]}
    assert len(names) == len(IDEAS), "each idea is another agent's"


async def test_both_sides_evaluate_and_one_dispute_waits(filled: tuple[System, Company]) -> None:
    system, _ = filled
    (sample,) = await items(system, "/training/samples")
    assert (sample["calls"], sample["recorded"]) == (DRAWN, BOTH)
    evaluated = await items(system, "/training/evaluations", partner=SELLER)
    whole = [await ask(system.client, f"/api/v1/training/evaluations/{one['evaluation']}") for one in evaluated]
    disputes = [one for doc in whole for one in doc["evaluation"]["disputes"].values()]
    assert sorted(one["decided"] is not None for one in disputes) == [False, True]


async def test_others_are_told_and_it_is_watched(filled: tuple[System, Company]) -> None:
    system, _ = filled
    assert len(await items(system, "/webhooks")) == 1
    assert len(await items(system, "/alerts")) == 3


async def test_done_again_it_changes_nothing(filled: tuple[System, Company], going: Going) -> None:
    system, firm = filled
    await at_rest(system)
    before = await counts(system)
    await fill_in(system.client, firm, going().date(), going, forever=False)
    await at_rest(system)
    assert await counts(system) == before


async def counts(system: System) -> dict[str, int]:
    """How many there are of each."""
    paths = (
        "/orders", "/handovers", "/campaigns", "/scripts", "/products", "/calls", "/webhooks", "/users", "/keys",
        "/training/ideas", "/training/evaluations", "/training/samples", "/training/coaching/plans",
        "/training/contests", "/training/sessions", f"/training/partners/{SELLER}/rotas",
        f"/training/partners/{SELLER}/candidates",
    )  # fmt: skip
    return {path: len(await items(system, path)) for path in paths}
