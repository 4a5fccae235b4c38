"""A partner on Twilio: Voice status callbacks for dialled calls, TaskRouter for queued ones and for agents."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from services.simulate.calls import Call, Day, Leg, moment
from services.simulate.company import Partner
from services.simulate.identity import digest, uuid_from
from services.simulate.signing import twilio as signature
from services.simulate.speakers.base import Message, Request, Speaker, said

Fields = dict[str, str]


def messages(partner: Partner, day: Day) -> Iterator[Message]:
    """Calls and the activities of workers."""
    outcomes = {ours: theirs for theirs, ours in partner.settings.dispositions.items()}
    words = {ours: theirs for theirs, ours in partner.settings.agent_states.items()}
    for call in day.calls:
        yield from _queued(partner, call) if call.inbound else _dialled(partner, call)
        for leg in call.legs:
            yield from _after(partner, call, leg, outcomes)
    for change, word, before, since in said(partner, day.states):
        fields = {
            "WorkerSid": change.agent.id,
            "WorkerName": change.agent.id[-6:],
            "WorkerActivityName": word,
            "WorkerPreviousActivityName": words[before],
            "WorkerTimeInPreviousActivityMs": str(change.at - since),
        }
        yield _event(partner, "worker.activity.update", "worker", change.at, f"{change.agent.id}/{change.at}", fields)


def request(partner: Partner, message: Message, second: int) -> Request:
    """A signed form. A retry has the same idempotency token and the same signature: the time is no part of it."""
    rest, fields = message.content
    items = list(fields.items())
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "user-agent": "TwilioProxy/1.1",
        "x-twilio-signature": signature(
            partner.secrets["twilio-signature"][0], partner.settings.public_url + rest, items
        ),
        "i-twilio-idempotency-token": uuid_from(partner.source, message.key),
    }
    return Request(rest, headers, urlencode(items).encode())


def _account(partner: Partner) -> str:
    return "AC" + digest("account", partner.source)


def _dialled(partner: Partner, call: Call) -> Iterator[Message]:
    steps: list[tuple[int, str, Fields]] = [
        (call.started, "initiated", {}),
        (call.started + 1000, "ringing", {}),
    ]
    if call.answered is not None:
        by = "human" if call.answered_by == "human" else "machine_start"
        steps.append((call.answered, "in-progress", {"AnsweredBy": by}))
    seconds = 0 if call.answered is None else (call.ended - call.answered) // 1000
    durations = {"Duration": str(-(-seconds // 60)), "CallDuration": str(seconds)}
    steps.append((call.ended, call.reason, durations))
    for n, (at, status, more) in enumerate(steps):
        fields = {
            "AccountSid": _account(partner),
            "ApiVersion": "2010-04-01",
            "CallSid": call.id,
            "CallStatus": status,
            "Called": call.customer,
            "Caller": call.campaign.our_number,
            "Direction": "outbound-api",
            "From": call.campaign.our_number,
            "To": call.customer,
            "CallbackSource": "call-progress-events",
            "Timestamp": format_datetime(moment(at)),
            "SequenceNumber": str(n),
            **more,
        }
        yield Message(at, f"{call.id}/{n}", (f"/voice?campaign={call.campaign.code}", fields))


def _queued(partner: Partner, call: Call) -> Iterator[Message]:
    task = _task(call)
    yield _event(partner, "task.created", "task", call.started, f"{call.id}/created", task)
    for n, leg in enumerate(call.legs):
        mine = {**task, **_reservation(call, leg)}
        yield _event(partner, "reservation.accepted", "reservation", leg.answered, f"{call.id}/{n}/accepted", mine)
        if leg.handed_over:
            transfer = {
                **mine,
                "TransferMode": "WARM" if leg.handed_over == "warm" else "COLD",
                "TransferTo": call.legs[n + 1].agent.id,
                "TransferSid": "TT" + digest(call.id, n, "transfer"),
            }
            at, key = leg.handed_at, f"{call.id}/{n}/transfer"
            yield _event(partner, "task.transfer-initiated", "task", at, key, transfer)
    if call.legs:
        yield _event(partner, "task.wrapup", "task", call.ended, f"{call.id}/wrapup", task)
    else:
        gone = {**task, "TaskCanceledReason": "hangup"}
        yield _event(partner, "task.canceled", "task", call.ended, f"{call.id}/canceled", gone)


def _after(partner: Partner, call: Call, leg: Leg, outcomes: dict[str, str]) -> Iterator[Message]:
    mine = {**_task(call), **_reservation(call, leg)}
    key = f"{call.id}/{leg.agent.id}/{leg.answered}"
    yield _event(partner, "reservation.wrapup", "reservation", leg.ended, f"{key}/wrapup", mine)
    more: dict[str, Any] = {}
    if leg.disposition:
        more["conversations"] = {"outcome": outcomes[leg.disposition]}
    if leg.sale:
        more["order"] = {
            "ref": leg.sale.order_ref,
            "sku": leg.sale.sku,
            "quantity": leg.sale.quantity,
            "amount_minor": leg.sale.amount.minor,
            "currency": leg.sale.amount.currency,
        }
    done = {**_task(call, more), **_reservation(call, leg)}
    yield _event(partner, "reservation.completed", "reservation", leg.wrapped, f"{key}/completed", done)


def _task(call: Call, more: dict[str, Any] | None = None) -> Fields:
    ours, theirs = call.campaign.our_number, call.customer
    attributes = {
        "call_sid": call.id,
        "direction": call.campaign.line,
        "from": theirs if call.inbound else ours,
        "to": ours if call.inbound else theirs,
        "campaign": call.campaign.code,
        **(more or {}),
    }
    return {
        "TaskSid": "WT" + digest(call.id, "task"),
        "TaskAttributes": msgspec.json.encode(attributes).decode(),
        "TaskQueueName": call.campaign.queue,
    }


def _reservation(call: Call, leg: Leg) -> Fields:
    return {
        "ReservationSid": "WR" + digest(call.id, leg.agent.id, leg.answered),
        "WorkerSid": leg.agent.id,
        "WorkerName": leg.agent.id[-6:],
    }


def _event(partner: Partner, kind: str, resource: str, at: int, key: str, more: Fields) -> Message:
    fields = {
        "EventType": kind,
        "AccountSid": _account(partner),
        "WorkspaceSid": "WS" + digest("workspace", partner.source),
        "WorkspaceName": "Sales floor",
        "ResourceType": resource,
        "Timestamp": str(at // 1000),
        "TimestampMs": str(at),
        "Sid": "EV" + digest(key),
        "TaskChannelUniqueName": "voice",
        **more,
    }
    return Message(at, key, ("/taskrouter", fields))


twilio = Speaker(messages, request)
