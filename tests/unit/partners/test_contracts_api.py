"""The routes of contracts: what people send and get, what a file is, who may do what."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import msgspec
import pytest

from services.partners.domain.attachments import media_of
from services.partners.domain.process_managers.contracts import Kept, note_contracts
from services.partners.endings import Endings
from shared.contracts.partners import ContractAmended
from shared.contracts.rating import expected_calls
from shared.http import MAX_FILE_BYTES
from tests.spec import published
from tests.unit.partners.service import World, world
from tests.unit.terms.sheets import FIXTURES, agreed, as_csv, draft

ID = "adria:2026"
AGREED, DRAFT = agreed("per-minute"), draft("per-minute")

# Files


def package(**parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return held.getvalue()


def test_a_package_whose_parts_lie_nowhere_is_no_attachment() -> None:
    """Found by make fuzz."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    content = held.getvalue()
    assert media_of(content) == "application/vnd.oasis.opendocument.text"
    assert media_of(content[:14] + content[26:]) is None  # its directory begins before the file does
    assert media_of(content[:45] + b"\xff\xff" + content[47:]) is None  # what is packed is no deflate


WORD = package(**{"[Content_Types].xml": "<Types/>", "word__document.xml": "<w/>"})


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (package(mimetype="application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
        (package(**{"[Content_Types].xml": "", "word__document.xml": "", "word__vbaProject.bin": ""}), None),
        (package(**{"mimetype": "application/vnd.oasis.opendocument.text", "Basic__x.xml": ""}), None),
        (package(mimetype="application/vnd.oasis.opendocument.chart"), None),
        (package(mimetype="x" * 500), None),
        (package(readme="hello"), None),
        (b"PK\x03\x04 and no more", None),
        (b"<html><script>alert(1)</script>", None),
        (b"MZ\x90\x00", None),
        (b"", None),
    ],
)
def test_what_a_file_is_its_content_says(content: bytes, media: str | None) -> None:
    assert media_of(content) == media


# Over HTTP

YAML = {"content-type": "application/yaml"}
SIGN_BODY = {
    "signed_on": "2026-02-25",
    "signers": [{"name": "J", "position": "CEO", "side": "ours"}, {"name": "M", "position": "CEO", "side": "partner"}],
}
AT_ID = f"/api/v1/contracts/{ID}"


def fixture(name: str) -> bytes:
    return (FIXTURES / "per-minute" / name).read_bytes()


def named(answer: httpx.Response) -> list[str]:
    """The fields that a problem names."""
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json().get("errors", [])]


async def signed_contract(at: World) -> str:
    """Negotiated, drafted as agreed, approved and signed; the digest of its document."""
    assert (await at.http.post(f"{AT_ID}/rounds", content=fixture("agreed.yaml"), headers=YAML)).status_code == 202
    assert (await at.http.put(f"{AT_ID}/agreement", json={"round": 1})).status_code == 202
    assert (await at.http.post(f"{AT_ID}/drafts", content=fixture("agreed.yaml"), headers=YAML)).status_code == 202
    assert (await at.http.post(f"{AT_ID}/approval")).status_code == 202
    attached = await at.http.post(f"{AT_ID}/documents?name=contract.pdf", content=b"%PDF-1.7 signed")
    assert attached.status_code == 201
    digest: str = attached.json()["digest"]
    assert (await at.http.post(f"{AT_ID}/signature", json=SIGN_BODY | {"documents": [digest]})).status_code == 202
    return digest


async def test_a_contract_from_the_first_round_to_its_end() -> None:
    async with world() as at:
        for content in (fixture("agreed.yaml"), fixture("agreed.yaml")):
            assert (await at.http.post(f"{AT_ID}/rounds", content=content, headers=YAML)).status_code == 202
        await at.http.put(f"{AT_ID}/agreement", json={"round": 1})
        received = await at.http.post(f"{AT_ID}/drafts", content=fixture("draft.yaml"), headers=YAML)
        assert received.status_code == 202
        refused = await at.http.post(f"{AT_ID}/approval")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/open_deviations")
        found = (await at.http.get(f"{AT_ID}/deviations")).json()
        assert (found["open"], found["cost_minor"], len(found["items"])) == (14, 577_500, 14)
        for item in found["items"]:
            body = {"path": item["path"], "reason": "As discussed."}
            assert (await at.http.post(f"{AT_ID}/deviations/accept", json=body)).status_code == 202
        found = (await at.http.get(f"{AT_ID}/deviations")).json()
        assert found["open"] == 0
        assert {item["accepted"]["by"] for item in found["items"]} == {"local"}
        assert (await at.http.post(f"{AT_ID}/approval")).status_code == 202
        shown = (await at.http.get(AT_ID)).json()
        assert (shown["state"], len(shown["rounds"]), shown["open_deviations"]) == ("approved", 1, 0)
        source = shown["drafts"][0]["source"]
        original = await at.http.get(f"{AT_ID}/documents/{source}")
        assert original.content == fixture("draft.yaml")
        assert (await at.http.get(f"{AT_ID}/drafts/1")).json()["terms"]["payment"]["days"] == 14
        assert (await at.http.get(f"{AT_ID}/rounds/1")).json()["terms"]["payment"]["days"] == 30
        assert (await at.http.get(f"{AT_ID}/rounds/2")).status_code == 404


