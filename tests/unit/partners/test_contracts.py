"""Contracts: no signature over an open deviation, one answer for every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

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
from shared.contracts.terms import TermSheet, put
from shared.kernel import Rejected, Send
from tests.spec import evolved, given, published, seen
from tests.unit.terms.sheets import agreed, draft, full

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
