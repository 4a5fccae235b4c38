"""A server that is killed at every step of the protocol, and at any moment, loses and doubles nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from services.embedded import embedded
from services.simulate.driver import Request, send, set_up_company
from shared.faults import POINTS
from shared.settings import Settings
from tests.e2e.crash import plants
from tests.e2e.crash.checker import breaches, first_copies, net
from tests.e2e.crash.load import SEED, after_midnight, disordered, firm, planned, sending
from tests.e2e.crash.logbook import Logbook
from tests.e2e.crash.rest import at_rest, due, figures, night, offered_to, wrong_views
from tests.e2e.crash.servers import Servers, servers

KILLS_A_POINT, KILLS_FROM_OUTSIDE = 3, 23
MORNING = 2_000
"""Deliveries of the day until some time in the morning, when agents are at work and calls go on."""
NIGHTLY = ("tracker.noted", "tracker.written", "tracker.published", "tracker.checkpointed")
TIMERS_WITHIN_S = 8.0
GAP_S = 0.04
WITHIN_S = 60.0
LONGEST = {
    "ingest.stored": 60,
    "tracker.noted": 25,
    "tracker.written": 25,
    "tracker.published": 25,
    "tracker.checkpointed": 25,
    "view.written": 30,
    "view.checkpointed": 30,
    "relay.numbered": 6,
    "relay.published": 6,
    "relay.marked": 6,
    "manager.handled": 12,
}
"""The latest turn at which a fault point kills: all of them come about within a second of load."""
ASKED_FOR = {"reread.appended", "replay.appended", "drops.stored", "drops.told", "retention.said"}
"""What load alone never reaches: whoever asks for it has tests of their own."""


async def undisturbed(home: Path, plan: list[Request]) -> tuple[Path, dict[str, object]]:
    """A data folder that took each delivery once, in order, and what it answers."""
    settings = Settings(data=home / "reference", log_level="error")
    async with embedded(settings) as system:
        await set_up_company(system.client, firm(), demo=False)
        sent = await send(system.client, plan, in_flight=1)
        assert set(sent.answers) == {202}
        await system.settled()
        await night(system.client, Logbook(settings.data))
        return settings.data, await figures(system.client)


def schedule(dice: random.Random) -> list[str]:
    """Which death each life of the server ends in: `point:turn`, or nothing for one from outside."""
    assert LONGEST.keys() == set(POINTS) - ASKED_FOR
    deaths = [f"{point}:{dice.randint(1, LONGEST[point])}" for point in LONGEST for _ in range(KILLS_A_POINT)]
    deaths += [""] * KILLS_FROM_OUTSIDE
    dice.shuffle(deaths)
    return deaths


async def die_at_night(mine: Servers, point: str, turn: int) -> None:
    """A life in which the clocks move past midnight, and its end in the middle of what time brings about; from outside
    where there is less of it left than the turn that was to kill."""
    mine.start(f"{point}:{turn}")
    if await mine.ready():
        async with mine.client() as client:
            for request in after_midnight():
                with contextlib.suppress(httpx.TransportError):
                    await client.post(request.path, headers=request.headers, content=request.body)
        await mine.ends_within(TIMERS_WITHIN_S)
    mine.kill()
    assert await mine.death() == -9


async def live_and_die(mine: Servers, fault: str, dice: random.Random) -> None:
    """One life of the server under load."""
    mine.start(fault)
    if fault:
        assert await mine.ends_within(WITHIN_S), f"{fault} was never reached"
    else:  # also in the middle of coming back
        await asyncio.sleep(dice.uniform(0.2, 1.8))
        mine.kill()
    assert await mine.death() == -9


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_whatever_step_the_server_is_killed_at_each_fact_is_counted_exactly_once(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    plan = planned(MORNING)
    async with servers(tmp_path) as mine:
        mine.start()
        assert await mine.ready()
        async with mine.client() as client:
            await set_up_company(client, firm(), demo=False)
            deaths = schedule(dice)
            async with sending(client, disordered(plan, dice), random.Random(SEED), GAP_S) as sender:
                await mine.stop()
                for fault in deaths:
                    await live_and_die(mine, fault, dice)
                mine.start()
                assert await mine.ready()
            book = Logbook(mine.data)
            await at_rest(client, book)
            assert len(due(book)) > 5, "calls without an end, and agents at work at the end of the day"
            await mine.stop()
            for point in NIGHTLY:
                await die_at_night(mine, point, dice.randint(3, 9))
            mine.start()
            assert await mine.ready()
            await night(client, book)
            reached = mine.journal.read_text().split("\n")[:-1]
            assert len(reached) >= KILLS_A_POINT * len(LONGEST) + 1, "each point in the day, and one at night at least"
            assert len(reached) * 2 >= len(deaths) >= 50
            assert set(reached) == {f"killed at {point}" for point in LONGEST}, "each point has killed"
            journal = sender.journal
            assert set(journal.statuses) == {202}
            assert journal.taken.keys() >= {request.n for request in plan}, "all of the plan was answered"
            assert journal.unknown > 20, "requests were cut off"
            assert len(journal.agents) > 20
            assert sum(journal.once.values()) > 20

            reference, expected = await undisturbed(tmp_path, plan)
            assert breaches(book, Logbook(reference), journal) == []
            assert await figures(client) == expected
            assert await wrong_views(client) == []
            alive, _ = net(first_copies(book.events("tallyline.calls"))[0])
            told_once = firm().partners[2]
            stored = sum(event["source"] == told_once.source for event in alive.values())
            assert await offered_to(client, told_once.id) == stored
            for delivery in random.Random(SEED).sample(sorted(journal.deliveries()), 50):
                assert (await client.get(f"/api/v1/deliveries/{delivery}")).json()["verdict"], "settled"


# The checker finds what it is there for


SMALL = 500


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    """What an undisturbed system makes of the small plan."""
    return Logbook(asyncio.run(undisturbed(tmp_path_factory.mktemp("small"), planned(SMALL)))[0])


async def few_deaths(
    home: Path, reference: Logbook, plant: Callable[[], None], *faults: str, seconds: float = 0.0
) -> tuple[list[str], str]:
    """A small run with a planted mistake and few deaths; what the checker says, and the fault journal. A fault that is
    empty: the mistake kills by itself, or somebody does from outside after so many seconds."""
    plan = planned(SMALL)
    dice = random.Random(SEED)
    async with servers(home) as mine:
        mine.start(plant=plant)
        assert await mine.ready()
        async with mine.client() as client:
            await set_up_company(client, firm(), demo=False)
            await asyncio.sleep(0.5)
            await mine.stop()
            mine.journal.unlink(missing_ok=True)
            async with sending(client, plan, dice, 0.02) as sender:
                for fault in faults:
                    mine.start(fault, plant)
                    if seconds:
                        assert await mine.ready()
                        await asyncio.sleep(seconds)
                        mine.kill()
                    assert await mine.death() == -9
                mine.start(plant=plant)
                assert await mine.ready()
            book = Logbook(mine.data)
            await night(client, book)
            said = mine.journal.read_text() if mine.journal.exists() else ""
            return breaches(book, reference, sender.journal), said


def kinds(found: list[str]) -> set[str]:
    return {line.partition(":")[0] for line in found}


@pytest.mark.slow
async def test_a_checkpoint_that_is_moved_before_the_write_is_found(tmp_path: Path, reference: Logbook) -> None:
    # Each death loses a batch, of one or the other partner's calls; those of one of them are not held against a view.
    faults = [f"tracker.checkpointed:{turn}" for turn in (40, 30, 20)]
    found, _ = await few_deaths(tmp_path, reference, plants.checkpoint_before_write, *faults)
    assert kinds(found) >= {"verdict", "intake", "view"}


@pytest.mark.slow
async def test_a_slow_former_owner_whose_write_is_refused_does_no_harm(tmp_path: Path, reference: Logbook) -> None:
    found, said = await few_deaths(tmp_path, reference, plants.slow_owner, "")
    assert said == "the slow owner's write was refused\n"
    assert found == []


@pytest.mark.slow
async def test_writing_documents_without_their_revision_is_found(tmp_path: Path, reference: Logbook) -> None:
    found, said = await few_deaths(tmp_path, reference, plants.no_revision_condition, "")
    assert said == "the slow owner's write was written\n"
    assert "told" in kinds(found)


@pytest.mark.slow
async def test_a_reader_that_does_not_look_at_origins_is_found(tmp_path: Path, reference: Logbook) -> None:
    faults = [f"tracker.published:{turn}" for turn in (30, 12, 7, 9, 5)]
    found, _ = await few_deaths(tmp_path, reference, plants.no_origin_check, *faults)
    assert kinds(found) == {"view"}, "the log is in order, only the views count twice"


@pytest.mark.slow
async def test_an_answer_that_comes_before_the_items_are_stored_is_found(tmp_path: Path, reference: Logbook) -> None:
    found, _ = await few_deaths(tmp_path, reference, plants.answer_before_storing, "", seconds=1.5)
    assert "verdict" in kinds(found)
