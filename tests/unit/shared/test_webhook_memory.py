"""Messages to others are remembered for a time: then they are gone, and a log that is read again tells nobody anew."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from services.calls.orders import notices
from services.gateway.alerting import mailing
from services.gateway.hooks import telling
from shared.engine.reading import First
from shared.webhooks import BATCH, ENDED, KEEP, LIFE, Delivery, Webhooks, delivery_fields
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.shared.test_webhooks import Clock, kept

SECOND = timedelta(seconds=1)


async def remembered(documents: MemoryDocuments) -> list[str]:
    return sorted(documents.collections[KEEP.collection])


async def put(documents: MemoryDocuments, clock: Clock, ident: str, standing: Any, to: str) -> None:
    body = Delivery(id=ident, body="{}", to=to, standing=standing, due=int(clock().timestamp()))
    encoded = msgspec.json.encode(body)
    await documents.put(KEEP.collection, [KEEP.put(ident, encoded)])
    assert delivery_fields(encoded)["standing"] == standing


async def test_what_waits_no_more_is_forgotten_after_its_time_whomever_it_was_for() -> None:
    documents, clock = await kept(), Clock()
    for place, standing in enumerate((*ENDED, "waiting")):
        await put(documents, clock, f"old-{standing}", standing, f"to-{place}")
    for number in range(BATCH + 1):
        await put(documents, clock, f"old-{number}", "delivered", "to-0")
    clock.forward(1)
    await put(documents, clock, "young", "given_up", "to-0")
    webhooks = Webhooks(documents, None, clock)
    clock.forward((LIFE - SECOND).total_seconds())
    await webhooks.forget()
    assert len(await remembered(documents)) == len(ENDED) + BATCH + 3, "its time is not over"
    clock.forward(1)
    await webhooks.forget()
    assert await remembered(documents) == ["old-waiting", "young"]


async def test_where_it_is_said_they_are_remembered_for_ever() -> None:
    documents, clock = await kept(), Clock()
    await put(documents, clock, "old", "delivered", "")
    clock.forward(1000 * LIFE.total_seconds())
    webhooks = Webhooks(documents, None, clock, life=None)
    await webhooks.forget()
    await webhooks.add("new", b"{}", recorded_at=clock() - 2 * LIFE)
    assert await remembered(documents) == ["new", "old"]


async def test_what_is_older_than_our_memory_is_not_told_anew() -> None:
    documents, clock = await kept(), Clock()
    webhooks = Webhooks(documents, None, clock)
    await webhooks.add("older", b"{}", recorded_at=clock() - LIFE - SECOND)
    await webhooks.add("young", b"{}", recorded_at=clock() - LIFE)
    await webhooks.add("test", b"{}")
    assert await remembered(documents) == ["test", "young"]


class Reads:
    """Views in which everybody wants to hear of everything."""

    async def find(self, view: Any, equal: Any) -> list[tuple[str, Any]]:
        return [("somebody", SimpleNamespace(at=lambda at: self, told_at=lambda at: self))]


@pytest.mark.parametrize("room", [notices, mailing, telling], ids=lambda room: str(room.__name__.rpartition(".")[2]))
async def test_a_worker_that_reads_the_log_once_more_tells_of_what_is_young_alone(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, clock = await kept(), Clock()
    webhooks, deps = Webhooks(documents, None, clock), SimpleNamespace(reads=Reads(), base_url="http://tallyline")
    checkpoints: Any = None

    async def addresses(self: Any, event: Any) -> list[str]:
        return ["floor@example.com"]

    if room is mailing:
        monkeypatch.setattr(mailing.Mailing, "_addresses", addresses)
        monkeypatch.setattr(mailing, "mail_of", lambda *_: b"{}")
        monkeypatch.setattr(mailing, "mail_id", lambda event, address: f"{event} {address}")
        worker: Any = mailing.Mailing(webhooks, deps, checkpoints, "us@example.com")  # type: ignore[arg-type]
    else:
        monkeypatch.setattr(room, "wants", lambda *_: True)
        monkeypatch.setattr(room, "message", lambda *_: b"{}")
        monkeypatch.setattr(room, "message_id", lambda name, origin, *position: f"{origin} {name}")
        if room is notices:
            worker = notices.Notices(webhooks, deps, checkpoints)  # type: ignore[arg-type]
        else:
            worker = telling.Telling("tallyline.calls", webhooks, deps, checkpoints)  # type: ignore[arg-type]

    def first(event: str, age: timedelta) -> First:
        recorded = SimpleNamespace(
            event=event, recorded_at=clock() - age, trace="", origin=event, position=(0, 0), reverses=None
        )
        return First(0, recorded)  # type: ignore[arg-type]

    await worker.take(0, [], [first("older", LIFE + SECOND), first("young", LIFE)])
    assert [name.split(" ")[0] for name in await remembered(documents)] == ["young"]
