"""Replays a folder of recorded deliveries through a connector, with just enough of a tracker to see what follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from services.calls.connectors.base import Connector, Delivery, NotAuthentic, Reading, Secrets, Slice, Unreadable
from services.calls.connectors.fields import in_order
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixture_source import fixture_source
from shared.contracts.partners import SourceSettings, kept
from shared.kernel import Observation

FIXTURES = Path(__file__).parents[3] / "fixtures" / "telephony"
GIVEN = tuple(sorted(path.parent for path in FIXTURES.glob("*/expected.json")))
OWN = tuple(sorted(path for path in (FIXTURES / "own-cases").iterdir() if path.is_dir()))
BEARER = "published-test-key"
"""Stands for the key that a source gets whose deliveries only their transport proves."""

_ITEM_VERDICTS = ("accepted", "unknown", "stale", "duplicate", "ignored")


@dataclass
class FixtureSet:
    """One folder: its source, its connector, its deliveries and what must come of them."""

    path: Path
    connector: Connector
    settings: SourceSettings
    secrets: Secrets
    deliveries: list[tuple[int, Delivery]]
    expected: dict[str, Any]


def load(path: Path) -> FixtureSet:
    """Read a folder. Deliveries without headers of their own carry the source's bearer key."""
    source = json.loads((path / "source.json").read_bytes())
    _, settings, by_scheme = fixture_source(source)
    by_scheme = {scheme: tuple(kept(scheme, key) for key in keys) for scheme, keys in by_scheme.items()}
    if source["auth"]["scheme"] == "transport":
        by_scheme = {"bearer": (kept("bearer", BEARER),)}
    entries = json.loads((path / "deliveries.json").read_bytes())["deliveries"]
    return FixtureSet(
        path=path,
        connector=CONNECTORS[settings.connector],
        settings=settings,
        secrets=Secrets(by_scheme),
        deliveries=[(entry["n"], _delivery(path, entry)) for entry in entries],
        expected=json.loads((path / "expected.json").read_bytes()),
    )


def _delivery(path: Path, entry: dict[str, Any]) -> Delivery:
    headers = {name.lower(): value for name, value in entry.get("headers", {}).items()}
    if "meta" in entry:
        headers.setdefault("authorization", f"Bearer {BEARER}")
    return Delivery(
        method=entry.get("method", "POST"),
        url=entry.get("url", "https://ingest.tallyline.example/v1/in/source"),
        headers=headers,
        body=(path / entry["body"]).read_bytes(),
        received_at=datetime.fromisoformat(entry["received_at"]),
        meta=entry.get("meta", {}),
    )


@dataclass(frozen=True)
class Arrival:
    """One item on its way to a document."""

    n: int
    item: Slice
    received_at: datetime


@dataclass(frozen=True)
class Known:
    """An item that a document holds."""

    n: int
    digest: str
    reading: Reading


@dataclass
class Desk:
    """The documents of one source: for each correlation key the items known, by their key."""

    connector: Connector
    settings: SourceSettings
    documents: dict[str, dict[str, Known]] = field(default_factory=dict)

    def take(self, arrival: Arrival) -> str:
        """Apply one item and say what became of it."""
        try:
            reading = self.connector.read(arrival.item, self.settings, arrival.received_at)
        except Unreadable:
            return "invalid"
        document = self.documents.setdefault(arrival.item.correlation, {})
        incoming = Known(arrival.n, hashlib.sha256(arrival.item.raw).hexdigest(), reading)
        held = document.get(reading.key)
        before = self._said(arrival.item.correlation)
        if held is None or (reading.version, incoming.digest) > (held.reading.version, held.digest):
            document[reading.key] = incoming
        if held is None and reading.verdict != "accepted":
            return reading.verdict
        if self._said(arrival.item.correlation) != before:
            return "accepted"
        return "stale" if any(_newer(other.reading, reading) for other in document.values()) else "duplicate"

    def observations(self, correlation: str) -> list[Observation]:
        """What the items of one document say together."""
        known = self.documents[correlation].values()
        notes = [note for item in known for note in item.reading.notes]
        return self.connector.translate(sorted(notes, key=_sort_key), self.settings)

    def _said(self, correlation: str) -> list[Observation]:
        """What a document says, whichever items it rests on: an older copy that says the same tells nothing new."""
        return [msgspec.structs.replace(observation, items=()) for observation in self.observations(correlation)]

    def events(self) -> list[dict[str, Any]]:
        """The observations of all documents in the form of `expected.json`."""
        found = []
        for correlation, document in self.documents.items():
            for observation in self.observations(correlation):
                origin = sorted({document[key].n for key in observation.items})
                found.append((observation, origin))
        order = {id(observation): place for place, observation in enumerate(in_order([o for o, _ in found]))}
        return [
            _event(observation, origin) for observation, origin in sorted(found, key=lambda pair: order[id(pair[0])])
        ]


