"""Ending a co-operation: nothing is closed over what is open, proof is asked for, and the file is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.partners.domain.lifecycle import CONDITIONS, MOVES
from services.partners.domain.partner import ArchivePartner, MovePartner, RecordFact, partner
from services.partners.domain.process_managers.months import note_open
from services.partners.events import DocumentFiled, FactNoted
from shared.contracts.partners import PartnerMoved, PartnerRegistered
from shared.contracts.reconciliation import InvoiceReceived, InvoiceRejected
from shared.kernel import Money
from shared.vault import Vault
from tests.spec import given, published
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DIGEST = "ab" * 32
REGISTERED = PartnerRegistered(partner_id="acme", name="Acme")
ENDING = PartnerMoved(partner_id="acme", source="live", target="ending", at=AT, by="boss", reason="Over.")
ARCHIVE = ArchivePartner(partner_id="acme", digest=DIGEST, at=AT, by="boss")


def fact(kind: str, ref: str = "x", *, holds: bool = True, **more: Any) -> FactNoted:
    return FactNoted(partner_id="acme", fact=kind, ref=ref, holds=holds, **more)


SETTLED = fact("settled_data", "returned", proof=DIGEST)


@pytest.mark.parametrize("name", [n for n in MOVES[("ending", "ended")].conditions if n != "archived"])
def test_a_file_is_not_archived_over_anything_that_is_open(name: str) -> None:
    condition = CONDITIONS[name]
    held = [SETTLED] if condition.fact != "settled_data" else []
    opened = [fact(condition.fact, "2026-02")] if condition.wants == "none" else []
    refused = given(partner, REGISTERED, ENDING, *held, *opened).when(ARCHIVE).then_rejected(name)
    assert condition.wants == "some" or "2026-02" in refused.rejected.detail  # type: ignore[union-attr]


def test_a_file_is_archived_when_all_else_is_closed() -> None:
    archived = fact("archive", DIGEST, says="by boss on 2026-03-02", proof=DIGEST)
    outcome = given(partner, REGISTERED, ENDING, SETTLED).when(ARCHIVE).then(archived)
    to = MovePartner(partner_id="acme", target="ended", at=AT, by="boss")
    given(partner, REGISTERED, ENDING, SETTLED).when(to).then_rejected("archived")
    assert given(partner, REGISTERED, ENDING, SETTLED, *outcome.events).when(to).state.stage == "ended"
    given(partner, REGISTERED).when(ARCHIVE).then_rejected("not_ending")


def test_an_invoice_is_open_until_accounting_has_it_or_it_goes_back() -> None:
    of: dict[str, Any] = {"invoice_id": "acme:r-17", "partner_id": "acme", "digest": DIGEST, "at": AT, "by": "ana"}
    received = InvoiceReceived(
        **of, month="2026-02", kind="invoice", form="ubl", number="R-17", issued=AT.date(), gross=Money(100, "EUR")
    )

    def noted(*events: Any) -> list[Any]:
        return [one.command for event in events for one in note_open.handle(published(event))]

    file = given(partner, REGISTERED, ENDING, SETTLED).when(noted(received)[0])
    given(partner, REGISTERED, ENDING, SETTLED, *file.events).when(ARCHIVE).then_rejected("invoices_settled")
    back = given(partner, REGISTERED, ENDING, SETTLED, *file.events).when(
        noted(InvoiceRejected(**of, reason="Twice."))[0]
    )
    assert given(partner, REGISTERED, ENDING, SETTLED, *file.events, *back.events).when(ARCHIVE).events


def test_an_archive_is_not_said_by_hand_and_settled_data_only_with_proof() -> None:
    say = RecordFact(partner_id="acme", fact="archive", ref="x", says="Trust me.")
    given(partner, REGISTERED).when(say).then_rejected("not_by_hand")
    settled = RecordFact(partner_id="acme", fact="settled_data", ref="x", says="All erased.")
    given(partner, REGISTERED).when(settled).then_rejected("proof_missing")
    proven = RecordFact(partner_id="acme", fact="settled_data", ref="x", says="All erased.", proof=DIGEST)
    given(partner, REGISTERED).when(proven).then_rejected("unknown_document")
    filed = DocumentFiled(
        partner_id="acme", digest=DIGEST, name="erased.pdf", media="application/pdf", size=9, at=AT, by="boss"
    )
    given(partner, REGISTERED, filed).when(proven).then(fact("settled_data", says="All erased.", proof=DIGEST))
    back = RecordFact(partner_id="acme", fact="settled_data", ref="x", says="Not all.", holds=False)
    given(partner, REGISTERED, SETTLED, fact("settled_data", says="All erased.")).when(back).then(
        fact("settled_data", says="Not all.", holds=False)
    )


def test_what_is_said_by_hand_holds_no_number_of_a_customer() -> None:
    lead = RecordFact(partner_id="acme", fact="open_hot_lead", ref="L-3", says="Call 0912345678.")
    given(partner, REGISTERED).when(lead).then(fact("open_hot_lead", "L-3", says="Call [number]."))
    move = MovePartner(partner_id="acme", target="rejected", reason="They sold to 0912345678.", at=AT, by="boss")
    assert given(partner, REGISTERED).when(move).events[0].reason == "They sold to [number]."


def test_the_next_ending_needs_its_own_notice_proof_and_archive() -> None:
    ended = PartnerMoved(partner_id="acme", source="ending", target="ended", at=AT, by="boss")
    past = [REGISTERED, fact("notice", "main"), ENDING, SETTLED, fact("archive", DIGEST), ended]
    again = MovePartner(partner_id="acme", target="contacted", reason="They are back.", at=AT, by="boss")
    outcome = given(partner, *past).when(again)
    moved = PartnerMoved(
        partner_id="acme", source="ended", target="contacted", at=AT, by="boss", reason="They are back."
    )
    outcome.then(
        moved,
        fact("notice", "main", holds=False),
        fact("settled_data", "returned", holds=False),
        fact("archive", DIGEST, holds=False),
    )
    assert not any(outcome.state.facts[kind] for kind in ("notice", "settled_data", "archive"))


# Over HTTP


async def ending_partner(at: World) -> None:
    at.service.events.clear()
    for method, path, body in (
        ("POST", "", {"partner_id": "acme", "name": "Acme"}),
        ("POST", "/acme/adopt", {"stage": "ending", "reason": "With us since 2019."}),
    ):
        answer = await at.http.request(method, f"/api/v1/partners{path}", json=body)
        assert answer.status_code < 300, answer.text


async def proof(at: World) -> str:
    """A document in the partner's file."""
    filed = await at.http.post("/api/v1/partners/acme/documents?name=proof.pdf", content=b"%PDF-1.7 all erased")
    assert filed.status_code == 201, filed.text
    digest: str = filed.json()["digest"]
    return digest