async def test_any_date_is_asked_which_terms_held() -> None:
    async with world() as at:
        digest = await signed_contract(at)
        amend = SIGN_BODY | {
            "documents": [digest],
            "effective": "2026-06-01",
            "reason": "Longer.",
            "changes": {"payment.days": 45},
        }
        assert (await at.http.post(f"{AT_ID}/amendments", json=amend)).status_code == 202
        for day, days in (("2026-03-02", 30), ("2026-05-31", 30), ("2026-06-01", 45)):
            held = (await at.http.get(f"{AT_ID}/terms?on={day}")).json()
            assert (held["terms"]["payment"]["days"], held["on"]) == (days, day)
        assert (await at.http.get(f"{AT_ID}/terms")).json()["on"] == "2026-03-02", "today"
        for day, reason in (("2026-02-28", "not_begun"), ("2027-03-01", "ended")):
            none = await at.http.get(f"{AT_ID}/terms?on={day}")
            assert (none.status_code, none.json()["type"]) == (404, f"/problems/{reason}")
        end = {"notice_on": "2026-07-01", "notice_by": "ours", "ends": "2026-08-31", "reason": "Other plans."}
        assert (await at.http.post(f"{AT_ID}/termination", json=end)).status_code == 202
        gone = await at.http.get(f"{AT_ID}/terms?on=2026-09-01")
        assert gone.json()["type"] == "/problems/terminated"
        due = (await at.http.get("/api/v1/contracts/due?on=2026-08-01")).json()["items"]
        assert [(one["occasion"], one["on"], one["within"]) for one in due] == [("end", "2026-08-31", 30)]


async def test_overlapping_days_and_terms_that_make_no_sense_are_named_and_lose_nothing() -> None:
    async with world() as at:
        digest = await signed_contract(at)
        happened = list(at.service.events)
        amend = SIGN_BODY | {"documents": [digest], "effective": "2026-06-01", "reason": "Longer."}
        wrong = await at.http.post(f"{AT_ID}/amendments", json=amend | {"changes": {"payment.currency": "EURO"}})
        assert (wrong.status_code, named(wrong)) == (422, ["changes.payment.currency"])
        wrong = await at.http.post(f"{AT_ID}/amendments", json=amend | {"changes": {"payment.dayz": 3}})
        assert (wrong.status_code, named(wrong)) == (422, ["changes.payment.dayz"])
        for day in ("9999-12-31", "0001-01-01"):
            strange = await at.http.post(f"{AT_ID}/amendments", json=amend | {"effective": day})
            assert (strange.status_code, named(strange)) == (422, ["effective"])
            end = {"notice_on": day, "notice_by": "ours", "ends": "2026-08-31", "reason": "Other plans."}
            strange = await at.http.post(f"{AT_ID}/termination", json=end)
            assert (strange.status_code, named(strange)) == (422, ["notice_on"])
        early = await at.http.post(
            f"{AT_ID}/amendments", json=amend | {"effective": "2026-03-01", "changes": {"payment.days": 3}}
        )
        assert (early.status_code, early.json()["type"]) == (409, "/problems/out_of_order")
        assert at.service.events == happened


