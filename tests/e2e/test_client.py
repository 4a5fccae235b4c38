"""The typed client is the first user of what the interface promises: pages, tags, keys of repeats, and If-Match."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from tests.client import Accepted, Changed, Refused, Tallyline
from tests.e2e.systems import System, start

WANTED = {"name": "ledger", "url": "https://hooks.example/in", "events": ["MonthAgreed"]}


@pytest.fixture
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    async with start("embedded", tmp_path_factory.mktemp("client")) as running:
        yield running


@pytest.fixture
def client(system: System) -> Tallyline:
    return Tallyline(system.client)


async def test_a_list_is_read_to_its_end_whatever_the_size_of_its_pages(client: Tallyline) -> None:
    made = {(await client.subscribe(WANTED | {"name": f"n{number}"})).webhook for number in range(5)}
    for limit in (1, 2, 5, 100):
        found = [one.webhook async for one in client.webhooks(limit)]
        assert len(found) == 5
        assert set(found) == made
    assert [one async for one in client.told(found[0], "delivered")] == []


async def test_what_has_not_changed_is_not_sent_again(client: Tallyline) -> None:
    made = await client.subscribe(WANTED)
    first = await client.webhook(made.webhook)
    assert await client.webhook(made.webhook) == first
    assert client.unchanged == 1
    await client.do("POST", f"/webhooks/{made.webhook}/stop", {}, dict)
    stopped, tag = await client.webhook(made.webhook)
    assert stopped.stopped is not None
    assert tag != first[1]
    assert client.unchanged == 1


async def test_of_two_who_read_the_same_one_writes_and_the_other_is_told(client: Tallyline) -> None:
    made = await client.subscribe(WANTED)
    place = f"/webhooks/{made.webhook}"
    _, tag = await client.webhook(made.webhook)
    await client.do("PUT", place, WANTED | {"name": "one"}, dict, tag=tag)
    with pytest.raises(Changed) as refused:
        await client.do("PUT", place, WANTED | {"name": "other"}, dict, tag=tag)
    assert refused.value.status == 412
    again, tag = await client.webhook(made.webhook)
    assert (again.configured.name, again.configured.revision) == ("one", 2)
    await client.do("PUT", place, WANTED | {"name": "other"}, dict, tag=tag)
    await client.do("PUT", place, WANTED | {"name": "whatever it was"}, dict)
    await client.do("PUT", place, WANTED | {"name": "last"}, dict, tag="*")
    with pytest.raises(Changed):
        await client.do("PUT", place, WANTED, dict, tag=f"W/{tag}")


async def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(system: System) -> None:
    lost = 0

    class Lossy(httpx.AsyncBaseTransport):
        """Carries out every request, and loses the first two answers."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal lost
            answer = await inner.handle_async_request(request)
            if lost < 2:
                lost += 1
                await answer.aread()
                raise httpx.ReadError("the line went dead")
            return answer

    inner = httpx.ASGITransport(system.app)
    headers = {"authorization": f"Bearer {system.local_key}"}
    async with httpx.AsyncClient(transport=Lossy(), base_url="http://tallyline", headers=headers) as http:
        client = Tallyline(http)
        made = await client.subscribe(WANTED)
        assert [one.webhook async for one in client.webhooks()] == [made.webhook]
    assert lost == 2
    assert made.secret.startswith("whsec_")


async def test_a_refusal_has_a_code_and_names_the_field(client: Tallyline) -> None:
    with pytest.raises(Refused) as refused:
        await client.subscribe(WANTED | {"url": "http://hooks.example/in"})
    assert (refused.value.code, [wrong.field for wrong in refused.value.errors]) == ("invalid", ["url"])
    with pytest.raises(Refused) as refused:
        await client.subscribe(WANTED | {"events": ["Rain"]})
    assert (refused.value.status, refused.value.code) == (409, "unknown_event")
    with pytest.raises(Refused) as refused:
        await client.webhook("wh_0000000000000000")
    assert refused.value.status == 404


class Known(msgspec.Struct):
    """A partner, as far as this client looks."""

    partner_id: str
    owner: str | None = None


async def test_many_who_write_with_tags_lose_no_write_of_each_other(client: Tallyline) -> None:
    """Each reads, adds to what it read, and reads again where somebody else was faster: all are there in the end."""
    await client.do("POST", "/partners", {"partner_id": "acme", "name": "Acme"}, Accepted, wait=10)
    place = "/partners/acme"

    async def adds(word: str) -> int:
        for tries in range(50):
            partner, tag = await client.get(place, Known)
            owner = " ".join([*(partner.owner or "").split(), word])
            try:
                await client.do("PUT", f"{place}/owner", {"owner": owner}, Accepted, tag=tag, wait=10)
            except Changed:
                continue
            return tries
        raise AssertionError(word)

    words = [f"w{number}" for number in range(6)]
    tries = await asyncio.gather(*map(adds, words))
    partner, _ = await client.get(place, Known)
    assert sorted((partner.owner or "").split()) == words
    assert sum(tries) > 0


async def test_what_is_waited_for_is_read_and_its_version_grows(client: Tallyline) -> None:
    made = await client.do("POST", "/partners", {"partner_id": "acme", "name": "Acme"}, Accepted, wait=10)
    for number in range(5):
        said = await client.do("PUT", "/partners/acme/owner", {"owner": f"o{number}"}, Accepted, wait=10)
        assert (said.stream, said.version) == (made.stream, made.version + number + 1)
        assert (await client.get("/partners/acme", Known))[0].owner == f"o{number}"