async def say(at: World, kind: str, ref: str, *, holds: bool, proof: str | None = None) -> None:
    body = {"fact": kind, "ref": ref, "says": "As agreed.", "holds": holds} | ({"proof": proof} if proof else {})
    answer = await at.http.post("/api/v1/partners/acme/facts", json=body)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    ("kind", "code"),
    [("open_month", "months_agreed"), ("open_invoice", "invoices_settled"), ("open_hot_lead", "hot_leads_closed")],
)
async def test_nothing_ends_over_an_open_month_invoice_or_hot_lead(kind: str, code: str) -> None:
    async with world() as at:
        await ending_partner(at)
        await say(at, "settled_data", "returned", holds=True, proof=await proof(at))
        await say(at, kind, "R-17", holds=True)
        for path, body in (("archive", {}), ("stage", {"target": "ended"})):
            refused = await at.http.post(f"/api/v1/partners/acme/{path}", json=body)
            assert (refused.status_code, refused.json()["type"]) == (409, f"/problems/{code}")
            assert "R-17" in refused.json()["detail"]
        view = (await at.http.get("/api/v1/partners/acme/ending")).json()
        (step,) = [step for step in view["steps"] if step["step"] == code]
        assert (step["done"], step["open"], view["ready"]) == (False, {"R-17": "As agreed."}, False)
        await say(at, kind, "R-17", holds=False)
        assert (await at.http.post("/api/v1/partners/acme/archive")).status_code == 202


async def test_the_archive_is_kept_by_its_hash_and_closes_the_last_step() -> None:
    async with world() as at:
        await ending_partner(at)
        assert (await at.http.get("/api/v1/partners/acme/archive")).status_code == 404
        await say(at, "settled_data", "returned", holds=True, proof=await proof(at))
        early = await at.http.post("/api/v1/partners/acme/stage", json={"target": "ended"})
        assert early.json()["type"] == "/problems/archived"
        archived = (await at.http.post("/api/v1/partners/acme/archive")).json()
        kept = await at.http.get("/api/v1/partners/acme/archive")
        assert kept.headers["etag"] == f'"{archived["digest"]}"'
        assert kept.json()["pack"]["partner_id"] == "acme"
        text = await at.http.get("/api/v1/partners/acme/archive", headers={"accept": "text/markdown"})
        assert text.text == kept.json()["markdown"]
        assert text.text.startswith("# Handover of Acme")
        notice = {
            step["step"]: step["done"] for step in (await at.http.get("/api/v1/partners/acme/ending")).json()["steps"]
        }
        assert notice.pop("notice_given") is False  # adopted: its past is not known
        assert all(notice.values())
        assert (await at.http.post("/api/v1/partners/acme/stage", json={"target": "ended"})).status_code == 202


async def test_all_credentials_are_revoked_in_one_request_that_can_be_repeated() -> None:
    async with world() as at:
        await ending_partner(at)
        for source, partner_ in (("tw-1", "acme"), ("tw-2", "acme"), ("tw-3", "globex")):
            settings = {"connector": "twilio", "partner": partner_}
            body = {"id": source, "settings": settings, "secrets": {"twilio-signature": ["one", "two"]}}
            assert (await at.http.post("/api/v1/sources", json=body)).status_code == 201
        viewer = await at.as_role("partner", "acme")
        path = "/api/v1/partners/acme/credentials/revoke-all"
        assert (await at.http.post(path, headers=viewer)).status_code == 403
        assert (await at.http.post(path, headers=await at.as_role("admin", "globex"))).status_code == 404
        revoked = (await at.http.post(path, headers={"idempotency-key": "k"})).json()["items"]
        assert sorted(row["source"] for row in revoked) == ["tw-1", "tw-1", "tw-2", "tw-2"]
        assert (await at.http.post(path, headers={"idempotency-key": "k"})).json()["items"] == []
        left = {s["id"]: s["credentials"] for s in (await at.http.get("/api/v1/sources")).json()["items"]}
        assert (left["tw-1"], left["tw-2"]) == ({}, {})
        assert len(left["tw-3"]["twilio-signature"]) == 2
        names = [Vault.credential_name(row["source"], row["credential"]) for row in revoked]
        assert await at.vault.get_secrets(names) == {}