@pytest.mark.parametrize(
    ("content", "media", "status", "fields"),
    [
        (fixture("agreed.yaml").replace(b"days: 30", b"dayz: 30"), "application/yaml", 422, ["payment.dayz"]),
        (fixture("agreed.yaml").replace(b"EUR", b"EURO"), "text/yaml", 422, ["payment.currency"]),
        (b"payment.days,=1+1\n", "text/csv", 422, ["payment.days"]),
        (b'{"payment": 1}', "application/json", 422, ["payment"]),
        (b"a: &a [*a]", "application/yaml", 422, ["body"]),
        (b"x", "application/pdf", 415, []),
        (b" " * ((64 << 10) + 1), "text/csv", 413, []),
    ],
)
async def test_a_sheet_that_cannot_be_read_is_refused_by_its_field(
    content: bytes, media: str, status: int, fields: list[str]
) -> None:
    async with world() as at:
        answer = await at.http.post(f"{AT_ID}/rounds", content=content, headers={"content-type": media})
        assert answer.status_code == status
        assert named(answer)[:1] == fields
        assert at.service.events == []


async def test_every_format_is_taken() -> None:
    async with world() as at:
        for number, (content, media) in enumerate(
            (
                (fixture("agreed.yaml"), "application/x-yaml"),
                (msgspec.json.encode(DRAFT), "application/json; charset=utf-8"),
                (as_csv(AGREED).encode(), "text/csv"),
            ),
            1,
        ):
            answer = await at.http.post(
                f"{AT_ID}/rounds?side=partner", content=content, headers={"content-type": media}
            )
            assert (answer.status_code, answer.json()["version"]) == (202, number)


async def test_a_document_is_stored_once_and_given_out_as_a_file() -> None:
    async with world() as at:
        digest = await signed_contract(at)
        given_out = await at.http.get(f"{AT_ID}/documents/{digest}")
        assert given_out.content == b"%PDF-1.7 signed"
        assert given_out.headers["content-type"] == "application/pdf"
        assert given_out.headers["content-disposition"] == "attachment; filename*=UTF-8''contract.pdf"
        assert given_out.headers["x-content-type-options"] == "nosniff"
        again = await at.http.post(f"{AT_ID}/documents?name=Ugovor%20%C5%A1.pdf", content=b"%PDF-1.7 signed")
        assert again.json()["digest"] == digest
        assert len((await at.http.get(AT_ID)).json()["documents"]) == 1
        renamed = await at.http.get(f"{AT_ID}/documents/{digest}")
        assert renamed.headers["content-disposition"] == "attachment; filename*=UTF-8''Ugovor%20%C5%A1.pdf"
        assert (await at.http.get(f"{AT_ID}/documents/{'0' * 64}")).status_code == 404
        other = await at.http.get(f"/api/v1/contracts/adria:2027/documents/{digest}")
        assert other.status_code == 404, "a document of one contract is not another's"


async def test_a_file_that_is_too_large_or_of_another_type_is_refused() -> None:
    async with world() as at:
        await at.http.post(f"{AT_ID}/rounds", content=fixture("agreed.yaml"), headers=YAML)
        happened = list(at.service.events)
        large = await at.http.post(f"{AT_ID}/documents?name=a.pdf", content=b"%PDF-" + bytes(MAX_FILE_BYTES))
        assert (large.status_code, str(MAX_FILE_BYTES) in large.json()["detail"]) == (413, True)
        page = await at.http.post(f"{AT_ID}/documents?name=a.pdf", content=b"<html>")
        assert (page.status_code, page.json()["type"]) == (415, "/problems/unknown_type")
        for name in ("", "a%0Ab.pdf"):
            assert (await at.http.post(f"{AT_ID}/documents?name={name}", content=b"%PDF-")).status_code == 422
        assert at.service.events == happened


async def test_a_month_is_priced_before_it_comes() -> None:
    async with world() as at:
        await signed_contract(at)
        rated = await at.http.post("/api/v1/contracts/rate", json={"contract_id": ID})
        assert (rated.status_code, rated.json()["month"], rated.json()["net"]) == (200, "2026-03", 1_742_400)
        terms = msgspec.to_builtins(DRAFT)
        assert (await at.http.post("/api/v1/contracts/rate", json={"terms": terms})).json()["net"] == 2_319_900
        usage = {"calls": [{"id": "c1", "at": "2026-04-02T10:00:00Z", "talk_seconds": 60}]}
        body = {"contract_id": ID, "month": "2026-04", "usage": usage}
        line = (await at.http.post("/api/v1/contracts/rate", json=body)).json()["lines"][0]
        assert (line["quantity"], line["rate"], line["amount"], line["clause"]) == ("1", "55", 55, "§ 4.1")
        wrong = await at.http.post("/api/v1/contracts/rate", json=body | {"month": "2026-05"})
        assert (wrong.status_code, named(wrong)) == (422, ["at"])
        assert named(await at.http.post("/api/v1/contracts/rate", json={})) == ["terms"]
        for strange in ({"month": "0000-01"}, {"month": "9999-12"}):
            assert named(await at.http.post("/api/v1/contracts/rate", json=body | strange)) == ["month"]
        ancient = {"calls": [{"id": "c1", "at": "0001-01-01T00:00:00Z", "talk_seconds": 60}]}
        assert named(await at.http.post("/api/v1/contracts/rate", json=body | {"usage": ancient})) == ["at"]
        for day in ("9999-12-31", "0001-01-01", "soon"):
            for path in (f"{AT_ID}/terms", "/api/v1/contracts/due"):
                assert named(await at.http.get(f"{path}?on={day}")) == ["on"]
        terms["payment"]["currency"] = "EURO"
        nonsense = await at.http.post("/api/v1/contracts/rate", json={"terms": terms})
        assert named(nonsense) == ["terms.payment.currency"]


