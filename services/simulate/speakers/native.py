"""A partner whose own software sends our events: CloudEvents, signed as Standard Webhooks, now and then in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from services.simulate.calls import Call, Day, Leg, moment
from services.simulate.company import Partner
from services.simulate.signing import standard_headers
from services.simulate.speakers.base import Message, Request, Speaker, said

_encode = msgspec.json.encode


class _Told(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    datacontenttype: str
    subject: str
    data: dict[str, Any]


def messages(partner: Partner, day: Day) -> Iterator[Message]:
    """Calls and the states of agents."""
    codes = {ours: theirs for theirs, ours in partner.settings.dispositions.items()}
    for call in day.calls:
        yield from _call(call, codes)
    for change, word, _, _ in said(partner, day.states):
        subject = f"{change.agent.id}/{change.at}"
        data = {"call": None, "leg": None, "agent": change.agent.id, "state": change.state, "native": word}
        yield Message(change.at, subject, ((change.at, "agent.state_changed", subject, data),))


def request(partner: Partner, message: Message, second: int) -> Request:
    """One event as a structured CloudEvent, several as a batch."""
    origin = f"https://{partner.id}.example/switch"
    events = [
        _Told(
            "1.0",
            f"{message.key}.{n}",
            origin,
            f"com.tallyline.{kind}.v1",
            moment(at),
            "application/json",
            subject,
            data,
        )
        for n, (at, kind, subject, data) in enumerate(message.content)
    ]
    if len(events) == 1:
        mode, body = "cloudevents", _encode(events[0])
    else:
        mode, body = "cloudevents-batch", _encode(events)
    ident = f"msg_{message.key}"
    headers = {
        "content-type": f"application/{mode}+json; charset=utf-8",
        **standard_headers(partner.secrets["standard-webhooks"][0], ident, second, body),
    }
    return Request("", headers, body)


def _call(call: Call, codes: dict[str, str]) -> Iterator[Message]:
    ident, inbound = call.id, call.inbound
    start = {
        "call": ident,
        "direction": call.campaign.line,
        "phase": "queued" if inbound else "dialing",
        "customer_number": call.customer,
        "our_number": call.campaign.our_number,
        "campaign": call.campaign.code,
        "queue": call.campaign.queue if inbound else None,
    }
    yield Message(call.started, f"{ident}-s", ((call.started, "call.started", ident, start),))
    if call.answered_by == "machine" and call.answered is not None:
        data: dict[str, Any] = {"call": ident, "answered_by": "machine"}
        yield Message(call.answered, f"{ident}-m", ((call.answered, "call.answered", ident, data),))
    for n, leg in enumerate(call.legs):
        yield from _leg(call, n, leg, codes)
    last = call.legs[-1] if call.legs else None
    ending: list[Any] = []
    if last and not last.handed_over:
        ending.append(_leg_end(call, len(call.legs) - 1, last, "completed", call.ended_by))
    over = {"call": ident, "scope": "call", "reason": call.reason, "ended_by": call.ended_by}
    ending.append((call.ended, "call.ended", ident, over))
    if call.result:
        data = {"call": ident, "native": codes[call.result], "wrap_ms": None, "corrected": False}
        ending.append((call.ended, "call.dispositioned", ident, data))
    yield Message(call.ended, f"{ident}-e", tuple(ending))


def _leg(call: Call, n: int, leg: Leg, codes: dict[str, str]) -> Iterator[Message]:
    ident = call.id
    who = {"call": ident, "leg": f"{ident}-{n + 1}", "agent": leg.agent.id}
    key = f"{ident}-{n + 1}"
    yield Message(leg.answered, f"{key}a", ((leg.answered, "call.answered", ident, {**who, "answered_by": "human"}),))
    for k, (since, until) in enumerate(leg.holds):
        yield Message(since, f"{key}h{k}", ((since, "call.held", ident, who),))
        yield Message(until, f"{key}r{k}", ((until, "call.resumed", ident, who),))
    if leg.handed_over:
        to, kind = (call.legs[n + 1].agent.id, "agent") if n + 1 < len(call.legs) else (leg.handed_to, "extension")
        handed = {**who, "mode": leg.handed_over, "to": to, "to_kind": kind}
        end = _leg_end(call, n, leg, "transferred", "agent")
        yield Message(leg.ended, f"{key}t", ((leg.handed_at, "call.transferred", ident, handed), end))
    if leg.disposition:
        result = {**who, "native": codes[leg.disposition], "wrap_ms": leg.wrap_ms, "corrected": False}
        told: list[Any] = [(leg.wrapped, "call.dispositioned", ident, result)]
        if leg.sale:
            sale = leg.sale
            order = {
                **who,
                "order_ref": sale.order_ref,
                "sku": sale.sku,
                "quantity": sale.quantity,
                "amount_minor": sale.amount.minor,
                "currency": sale.amount.currency,
            }
            told.append((leg.wrapped, "sale.recorded", ident, order))
        yield Message(leg.wrapped, f"{key}d", tuple(told))
    if leg.corrected:
        at, later = leg.corrected
        changed = {**who, "native": codes[later], "wrap_ms": None, "corrected": True}
        yield Message(at, f"{key}c", ((at, "call.dispositioned", ident, changed),))


def _leg_end(call: Call, n: int, leg: Leg, reason: str, by: str) -> tuple[int, str, str, dict[str, Any]]:
    data = {
        "call": call.id,
        "leg": f"{call.id}-{n + 1}",
        "agent": leg.agent.id,
        "scope": "leg",
        "reason": reason,
        "ended_by": by,
        "talk_ms": leg.talk_ms,
        "hold_ms": leg.hold_ms,
    }
    return leg.ended, "call.ended", call.id, data


native = Speaker(messages, request)
