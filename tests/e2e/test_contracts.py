"""A contract over HTTP from the first round to its end: what it holds up, and what holds it up."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.e2e.systems import System, Time, ask, at_rest
from tests.unit.terms.sheets import FIXTURES

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINE = "embedded"

ID = "adria:2026"
ROUTE = f"/api/v1/contracts/{ID}"
SCAN = b"%PDF-1.7\n" + bytes(range(256)) * 50_000
"""12.8 MB: more than one document of a store holds."""
SIGNERS = [
    {"name": "J. Horvat", "position": "Director", "side": "ours"},
    {"name": "M. Perić", "position": "Director", "side": "partner"},
]


def terms(name: str) -> bytes:
    return (FIXTURES / "per-minute" / name).read_bytes()


async def sent(system: System, method: str, path: str, status: int, **more: Any) -> httpx.Response:
    answer = await system.client.request(method, ROUTE + path, **more)
    assert answer.status_code == status, answer.text
    await at_rest(system)
    return answer


async def sheet(system: System, path: str, name: str) -> None:
    await sent(system, "POST", path, 202, content=terms(name), headers={"content-type": "application/yaml"})


async def gates(system: System) -> set[str]:
    """The conditions that hold the partner up."""
    found = await ask(system.client, "/api/v1/partners/adria/gates")
    return {one["condition"] for way in found["ways"] for one in way["unmet"]}


async def test_a_contract_from_the_first_round_to_its_end(system: System, time: Time) -> None:
    partner = {"partner_id": "adria", "name": "Adria Direct", "country": "HR", "time_zone": "Europe/Zagreb"}
    assert (await system.client.post("/api/v1/partners", json=partner)).status_code == 201
    adopted = {"stage": "negotiating", "reason": "It is older than our record."}
    assert (await system.client.post("/api/v1/partners/adria/adopt", json=adopted)).status_code == 202
    await sheet(system, "/rounds", "agreed.yaml")
    await sent(system, "PUT", "/agreement", 202, json={"round": 1})
    await sheet(system, "/drafts", "draft.yaml")
    refused = await sent(system, "POST", "/approval", 409)
    assert refused.json()["type"] == "/problems/open_deviations"
    assert "contract_signed" in await gates(system)

    found = await ask(system.client, f"{ROUTE}/deviations")
    assert (found["cost_minor"], found["open"]) == (577_500, 14)
    await sheet(system, "/drafts", "agreed.yaml")
    assert (await ask(system.client, f"{ROUTE}/deviations"))["items"] == []
    await sent(system, "POST", "/approval", 202)
    attached = (await sent(system, "POST", "/documents?name=signed.pdf", 201, content=SCAN)).json()
    assert attached["digest"] == sha256(SCAN).hexdigest()
    signed = {"signed_on": "2026-02-25", "signers": SIGNERS, "documents": [attached["digest"]]}
    await sent(system, "POST", "/signature", 202, json=signed)
    assert "contract_signed" not in await gates(system)
    file = await system.client.get(f"{ROUTE}/documents/{attached['digest']}")
    assert (file.content == SCAN, file.headers["x-content-type-options"]) == (True, "nosniff")

    amendment = signed | {"effective": "2026-12-01", "reason": "Longer to pay.", "changes": {"payment.days": 45}}
    await sent(system, "POST", "/amendments", 202, json=amendment)
    for day, days in (("2026-11-30", 30), ("2026-12-01", 45)):
        assert (await ask(system.client, f"{ROUTE}/terms", on=day))["terms"]["payment"]["days"] == days

    due = (await ask(system.client, "/api/v1/contracts/due"))["items"]
    assert [(one["occasion"], one["on"]) for one in due] == [("notice", "2026-12-30")]
    today = time().date()
    end = {"notice_on": today.isoformat(), "notice_by": "ours", "reason": "Other plans."}
    early = await sent(system, "POST", "/termination", 409, json=end | {"ends": today.isoformat()})
    assert early.json()["type"] == "/problems/notice_too_short"
    ends: date = today + timedelta(days=60)
    await sent(system, "POST", "/termination", 202, json=end | {"ends": ends.isoformat()})
    after = await system.client.get(f"{ROUTE}/terms", params={"on": (ends + timedelta(days=1)).isoformat()})
    assert (after.status_code, after.json()["type"]) == (404, "/problems/terminated")
    rated = await system.client.post("/api/v1/contracts/rate", json={"contract_id": ID, "month": "2026-03"})
    assert rated.json()["net"] == 1_742_400
    verified = await system.client.post("/api/v1/operations/views/contracts/verify")
    assert verified.json()["identical"]


async def test_a_file_of_50_mb_is_refused_and_nothing_is_lost(system: System) -> None:
    before = await ask(system.client, ROUTE)
    large = await sent(system, "POST", "/documents?name=large.pdf", 413, content=b"%PDF-" + bytes(50 << 20))
    assert "20971520" in large.json()["detail"]
    formulas = await sent(
        system, "POST", "/drafts", 422, content=b"payment.days,=1+1\n", headers={"content-type": "text/csv"}
    )
    assert [error["field"] for error in formulas.json()["errors"]] == ["payment.days"]
    assert await ask(system.client, ROUTE) == before
