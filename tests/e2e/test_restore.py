"""Documents and topics that are not of one moment are not worked on: a system that was restored wrongly stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.calls.tracking.tracking import Tracker
from services.simulate.driver import send_recorded
from shared.codec import encode
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.engine.partitions import Checkpoint
from shared.engine.relay import HEADS, Head
from shared.ports import Put
from tests.e2e.recorded import SETS
from tests.e2e.systems import System, eventually, start


async def lived(engine: str, data: Path) -> None:
    """A system with one recorded set."""
    async with start(engine, data) as system:
        await send_recorded(system.client, SETS["twilio"], demo=True)
        await system.settled()


async def failure(system: System) -> str:
    """Why a loop of the system died; the readiness probe says so too."""

    async def failed() -> str | None:
        return system.runtime.failed

    said: str = await eventually(failed)
    answer = await system.client.get("/readyz")
    assert answer.status_code == 503
    assert said in answer.json()["loop"]
    return said


async def ends(system: System, topic: str) -> Any:
    return await system.runtime.engine.bus.ends(topic)


async def test_a_tracker_whose_checkpoint_lies_beyond_the_log_stops(engine: str, tmp_path: Path) -> None:
    await lived(engine, tmp_path)
    async with start(engine, tmp_path) as system:
        await system.settled()
        log = await ends(system, TELEPHONY_TOPIC)
        partition = max(log, key=lambda p: int(log[p]))
        await system.runtime.kits["calls"].checkpoints.save([Tracker.name], partition, Checkpoint(log[partition] + 1))
    async with start(engine, tmp_path) as system:
        said = await failure(system)
    place = f"{TELEPHONY_TOPIC}/{partition} is {log[partition] + 1}, its log ends at {log[partition]}"
    assert said.endswith(f"{Tracker.name}: the checkpoint of {place}")


async def test_a_relay_whose_head_is_older_than_its_topic_stops_and_publishes_nothing(
    engine: str, tmp_path: Path
) -> None:
    await lived(engine, tmp_path)
    async with start(engine, tmp_path) as system:
        await system.settled()
        documents = system.runtime.kits["partners"].documents
        await documents.put(HEADS, [Put("head", None, encode(Head(1)))])
    async with start(engine, tmp_path) as system:
        before = await ends(system, PARTNERS_TOPIC)
        said = await failure(system)
        assert "HeadBehindTopic" in said
        assert "its head has given 1" in said
        partner = {"partner_id": "late", "name": "Late", "country": None, "time_zone": "UTC"}
        assert (await system.client.post("/api/v1/partners", json=partner)).status_code == 201
        assert await ends(system, PARTNERS_TOPIC) == before
