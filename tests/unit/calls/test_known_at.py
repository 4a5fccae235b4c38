"""What would have been told of a call at any time: the same as was told when no more had come yet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.fixtures import Recording, replay
from services.calls.tracker.tracker import Context, known_at
from tests.unit.calls.test_tracker import SETS, facts, ids, in_order, load


@pytest.mark.parametrize("folder", SETS, ids=ids)
def test_a_document_knows_what_was_told_of_it_at_any_time(folder: Path) -> None:
    recording = load(folder)
    whole = in_order(folder)
    context = Context(CONNECTORS[recording.settings.connector], recording.settings, "x", 1, 0)
    took = Counter((took.document, took.key) for took in whole.items if took.verdict == "accepted")
    replaced = {document for (document, _key), times in took.items() if times > 1}  # of whose items the newer is kept
    times = sorted({delivery.received_at for _, delivery in recording.deliveries})
    for moment in times:
        before = [(n, delivery) for n, delivery in recording.deliveries if delivery.received_at <= moment]
        then = facts(replay(Recording(recording.source_id, recording.settings, recording.secrets, before)))
        told: dict[str, bytes] = {}
        for name, document in whole.documents.items():
            if not document.correlation.startswith("agent:") and document.correlation not in replaced:
                _, found = known_at(document, moment, context)
                told |= {f"{name}/{key}": msgspec.json.encode(fact) for key, fact in found.items()}
        passed = (":agent:", *(f":{document}/" for document in replaced))
        assert told == {key: event for key, event in then.items() if not any(part in key for part in passed)}, moment
