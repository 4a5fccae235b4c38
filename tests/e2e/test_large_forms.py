"""Strangers may fill in the form on which one signs in: a server is well whatever they send there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import server

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEGABYTE = 1 << 20
PAGE = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
PARTS = FORM | {"content-type": "multipart/form-data; boundary=x"}
FILE = b'--x\r\ncontent-disposition: form-data; name="name"; filename="f"\r\n\r\n'


async def fields(megabytes: int) -> AsyncIterator[bytes]:
    """A form that doesn't say how long it is, of fields that are each as long as one may be."""
    for n in range(megabytes):
        yield b"&n%d=" % n
        for _ in range(15):
            yield b"x" * 65_536


@pytest.mark.parametrize("path", ["/signin", "/signin/password"])
async def test_a_form_that_nobody_fills_in_is_refused_and_the_server_is_well(path: str, tmp_path: Path) -> None:
    async with server(tmp_path) as known, httpx.AsyncClient(base_url=known.base_url, timeout=60) as stranger:
        for headers, content in ((FORM, b"name=" + b"x" * (2 * MEGABYTE)), (PARTS, FILE + b"x" * (2 * MEGABYTE))):
            refused = await stranger.post(path, content=content, headers=headers)
            assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
            assert refused.json()["type"] == "/problems/too_large"
            shown = await stranger.post(path, content=content, headers=headers | PAGE)
            assert (shown.status_code, "larger than 1048576 bytes" in shown.text) == (413, True)
            assert "text/html" in shown.headers["content-type"]

        many = await asyncio.gather(*(stranger.post(path, content=fields(64), headers=FORM) for _ in range(4)))
        assert {answer.status_code for answer in many} == {413}

        assert (await stranger.get("/livez")).json() == {"status": "ok"}
        assert (await stranger.get("/signin")).status_code == 200
        wrong = await stranger.post(path, data={"name": "nobody", "password": "x"}, headers=FORM)
        assert wrong.status_code not in (413, 500)
        large = await known.post("/api/v1/partners", content=b" " * (2 * MEGABYTE))
        assert (large.status_code, large.json()["type"]) == (413, "/problems/too_large")


async def test_who_announces_too_much_is_told_so_before_they_have_sent_any_of_it(tmp_path: Path) -> None:
    async with server(tmp_path) as client:
        host, port = client.base_url.host, client.base_url.port
        reads, writes = await asyncio.open_connection(host, port)
        head = f"POST /signin HTTP/1.1\r\nhost: {host}\r\ncontent-type: {FORM['content-type']}\r\n"
        writes.write(f"{head}content-length: {1 << 40}\r\n\r\n".encode())
        try:
            assert (await asyncio.wait_for(reads.readline(), 60)).startswith(b"HTTP/1.1 413 ")
        finally:
            writes.close()
        assert (await client.get("/livez")).json() == {"status": "ok"}
