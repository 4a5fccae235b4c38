"""Outgoing webhooks against a real server: signed by the rules, tried again, lost by no restart, led nowhere else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from shared.kernel import Rejected
from shared.ports import Put, Refused
from shared.webhooks import (
    KEEP,
    LEASE_S,
    LONGEST_WAIT_S,
    TRIES,
    WEBHOOKS,
    Delivery,
    Standing,
    Target,
    Webhooks,
    addresses_of,
    is_public,
    message_id,
    new_secret,
    signature,
    wait_s,
)
from tests.unit.shared.documents import MemoryDocuments

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the published example
AT = datetime(2026, 4, 9, 8, tzinfo=UTC)
BODY = b'{"invoice":"zvono:0042"}'


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Receiver:
    """A server that answers what it is told to, in order, the last answer for ever. 0: it never answers."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.port = 0
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.heard = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append((head[0], headers, body))
            self.heard.set()
            status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if status == 0:
                await reader.read()  # until the other side hangs up
                return
            if status == 204:
                told = ""
            elif status >= 300 and status < 400:
                told = f"location: http://127.0.0.1:{self.port}/elsewhere\r\ncontent-length: 0\r\n"
            else:
                told = "content-length: 1000000\r\n"  # which never come
            writer.write(f"HTTP/1.1 {status} Said\r\n{told}\r\n".encode())
            await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def listening(*answers: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(*answers)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def kept() -> MemoryDocuments:
    documents = MemoryDocuments()
    await documents.declare(KEEP.collection, KEEP.indexes)
    return documents


def to(port: int, private: bool = True, host: str = "127.0.0.1") -> Target:
    return Target(f"http://{host}:{port}/hooks/", SECRET, private)


def sender(documents: MemoryDocuments, target: Target | None, clock: Clock, attempt_s: float = 5.0) -> Webhooks:
    return Webhooks(documents, target, clock, chance=lambda: 0.0, attempt_s=attempt_s)


async def known(webhooks: Webhooks, ident: str = "msg_1") -> Delivery:
    delivery = await webhooks.get(ident)
    assert delivery is not None
    return delivery


async def names(webhooks: Webhooks, target: str, standing: Standing) -> list[str]:
    return [found.id for found in (await webhooks.page(target, standing))[0]]


def test_the_published_example_is_signed_as_published() -> None:
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_what_is_sent_verifies_by_the_rules_and_is_sent_once() -> None:
    documents, clock = await kept(), Clock()
    async with listening(204) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.add("msg_1", b"another text under the same name")
        await webhooks.step()
        clock.forward(10 * 24 * 3600)
        await webhooks.step()
    ((line, headers, body),) = receiver.asked
    assert (line, body) == ("POST /hooks/ HTTP/1.1", BODY)
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    text = f"msg_1.{headers['webhook-timestamp']}.{body.decode()}"
    mac = hmac.new(base64.b64decode(SECRET[len("whsec_") :]), text.encode(), hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac.digest()).decode()
    delivery = await known(webhooks)
    assert delivery.standing == "delivered"
    assert [(one.at, one.status) for one in delivery.attempts] == [(AT, 204)]


async def test_after_a_failure_it_comes_again_when_it_is_due_with_the_same_id_and_a_new_time() -> None:
    documents, clock = await kept(), Clock()
    async with listening(500, 200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
        clock.forward(4)
        await webhooks.step()
        assert len(receiver.asked) == 1, "not before it is due"
        clock.forward(1)
        await webhooks.step()
    assert [headers["webhook-id"] for _, headers, _ in receiver.asked] == ["msg_1", "msg_1"]
    first, second = (int(headers["webhook-timestamp"]) for _, headers, _ in receiver.asked)
    assert second - first == 5
    delivery = await known(webhooks)
    assert (delivery.standing, [one.status for one in delivery.attempts]) == ("delivered", [500, 200])


async def test_who_hangs_is_left_after_the_limit() -> None:
    documents, clock = await kept(), Clock()
    async with listening(0, 200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock, attempt_s=0.3)
        await webhooks.add("msg_1", BODY)
        async with asyncio.timeout(5):
            await webhooks.step()
        (attempt,) = (await known(webhooks)).attempts
        assert (attempt.status, attempt.cause) == (None, "timeout")
        assert 0.2 < attempt.seconds < 4
        clock.forward(5)
        await webhooks.step()
    assert (await known(webhooks)).standing == "delivered"


async def test_nobody_there_is_a_failure_that_names_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    documents, clock = await kept(), Clock()
    async with listening(200) as receiver:
        port = receiver.port
    webhooks = sender(documents, to(port), clock)
    await webhooks.add("msg_1", BODY)
    await webhooks.step()
    assert [one.cause for one in (await known(webhooks)).attempts] == ["ConnectError"]
    assert "msg_1" in caplog.text
    assert str(port) not in caplog.text
    assert SECRET not in caplog.text + repr(to(port))


async def test_a_password_in_the_address_is_shown_to_the_receiver_and_to_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    documents, clock = await kept(), Clock()
    async with listening(200) as receiver:
        webhooks = sender(documents, to(receiver.port, host="me:hush-hush@127.0.0.1"), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    ((_, headers, _),) = receiver.asked
    assert headers["authorization"] == "Basic " + base64.b64encode(b"me:hush-hush").decode()
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "hush-hush" not in caplog.text
    assert b"hush-hush" not in b"".join(documents.bodies)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_is_no_success(status: int) -> None:
    documents, clock = await kept(), Clock()
    async with listening(status) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    assert [line for line, _, _ in receiver.asked] == ["POST /hooks/ HTTP/1.1"]
    assert ((await known(webhooks)).standing, (await known(webhooks)).failures) == ("waiting", 1)


async def test_gone_ends_it_until_somebody_asks_again() -> None:
    documents, clock = await kept(), Clock()
    async with listening(410, 200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
        assert (await known(webhooks)).standing == "ended"
        clock.forward(10 * 24 * 3600)
        await webhooks.step()
        assert len(receiver.asked) == 1
        await webhooks.again("msg_1")
        await webhooks.step()
    delivery = await known(webhooks)
    assert (delivery.standing, [one.status for one in delivery.attempts]) == ("delivered", [410, 200])


async def test_it_is_given_up_after_hours_and_can_be_asked_for_again() -> None:
    documents, clock = await kept(), Clock()
    async with listening(503) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        while (delivery := await known(webhooks)).standing == "waiting":
            clock.forward(delivery.due - clock().timestamp())
            await webhooks.step()
        assert delivery.standing == "given_up"
        assert len(receiver.asked) == len(delivery.attempts) == TRIES
        assert timedelta(hours=12) < clock() - AT < timedelta(hours=30)
        receiver.answers = [200]
        await webhooks.again("msg_1")
        await webhooks.step()
    assert (await known(webhooks)).standing == "delivered"


async def test_what_was_not_delivered_is_delivered_after_a_restart() -> None:
    documents, clock = await kept(), Clock()
    async with listening(500, 200) as receiver:
        before = sender(documents, to(receiver.port), clock)
        await before.add("msg_1", BODY)
        await before.step()
        clock.forward(3600)
        after = sender(documents, to(receiver.port), clock)
        await after.step()
    assert (await known(after)).standing == "delivered"


async def test_who_dies_while_sending_loses_nothing() -> None:
    documents, clock = await kept(), Clock()
    async with listening(0, 200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock, attempt_s=60)
        await webhooks.add("msg_1", BODY)
        dying = asyncio.ensure_future(webhooks.step())
        async with asyncio.timeout(5):
            await receiver.heard.wait()
        dying.cancel()
        await asyncio.wait((dying,))
        await webhooks.step()
        assert len(receiver.asked) == 1, "for a while it is left to the one who began"
        clock.forward(LEASE_S)
        await webhooks.step()
    assert (await known(webhooks)).standing == "delivered"


async def test_of_two_processes_one_sends() -> None:
    class Late(MemoryDocuments):
        """Somebody else takes the first delivery between the search and the write."""

        async def put(self, collection: str, puts: list[Put]) -> None:  # type: ignore[override]
            if puts[0].revision == 1:
                raise Refused([puts[0].id])
            await super().put(collection, puts)

    documents, clock = Late(), Clock()
    await documents.declare(KEEP.collection, KEEP.indexes)
    async with listening(200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    assert receiver.asked == []
    assert (await known(webhooks)).attempts == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])  # noqa: S104 - a target, nothing listens
async def test_an_address_of_ours_is_not_connected_to_unless_the_settings_allow_it(host: str) -> None:
    documents, clock = await kept(), Clock()
    async with listening(200) as receiver:
        webhooks = sender(documents, to(receiver.port, private=False, host=host), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    assert receiver.asked == []
    delivery = await known(webhooks)
    assert (delivery.standing, [one.cause for one in delivery.attempts]) == ("waiting", ["private_target"])


async def test_a_name_is_connected_to_by_the_addresses_that_were_looked_at() -> None:
    documents, clock = await kept(), Clock()
    async with listening(200) as receiver:
        webhooks = sender(documents, to(receiver.port, host="localhost"), clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    ((_, headers, _),) = receiver.asked
    assert headers["host"] == f"localhost:{receiver.port}", "the name is still the receiver's"
    assert "127.0.0.1" in await addresses_of("localhost", receiver.port, private=True)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid"])
async def test_a_name_without_an_address_is_a_failure(host: str) -> None:
    documents, clock = await kept(), Clock()
    webhooks = sender(documents, Target(f"https://{host}/", SECRET), clock)
    await webhooks.add("msg_1", BODY)
    await webhooks.step()
    (attempt,) = (await known(webhooks)).attempts
    assert attempt.cause in ("unresolved", "InvalidURL")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111"])
def test_an_address_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@whatever(st.integers(1, TRIES), st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_hours_and_are_shortened_by_half_at_the_most(failures: int, chance: float) -> None:
    longest = wait_s(failures, 0.0)
    assert longest <= LONGEST_WAIT_S
    assert longest // 2 <= wait_s(failures, chance) <= longest
    assert longest < wait_s(failures + 1, 0.0) or longest == LONGEST_WAIT_S


async def test_without_a_target_a_message_is_kept_and_can_be_asked_for_later() -> None:
    documents, clock = await kept(), Clock()
    nowhere = sender(documents, None, clock)
    await nowhere.add("msg_1", BODY)
    await nowhere.step()
    assert (await known(nowhere)).standing == "unsent"
    with pytest.raises(Rejected, match="no_target"):
        await nowhere.again("msg_1")
    async with listening(200) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        await webhooks.step()
        assert receiver.asked == [], "what came up before there was a target is not sent by itself"
        await webhooks.again("msg_1")
        await webhooks.again("msg_1")
        await webhooks.step()
        await webhooks.step()
    assert len(receiver.asked) == 1
    with pytest.raises(Rejected, match="unknown_delivery"):
        await webhooks.again("msg_2")


async def test_a_document_has_the_indexes_that_its_body_says() -> None:
    documents, clock = await kept(), Clock()
    await sender(documents, None, clock).add("msg_1", BODY)
    stored = (await documents.get(WEBHOOKS, ["msg_1"]))["msg_1"]
    assert KEEP.fields(stored.body) == {"to": "", "standing": "unsent", "due": int(AT.timestamp())}
    assert json.loads(stored.body)["body"] == BODY.decode()


async def test_each_message_goes_to_its_own_target_as_it_is_then() -> None:
    documents, clock = await kept(), Clock()
    async with listening(204) as one, listening(204) as other:
        known = {"one": to(one.port), "other": to(other.port)}

        async def target(name: str) -> Target | None:
            return known.get(name)

        webhooks = Webhooks(documents, target, clock)
        for number, name in enumerate(("one", "other", "other", "nobody")):
            await webhooks.add(f"msg_{number}", BODY, name)
        del known["one"]
        await webhooks.step()
        assert (len(one.asked), len(other.asked)) == (0, 2)
        assert await names(webhooks, "other", "delivered") == ["msg_1", "msg_2"]
        assert await names(webhooks, "one", "unsent") == ["msg_0"], "its target has gone"
        assert await names(webhooks, "nobody", "unsent") == ["msg_3"]
        with pytest.raises(Rejected, match="no_target"):
            await webhooks.again("msg_0")
        known["one"] = to(one.port)
        await webhooks.again("msg_0")
        await webhooks.step()
        assert await names(webhooks, "one", "delivered") == ["msg_0"]


async def test_while_keys_change_a_message_is_signed_with_both() -> None:
    documents, clock = await kept(), Clock()
    other = new_secret()
    async with listening(204) as receiver:
        target = Target(f"http://127.0.0.1:{receiver.port}/", other, True, (SECRET,))
        webhooks = sender(documents, target, clock)
        await webhooks.add("msg_1", BODY)
        await webhooks.step()
    ((_, headers, body),) = receiver.asked
    second = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"].split(" ") == [signature(key, "msg_1", second, body) for key in (other, SECRET)]
    assert SECRET not in repr(target)


def test_no_two_keys_are_the_same() -> None:
    keys = {new_secret() for _ in range(50)}
    assert len(keys) == 50
    assert all(len(base64.b64decode(key.removeprefix("whsec_"))) == 32 for key in keys)


async def test_pages_of_a_log_follow_each_other_in_either_order() -> None:
    documents, clock = await kept(), Clock()
    async with listening(204) as receiver:
        webhooks = sender(documents, to(receiver.port), clock)
        for number in range(5):
            await webhooks.add(f"msg_{number}", BODY)
            await webhooks.step()
            clock.forward(1)
    for newest in (False, True):
        found, cursor = await webhooks.page("", "delivered", 2, newest=newest)
        while cursor is not None:
            more, cursor = await webhooks.page("", "delivered", 2, cursor, newest)
            found += more
        expected = [f"msg_{number}" for number in range(5)]
        assert [one.id for one in found] == (expected[::-1] if newest else expected)


def test_a_message_is_named_by_what_it_tells_and_has_no_dot_which_parts_what_is_signed() -> None:
    assert message_id("bank", "calls.relay.1", 3, 0) == "msg_c901e9d006e28d6001fa8c102b3d5155", "so receivers know it"
    assert message_id("bank", "calls.relay.1", 3, 1) != message_id("bank", "calls.relay.1", 3, 0)
