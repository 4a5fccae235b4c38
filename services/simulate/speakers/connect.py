"""A partner on Amazon Connect: contact records after the work is done, and the stream of agent events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from services.simulate.calls import Call, Day, Leg, moment
from services.simulate.company import Agent, Partner
from services.simulate.identity import digest, uuid_from
from services.simulate.signing import bearer
from services.simulate.speakers.base import Message, Request, Speaker, said

_FAILURES = {
    "no-answer": "TELECOM_UNANSWERED",
    "busy": "TELECOM_BUSY",
    "failed": "TELECOM_NUMBER_INVALID",
    "abandoned": "CUSTOMER_DISCONNECT",
}
_RECORD_DELAY_MS = 45_000
_TYPES = {"available": "ROUTABLE", "offline": "OFFLINE"}


def messages(partner: Partner, day: Day) -> Iterator[Message]:
    """Contact records, agents' states and holds."""
    codes = {ours: theirs for theirs, ours in partner.settings.dispositions.items()}
    for call in day.calls:
        for n in range(max(1, len(call.legs))):
            yield from _contact(partner, call, n, codes)
            if call.legs:
                yield from _holds(partner, call, n)
    words = {ours: theirs for theirs, ours in partner.settings.agent_states.items()}
    for change, word, before, since in said(partner, day.states):
        kind = {"offline": "LOGOUT"}.get(change.state, "LOGIN" if before == "offline" else "STATE_CHANGE")
        now = _status(partner, word, _TYPES.get(change.state, "CUSTOM"), change.at)
        old = None if kind == "LOGIN" else _status(partner, words[before], _TYPES.get(before, "CUSTOM"), since)
        yield _agent_event(partner, change.agent, kind, change.at, (now, []), None if old is None else (old, []))


def request(partner: Partner, message: Message, second: int) -> Request:
    """A record of the stream, handed on with the source's bearer key and where it stood in the stream."""
    stream, record = message.content
    meta = {
        "stream": stream,
        "shard": "shardId-000000000000",
        "sequence_number": f"4960{int(digest(partner.source, message.key), 16) % 10**52:052}",
    }
    headers = {
        "content-type": "application/json",
        "authorization": bearer(partner.secrets["bearer"][0]),
        "tallyline-meta": msgspec.json.encode(meta).decode(),
    }
    return Request("", headers, msgspec.json.encode(record))


def _second(ms: int) -> str:
    return f"{moment(ms):%Y-%m-%dT%H:%M:%SZ}"


def _instance(partner: Partner) -> str:
    ident = uuid_from("instance", partner.source)
    return f"arn:aws:connect:eu-west-2:123456789012:instance/{ident}"


def _arn(partner: Partner, kind: str, name: str) -> str:
    return f"{_instance(partner)}/{kind}/{uuid_from(partner.source, kind, name)}"


def _contact_id(call: Call, n: int) -> str:
    return call.id if n == 0 else uuid_from(call.id, n)


def _contact(partner: Partner, call: Call, n: int, codes: dict[str, str]) -> Iterator[Message]:
    leg = call.legs[n] if call.legs else None
    first = _record(partner, call, n, leg, codes)
    at = max(call.ended if leg is None else leg.wrapped, call.ended if n + 1 == len(call.legs) else 0)
    at += _RECORD_DELAY_MS
    ident = _contact_id(call, n)
    yield Message(at, f"{ident}/{at}", ("contact-records", {**first, "LastUpdateTimestamp": _second(at)}))
    if leg and leg.corrected:
        later, result = leg.corrected
        attributes = {**first["Attributes"], "disposition": codes[result]}
        again = {**first, "Attributes": attributes, "LastUpdateTimestamp": _second(later)}
        yield Message(later, f"{ident}/{later}", ("contact-records", again))


