"""Process managers that hear of more than their former release did."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from services.partners.domain.partner import Partner, partner
from services.partners.domain.process_managers import MANAGERS
from services.partners.events import FactNoted, PartnersEvent
from shared.adapters.sqlite import SqliteDocuments, SqliteEventStore, SqliteFile
from shared.codec import encode
from shared.contracts.partners import PartnerRegistered
from shared.contracts.reconciliation import TOPIC, InvoiceReceived, InvoiceRejected
from shared.engine.commands import Commands
from shared.engine.dead_letters import DeadLetters
from shared.engine.managers import Manager
from shared.engine.partitions import CHECKPOINTS, Checkpoint, Checkpoints
from shared.kernel import Money
from shared.ports import Commit, Record
from tests.spec import evolved, published

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OF: dict[str, Any] = {
    "invoice_id": "acme:r-17", "partner_id": "acme", "digest": "a" * 64, "at": AT, "by": "ana",
}  # fmt: skip
RECEIVED = InvoiceReceived(
    **OF, month="2026-02", kind="invoice", form="ubl", number="R-17", issued=AT.date(), gross=Money(100, "EUR")
)


async def test_an_invoice_rejected_before_anybody_heard_of_it_is_open_no_longer(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "tallyline.db")
    await file.open()
    store, documents = SqliteEventStore(file, "partners"), SqliteDocuments(file, "partners")
    checkpoints, letters = Checkpoints(documents), DeadLetters("partners", documents)
    await documents.declare(CHECKPOINTS)
    await letters.declare()
    told = [published(RECEIVED), published(InvoiceRejected(**OF, reason="Twice."), 2)]
    log = [Record(offset, "acme", encode(recorded)) for offset, recorded in enumerate(told)]
    registered = PartnerRegistered(partner_id="acme", name="Acme")
    opened = FactNoted(partner_id="acme", fact="open_invoice", ref="acme:r-17", holds=True, says="R-17")
    await store.append(Commit("partner-acme", 1, encode([registered, opened]), "1", "manager.note_months", AT))
    await checkpoints.save(["manager.note_months"], 0, Checkpoint(2, {"spec.1": (2, 0)}))
    (note,) = (one for one in MANAGERS if one.topic == TOPIC)
    manager = Manager(note, Commands(store, lambda: AT, lambda: None), checkpoints, letters, lambda: AT)
    for _ in range(2):  # and once more after a kill before the checkpoint
        if left := log[await manager.begin(0) :]:
            await manager.apply(0, left)
    decode = msgspec.json.Decoder(list[PartnersEvent]).decode
    state = evolved(
        partner, Partner(), [event for commit in await store.load("partner-acme") for event in decode(commit.events)]
    )
    assert state.facts["open_invoice"] == {}
    assert await letters.list() == ([], None)
    await file.close()
