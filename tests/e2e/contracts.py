"""A partner with a signed contract, as the tests of months and invoices need it."""

from __future__ import annotations

from typing import Any

from tests.e2e.systems import System, at_rest
from tests.unit.terms.sheets import FIXTURES

SIGNERS = [
    {"name": "J. Horvat", "position": "Director", "side": "ours"},
    {"name": "M. Perić", "position": "Director", "side": "partner"},
]
AGREED = (FIXTURES / "per-minute" / "agreed.yaml").read_bytes()


async def signed_partner(system: System, partner_id: str, signed_on: str, sheet: bytes = AGREED) -> None:
    """Register a partner of Croatia and sign the contract `<partner>:2026` with these terms."""
    client = system.client
    route = f"/api/v1/contracts/{partner_id}:2026"
    yaml = {"content-type": "application/yaml"}
    scan = b"%PDF-1.7\n" + partner_id.encode()
    partner = {"partner_id": partner_id, "name": partner_id.title(), "country": "HR", "time_zone": "Europe/Zagreb"}
    await _done(client.post("/api/v1/partners", json=partner))
    await _done(
        client.post(f"/api/v1/partners/{partner_id}/adopt", json={"stage": "negotiating", "reason": "Older than us."})
    )
    await _done(client.post(f"{route}/rounds", content=sheet, headers=yaml))
    await at_rest(system)
    await _done(client.put(f"{route}/agreement", json={"round": 1}))
    await _done(client.post(f"{route}/drafts", content=sheet, headers=yaml))
    await at_rest(system)
    await _done(client.post(f"{route}/approval"))
    attached = await _done(client.post(f"{route}/documents?name=signed.pdf", content=scan))
    said = {"signed_on": signed_on, "signers": SIGNERS, "documents": [attached["digest"]]}
    await _done(client.post(f"{route}/signature", json=said))
    await at_rest(system)


async def _done(asking: Any) -> Any:
    answer = await asking
    assert answer.status_code in (201, 202), answer.text
    return answer.json()