async def test_contracts_are_listed_by_partner_and_state() -> None:
    async with world() as at:
        await signed_contract(at)
        other = "/api/v1/contracts/zeta:first"
        await at.http.post(f"{other}/rounds", content=fixture("agreed.yaml"), headers=YAML)

        async def found(query: str = "", headers: Any = None) -> list[str]:
            answer = await at.http.get(f"/api/v1/contracts?{query}", headers=headers)
            return [item["contract_id"] for item in answer.json()["items"]]

        assert await found() == [ID, "zeta:first"]
        assert await found("partner=zeta") == ["zeta:first"]
        assert await found("state=signed") == [ID]
        assert await found("partner=zeta&state=signed") == []
        assert await found(headers=await at.as_role("partner", "zeta")) == ["zeta:first"]


async def test_who_sees_one_partner_sees_its_terms_and_nothing_of_another_nor_our_side() -> None:
    async with world() as at:
        digest = await signed_contract(at)
        theirs, others = await at.as_role("partner", "adria"), await at.as_role("admin", "zeta")
        for path in ("", "/terms", f"/documents/{digest}"):
            assert (await at.http.get(AT_ID + path, headers=theirs)).status_code == 200
            assert (await at.http.get(AT_ID + path, headers=others)).status_code == 404
        for path in ("/deviations", "/rounds/1", "/drafts/1"):
            assert (await at.http.get(AT_ID + path, headers=theirs)).status_code == 403
        happened = list(at.service.events)
        assert (
            await at.http.post("/api/v1/contracts/rate", json={"contract_id": ID}, headers=others)
        ).status_code == 404
        assert (await at.http.get("/api/v1/contracts/due?on=2027-01-01", headers=others)).json()["items"] == []
        for method, path, body in (
            ("POST", "/rounds", None), ("POST", "/drafts", None), ("PUT", "/agreement", {"round": 1}),
            ("POST", "/deviations/accept", {"path": "x", "reason": "because"}), ("POST", "/approval", None),
            ("POST", "/signature", SIGN_BODY | {"documents": []}), ("POST", "/amendments", {}),
            ("POST", "/documents?name=a", None), ("POST", "/termination", {}),
        ):  # fmt: skip
            url = AT_ID + path
            assert (await at.http.request(method, url, json=body, headers=theirs)).status_code == 403, path
            assert (await at.http.request(method, url, json=body, headers=others)).status_code == 404, path
        assert at.service.events == happened


async def test_the_id_of_a_contract_names_its_partner() -> None:
    async with world() as at:
        for wrong in ("adria", "Adria:2026", "adria:", "adria:a:b"):
            answer = await at.http.post(
                f"/api/v1/contracts/{wrong}/rounds", content=fixture("agreed.yaml"), headers=YAML
            )
            assert answer.status_code == 404
        assert at.service.events == []


