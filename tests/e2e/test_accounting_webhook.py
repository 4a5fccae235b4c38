"""Accounting is told of a forwarded invoice on each engine: signed, without a bank account, also after a restart."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.reconciliation.domain.invoice import (
    ApproveInvoice,
    ForwardInvoice,
    InvoiceCommand,
    ReceiveInvoice,
    RecordCheck,
    invoice,
)
from shared.kernel import Money
from shared.settings import Settings
from tests.e2e.systems import ENGINES, PARAMS, System, Time, ask, eventually, start
from tests.unit.shared.test_webhooks import SECRET, listening

ID, FILE = "zvono:0042", "a" * 64
ROUTE = f"/api/v1/reconciliation/invoices/{ID}/delivery"
SAID: dict[str, Any] = {"invoice_id": ID, "at": datetime(2026, 11, 18, 15, tzinfo=UTC)}
LIFE: tuple[InvoiceCommand, ...] = (
    ReceiveInvoice(
        month="2026-10", kind="invoice", form="ubl", number="2026-0042", issued=date(2026, 11, 6), digest=FILE,
        gross=Money(174_240, "EUR"), by="mail", **SAID,
    ),
    RecordCheck(digest=FILE, protocol="c" * 64, objections={}, by="checks", **SAID),
    ApproveInvoice(digest=FILE, by="ana", **SAID),
    ForwardInvoice(target="books", by="ben", **SAID),
)  # fmt: skip


async def forwarded(system: System) -> None:
    """An invoice that everybody let pass."""
    for number, command in enumerate(LIFE):
        door = system.runtime.kits["reconciliation"].deps.door
        await door.handle(invoice, ID, command, command_id=f"life-{number}", actor="life")


@pytest.mark.parametrize("engine", PARAMS)
async def test_accounting_is_told_once_it_listens(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, time = ENGINES[engine], Time()

    async with listening(500, 204) as receiver:

        def told(data: Path) -> Settings:
            return replace(
                made(data),
                accounting_webhook_url=f"http://127.0.0.1:{receiver.port}/in",
                accounting_webhook_secret=SECRET,
                accounting_webhook_private=True,
                public_url="https://calls.example",
            )

        monkeypatch.setitem(ENGINES, engine, told)

        async def standing() -> Any:
            answer = await system.client.get(ROUTE)
            return answer.status_code == 200 and answer.json().get("attempts") and answer.json()

        async with start(engine, tmp_path, time) as system:
            assert (await system.client.get(ROUTE)).status_code == 404
            assert (await system.client.post(f"{ROUTE}/again")).status_code == 404
            await forwarded(system)
            failed = await eventually(standing)
            assert (failed["standing"], [one["status"] for one in failed["attempts"]]) == ("waiting", [500])

        time.forward(timedelta(minutes=1))
        async with start(engine, tmp_path, time) as system:

            async def delivered() -> bool:
                return bool((await ask(system.client, ROUTE)).get("standing") == "delivered")

            await eventually(delivered)
            assert len(receiver.asked) == 2
            assert (await system.client.post(f"{ROUTE}/again")).status_code == 202
            await eventually(delivered)

    for _, headers, body in receiver.asked:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = hmac.new(base64.b64decode(SECRET[len("whsec_") :]), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert len({(headers["webhook-id"], body) for _, headers, body in receiver.asked}) == 1
    message = json.loads(receiver.asked[0][2])
    assert (message["type"], message["subject"]) == ("tallyline.reconciliation.InvoiceForwarded", ID)
    assert message["id"] == receiver.asked[0][1]["webhook-id"]
    data = message["data"]
    assert (data["gross"], data["approved_by"]) == ({"minor": 174_240, "currency": "EUR"}, ["ana"])
    assert data["links"]["file"] == f"https://calls.example/api/v1/reconciliation/invoices/{ID}/file"
    assert "iban" not in receiver.asked[0][2].decode().lower()
