"""Asterisk: events of its manager interface and files of call detail records, told apart by what the transport says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.calls.connectors import asterisk_ami as ami
from services.calls.connectors import asterisk_cdr as cdr
from services.calls.connectors.base import Connector, Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.fields import in_order
from services.calls.connectors.signatures import bearer
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice an event or a row. Unreadable when the transport names neither kind of content."""
    match delivery.meta.get("kind"):
        case "ami":
            return Split(tuple(ami.split(delivery)))
        case "cdr":
            return Split(tuple(cdr.split(delivery.body, settings)))
        case _:
            raise Unreadable("meta.kind is neither ami nor cdr")


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """An event under the digest of its content, a row under `<uniqueid>/<linkedid>/<sequence>`."""
    if item.context["kind"] == "ami":
        return ami.read(item, settings, received_at)
    return cdr.read(item, settings, received_at)


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """What the events say and what the rows say, each by itself."""
    rows = [note for note in notes if note.kind == "row"]
    events = [note for note in notes if note.kind != "row"]
    return in_order([*ami.translate(events), *cdr.translate(rows, settings)])


asterisk = Connector(
    "asterisk", bearer, split, read, translate, silent_on_holds=frozenset({"row"}), backfills=frozenset({"cdr"})
)
