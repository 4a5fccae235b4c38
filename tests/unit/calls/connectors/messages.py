"""Messages of one platform in tests: split, read and understood together, in whatever order they are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from services.calls.connectors.base import Connector, Delivery, NotAuthentic, Reading, Secrets
from shared.contracts.partners import SourceSettings, kept
from shared.kernel import Observation

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
ADDRESS = "https://ingest.tallyline.example/v1/in/source"


def delivery(body: bytes = b"", at: datetime = NOW, rest: str = "", method: str = "POST", **headers: str) -> Delivery:
    """A request; header names with `_` for `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(method, ADDRESS + rest, names, body, at)


def is_authentic(connector: Connector, settings: SourceSettings, sent: Delivery, **secrets: str) -> bool:
    """Whether the delivery passes with these secrets, by scheme with `_` for `-`."""
    by_scheme: dict[str, tuple[str, ...]] = {}
    for name, key in secrets.items():
        scheme = name.replace("_", "-")
        by_scheme[scheme] = (kept(scheme, key),)
    try:
        connector.authenticate(sent, settings, Secrets(by_scheme))
    except NotAuthentic:
        return False
    return True


@dataclass(frozen=True)
class Messages:
    """A connector with a source's settings."""

    connector: Connector
    settings: SourceSettings

    def but(self, **changes: Any) -> Messages:
        """With other settings."""
        return replace(self, settings=SourceSettings(**{**_as_dict(self.settings), **changes}))

    def read(self, sent: Delivery) -> Reading:
        """The only item of a delivery."""
        (item,) = self.connector.split(sent, self.settings).slices
        return self.connector.read(item, self.settings, sent.received_at)

    def together(self, deliveries: Sequence[Delivery]) -> list[Observation]:
        """What all items say; of those under one key, one."""
        notes: dict[str, Sequence[Observation]] = {}
        for sent in deliveries:
            for item in self.connector.split(sent, self.settings).slices:
                reading = self.connector.read(item, self.settings, sent.received_at)
                notes[reading.key] = reading.notes
        found = sorted((note for group in notes.values() for note in group), key=lambda note: note.at)
        return self.connector.translate(found, self.settings)


def _as_dict(settings: SourceSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def kinds(observations: Sequence[Observation]) -> list[str]:
    """In order."""
    return [o.kind for o in observations]


def only(observations: Sequence[Observation], kind: str) -> Observation:
    """The one observation of a kind."""
    (found,) = [o for o in observations if o.kind == kind]
    return found
