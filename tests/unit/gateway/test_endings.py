"""When an endpoint is dead: it says so, or takes nothing from the first failure of a message to its last."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.domain.webhooks import StopWebhook
from services.gateway.events.webhooks import WebhookResumed
from services.gateway.hooks.endings import TRIES, Endings
from services.gateway.views.webhooks import KnownWebhook
from shared.webhooks import KEEP, Target, Webhooks, wait_s
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.shared.test_webhooks import SECRET, Clock, Receiver, listening

ID = "wh_0123456789abcdef"


class Heard:
    """The door for commands, and the view, of one endpoint."""

    def __init__(self, clock: Clock) -> None:
        self.commands: list[StopWebhook] = []
        self.doc = KnownWebhook(webhook=ID)
        self.clock = clock
        self.reads = self.door = self

    async def find(self, view: Any, equal: Any) -> list[tuple[str, KnownWebhook]]:
        return [(ID, self.doc)]

    async def handle(self, decider: Any, stream: str, command: StopWebhook, **by: str) -> Any:
        assert stream == ID
        self.commands.append(command)
        return SimpleNamespace(stream=stream, version=1)


async def made(receiver: Receiver) -> tuple[Webhooks, Endings, Heard, Clock, MemoryDocuments]:
    documents, clock = MemoryDocuments(), Clock()
    await documents.declare(KEEP.collection, KEEP.indexes)

    async def target(name: str) -> Target:
        return Target(f"http://127.0.0.1:{receiver.port}/", SECRET, private=True)

    sender = Webhooks(documents, target, clock, chance=lambda: 0.0, tries=TRIES)
    heard = Heard(clock)
    return sender, Endings(heard, sender), heard, clock, documents  # type: ignore[arg-type]


async def test_who_takes_nothing_for_days_is_stopped() -> None:
    async with listening(500) as receiver:
        sender, endings, heard, clock, _ = await made(receiver)
        began = clock.at
        await sender.add("msg_1", b"{}", ID)
        for number in range(1, TRIES + 1):
            await sender.turn(ID)
            await endings.step()
            assert [one.why for one in heard.commands] == (["failing"] if number == TRIES else []), number
            clock.forward(wait_s(number, 0.0))
        assert clock.at - began > timedelta(days=3)
        assert heard.commands[0].message == "msg_1"
        # Somebody says that it is back: what it failed before is forgiven.
        heard.doc.standing.append(WebhookResumed(webhook=ID, at=clock.at, by="mira"))
        await endings.step()
    assert len(heard.commands) == 1


async def test_a_message_that_it_does_not_like_is_no_reason_while_it_takes_others() -> None:
    async with listening(500) as receiver:
        sender, endings, heard, clock, _ = await made(receiver)
        await sender.add("msg_1", b"{}", ID)
        for number in range(1, TRIES + 1):
            if number == 7:
                receiver.answers[:] = [200, 500]
                await sender.add("msg_0", b"{}", ID)  # of two that are due together, the first by name is sent first
            await sender.turn(ID)
            clock.forward(wait_s(number, 0.0))
        await endings.step()
        assert [one.id for one in (await sender.page(ID, "delivered"))[0]] == ["msg_0"]
        assert [one.id for one in (await sender.page(ID, "given_up"))[0]] == ["msg_1"]
    assert heard.commands == []


@pytest.mark.parametrize("answers", [(410,), (200, 410)])
async def test_who_says_that_it_is_gone_is_stopped_at_once(answers: tuple[int, ...]) -> None:
    async with listening(*answers) as receiver:
        sender, endings, heard, clock, _ = await made(receiver)
        for number, _ in enumerate(answers):
            await sender.add(f"msg_{number}", b"{}", ID)
            await sender.turn(ID)
            clock.forward(1)
        await endings.step()
    assert [one.why for one in heard.commands] == ["gone"]
