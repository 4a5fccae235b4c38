"""A partner on Asterisk: what its manager interface says of queues, holds, transfers and hangups, every two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from services.simulate.calls import Call, Day, Leg, StateChange
from services.simulate.company import Partner
from services.simulate.signing import bearer
from services.simulate.speakers.base import Message, Request, Speaker, said

_READ_EVERY_MS = 2000
Pairs = tuple[tuple[str, object], ...]


def messages(partner: Partner, day: Day) -> Iterator[Message]:
    """What was read from the interface, a few events at a time."""
    lines = [line for call in day.calls for line in _call(call)]
    lines += [_state(partner, *changed) for changed in said(partner, day.states)]
    lines.sort()
    for _, group in groupby(lines, key=lambda line: line[0] // _READ_EVERY_MS):
        events = list(group)
        at = events[-1][0]
        yield Message(at, f"ami/{at}", "".join(text for _, text in events))


def request(partner: Partner, message: Message, second: int) -> Request:
    """The events as text, handed on with the source's bearer key."""
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "authorization": bearer(partner.secrets["bearer"][0]),
        "tallyline-meta": '{"kind":"ami"}',
    }
    return Request("", headers, message.content.encode())


def _text(event: str, at: int, pairs: Pairs) -> tuple[int, str]:
    head = f"Event: {event}\r\nPrivilege: call,all\r\nTimestamp: {at // 1000}.{at % 1000:03}000\r\n"
    return at, head + "".join(f"{name}: {value}\r\n" for name, value in pairs) + "\r\n"


def _extension(leg: Leg) -> str:
    return leg.agent.id.rpartition(" ")[2]


def _call(call: Call) -> Iterator[tuple[int, str]]:
    number = int(call.id.rpartition(".")[2])
    channel = f"PJSIP/trunk-a-{number:08x}"
    line: Pairs = (
        ("Channel", channel),
        ("ChannelStateDesc", "Up"),
        ("CallerIDNum", call.customer),
        ("AccountCode", call.campaign.code),
        ("Context", "inbound"),
        ("Exten", "s"),
        ("Uniqueid", call.id),
        ("Linkedid", call.id),
    )
    queue: Pairs = (("Queue", call.campaign.queue),)
    yield _text("QueueCallerJoin", call.started, (*line, *queue, ("Position", 1), ("Count", 1)))
    if not call.legs:
        waited = ("HoldTime", call.wait_ms // 1000)
        yield _text("QueueCallerAbandon", call.ended, (*line, *queue, ("Position", 1), waited))
    for leg in call.legs:
        yield from _leg(call, leg, line, number)
    yield _text("Hangup", call.ended, (*line, ("Cause", 16), ("Cause-txt", "Normal Clearing")))


def _leg(call: Call, leg: Leg, line: Pairs, number: int) -> Iterator[tuple[int, str]]:
    extension = _extension(leg)
    channel = f"PJSIP/{extension}-{number + 1:08x}"
    unique = f"{(leg.answered - call.ring_ms) // 1000}.{number + 1}"
    taken: Pairs = (
        ("DestChannel", channel),
        ("DestUniqueid", unique),
        ("DestLinkedid", call.id),
        ("Queue", call.campaign.queue),
        ("MemberName", leg.agent.id),
        ("Interface", f"PJSIP/{extension}"),
    )
    waited = ("HoldTime", call.wait_ms // 1000)
    yield _text("AgentConnect", leg.answered, (*line, *taken, ("RingTime", call.ring_ms // 1000), waited))
    for since, until in leg.holds:
        yield _text("Hold", since, (*line, ("MusicClass", "default")))
        yield _text("Unhold", until, line)
    if leg.handed_over:
        yield _transfer(call, leg, channel, unique, number)
    reason = "transfer" if leg.handed_over else "caller" if call.ended_by == "customer" else "agent"
    yield _text("AgentComplete", leg.ended, (*line, *taken, ("TalkTime", leg.talk_ms // 1000), ("Reason", reason)))


def _transfer(call: Call, leg: Leg, channel: str, unique: str, number: int) -> tuple[int, str]:
    if leg.handed_over == "warm":
        return _text(
            "AttendedTransfer",
            leg.handed_at,
            (
                ("Result", "Success"),
                ("OrigTransfererChannel", channel),
                ("OrigTransfererUniqueid", unique),
                ("OrigTransfererLinkedid", call.id),
                ("SecondTransfererChannel", f"PJSIP/{_extension(leg)}-{number + 2:08x}"),
                ("SecondTransfererLinkedid", call.id),
                ("DestType", "Bridge"),
                ("TransferTargetChannel", f"PJSIP/{leg.handed_to}-{number + 3:08x}"),
                ("TransferTargetLinkedid", call.id),
                ("TransfereeChannel", f"PJSIP/trunk-a-{number:08x}"),
                ("TransfereeLinkedid", call.id),
                ("IsExternal", "No"),
            ),
        )
    return _text(
        "BlindTransfer",
        leg.handed_at,
        (
            ("Result", "Success"),
            ("TransfererChannel", channel),
            ("TransfererUniqueid", unique),
            ("TransfererLinkedid", call.id),
            ("TransfereeChannel", f"PJSIP/trunk-a-{number:08x}"),
            ("TransfereeUniqueid", call.id),
            ("TransfereeLinkedid", call.id),
            ("IsExternal", "No"),
            ("Context", "internal"),
            ("Extension", leg.handed_to),
        ),
    )


def _state(partner: Partner, change: StateChange, word: str, before: str, since: int) -> tuple[int, str]:
    extension = change.agent.id.rpartition(" ")[2]
    member: Pairs = (
        ("Queue", partner.campaigns[0].queue),
        ("MemberName", change.agent.id),
        ("Interface", f"PJSIP/{extension}"),
        ("Membership", "dynamic"),
    )
    if change.state == "offline":
        return _text("QueueMemberRemoved", change.at, (*member, ("Paused", 0)))
    if before == "offline":
        return _text("QueueMemberAdded", change.at, (*member, ("Paused", 0), ("PausedReason", "")))
    paused = 0 if change.state == "available" else 1
    reason = word.partition(":")[2]
    return _text("QueueMemberPause", change.at, (*member, ("Paused", paused), ("PausedReason", reason)))


asterisk = Speaker(messages, request)