async def test_a_contract_that_is_over_is_no_longer_in_force_and_an_amendment_brings_it_back() -> None:
    async with world() as at:
        await at.http.post("/api/v1/partners", json={"partner_id": "adria", "name": "Adria"})
        digest = await signed_contract(at)
        notice = {"notice_on": "2026-03-02", "notice_by": "ours", "ends": "2026-03-02", "reason": "They stopped."}
        end = notice | {"for_cause": True}
        assert (await at.http.post(f"{AT_ID}/termination", json=end)).status_code == 202
        for event in [e for e in at.service.events if isinstance(e, Kept)]:
            for n, send in enumerate(note_contracts.handle(published(event))):
                by = f"{type(event).__name__}:{n}"
                await at.service.handle(send.decider, send.stream_id, send.command, command_id=by, actor="test")
        on_the_last_day = replace(at.deps, clock=lambda: datetime(2026, 3, 2, 23, tzinfo=UTC))
        assert await Endings(on_the_last_day).step() == 0
        after = Endings(replace(at.deps, clock=lambda: datetime(2026, 3, 3, tzinfo=UTC)))
        assert (await after.step(), await after.step()) == (1, 0)
        shown = (await at.http.get("/api/v1/partners/adria")).json()["facts"]
        assert (list(shown["notice"]), shown["signed_contract"]) == ([ID], {})
        terms = ContractAmended(
            contract_id=ID, partner_id="adria", version=2, effective=date(2026, 3, 3), terms=AGREED, changed=(),
            reason="They are back.", signed_on=date(2026, 3, 2), signers=(), documents=(digest,),
            at=datetime(2026, 3, 3, tzinfo=UTC), by="boss",
        )  # fmt: skip
        (send,) = note_contracts.handle(published(terms))
        assert (send.command.fact, send.command.holds) == ("signed_contract", True)  # type: ignore[attr-defined]


async def test_terms_in_force_and_goals_stand_in_the_packs() -> None:
    async with world() as at:
        await at.http.post("/api/v1/partners", json={"partner_id": "adria", "name": "Adria"})
        await signed_contract(at)
        pack = (await at.http.get("/api/v1/partners/adria/handover")).json()
        terms = {row["term"]: row["value"] for s in pack["sections"] if s["name"] == "terms" for row in s["rows"]}
        assert (terms["version"], terms["payment.days"], terms["payment.currency"]) == (1, 30, "EUR")
        assert all(value is None or isinstance(value, str | int) for value in terms.values())
        review = (await at.http.get("/api/v1/partners/adria/reviews/2026-03")).json()
        (goals,) = [s for s in review["sections"] if s["name"] == "goals"]
        assert [row["goal"] for row in goals["rows"]] == ["calls", "answered, %", "sales of contacts, %"]
        assert [row["reached"] for row in goals["rows"]] == [0, None, None]
        assert goals["rows"][0]["expected"] == expected_calls(AGREED, "2026-03") > 0
        before = (await at.http.get("/api/v1/partners/adria/reviews/2026-02")).json()
        assert [s["no_data"] for s in before["sections"] if s["name"] == "goals"] == [True]


async def test_a_document_lies_in_the_partners_file_and_evidence_is_one_that_was_uploaded() -> None:
    async with world() as at:
        unknown = await at.http.post("/api/v1/partners/adria/documents?name=a.pdf", content=b"%PDF-1.7 a")
        assert (unknown.status_code, unknown.json()["type"]) == (409, "/problems/unknown_partner")
        await at.http.post("/api/v1/partners", json={"partner_id": "adria", "name": "Adria"})
        for name, content, status in (("a.pdf", b"MZ", 415), (" ", b"%PDF-1.7 a", 422), ("a.pdf", b"%PDF-1.7 a", 201)):
            answer = await at.http.post("/api/v1/partners/adria/documents", params={"name": name}, content=content)
            assert answer.status_code == status
        digest = answer.json()["digest"]
        path = f"/api/v1/partners/adria/documents/{digest}"
        kept = await at.http.get(path)
        assert (kept.content, kept.headers["x-content-type-options"]) == (b"%PDF-1.7 a", "nosniff")
        other = await at.as_role("partner", "globex")
        assert (await at.http.get(path, headers=other)).status_code == 404
        assert (await at.http.get(f"/api/v1/partners/adria/documents/{'ab' * 32}")).status_code == 404
        await at.http.put("/api/v1/sites/adria:zagreb", json={"site": {}})
        check = {"met": True, "says": "Measured.", "proof": "ab" * 32}
        refused = await at.http.put("/api/v1/sites/adria:zagreb/readiness/internet", json=check)
        assert (refused.status_code, named(refused)) == (422, ["proof"])
        proven = await at.http.put("/api/v1/sites/adria:zagreb/readiness/internet", json=check | {"proof": digest})
        assert proven.status_code == 202
        await at.http.post("/api/v1/evaluations", json={"partner_id": "adria"})
        scores = {"scores": {"cost": {"points": 4, "evidence": ["cd" * 32]}}}
        refused = await at.http.put("/api/v1/evaluations/adria:first/scores", json=scores)
        assert (refused.status_code, named(refused)) == (422, ["scores.cost.evidence"])
