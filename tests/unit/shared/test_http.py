"""HTTP basics: problem documents, the gate, ETags, pages, ranges of time, bodies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from unittest.mock import AsyncMock
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from fastapi import Depends, FastAPI, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import Response, StreamingResponse

from shared.http import (
    COOKIE,
    Gate,
    Problem,
    body,
    command_id,
    end_session,
    install_problems,
    json_response,
    limited,
    page,
    require,
    session_of,
    set_session,
    takes,
    time_range,
)
from shared.http.conditional import Conditional, by_command
from shared.kernel import Command, Rejected
from shared.ports import StoreUnavailable
from shared.security import Access, Principal
from tests.unit.shared.documents import MemoryDocuments

BERLIN = ZoneInfo("Europe/Berlin")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the body below."""

    minor: int


class Order(Command, frozen=True, kw_only=True):
    """A command as a body."""

    name: str
    lines: tuple[Line, ...] = ()


class Broken(MemoryDocuments):
    """A store that is away."""

    async def get(self, collection: str, ids: Any) -> Any:
        raise StoreUnavailable


async def access_on(documents: MemoryDocuments) -> Access:
    access = Access(documents, lambda: datetime(2026, 3, 2, tzinfo=UTC), local="tlk_local_abc")
    await access.start()
    return access


def app_with(access: Access | None = None) -> FastAPI:
    app = FastAPI()

    @app.get("/me")
    async def me(who: Annotated[Principal, Depends(require("figures.read"))]) -> dict[str, str]:
        return {"name": who.name, "role": who.role}

    @app.post("/orders", openapi_extra=takes(Order))
    async def order(request: Request, who: Annotated[Principal, Depends(require("administration"))]) -> Response:
        return json_response(await body(request, Order, limit=200), status=201)

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise {
            "rejected": Rejected("open_mismatches", "2 mismatches have no owner yet."),
            "store": StoreUnavailable("disk I/O error"),
            "surprise": KeyError("+4915730992001"),
            "problem": Problem(404, "not_found", "There is no such call."),
        }[how]

    @app.get("/number/{number}")
    async def number(number: int) -> int:
        return number

    @app.get("/cut")
    async def cut() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            raise KeyError("+4915730992001")

        return StreamingResponse(chunks())

    @app.get("/live")
    async def live() -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            while True:
                yield b"data: tick\n\n"
                await asyncio.sleep(0)

        return StreamingResponse(events(), media_type="text/event-stream")

    for path in ("/", "/livez", "/v1/in/{source}", "/static/{file}", "/livez/more"):
        app.add_api_route(path, lambda: {"open": True})
    if access is not None:
        app.add_middleware(Gate, access=access)
    install_problems(app)
    return app


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://calls.example")


KEY = {"authorization": "Bearer tlk_local_abc"}


# Problem documents


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/fail/rejected", 409, "open_mismatches"),
        ("/fail/problem", 404, "not_found"),
        ("/nowhere", 404, "not_found"),
        ("/number/x", 422, "invalid"),
        ("/orders", 405, "method_not_allowed"),
        ("/fail/store", 503, "unavailable"),
        ("/fail/surprise", 500, "unexpected"),
        ("/me", 401, "unauthenticated"),
    ],
)
async def test_whatever_goes_wrong_is_a_problem_document(path: str, status: int, code: str) -> None:
    async with client(app_with()) as http:
        answer = await http.get(path)
    document = answer.json()
    assert answer.status_code == document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"/problems/{code}"
    assert document["title"]
    assert document["detail"]


async def test_a_store_that_is_away_is_worth_another_try() -> None:
    async with client(app_with()) as http:
        answer = await http.get("/fail/store")
    assert int(answer.headers["retry-after"]) > 0
    assert "disk" not in answer.text


async def test_a_wrong_parameter_is_named() -> None:
    async with client(app_with()) as http:
        answer = await http.get("/number/secret-4915730992001")
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]
    assert "4915730992001" not in answer.text, "what was sent is not repeated"


async def test_a_surprise_is_logged_under_an_id_and_without_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with client(app_with()) as http:
            answer = await http.get("/fail/surprise")
    error_id = answer.json()["error_id"]
    assert f"error {error_id}: KeyError at test_http.py:" in caplog.text
    assert "4915730992001" not in caplog.text + answer.text


async def test_an_answer_cut_short_breaks_the_connection_and_says_nothing_personal() -> None:
    async with client(app_with()) as http:
        with pytest.raises(RuntimeError, match="cut short") as cut:
            await http.get("/cut")
    assert "4915730992001" not in str(cut.value)
    assert cut.value.__suppress_context__
    assert cut.value.__cause__ is None


