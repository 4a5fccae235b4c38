"""Several targets are told side by side: one that hangs holds up no other, and a store that is away ends nothing."""

from __future__ import annotations

import asyncio

from shared.ports import Put, Refused, StoreUnavailable
from shared.webhooks import KEEP, WEBHOOKS, Lanes, Target, Webhooks
from tests.unit.shared.test_webhooks import BODY, Clock, kept, listening, to


async def test_who_is_away_is_not_asked_for_each_message_and_holds_up_no_other() -> None:
    documents, clock = await kept(), Clock()
    async with listening(0) as hangs, listening(204) as takes:
        known = {"hangs": to(hangs.port), "takes": to(takes.port)}

        async def target(name: str) -> Target | None:
            return known.get(name)

        async def targets() -> list[str]:
            return list(known)

        webhooks = Webhooks(documents, target, clock, attempt_s=30)
        for number in range(20):
            await webhooks.add(f"msg_{number:02}", BODY, "hangs")
            await webhooks.add(f"msg_{number:02}t", BODY, "takes")
        stopping = asyncio.Event()
        running = asyncio.create_task(Lanes(webhooks, targets, 0.05).run(stopping))
        while len(takes.asked) < 20:  # noqa: ASYNC110 - it is another task that has to get there
            await asyncio.sleep(0.01)
        assert len(hangs.asked) <= 1, "all that one takes went while the other still hung"
        stopping.set()
        await running
        while any("Receiver.serve" in repr(task) for task in asyncio.all_tasks()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len({headers["webhook-id"] for _, headers, _ in takes.asked}) == 20


async def test_a_store_that_is_away_stops_no_lane_for_good() -> None:
    documents, clock = await kept(), Clock()
    away = [StoreUnavailable("away"), Refused(["msg_1"])]

    async def target(name: str) -> Target | None:
        if away:
            raise away.pop()
        return to(receiver.port)

    async def targets() -> list[str]:
        return ["one"]

    async with listening(204) as receiver:
        webhooks = Webhooks(documents, target, clock)
        body = b'{"id":"msg_1","body":"x","to":"one","standing":"waiting","due":0}'
        await documents.put(WEBHOOKS, [Put("msg_1", 0, body, KEEP.fields(body))])
        stopping = asyncio.Event()
        running = asyncio.create_task(Lanes(webhooks, targets, 0.01).run(stopping))
        await asyncio.wait_for(receiver.heard.wait(), 5)
        stopping.set()
        await running


async def test_a_turn_ends_with_the_first_message_that_is_not_taken() -> None:
    documents, clock = await kept(), Clock()
    async with listening(500) as refuses:

        async def target(name: str) -> Target | None:
            return to(refuses.port)

        webhooks = Webhooks(documents, target, clock)
        for number in range(3):
            await webhooks.add(f"msg_{number}", BODY, "refuses")
        await webhooks.turn("refuses")
        assert len(refuses.asked) == 1
        await webhooks.turn("refuses")
        assert [headers["webhook-id"] for _, headers, _ in refuses.asked] == ["msg_0", "msg_1"]
