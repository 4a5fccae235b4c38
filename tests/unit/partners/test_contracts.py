"""Contracts: no signature over an open deviation, one answer for every day, and what people get over HTTP."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from services.partners.domain.attachments import media_of
from services.partners.domain.contract import (
    AcceptDeviation,
    AgreeTerms,
    AmendContract,
    ApproveContract,
    AttachDocument,
    Contract,
    ProposeTerms,
    ReceiveDraft,
    SignContract,
    TerminateContract,
    contract,
)
from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.process_managers.contracts import note_contracts
from services.partners.events.contracts import (
    ContractApproved,
    DeviationAccepted,
    DeviationsFound,
    DraftReceived,
    TermsAgreed,
)
from services.partners.views.contracts import contracts
from shared.contracts.agreements import NOTHING, agreed_by, due_on, terms_on
from shared.contracts.partners import ContractAmended, ContractSigned, ContractTerminated, Signer
from shared.contracts.rating import Version
from shared.contracts.terms import TermSheet, put, write_csv
from shared.http import MAX_FILE_BYTES
from shared.kernel import Rejected, Send
from tests.spec import evolved, given, published, seen
from tests.unit.partners.service import World, world
from tests.unit.terms.sheets import FIXTURES, agreed, draft, full

AT = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
ID = "adria:2026"
WHO: dict[str, Any] = {"contract_id": ID, "at": AT, "by": "boss"}
AGREED, DRAFT = agreed("per-minute"), draft("per-minute")
FILE, PDF = "a" * 64, "b" * 64
SIGNERS = (
    Signer(name="J. Horvat", position="Director", side="ours"),
    Signer(name="M. Perić", position="Director", side="partner"),
)
PROPOSE = ProposeTerms(side="ours", terms=AGREED, **WHO)
AGREE = AgreeTerms(round=1, **WHO)
RECEIVE = ReceiveDraft(terms=DRAFT, source=FILE, **WHO)
APPROVE = ApproveContract(**WHO)
ATTACH = AttachDocument(digest=PDF, name="contract.pdf", media="application/pdf", size=9, **WHO)
SIGN = SignContract(signed_on=date(2026, 2, 25), signers=SIGNERS, documents=(PDF,), **WHO)
AMEND = AmendContract(
    effective=date(2026, 6, 1),
    changes={"payment.days": 45, "scripts[orders].version": "4"},
    reason="Longer to pay.",
    signed_on=date(2026, 5, 20),
    signers=SIGNERS,
    documents=(PDF,),
    **WHO,
)
END = TerminateContract(
    notice_on=date(2026, 7, 1), notice_by="ours", ends=date(2026, 8, 31), reason="Other plans.", **WHO
)


def after(*commands: Any) -> list[Any]:
    """What happened by these commands."""
    state: Contract = contract.initial
    events: list[Any] = []
    for command in commands:
        new = contract.decide(command, state)
        state = evolved(contract, state, new)
        events += new
    return events


def signed(terms: TermSheet = AGREED) -> list[Any]:
    """A contract whose draft said what was agreed."""
    propose, receive = (msgspec.structs.replace(one, terms=terms) for one in (PROPOSE, RECEIVE))
    return after(propose, AGREE, receive, APPROVE, ATTACH, SIGN)


# Negotiation and drafts


def test_rounds_count_and_the_same_terms_again_are_no_round() -> None:
    counter = ProposeTerms(side="partner", terms=DRAFT, **WHO)
    events = after(PROPOSE, PROPOSE, counter, PROPOSE)
    assert [(event.round, event.side) for event in events] == [(1, "ours"), (2, "partner"), (3, "ours")]


def test_only_a_round_that_was_is_agreed() -> None:
    given(contract, *after(PROPOSE)).when(AGREE).then(TermsAgreed(partner_id="adria", round=1, **WHO))
    given(contract).when(AGREE).then_rejected("unknown_round")


def test_a_draft_is_held_against_what_was_agreed() -> None:
    given(contract, *after(PROPOSE)).when(RECEIVE).then_rejected("nothing_agreed")
    outcome = given(contract, *after(PROPOSE, AGREE)).when(RECEIVE)
    received, found = outcome.events
    assert received == DraftReceived(partner_id="adria", draft=1, terms=DRAFT, source=FILE, **WHO)
    assert isinstance(found, DeviationsFound)
    assert (found.draft, found.round, found.cost_minor, len(found.deviations)) == (1, 1, 577_500, 14)


def test_terms_that_make_no_sense_never_get_in() -> None:
    wrong = put(AGREED, "payment.currency", "EURO")
    given(contract).when(msgspec.structs.replace(PROPOSE, terms=wrong)).then_rejected("invalid_terms")
    again = msgspec.structs.replace(RECEIVE, terms=wrong)
    given(contract, *after(PROPOSE, AGREE)).when(again).then_rejected("invalid_terms")


def test_nothing_is_approved_while_a_deviation_is_neither_corrected_nor_accepted() -> None:
    received = after(PROPOSE, AGREE, RECEIVE)
    paths = [one.path for one in received[-1].deviations]
    given(contract, *received).when(APPROVE).then_rejected("open_deviations")
    accepts = [AcceptDeviation(path=path, reason="As discussed.", **WHO) for path in paths]
    almost = after(PROPOSE, AGREE, RECEIVE, *accepts[:-1])
    given(contract, *almost).when(APPROVE).then_rejected("open_deviations")
    given(contract, *after(PROPOSE, AGREE, RECEIVE, *accepts)).when(APPROVE).then(
        ContractApproved(partner_id="adria", draft=1, **WHO)
    )
    corrected = ReceiveDraft(terms=AGREED, source="c" * 64, **WHO)
    given(contract, *after(PROPOSE, AGREE, RECEIVE, corrected)).when(APPROVE).then(
        ContractApproved(partner_id="adria", draft=2, **WHO)
    )


def test_a_named_person_accepts_a_deviation_for_a_reason() -> None:
    path = "payment.days"
    accept = AcceptDeviation(path=path, reason="They need it.", **WHO)
    received = after(PROPOSE, AGREE, RECEIVE)
    given(contract, *received).when(accept).then(
        DeviationAccepted(partner_id="adria", draft=1, path=path, reason="They need it.", **WHO)
    )
    unknown = msgspec.structs.replace(accept, path="payment.currency")
    given(contract, *received).when(unknown).then_rejected("unknown_deviation")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(accept), "reason": ""}, AcceptDeviation)


def test_what_was_accepted_stays_so_only_where_the_next_draft_says_the_very_same() -> None:
    days = ReceiveDraft(terms=put(AGREED, "payment.days", 14), source=FILE, **WHO)
    accept = AcceptDeviation(path="payment.days", reason="Fine.", **WHO)
    same = ReceiveDraft(terms=put(put(AGREED, "payment.days", 14), "scripts", []), source="c" * 64, **WHO)
    worse = ReceiveDraft(terms=put(AGREED, "payment.days", 7), source="d" * 64, **WHO)
    before = after(PROPOSE, AGREE, days, accept)
    assert [one.path for one in evolved(contract, contract.initial, before + _more(before, same)).open()] == [
        "scripts[orders]"
    ]
    assert [one.path for one in evolved(contract, contract.initial, before + _more(before, worse)).open()] == [
        "payment.days"
    ]


def _more(events: list[Any], command: Any) -> list[Any]:
    return contract.decide(command, evolved(contract, contract.initial, events))


def test_another_round_that_is_agreed_opens_what_was_approved() -> None:
    other = ProposeTerms(side="partner", terms=put(AGREED, "payment.days", 20), **WHO)
    matching = ReceiveDraft(terms=AGREED, source=FILE, **WHO)
    before = after(PROPOSE, other, AGREE, matching, APPROVE, ATTACH)
    second = AgreeTerms(round=2, **WHO)
    outcome = given(contract, *before).when(second)
    assert [type(event).__name__ for event in outcome.events] == ["TermsAgreed", "DeviationsFound"]
    assert [one.path for one in outcome.state.open()] == ["payment.days"]
    given(contract, *before, *outcome.events).when(SIGN).then_rejected("not_approved")


# Signing, amending, ending


def test_both_sides_sign_a_document_that_is_there() -> None:
    ready = after(PROPOSE, AGREE, ReceiveDraft(terms=AGREED, source=FILE, **WHO), APPROVE)
    given(contract, *ready).when(SIGN).then_rejected("unknown_document")
    ready += _more(ready, ATTACH)
    given(contract, *ready[:-2], ready[-1]).when(SIGN).then_rejected("not_approved")
    given(contract, *ready).when(msgspec.structs.replace(SIGN, signers=SIGNERS[:1])).then_rejected("signer_missing")
    given(contract, *ready).when(msgspec.structs.replace(SIGN, documents=())).then_rejected("document_missing")
    outcome = given(contract, *ready).when(SIGN)
    (event,) = outcome.events
    assert isinstance(event, ContractSigned)
    assert (event.version, event.effective, event.terms) == (1, date(2026, 3, 1), AGREED)
    for command in (PROPOSE, msgspec.structs.replace(RECEIVE, source="e" * 64)):
        again = msgspec.structs.replace(command, terms=DRAFT)
        given(contract, *ready, event).when(again).then_rejected("signed_already")


def test_a_document_belongs_to_a_contract_that_there_is() -> None:
    given(contract).when(ATTACH).then_rejected("unknown_contract")


def test_an_amendment_is_a_version_of_its_own_from_its_day_on() -> None:
    (event,) = given(contract, *signed()).when(AMEND).events
    assert isinstance(event, ContractAmended)
    assert (event.version, event.effective, event.changed) == (
        2, date(2026, 6, 1), ("payment.days", "scripts[orders].version"),
    )  # fmt: skip
    assert event.terms.payment.days == 45
    whole = msgspec.structs.replace(AMEND, terms=put(AGREED, "payment.days", 45), changes={})
    (event,) = given(contract, *signed()).when(whole).events
    assert event.changed == ("payment.days",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"effective": date(2026, 3, 1)}, "out_of_order"),
        ({"effective": date(2026, 2, 1)}, "out_of_order"),
        ({"effective": date(2027, 3, 2)}, "after_the_end"),
        ({"changes": {}}, "nothing_changed"),
        ({"changes": {"payment.days": 30}}, "nothing_changed"),
        ({"changes": {"payment.currency": "USD"}}, "currency_changed"),
        ({"changes": {"payment.dayz": 1}}, "invalid_terms"),
        ({"changes": {"schedule.time_zone": "Mars/Base"}}, "invalid_terms"),
        ({"signers": ()}, "signer_missing"),
        ({"documents": ("f" * 64,)}, "unknown_document"),
    ],
)
def test_an_amendment_that_contradicts_the_contract_is_refused(change: dict[str, Any], code: str) -> None:
    given(contract, *signed()).when(msgspec.structs.replace(AMEND, **change)).then_rejected(code)
    given(contract, *after(PROPOSE)).when(AMEND).then_rejected("not_signed")


def test_two_amendments_never_overlap() -> None:
    amended = signed() + _more(signed(), AMEND)
    for day in (date(2026, 6, 1), date(2026, 5, 1)):
        other = msgspec.structs.replace(AMEND, effective=day, changes={"payment.days": 50})
        given(contract, *amended).when(other).then_rejected("out_of_order")


def test_notice_keeps_its_period_unless_there_is_a_cause() -> None:
    early = msgspec.structs.replace(END, ends=date(2026, 8, 29))
    given(contract, *signed()).when(early).then_rejected("notice_too_short")
    for fine in (
        END,
        msgspec.structs.replace(END, ends=date(2026, 8, 30)),
        msgspec.structs.replace(early, for_cause=True),
    ):
        (event,) = given(contract, *signed()).when(fine).events
        assert isinstance(event, ContractTerminated)
    late = msgspec.structs.replace(END, ends=date(2027, 3, 1))
    given(contract, *signed()).when(late).then_rejected("after_the_end")
    ended = signed() + _more(signed(), END)
    given(contract, *ended).when(msgspec.structs.replace(END, ends=date(2026, 9, 30))).then_rejected(
        "terminated_already"
    )
    given(contract, *ended).when(msgspec.structs.replace(AMEND, effective=date(2026, 9, 2))).then_rejected(
        "after_the_end"
    )
    given(contract, *after(PROPOSE)).when(END).then_rejected("not_signed")


DAYS = st.integers(-40, 500).map(lambda n: date(2026, 3, 1) + timedelta(days=n))
COMMANDS = st.one_of(
    st.sampled_from(
        [PROPOSE, AGREE, RECEIVE, APPROVE, ATTACH, SIGN, ReceiveDraft(terms=AGREED, source="c" * 64, **WHO)]
    ),
    st.builds(
        lambda day, days: msgspec.structs.replace(AMEND, effective=day, changes={"payment.days": days}),
        DAYS,
        st.integers(1, 60),
    ),
    st.builds(lambda notice, ends: msgspec.structs.replace(END, notice_on=notice, ends=ends), DAYS, DAYS),
)


@settings(max_examples=60, deadline=None)
@over(st.lists(COMMANDS, max_size=14), DAYS)
def test_whatever_is_asked_every_day_has_one_version_or_a_reason(commands: list[Any], day: date) -> None:
    state: Contract = contract.initial
    for command in [*((PROPOSE, AGREE, RECEIVE) if day.day % 2 else ()), *commands]:
        try:
            new = contract.decide(command, state)
        except Rejected:
            continue
        assert not any(isinstance(event, ContractSigned) for event in new) or not state.open()
        state = evolved(contract, state, new)
        assert contract.decide(command, state) == []
    versions = state.agreement.versions
    starts = [version.starts for version in versions]
    assert starts == sorted(set(starts))
    held = terms_on(state.agreement, day)
    inside = [one for one in versions if one.starts <= day and (one.ends is None or day <= one.ends)]
    latest = max((one.starts for one in versions if one.starts <= day), default=None)
    if isinstance(held, Version):
        assert held in inside
        assert held.starts == latest
    else:
        assert not [one for one in inside if one.starts == latest]
        assert held in ("not_signed", "not_begun", "ended", "terminated")


# Which terms held, and what comes near


def test_any_date_has_one_answer() -> None:
    agreement = NOTHING
    assert terms_on(agreement, date(2026, 3, 1)) == "not_signed"
    events = signed()
    events += _more(events, AMEND)
    for event in events:
        if isinstance(event, ContractSigned | ContractAmended):
            agreement = agreed_by(agreement, event)

    def on(day: date) -> Any:
        held = terms_on(agreement, day)
        return held.number if isinstance(held, Version) else held

    assert [on(date(2026, 2, 28)), on(date(2026, 3, 1)), on(date(2026, 5, 31)), on(date(2026, 6, 1))] == [
        "not_begun", 1, 1, 2,
    ]  # fmt: skip
    assert [on(date(2027, 2, 28)), on(date(2027, 3, 1))] == [2, "ended"]
    (end,) = _more(events, END)
    agreement = agreed_by(agreement, end)
    assert [on(date(2026, 8, 31)), on(date(2026, 9, 1)), on(date(2026, 4, 1))] == [2, "terminated", 1]


def test_what_renews_itself_holds_until_notice_is_given() -> None:
    (event,) = [one for one in signed(full()) if isinstance(one, ContractSigned)]
    agreement = agreed_by(NOTHING, event)
    assert isinstance(terms_on(agreement, date(2035, 1, 1)), Version)
    (due,) = [one for one in due_on(agreement, date(2028, 4, 10)) if one.occasion == "expiry"]
    assert (due.on, due.days, due.within) == (date(2028, 4, 30), 20, 30)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), []),
        (date(2026, 10, 1), [("notice", 90, 90)]),
        (date(2026, 11, 1), [("notice", 59, 60)]),
        (date(2026, 11, 30), [("notice", 30, 30), ("expiry", 90, 90)]),
        (date(2026, 12, 31), [("expiry", 59, 60)]),
        (date(2027, 2, 28), [("expiry", 0, 30)]),
        (date(2027, 3, 1), []),
    ],
)
def test_notice_and_expiry_are_said_90_60_and_30_days_ahead(day: date, expected: list[Any]) -> None:
    """It expires on 28 February 2027; with 60 days of notice, 30 December 2026 is the last day for it."""
    (event,) = [one for one in signed() if isinstance(one, ContractSigned)]
    found = due_on(agreed_by(NOTHING, event), day)
    assert [(one.occasion, one.days, one.within) for one in found] == expected


# View and process manager


def test_a_contract_shows_how_far_it_is() -> None:
    accept = AcceptDeviation(path="payment.days", reason="Fine.", **WHO)
    events = after(PROPOSE, AGREE, RECEIVE, accept)
    doc = seen(contracts, *events)[ID]
    assert (doc.state, doc.agreed, len(doc.drafts), len(doc.rounds)) == ("drafted", 1, 1, 1)
    assert doc.found is not None
    by = {one.path: doc.acceptance(one) for one in doc.found.deviations}
    assert [path for path, accepted in by.items() if accepted] == ["payment.days"]
    assert contracts.fields(doc) == {"partner": "adria", "state": "drafted"}
    full_life = signed()
    full_life += _more(full_life, AMEND)
    full_life += _more(full_life, END)
    states = [seen(contracts, *full_life[: n + 1])[ID].state for n in range(len(full_life))]
    assert states == [
        "negotiating",
        "agreed",
        "agreed",
        "drafted",
        "approved",
        "approved",
        "signed",
        "signed",
        "terminated",
    ]
    last = seen(contracts, *full_life)[ID]
    assert [one.number for one in last.signed] == [one.number for one in last.agreement.versions] == [1, 2]
    assert contracts.merge(last, doc) == contracts.merge(doc, last) == last


def test_the_partner_knows_of_signature_and_notice() -> None:
    events = signed()
    (end,) = _more(events, END)
    sends = [send for event in (events[-1], end) for send in note_contracts.handle(published(event))]
    assert sends == [
        Send(partner, "adria", NoteFact(partner_id="adria", fact="signed_contract", ref=ID, says="from 2026-03-01")),
        Send(
            partner, "adria", NoteFact(partner_id="adria", fact="notice", ref=ID, says="until 2026-08-31: Other plans.")
        ),
    ]


# Files


def package(**parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return held.getvalue()


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
        (b" " * ((1 << 20) + 1), "text/csv", 413, []),
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
                (write_csv(AGREED).encode(), "text/csv"),
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
        assert await found(headers=await at.as_role("viewer", "zeta")) == ["zeta:first"]


async def test_who_sees_one_partner_sees_its_terms_and_nothing_of_another_nor_our_side() -> None:
    async with world() as at:
        digest = await signed_contract(at)
        theirs, others = await at.as_role("viewer", "adria"), await at.as_role("admin", "zeta")
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
