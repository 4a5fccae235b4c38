"""What a route reads: bodies, time ranges, limits, the id of a command."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncGenerator, Collection
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.datastructures import Headers
from starlette.requests import Request

from shared.http.problems import Problem, invalid, too_large

T = TypeVar("T")

MAX_BODY_BYTES = 1 << 20
MAX_FILE_BYTES = 20 << 20
"""Of a body that is a file."""
MAX_REPORT_BYTES = 100 << 20
"""Of a partner's report of a month."""
IDEMPOTENCY_KEY = "idempotency-key"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def body(request: Request, kind: type[T], limit: int = MAX_BODY_BYTES) -> T:
    """The request's JSON body. 413 when it is larger than `limit` bytes, 400 when it is not JSON, and 422 naming the
    field when it is not what is asked for."""
    return parsed(await content_of(request, limit), kind)


async def content_of(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The bytes of the body. 413 when it is larger than `limit` bytes."""
    chunks = [chunk async for chunk in chunks_of(request, limit) if chunk]
    return b"".join(chunks)  # one that came in one piece, as within a process, is not held twice


async def chunks_of(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The bytes of the body as they come. 413 as soon as they are more than `limit`, or say that they will be."""
    if announced(request.headers) > limit:
        raise too_large(limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk


def announced(headers: Headers) -> int:
    """How large the body says that it is, in bytes; 0 where it says nothing."""
    told = headers.get("content-length", "")
    return int(told) if told.isdecimal() else 0


def parsed(content: bytes, kind: type[T]) -> T:
    """What a JSON text says. 400 when it is not JSON, 422 naming the field when it is not what is asked for."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise invalid(*place_of(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(400, "malformed_json", "The body is not JSON.") from None


def takes(kind: type[Any], without: Collection[str] = ()) -> dict[str, Any]:
    """For `openapi_extra` of a route: the schema of the body that it reads with `body`. `without`: the fields that
    the route fills itself."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    inlined = _inlined(schema, components)
    for name in without:
        inlined["properties"].pop(name, None)
    inlined["required"] = [name for name in inlined.get("required", ()) if name not in without]
    required = bool(inlined["required"])
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": inlined}}}}


def command_id(request: Request) -> str:
    """The id of the command that the request brings: its `Idempotency-Key`, so that a repeat is answered again, else
    a new one. 422 when the key is empty, longer than 255 or not printable ASCII."""
    given = request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return str(uuid.uuid4())
    if not _KEY.fullmatch(given):
        raise invalid("Idempotency-Key", "1 to 255 printable ASCII characters, without spaces")
    return given


def _written(value: object) -> object:
    """A time as people write it: a number would be read as seconds since 1970, which nobody means."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?", value.strip()):
        raise PydanticCustomError("written", "a day or a time as ISO 8601 writes it, and no number")
    return value


Day = Annotated[date, BeforeValidator(_written)]
"""A day of a query, such as 2026-03-02."""
Instant = Annotated[datetime, BeforeValidator(_written)]
"""A time of a query, as RFC 3339."""


def time_range(
    start: str, end: str, zone: ZoneInfo, *, start_field: str = "from", end_field: str = "to"
) -> tuple[datetime, datetime]:
    """A half-open range of time, `start <= t < end`, in UTC. 422 naming the parameter.

    Each end is an RFC 3339 instant with an offset, or a date: the start of that day in `zone`. So the two dates of
    one day and the day after are exactly one day.
    """
    low, high = _instant(start, zone, start_field), _instant(end, zone, end_field)
    if low >= high:
        raise invalid(end_field, f"must be later than `{start_field}`")
    return low, high


def limited(limit: int, most: int, field: str = "limit") -> int:
    """How many items a page may have. 422 below 1 and above `most`."""
    if not 1 <= limit <= most:
        raise invalid(field, f"from 1 to {most}")
    return limit


def _instant(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(ZoneInfo("UTC"))
        # A "+" that was not escaped in a query arrives as a space: read it as it was meant.
        text = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        pass
    raise invalid(field, "an instant such as 2026-03-02T09:30:00Z, or a day such as 2026-03-02")


def place_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """Field and reason from a message such as "Expected `str`, got `int` - at `$.settings.queues[...]`"."""
    message = str(error).replace(" - at `key` in `$", " - at `$")
    reason, _, path = message.partition(" - at `$")
    parts = [path.rstrip("`").lstrip(".")]
    if missing := re.search(r"(?:required|unknown) field `([^`]+)`", reason):
        parts.append(missing[1])
    return ".".join(part for part in parts if part) or "body", reason


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    match schema:
        case {"$ref": name}:
            return _inlined(components[name], components)
        case dict():
            return {key: _inlined(value, components) for key, value in schema.items()}
        case list():
            return [_inlined(value, components) for value in schema]
        case _:
            return schema