def _record(partner: Partner, call: Call, n: int, leg: Leg | None, codes: dict[str, str]) -> dict[str, Any]:
    begun = call.started if n == 0 else call.legs[n - 1].ended
    onward = n + 1 < len(call.legs)
    ended = leg.ended if leg else call.ended
    queue = None
    if call.inbound:
        left = leg.answered if leg else ended
        queue = {
            "ARN": _arn(partner, "queue", call.campaign.queue),
            "DequeueTimestamp": _second(left),
            "Duration": max(0, left - begun) // 1000,
            "EnqueueTimestamp": _second(min(begun, left)),
            "Name": call.campaign.queue,
        }
    if leg is None:
        reason = _FAILURES[call.reason]
    else:
        reason = "AGENT_DISCONNECT" if onward or call.ended_by == "agent" else "CUSTOMER_DISCONNECT"
    return {
        "AWSAccountId": "123456789012",
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": None if leg is None else _worked(partner, leg),
        "AgentConnectionAttempts": 0 if leg is None else 1,
        "Attributes": _attributes(call, leg, codes),
        "Channel": "VOICE",
        "ConnectedToSystemTimestamp": _second(begun) if call.inbound else None,
        "ContactId": _contact_id(call, n),
        "CustomerEndpoint": {"Address": call.customer, "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": reason,
        "DisconnectTimestamp": _second(ended),
        "InitialContactId": None if n == 0 else call.id,
        "InitiationMethod": "TRANSFER" if n else "INBOUND" if call.inbound else "OUTBOUND",
        "InitiationTimestamp": _second(begun if n == 0 else min(begun, call.legs[n].answered)),
        "InstanceARN": _instance(partner),
        "NextContactId": _contact_id(call, n + 1) if onward else None,
        "PreviousContactId": _contact_id(call, n - 1) if n else None,
        "Queue": queue,
        "SystemEndpoint": {"Address": call.campaign.our_number, "Type": "TELEPHONE_NUMBER"},
        "TransferCompletedTimestamp": _second(ended) if leg and onward and leg.handed_over == "blind" else None,
        "TransferredToEndpoint": None,
    }


def _worked(partner: Partner, leg: Leg) -> dict[str, Any]:
    return {
        "ARN": _arn(partner, "agent", leg.agent.id),
        "AfterContactWorkDuration": leg.wrap_ms // 1000,
        "AfterContactWorkStartTimestamp": _second(leg.ended),
        "AfterContactWorkEndTimestamp": _second(leg.wrapped),
        "AgentInteractionDuration": leg.talk_ms // 1000,
        "ConnectedToAgentTimestamp": _second(leg.answered),
        "CustomerHoldDuration": leg.hold_ms // 1000,
        "LongestHoldDuration": leg.hold_ms // 1000,
        "NumberOfHolds": len(leg.holds),
        "RoutingProfile": {"ARN": _arn(partner, "routing-profile", leg.agent.line), "Name": leg.agent.line},
        "Username": leg.agent.id,
    }


def _attributes(call: Call, leg: Leg | None, codes: dict[str, str]) -> dict[str, str]:
    attributes = {"campaign": call.campaign.code}
    result = leg.disposition if leg else call.result
    if result:
        attributes["disposition"] = codes[result]
    if leg and leg.sale:
        minor = leg.sale.amount.minor
        attributes |= {
            "order_ref": leg.sale.order_ref,
            "order_sku": leg.sale.sku,
            "order_qty": str(leg.sale.quantity),
            "order_amount": f"{minor // 100}.{minor % 100:02}",
            "order_currency": leg.sale.amount.currency,
        }
    return attributes


def _holds(partner: Partner, call: Call, n: int) -> Iterator[Message]:
    leg = call.legs[n]
    status = _status(partner, "Available", "ROUTABLE", leg.answered)
    for since, until in leg.holds:
        talking = _on_line(call, n, "CONNECTED", leg.answered)
        holding = _on_line(call, n, "CONNECTED_ONHOLD", since)
        again = _on_line(call, n, "CONNECTED", until)
        yield _agent_event(partner, leg.agent, "STATE_CHANGE", since, (status, [holding]), (status, [talking]))
        yield _agent_event(partner, leg.agent, "STATE_CHANGE", until, (status, [again]), (status, [holding]))


def _on_line(call: Call, n: int, state: str, since: int) -> dict[str, Any]:
    return {
        "Channel": "VOICE",
        "ConnectedToAgentTimestamp": _precise(call.legs[n].answered),
        "ContactId": _contact_id(call, n),
        "InitialContactId": None if n == 0 else call.id,
        "InitiationMethod": "INBOUND" if call.inbound else "OUTBOUND",
        "State": state,
        "StateStartTimestamp": _precise(since),
    }


def _precise(ms: int) -> str:
    return f"{moment(ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def _status(partner: Partner, name: str, kind: str, since: int) -> dict[str, Any]:
    return {"ARN": _arn(partner, "agent-state", name), "Name": name, "StartTimestamp": _precise(since), "Type": kind}


def _agent_event(
    partner: Partner,
    agent: Agent,
    kind: str,
    at: int,
    now: tuple[dict[str, Any], list[dict[str, Any]]],
    before: tuple[dict[str, Any], list[dict[str, Any]]] | None,
) -> Message:
    first, _, last = agent.name.partition(" ")
    configuration = {"FirstName": first, "LastName": last, "Username": agent.id}

    def snapshot(status: dict[str, Any], contacts: list[dict[str, Any]]) -> dict[str, Any]:
        return {"AgentStatus": status, "Configuration": configuration, "Contacts": contacts, "NextAgentStatus": None}

    key = f"{agent.id}/{kind}/{at}/{len(now[1])}{now[0]['Name']}"
    event = {
        "AgentARN": _arn(partner, "agent", agent.id),
        "AWSAccountId": "123456789012",
        "CurrentAgentSnapshot": snapshot(*now),
        "EventId": uuid_from(partner.source, key),
        "EventTimestamp": _precise(at),
        "EventType": kind,
        "InstanceARN": _instance(partner),
        "PreviousAgentSnapshot": None if before is None else snapshot(*before),
        "Version": "2017-10-01",
    }
    return Message(at, key, ("agent-events", event))


connect = Speaker(messages, request)