# Bodies


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        ('{"name": "a"}', 201, None),
        ('{"name": 1}', 422, "name"),
        ("{}", 422, "name"),
        ('{"name": "a", "actor": "me"}', 422, "actor"),
        ('{"name": "a", "lines": [{"minor": 1.5}]}', 422, "lines[0].minor"),
        ('{"name": "a", "lines": [{"minor": 1, "x": 1}]}', 422, "lines[0].x"),
        ("[]", 422, "body"),
        ("{", 400, None),
        ('"\\ud800"', 400, None),
        ('{"name": "' + "a" * 200 + '"}', 413, None),
    ],
)
async def test_a_body_is_the_command_or_is_refused_by_the_field(content: str, status: int, field: str | None) -> None:
    async with client(app_with(await access_on(MemoryDocuments()))) as http:
        answer = await http.post("/orders", content=content, headers=KEY)
    assert answer.status_code == status
    assert [error["field"] for error in answer.json().get("errors", [])] == ([field] if field else [])


async def test_the_api_description_has_the_body_with_everything_inside() -> None:
    async with client(app_with(await access_on(MemoryDocuments()))) as http:
        described = (await http.get("/openapi.json", headers=KEY)).json()
    schema = described["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["name"] == {"type": "string"}
    assert schema["properties"]["lines"]["items"]["properties"]["minor"] == {"type": "integer"}


def request_with(headers: dict[str, str], method: str = "GET") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/", "headers": raw})


def test_the_idempotency_key_is_the_id_of_the_command() -> None:
    assert command_id(request_with({"idempotency-key": "abc-1"})) == "abc-1"
    assert command_id(request_with({})) != command_id(request_with({}))
    for wrong in ("", "a b", "x" * 256, "ü"):
        with pytest.raises(Problem, match="Idempotency-Key"):
            command_id(request_with({"idempotency-key": wrong}))


# The gate


@pytest.mark.parametrize("path", ["/me", "/", "/livez/more", "/openapi.json", "/nowhere", "/v1/in", "/metricsx"])
async def test_without_a_key_or_a_session_everything_is_closed(path: str) -> None:
    async with client(app_with(await access_on(MemoryDocuments()))) as http:
        answer = await http.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize("path", ["/livez", "/v1/in/tw-1", "/static/app.css", "/?token=abc", "/?token="])
async def test_what_is_open_is_open(path: str) -> None:
    async with client(app_with(await access_on(MemoryDocuments()))) as http:
        answer = await http.get(path)
    assert answer.status_code == (401 if path.endswith("=") else 200)


async def test_a_key_opens_and_a_wrong_one_does_not_even_beside_a_session() -> None:
    access = await access_on(MemoryDocuments())
    session = await access.open_session(Principal("Ada", "manager"))
    async with client(app_with(access)) as http:
        assert (await http.get("/me", headers=KEY)).json() == {"name": "local", "role": "admin"}
        for wrong in ("Bearer tlk_local_abx", "Basic tlk_local_abc", "Bearer"):
            answer = await http.get("/me", headers={"authorization": wrong, "cookie": f"{COOKIE}={session}"})
            assert answer.status_code == 401
            assert "invalid_token" in answer.headers["www-authenticate"]


async def test_a_role_that_may_not_is_told_so() -> None:
    access = await access_on(MemoryDocuments())
    _, key = await access.create_key("dashboard", "manager")
    async with client(app_with(access)) as http:
        answer = await http.post("/orders", json={"name": "a"}, headers={"authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not_allowed")


async def test_a_session_reads_from_anywhere_and_changes_only_from_our_own_pages() -> None:
    access = await access_on(MemoryDocuments())
    cookie = {"cookie": f"other=1; {COOKIE}={await access.open_session(Principal('Ada', 'admin'))}"}
    ours, theirs = {"origin": "http://calls.example"}, {"origin": "https://evil.example"}
    async with client(app_with(access)) as http:
        assert (await http.get("/me", headers=cookie | theirs)).status_code == 200
        assert (await http.post("/orders", json={"name": "a"}, headers=cookie | ours)).status_code == 201
        for headers in (cookie, cookie | theirs, cookie | ours | {"sec-fetch-site": "cross-site"}):
            answer = await http.post("/orders", json={"name": "a"}, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross_site")
        assert (await http.post("/orders", json={"name": "a"}, headers=KEY | theirs)).status_code == 201


async def test_the_gate_says_so_when_the_store_is_away() -> None:
    async with client(app_with(await access_on(Broken()))) as http:
        answer = await http.get("/me", headers={"cookie": f"{COOKIE}=abc"})
    assert answer.status_code == 503


async def test_an_endless_answer_streams_through_gate_and_problems() -> None:
    app = app_with(await access_on(MemoryDocuments()))
    chunks: list[bytes] = []
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            chunks.append(message["body"])
            if len(chunks) >= 3:
                enough.set()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/live",
        "raw_path": b"/live",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", KEY["authorization"].encode())],
    }
    await asyncio.wait_for(app(scope, receive, send), 5)
    assert chunks[:3] == [b"data: tick\n\n"] * 3


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites() -> None:
    response = Response()
    set_session(response, "abc", secure=True, life=timedelta(hours=1))
    cookie = response.headers["set-cookie"].lower()
    for word in (f"{COOKIE}=abc", "httponly", "samesite=lax", "secure", "max-age=3600", "path=/"):
        assert word in cookie
    end_session(response)
    assert "max-age=0" in response.headers.getlist("set-cookie")[-1].lower()
    assert session_of(request_with({"cookie": f"{COOKIE}=abc"}).headers) == "abc"


# Answers


async def test_what_the_caller_has_already_is_not_sent_again() -> None:
    said = {"a": 1}
    app = FastAPI()
    app.add_middleware(Conditional, shown=AsyncMock())

    @app.api_route("/api/said", methods=["GET", "POST"])
    async def route() -> Response:
        return json_response(said)

    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")
    tag = (await client.get("/api/said")).headers["etag"]
    for seen in (tag, f'"x", W/{tag}', "*"):
        again = await client.get("/api/said", headers={"if-none-match": seen})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "private, no-cache"
        assert again.headers["vary"] == "authorization, cookie"
    assert "etag" not in (await client.post("/api/said", headers={"if-none-match": tag})).headers
    said["a"] = 2
    assert (await client.get("/api/said", headers={"if-none-match": tag})).json() == {"a": 2}


@settings(max_examples=50)
@given(st.sets(st.text("abcé/|", min_size=1, max_size=6), max_size=20), st.integers(1, 5))
def test_pages_together_are_the_whole_list_in_order(keys: set[str], limit: int) -> None:
    found = [(key, key) for key in sorted(keys)]
    items: list[str] = []
    cursor: str | None = None
    for _ in range(len(found) + 1):
        listing = page(found, limit, cursor)
        assert len(listing.items) <= limit
        items += listing.items
        cursor = listing.next
        if cursor is None:
            break
    assert items == sorted(keys)


def test_a_document_that_goes_between_two_pages_moves_no_other_one() -> None:
    found = [(key, key) for key in "abcdef"]
    first = page(found, 2, None)
    assert page(found[1:], 2, first.next).items == ["c", "d"]
    assert page(found[2:], 2, first.next).items == ["c", "d"]


@pytest.mark.parametrize("cursor", ["%", "ab c", "_w", "é"])
def test_a_cursor_that_is_not_ours_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(Problem, match="cursor"):
        page([("a", 1)], 1, cursor)


def test_an_empty_list_says_that_there_is_no_next_page() -> None:
    assert json_response(page([], 10, None)).body == b'{"items":[],"next":null}'


# Parameters


def test_a_day_is_cut_in_the_zone_that_was_asked_for() -> None:
    low, high = time_range("2026-03-29", "2026-03-30", BERLIN)
    assert (low, high) == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    assert high - low == timedelta(hours=23), "the clocks went forward"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:30:00+01:00", "2026-03-02T09:30:00Z", "2026-03-02t09:30:00.000z", "2026-03-02 09:30:00Z",
        "2026-03-02T10:30:00 01:00",
    ],
)  # fmt: skip
def test_an_instant_is_read_in_utc(text: str) -> None:
    assert time_range(text, "2027-01-01", BERLIN)[0] == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2026-03-02T09:30:00", "2026-03-03", "from"),
        ("yesterday", "2026-03-03", "from"),
        ("2026-02-30", "2026-03-03", "from"),
        ("2026-03-02", "20260303", "to"),
        ("2026-03-02", "", "to"),
        ("2026-03-02", "2026-03-02", "to"),
        ("2026-03-03", "2026-03-02", "to"),
        ("0001-01-01", "2026-03-02", "from"),
        ("2026-03-02", "٢٠٢٦-03-03", "to"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_by_the_parameter(start: str, end: str, field: str) -> None:
    with pytest.raises(Problem) as refused:
        time_range(start, end, BERLIN)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_limit_has_limits() -> None:
    assert (limited(1, 500), limited(500, 500)) == (1, 500)
    for wrong in (0, -1, 501):
        with pytest.raises(Problem, match="limit"):
            limited(wrong, 500)


def _named(request: Request) -> str:
    return command_id(request)


def _passed(request: Request) -> str:
    return _named(request)


def test_a_route_works_under_the_request_s_id_however_far_it_is_asked_for() -> None:
    async def far(request: Request) -> str:
        return _passed(request)

    async def near(request: Request) -> str:
        return command_id(request)

    async def not_at_all(request: Request) -> str:
        return request.url.path

    assert [by_command(one) for one in (far, near, not_at_all)] == [True, True, False]
