"""What a platform's payloads cost to read: recorded sets, authenticated, split and read again and again."""

from __future__ import annotations

import contextlib
from pathlib import Path

from services.bench.figures import Figures, measured, rates
from services.calls.connectors.base import Connector, NotAuthentic, Secrets, Unreadable
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixtures import Recording, load


def parsing(folder: Path, rounds: int) -> Figures:
    """Deliveries and items a second of each connector that has a set in the folder. ValueError where there is none."""
    sets = sorted(path.parent for path in folder.glob("*/deliveries.json"))
    if not sets:
        raise ValueError(f"{folder} holds no recorded sets")
    return {path.name: _of(load(path), rounds) for path in sets}


def _of(recording: Recording, rounds: int) -> Figures:
    connector, secrets = CONNECTORS[recording.settings.connector], Secrets(recording.secrets)
    items = 0
    with measured() as spent:
        for _ in range(rounds):
            items += _once(connector, recording, secrets)
    size = sum(len(delivery.body) + len(delivery.url) for _, delivery in recording.deliveries) * rounds
    deliveries = len(recording.deliveries) * rounds
    return rates(deliveries, spent) | {
        "items_per_s": round(items / spent.wall_s) if spent.wall_s else None,
        "cpu_us_per_kilobyte": round(spent.cpu_s / size * 1024 * 1e6, 1) if size else None,
    }


def _once(connector: Connector, recording: Recording, secrets: Secrets) -> int:
    """The items of one round."""
    items = 0
    for _, delivery in recording.deliveries:
        with contextlib.suppress(NotAuthentic, Unreadable):
            connector.authenticate(delivery, recording.settings, secrets)
            for part in connector.split(delivery, recording.settings).slices:
                connector.read(part, recording.settings, delivery.received_at)
                items += 1
    return items