def replay(fixtures: FixtureSet) -> tuple[list[dict[str, Any]], Desk]:
    """All deliveries in order: the verdict (and the answer to a set-up request) of each, and the documents."""
    desk = Desk(fixtures.connector, fixtures.settings)
    verdicts = []
    for n, delivery in fixtures.deliveries:
        verdict, reply = _receive(fixtures, desk, n, delivery)
        verdicts.append({"n": n, "verdict": verdict, **({"reply": reply} if reply else {})})
    return verdicts, desk


def _receive(fixtures: FixtureSet, desk: Desk, n: int, delivery: Delivery) -> tuple[str, dict[str, Any] | None]:
    try:
        fixtures.connector.authenticate(delivery, fixtures.settings, fixtures.secrets)
        split = fixtures.connector.split(delivery, fixtures.settings)
    except NotAuthentic:
        return "rejected", None
    except Unreadable as unreadable:
        return "invalid", {"status": unreadable.status} if unreadable.status == 415 else None
    if split.reply:
        status, headers, _ = split.reply
        return "handshake", {"status": status, "headers": headers}
    return together([desk.take(Arrival(n, item, delivery.received_at)) for item in split.slices]), None


def together(verdicts: Sequence[str]) -> str:
    """The verdict of a delivery from those of its items."""
    if "invalid" in verdicts:
        return "invalid" if set(verdicts) == {"invalid"} else "partial"
    return next((verdict for verdict in _ITEM_VERDICTS if verdict in verdicts), "ignored")


def arrivals(fixtures: FixtureSet) -> list[Arrival]:
    """The items of all deliveries that are authentic and readable."""
    found = []
    for n, delivery in fixtures.deliveries:
        try:
            fixtures.connector.authenticate(delivery, fixtures.settings, fixtures.secrets)
            split = fixtures.connector.split(delivery, fixtures.settings)
        except (NotAuthentic, Unreadable):
            continue
        found += [Arrival(n, item, delivery.received_at) for item in split.slices]
    return found


def events_of(fixtures: FixtureSet, order: Iterable[Arrival]) -> list[dict[str, Any]]:
    """The events that follow from items arriving in this order, without the deliveries that they came with."""
    desk = Desk(fixtures.connector, fixtures.settings)
    for arrival in order:
        desk.take(arrival)
    return [{name: value for name, value in event.items() if name != "from"} for event in desk.events()]


def _newer(other: Reading, reading: Reading) -> bool:
    record, _, _ = reading.key.rpartition("@")
    return reading.version != "" and other.key.rpartition("@")[0] == record and other.version > reading.version


def _sort_key(note: Observation) -> tuple[datetime, str, tuple[str, ...], bytes]:
    return note.at, note.kind, note.items, msgspec.json.encode(note.data)


def _event(observation: Observation, origin: list[int]) -> dict[str, Any]:
    data = {name: value for name, value in observation.data.items() if name != "unmapped"}
    if "direction" in data:
        data["customer_number"] = observation.customer
    return {
        "kind": observation.kind,
        "call": observation.call,
        "leg": observation.leg,
        "at": observation.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "agent": observation.agent,
        "flags": list(observation.flags),
        "from": origin,
        "data": data,
    }
