"""Runs a recorded set of deliveries through connector and tracker in memory: verdicts, events and facts in the
form of the telephony fixtures. No store, no vault: numbers stay as they were sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.calls.connectors.base import Delivery, NotAuthentic, Secrets, Slice, Split, Unreadable, Verdict
from services.calls.connectors.fields import in_order
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixture_source import fixture_source
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.intake import DeliveryNote, delivery_verdict
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import Arrival, Context, take, tests_of
from shared.contracts.partners import SourceSettings, kept
from shared.kernel import Observation


@dataclass(frozen=True)
class Recording:
    """A directory of the fixture form: the source with its secrets as they are kept, and what arrives, in order."""

    source_id: str
    settings: SourceSettings
    secrets: dict[str, tuple[str, ...]]
    deliveries: Sequence[tuple[int, Delivery]]


def load(folder: Path) -> Recording:
    """Read a fixture directory. OSError, ValueError or KeyError when it is not one."""
    document = json.loads((folder / "source.json").read_text(encoding="utf-8"))
    source_id, settings, secrets = fixture_source(document)
    secrets = {scheme: tuple(kept(scheme, secret) for secret in given) for scheme, given in secrets.items()}
    if document["transport"] != "webhook":
        secrets = {"bearer": (kept("bearer", "fixture"),)}
    listed = json.loads((folder / "deliveries.json").read_text(encoding="utf-8"))["deliveries"]
    deliveries = []
    for entry in listed:
        headers = {name.lower(): value for name, value in entry.get("headers", {}).items()}
        if document["transport"] != "webhook":
            headers.setdefault("authorization", "Bearer fixture")
        deliveries.append(
            (
                entry["n"],
                Delivery(
                    method=entry.get("method", "POST"),
                    url=entry.get("url", settings.public_url),
                    headers=headers,
                    body=(folder / entry["body"]).read_bytes(),
                    received_at=datetime.fromisoformat(entry["received_at"]),
                    meta=entry.get("meta", {}),
                ),
            )
        )
    return Recording(source_id, settings, secrets, deliveries)


@dataclass(frozen=True)
class Took:
    """What became of one item: of which delivery it is, and where, its document and key, and the verdict on it."""

    n: int
    index: int
    document: str
    key: str | None
    verdict: Verdict
    reason: str | None


@dataclass
class Outcome:
    """What the set gave: verdicts in order of arrival, and the documents."""

    verdicts: list[tuple[int, Verdict, str | None]] = field(default_factory=list)
    replies: dict[int, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, CallDocument] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    items: list[Took] = field(default_factory=list)


def replay(recording: Recording, signed: bool = True, split_by: Callable[[Delivery], Split] | None = None) -> Outcome:
    """Deliver the set, in its order, to connector and tracker. Without `signed`, nobody asks who sent it.

    `split_by` is used in the place of the connector's own `split`.
    """
    connector = CONNECTORS[recording.settings.connector]
    secrets = Secrets(recording.secrets)
    outcome, offset = Outcome(), 0
    for n, delivery in recording.deliveries:
        try:
            if signed:
                connector.authenticate(delivery, recording.settings, secrets)
            split = split_by(delivery) if split_by else connector.split(delivery, recording.settings)
        except NotAuthentic as wrong:
            outcome.verdicts.append((n, "rejected", str(wrong) or "not authentic"))
            continue
        except Unreadable as wrong:
            outcome.verdicts.append((n, "invalid", wrong.reason))
            continue
        if split.reply is not None:
            status, headers, body = split.reply
            outcome.verdicts.append((n, "handshake", None))
            outcome.replies[n] = {"status": status, "headers": headers, "body": body.decode()}
            continue
        note = DeliveryNote(
            at=0, delivery=str(n), source=recording.source_id, received_at=delivery.received_at, of=len(split.slices)
        )
        for index, part in enumerate(split.slices):
            took = _take(outcome, recording, offset, part, _item(recording, n, index, part, delivery, note, split.key))
            outcome.items.append(took)
            note.verdicts[str(index)] = took.verdict
            if took.reason:
                note.reasons[str(index)] = took.reason
            offset += 1
        settled = delivery_verdict([note]) or "ignored"
        outcome.verdicts.append((n, settled, next(iter(note.reasons.values()), None)))
    return outcome


def _item(
    recording: Recording, n: int, index: int, part: Slice, delivery: Delivery, note: DeliveryNote, key: str | None
) -> Item:
    return Item(
        source=recording.source_id,
        partner=recording.settings.partner,
        correlation=part.correlation,
        delivery=str(n),
        index=index,
        of=note.of,
        received_at=delivery.received_at,
        revision=1,
        key=key,
        digest=hashlib.sha256(part.raw).hexdigest()[:32],
    )


def _take(outcome: Outcome, recording: Recording, offset: int, part: Slice, item: Item) -> Took:
    connector = CONNECTORS[recording.settings.connector]
    try:
        reading = connector.read(part, recording.settings, item.received_at)
        arrival = Arrival(offset, 0, item, reading, tests=tests_of(reading, recording.settings))
    except Unreadable as wrong:
        arrival = Arrival(offset, 0, item, None, wrong.reason)
    except Exception as wrong:  # as the tracker: it is the item
        arrival = Arrival(offset, 0, item, None, type(wrong).__name__)
    context = Context(connector, recording.settings, "telephony.1/0", 1, 0)
    taken = take(outcome.documents.get(item.document), arrival, context)
    key = arrival.reading.key if arrival.reading else None
    if taken.changed:
        outcome.documents[item.document] = taken.document
        outcome.numbers[f"{item.document}/{key or ''}"] = int(item.delivery)
    return Took(int(item.delivery), item.index, item.correlation, key, taken.verdict, arrival.wrong or taken.reason)


def in_fixture_form(recording: Recording, outcome: Outcome) -> dict[str, Any]:
    """The contents of an `expected.json`."""
    return {
        "schema": "tallyline.telephony-expected/1",
        "vendor": recording.settings.connector,
        "deliveries": [
            {"n": n, "verdict": verdict}
            | ({"reason": reason} if reason else {})
            | ({"reply": outcome.replies[n]} if n in outcome.replies else {})
            for n, verdict, reason in outcome.verdicts
        ],
        "events": events_of(outcome),
        "calls": list(calls_of(outcome)),
    }


def events_of(outcome: Outcome) -> list[dict[str, Any]]:
    """All observations, in order, with the numbers of the deliveries that they rest on."""
    events = [
        (o, sorted({outcome.numbers[f"{name}/{key}"] for key in o.items}))
        for name, document in outcome.documents.items()
        for o in document.observations
    ]
    order = {id(o): rank for rank, o in enumerate(in_order(o for o, _ in events))}
    events.sort(key=lambda pair: order[id(pair[0])])
    return [event_in_fixture_form(o, numbers) for o, numbers in events]


def event_in_fixture_form(o: Observation, numbers: list[int]) -> dict[str, Any]:
    """One entry of `events`."""
    data = dict(o.data)
    if o.kind == "CallStarted":
        data = {
            "direction": data.get("direction", "unknown"),
            "phase": data["phase"],
            "customer_number": o.customer,
            "our_number": data.get("our_number"),
            "campaign": data.get("campaign"),
            "queue": data.get("queue"),
        }
    elif o.customer is not None:
        data["customer_number"] = o.customer
    return {
        "kind": o.kind,
        "call": o.call,
        "leg": o.leg,
        "at": utc(o.at),
        "agent": o.agent,
        "flags": sorted(o.flags),
        "from": numbers,
        "data": data,
    }


def calls_of(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """The facts of each call."""
    summaries = [summary for document in outcome.documents.values() for summary in document.summaries]
    for summary in sorted(summaries, key=lambda s: s.call):
        yield {
            "call": summary.call,
            "direction": summary.direction,
            "campaign": summary.campaign,
            "queue": summary.queue,
            "customer_number": summary.customer_ref,
            "started_at": utc(summary.started_at),
            "answered_at": utc(summary.answered_at),
            "ended_at": utc(summary.ended_at),
            "outcome": summary.outcome,
            "ended_by": summary.ended_by,
            "agents": summary.agents,
            "transfers": summary.transfers,
            "wait_ms": summary.wait_ms,
            "talk_ms": summary.talk_ms,
            "hold_ms": summary.hold_ms,
            "wrap_ms": summary.wrap_ms,
            "disposition": summary.disposition,
            "sale": summary.sale,
            "flags": summary.flags,
        }


def utc(at: datetime | None) -> str | None:
    """`2026-03-02T09:05:00.000Z`."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
