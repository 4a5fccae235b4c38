"""How what the calls service keeps is moved into a new generation of topics: every place of the telephony log in it.

All items of a document have one key, so in each generation they lie in one partition, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from services.calls.doors.refusals import INDEXES as REFUSAL_INDEXES
from services.calls.tracker.call_document import (
    AGENT_INDEXES,
    AGENT_NOW_INDEXES,
    AGENTS,
    AGENTS_NOW,
    CALL_INDEXES,
    CALLS,
    AgentShard,
    CallDocument,
    Known,
    Told,
    fields_of,
)
from services.calls.tracker.intake import (
    DELIVERIES,
    INTAKE,
    INTAKE_INDEXES,
    REFUSALS,
    DeliveryNote,
    IntakeDay,
    RefusedDay,
    note_id,
)
from services.calls.tracker.items import Item, decode_item, encode_item
from services.calls.tracker.tracker import fact_key
from shared.codec import encode, partition_of
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine import dead_letters
from shared.engine.dead_letters import DeadLetter
from shared.engine.moving import Keep, Move, Place

CLOSED = "timer:closed:"
_decode_call = msgspec.json.Decoder(CallDocument).decode
_decode_shard = msgspec.json.Decoder(AgentShard).decode
_decode_note = msgspec.json.Decoder(DeliveryNote).decode
_decode_day = msgspec.json.Decoder(IntakeDay).decode
_decode_letter = msgspec.json.Decoder(DeadLetter).decode


def _moved(move: Move, partition: int, offset: int) -> Place:
    return move.place(TELEPHONY_TOPIC, Place(partition, offset))


def _after(move: Move, partition: int, at: int) -> int:
    """An offset after the last one taken stays after it: nothing stands between them that is the document's."""
    return _moved(move, partition, at - 1).offset + 1


# Items


def item_name(value: bytes) -> str | None:
    """What the note of its delivery calls an item. A record that is none has no name."""
    item = _item(value)
    return f"{item.delivery}.{item.index}" if item is not None and not item.ours else None


def move_item(partition: int, value: bytes, move: Move) -> bytes:
    """An item is what it was; but the closing of a day says up to which of its items it knew the day."""
    item = _item(value)
    if item is None or item.timer != "closed":
        return value
    data = item.data | {"as_of": _after(move, partition, item.data["as_of"])}
    return encode_item(msgspec.structs.replace(item, data=data))


def _item(value: bytes) -> Item | None:
    try:
        return decode_item(value)
    except msgspec.MsgspecError:
        return None


# Documents


def move_call(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """What was told keeps its origin and position, which a later correction names; nothing is left to tell."""
    document = _decode_call(body)
    old = document.partition
    document.partition = _moved(move, old, document.at - 1).partition
    document.at = _after(move, old, document.at)
    document.known = dict(_move_known(key, known, old, move) for key, known in document.known.items())
    document.told = {key: _move_told(told, old, move) for key, told in document.told.items()}
    document.outbox = []
    return ((id_, encode(document)),)


def _move_known(key: str, known: Known, old: int, move: Move) -> tuple[str, Known]:
    if key.startswith(CLOSED):
        key = f"{CLOSED}{_after(move, old, int(key.removeprefix(CLOSED)))}"
    return key, msgspec.structs.replace(known, offset=_moved(move, old, known.offset).offset)


def _move_told(told: Told, old: int, move: Move) -> Told:
    """A reversal follows what it takes back into its partition."""
    return msgspec.structs.replace(
        told,
        origin=told.origin or f"telephony.{move.generation}/{old}",
        partition=partition_of(fact_key(told.event), move.partitions),
    )


def fields_of_call(body: bytes) -> Mapping[str, str | int | None]:
    """Of calls and of agents' days."""
    return fields_of(_decode_call(body))


def move_shard(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """An agent's state lies with the partition of the day that left it."""
    agent, _, old = id_.rpartition("|")
    shard = _decode_shard(body)
    partition, offset = _moved(move, int(old), shard.at - 1)
    return ((f"{agent}|{partition}", encode(msgspec.structs.replace(shard, at=offset + 1))),)


def later_shard(one: bytes, other: bytes) -> bytes:
    """The state that counts, as the tracker chooses it."""
    mine, theirs = _decode_shard(one), _decode_shard(other)
    return one if (mine.now.since, mine.at) >= (theirs.now.since, theirs.at) else other


def fields_of_shard(body: bytes) -> Mapping[str, str | int | None]:
    """As the tracker writes them."""
    shard = _decode_shard(body)
    return {"partner": shard.partner, "counts": shard.counts}


# Notes


def move_note(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """A note for each partition in which items of the delivery lie from now on. All that it notes is taken."""
    note = _decode_note(body)
    if not note.verdicts:
        return ((id_, body),)
    by_partition: dict[int, DeliveryNote] = {}
    for index, verdict in note.verdicts.items():
        place = move.named(TELEPHONY_TOPIC, f"{note.delivery}.{index}")
        if place is None:
            raise LookupError(f"the log has no item {index} of delivery {note.delivery}")
        mine = by_partition.setdefault(place.partition, msgspec.structs.replace(note, at=0, verdicts={}, reasons={}))
        mine.at = max(mine.at, place.offset + 1)
        mine.verdicts[index] = verdict
        if index in note.reasons:
            mine.reasons[index] = note.reasons[index]
    return ((note_id(note.delivery, partition), encode(mine)) for partition, mine in sorted(by_partition.items()))


def join_notes(one: bytes, other: bytes) -> bytes:
    """Of one delivery, whose items have met in one partition."""
    mine, theirs = _decode_note(one), _decode_note(other)
    mine.at = max(mine.at, theirs.at)
    mine.verdicts |= theirs.verdicts
    mine.reasons |= theirs.reasons
    return encode(mine)


def move_day(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """What a partition of an earlier generation counted stays as it is, under a name that no worker writes to."""
    source, day, partition = id_.rsplit("|", 2)
    return ((id_ if "/" in partition else f"{source}|{day}|{move.generation}/{partition}", body),)


def fields_of_day(body: bytes) -> Mapping[str, str | int | None]:
    """As the tracker writes them."""
    intake = _decode_day(body)
    return {"source": intake.source, "day": intake.day}


def fields_of_refusals(body: bytes) -> Mapping[str, str | int | None]:
    """As ingest writes them."""
    refused = msgspec.json.decode(body, type=RefusedDay)
    return {"source": refused.source, "day": refused.day}


def move_letter(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """The letter of an item, or of a record that is none, is named after its place, and is sent again from there."""
    letter = _decode_letter(body)
    if letter.kind not in ("item", "record"):
        return dead_letters.KEEP.move(id_, body, move)
    partition, offset = _moved(move, letter.context["partition"], letter.context["offset"])
    letter.id = f"{letter.kind}:{partition}:{offset}"
    letter.context |= {"partition": partition, "offset": offset}
    return ((letter.id, encode(letter)),)


KEEPS = (
    Keep(CALLS, CALL_INDEXES, fields_of_call, move_call),
    Keep(AGENTS, AGENT_INDEXES, fields_of_call, move_call),
    Keep(AGENTS_NOW, AGENT_NOW_INDEXES, fields_of_shard, move_shard, later_shard),
    Keep(DELIVERIES, (), move=move_note, join=join_notes),
    Keep(INTAKE, INTAKE_INDEXES, fields_of_day, move_day),
    Keep(REFUSALS, REFUSAL_INDEXES, fields_of_refusals),
    Keep(dead_letters.COLLECTION, dead_letters.INDEXES, dead_letters.fields_of, move_letter),
)
