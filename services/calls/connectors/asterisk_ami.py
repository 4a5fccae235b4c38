"""Events of the Asterisk manager interface: blocks of `Key: value` lines about queues, agents and channels."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services.calls.connectors.base import Delivery, Reading, Slice, Unreadable
from services.calls.connectors.fields import (
    KINDS,
    both_items,
    epoch_time,
    identifier,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_BLANK_LINE = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_MEMBERS = ("QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause")
_ENDED_BY = {"caller": "customer", "transfer": "customer", "agent": "agent"}
_ROUTINE = """
AgentCalled AgentDump AgentRingNoAnswer QueueCallerLeave QueueMemberPenalty QueueMemberRinginuse QueueMemberStatus
FullyBooted Shutdown Reload Newchannel Newstate Newexten NewCallerid NewConnectedLine NewAccountCode Rename VarSet
DialBegin DialState DialEnd BridgeCreate BridgeEnter BridgeLeave BridgeMerge BridgeDestroy LocalBridge
MusicOnHoldStart MusicOnHoldStop HangupRequest SoftHangupRequest DTMFBegin DTMFEnd RTCPSent RTCPReceived
DeviceStateChange ExtensionStatus PeerStatus ContactStatus Registry SuccessfulAuth ChallengeSent
ChallengeResponseFailed InvalidPassword Cdr CEL
"""
_CARRY_NOTHING = frozenset(_ROUTINE.split())

Fields = Mapping[str, str]


def split(delivery: Delivery) -> list[Slice]:
    """One slice an event. Responses and the banner are passed over. Unreadable when there is no block of fields.

    An event without a time is told from another of the same content by how often it came before in the file.
    """
    slices: list[Slice] = []
    seen: Counter[str] = Counter()
    blocks = [block for block in _BLANK_LINE.split(delivery.body) if block.strip()]
    for raw in blocks:
        fields = _fields(raw)
        if "Event" not in fields:
            continue
        context: dict[str, object] = {"kind": "ami"}
        if "Timestamp" not in fields:
            digest = _digest(fields)
            context["repeat"] = seen[digest]
            seen[digest] += 1
        slices.append(Slice(raw, _correlation(fields, delivery.received_at), context))
    if blocks and not any(_fields(block) for block in blocks):
        raise Unreadable("the file holds no events of the manager interface")
    return slices


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """One event under the digest of its fields, since the interface gives no key."""
    fields = _fields(item.raw)
    event = required(fields, "Event")
    repeat = item.context.get("repeat")
    key = _digest(fields) + (f"#{repeat}" if repeat else "")
    sent = text(fields, "Timestamp")
    at = epoch_time(sent) if sent else received_at
    if event in _CARRY_NOTHING:
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this event")
    note = Observation(
        kind=event,
        at=at,
        call=_call(fields),
        leg=identifier(fields, "Uniqueid"),
        flags=skew(at, received_at) if sent else ("no_vendor_time",),
        items=(key,),
    )
    if event in _MEMBERS:
        return Reading(key=key, notes=(_member(fields, event, note, settings),))
    change = _CHANGES.get(event)
    if change is None:
        return Reading(key=key, verdict="unknown", reason="an event that nobody knows")
    if note.call is None:
        raise Unreadable("the event names no call")
    changed = change(fields, note, settings)
    if changed is None:
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this event")
    if changed.kind in ("complete", "abandon"):
        return Reading(key=key, verdict="ignored", notes=(changed,), reason="tells only how the call ended")
    return Reading(key=key, notes=(changed,))


def translate(notes: Sequence[Observation]) -> list[Observation]:
    """Transfers get the agent who made them, and the hang-up of a queued call becomes its end."""
    answers = {note.leg: note for note in notes if note.kind == "CallAnswered"}
    found = []
    for note in notes:
        if note.kind in KINDS:
            found.append(note)
        elif note.kind == "transfer":
            answer = answers.get(note.leg)
            found.append(
                msgspec.structs.replace(
                    note, kind="CallTransferred", agent=answer.agent if answer else None, items=both_items(note, answer)
                )
            )
        elif note.kind == "hangup":
            found += _end(note, notes)
    return found


def _end(hangup: Observation, notes: Sequence[Observation]) -> list[Observation]:
    queue = [note for note in notes if note.kind in ("CallStarted", "CallAnswered", "abandon")]
    if not queue:
        # A channel that never was in a queue: its detail record tells what became of it.
        return []
    complete = max((note for note in notes if note.kind == "complete"), key=lambda note: note.at, default=None)
    answered = any(note.kind == "CallAnswered" for note in queue)
    data = {
        "scope": "call",
        "reason": "completed" if answered else "abandoned",
        "ended_by": (complete.data["ended_by"] if complete else "unknown") if answered else "customer",
        "talk_ms": None,
        "hold_ms": None,
    }
    rests_on = both_items(hangup, complete if answered else None)
    return [msgspec.structs.replace(hangup, kind="CallEnded", data=data, items=rests_on)]


def _fields(raw: bytes) -> dict[str, str]:
    """The fields of a block; of a name that comes twice, the first."""
    try:
        lines = raw.decode().splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8") from error
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.setdefault(name.strip(), value.strip())
    return fields


def _digest(fields: Fields) -> str:
    content = "\n".join(f"{name}: {value}" for name, value in sorted(fields.items()))
    return f"ami:{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def _call(fields: Fields) -> str | None:
    names = ("Linkedid", "OrigTransfererLinkedid", "TransfererLinkedid", "TransfereeLinkedid", "Uniqueid")
    return next((value for value in (identifier(fields, name) for name in names) if value), None)


def _correlation(fields: Fields, received_at: datetime) -> str:
    member = identifier(fields, "MemberName")
    if fields["Event"].startswith("QueueMember") and member:
        sent = text(fields, "Timestamp")
        return f"agent:{member}:{utc_day(epoch_time(sent) if sent else received_at)}"
    call = _call(fields)
    return f"call:{call}" if call else f"other:{_digest(fields)}"


def _member(fields: Fields, event: str, note: Observation, settings: SourceSettings) -> Observation:
    states = settings.agent_states
    native, reason = event.removeprefix("QueueMember").lower(), None
    state = states.get(native, "other")
    if event == "QueueMemberPause":
        reason = text(fields, "PausedReason")
        plain = "paused" if text(fields, "Paused") == "1" else "unpaused"
        native = f"{plain}:{reason}" if reason else plain
        state = states.get(native) or states.get(plain, "other")
    return msgspec.structs.replace(
        note,
        kind="AgentStateChanged",
        call=None,
        leg=None,
        agent=required(fields, "MemberName"),
        data={"state": state, "native": native, "reason": reason},
    )


def _joined(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    data = {
        "direction": "inbound",
        "phase": "queued",
        "our_number": None,
        **placed(settings, campaigns=text(fields, "AccountCode"), queues=text(fields, "Queue")),
    }
    customer = phone(text(fields, "CallerIDNum"))
    return msgspec.structs.replace(note, kind="CallStarted", leg=None, customer=customer, data=data)


def _connected(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    leg, agent = identifier(fields, "DestUniqueid"), identifier(fields, "MemberName")
    return msgspec.structs.replace(note, kind="CallAnswered", leg=leg, agent=agent, data={"answered_by": "human"})


def _held(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    return msgspec.structs.replace(note, kind="CallHeld")


def _resumed(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    return msgspec.structs.replace(note, kind="CallResumed")


def _completed(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    ended_by = _ENDED_BY.get((text(fields, "Reason") or "").lower(), "unknown")
    return msgspec.structs.replace(note, kind="complete", data={"ended_by": ended_by})


def _abandoned(fields: Fields, note: Observation, settings: SourceSettings) -> Observation:
    return msgspec.structs.replace(note, kind="abandon")


def _hung_up(fields: Fields, note: Observation, settings: SourceSettings) -> Observation | None:
    """Only the channel that began the call ends it."""
    return msgspec.structs.replace(note, kind="hangup") if note.leg == note.call else None


def _attended(fields: Fields, note: Observation, settings: SourceSettings) -> Observation | None:
    if not _succeeded(fields) or text(fields, "DestType") == "Fail":
        return None
    channel = text(fields, "TransferTargetChannel")
    data = {
        "mode": "warm",
        "to": channel.rpartition("-")[0] or channel if channel else None,
        "to_kind": "agent" if channel else "unknown",
    }
    return msgspec.structs.replace(note, kind="transfer", leg=identifier(fields, "OrigTransfererUniqueid"), data=data)


def _blind(fields: Fields, note: Observation, settings: SourceSettings) -> Observation | None:
    if not _succeeded(fields):
        return None
    data = {"mode": "blind", "to": text(fields, "Extension"), "to_kind": "extension"}
    return msgspec.structs.replace(note, kind="transfer", leg=identifier(fields, "TransfererUniqueid"), data=data)


def _succeeded(fields: Fields) -> bool:
    return text(fields, "Result") in ("Success", None)


_CHANGES = {
    "QueueCallerJoin": _joined,
    "QueueCallerAbandon": _abandoned,
    "AgentConnect": _connected,
    "AgentComplete": _completed,
    "Hold": _held,
    "Unhold": _resumed,
    "AttendedTransfer": _attended,
    "BlindTransfer": _blind,
    "Hangup": _hung_up,
}
