"""Signed deliveries of a native source, as many events in one as are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.bench.load import request
from services.simulate.signing import standard_headers

KINDS = ("call.started", "call.answered", "call.ended")


def event(n: int, kind: str, call: str, at: datetime, **data: Any) -> dict[str, Any]:
    """One CloudEvent of the native format."""
    return {
        "specversion": "1.0",
        "id": f"e{n}",
        "source": "bench",
        "type": f"com.tallyline.{kind}.v1",
        "time": at.isoformat(),
        "data": {"call": call, **data},
    }


def call_event(n: int, at: datetime) -> dict[str, Any]:
    """The n-th event of a stream of calls: each begins, is answered and ends."""
    call, step = divmod(n, len(KINDS))
    data: tuple[dict[str, Any], ...] = (
        {"direction": "inbound", "phase": "queued", "campaign": f"campaign-{call % 7}"},
        {"agent": f"agent-{call % 50}", "answered_by": "human"},
        {"agent": f"agent-{call % 50}", "scope": "call", "reason": "completed", "ended_by": "customer"},
    )
    return event(n, KINDS[step], f"call-{call}", at + timedelta(seconds=10 * step), **data[step])


def delivery(source: str, secret: str, name: str, events: Sequence[dict[str, Any]], at: datetime) -> bytes:
    """A request with these events, signed as of `at`. `name` is the delivery's own id."""
    body = msgspec.json.encode(events)
    second = int(at.timestamp())
    headers = {
        "content-type": "application/cloudevents-batch+json",
        **standard_headers(secret, name, second, body),
    }
    return request("POST", f"/v1/in/{source}", headers, body)
