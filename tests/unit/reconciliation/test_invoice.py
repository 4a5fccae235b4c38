"""The life of an invoice: who may let it pass, what an approval is worth, and what is still owed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st

from services.reconciliation.domain.billing import billing
from services.reconciliation.domain.invoice import (
    ApproveInvoice,
    CreditInvoice,
    DisputeInvoice,
    ForwardInvoice,
    Invoice,
    InvoiceCommand,
    LiftHold,
    ReceiveInvoice,
    RecordCheck,
    RecordPayment,
    RejectInvoice,
    SettleDispute,
    decide,
    evolve,
    invoice,
)
from services.reconciliation.domain.process_managers import enter_commissions
from services.reconciliation.events.billing import CommissionPaid, CommissionsEntered
from services.reconciliation.events.invoices import (
    CommissionsForwarded,
    DisputeSettled,
    HoldLifted,
    InvoiceApproved,
    InvoiceCredited,
    InvoiceDisputed,
    InvoiceEvent,
    PaymentRecorded,
)
from shared.contracts.reconciliation import InvoiceChecked, InvoiceForwarded, InvoiceReceived, InvoiceRejected, Verdict
from shared.kernel import Event, Money, Rejected
from tests.spec import given, published

ID, FILE, OTHER_FILE, PROTOCOL = "zvono:2026-03", "a" * 64, "b" * 64, "c" * 64
AT = datetime(2026, 4, 7, 9, tzinfo=UTC)
SAID: dict[str, Any] = {"invoice_id": ID, "at": AT}
OF: dict[str, Any] = SAID | {"partner_id": "zvono"}


def euros(amount: int) -> Money:
    return Money(amount * 100, "EUR")


def receive(**more: Any) -> ReceiveInvoice:
    fields: dict[str, Any] = {
        "month": "2026-03", "kind": "invoice", "form": "ubl", "number": "R-1", "issued": date(2026, 4, 6),
        "digest": FILE, "gross": euros(100), "by": "mail",
    }  # fmt: skip
    return ReceiveInvoice(**SAID | fields | more)


def received(**more: Any) -> InvoiceReceived:
    fields: dict[str, Any] = {
        "month": "2026-03", "kind": "invoice", "form": "ubl", "number": "R-1", "issued": date(2026, 4, 6),
        "digest": FILE, "gross": euros(100), "by": "mail",
    }  # fmt: skip
    return InvoiceReceived(**OF | fields | more)


def checked(objections: dict[str, Any] | None = None, **more: Any) -> InvoiceChecked:
    told = objections or {}
    worst = next((one for one in ("block", "reject", "hold", "warn") if one in told.values()), "passed")
    fields = {"month": "2026-03", "digest": FILE, "protocol": PROTOCOL, "verdict": worst, "by": "checker"}
    return InvoiceChecked(**OF | fields | {"objections": told} | more)


def approve(by: str, digest: str = FILE) -> ApproveInvoice:
    return ApproveInvoice(**SAID, digest=digest, by=by)


def approved(by: str) -> InvoiceApproved:
    return InvoiceApproved(**OF, digest=FILE, by=by)


def lifted(check: str, by: str = "vera") -> HoldLifted:
    return HoldLifted(**OF, digest=FILE, check=check, reason="agreed by phone", by=by)


MONTH: dict[str, Any] = {
    "commissions": (
        CommissionPaid(sale="s1", component="sales", sold_on=date(2026, 3, 5), minor=1250, within_days=60),
    ),
    "clawed_back": ("s0",),
}
FORWARD = ForwardInvoice(**SAID, **MONTH, target="datev", by="mira")
FORWARDED = InvoiceForwarded(
    **OF, month="2026-03", digest=FILE, number="R-1", gross=euros(100), target="datev", approved_by=("ana",), by="mira"
)
COMMISSIONS = CommissionsForwarded(**OF, **MONTH, month="2026-03")
DISPUTE = DisputeInvoice(**SAID, dispute_id="d1", amount=euros(40), reason="Minutes of the 7th", by="vera")
DISPUTED = InvoiceDisputed(**OF, dispute_id="d1", amount=euros(40), reason="Minutes of the 7th", by="vera")
SETTLED = DisputeSettled(**OF, dispute_id="d1", outcome="withdrawn", reason="Ours", by="vera")
REJECTED = InvoiceRejected(**OF, digest=FILE, reason="Does not add up", by="vera")
CREDIT = CreditInvoice(**SAID, credit_note_id="zvono:gs-1", amount=euros(30), by="ana")
CREDITED = InvoiceCredited(**OF, credit_note_id="zvono:gs-1", amount=euros(30), by="ana")


def pay(amount: int, id_: str = "p1") -> RecordPayment:
    return RecordPayment(**SAID, payment_id=id_, amount=euros(amount), paid_on=date(2026, 5, 4), by="bank")


def paid(amount: int, id_: str = "p1") -> PaymentRecorded:
    return PaymentRecorded(**OF, payment_id=id_, amount=euros(amount), paid_on=date(2026, 5, 4), by="bank")


def check_of(objections: dict[str, Any], **more: Any) -> RecordCheck:
    return RecordCheck(
        **SAID | {"digest": FILE, "protocol": PROTOCOL, "objections": objections, "by": "checker"} | more
    )


def status(*events: Event) -> str:
    state = Invoice()
    for event in events:
        state = evolve(state, event)  # type: ignore[arg-type]
    return state.status


def test_an_invoice_comes_in() -> None:
    given(invoice).when(receive()).then(received())


def test_the_same_file_again_is_no_news() -> None:
    given(invoice, received()).when(receive(number="R-2")).then()


def test_who_typed_it_in_is_remembered() -> None:
    given(invoice).when(receive(form="manual", by="iva")).then(received(form="manual", by="iva", entered_by="iva"))


def test_an_amount_has_no_sign() -> None:
    given(invoice).when(receive(gross=euros(-1))).then_rejected("not_positive")


@pytest.mark.parametrize(
    "command", [check_of({}), approve("ana"), FORWARD, DISPUTE, CREDIT, pay(1)], ids=lambda one: type(one).__name__
)
def test_nothing_happens_to_an_unknown_invoice(command: InvoiceCommand) -> None:
    given(invoice).when(command).then_rejected("unknown_invoice")


def test_the_worst_objection_is_the_verdict() -> None:
    told = {"dates": "warn", "rate": "hold", "bank_account": "block", "arithmetic": "reject"}
    given(invoice, received()).when(check_of(told)).then(checked(told))


def test_a_check_that_says_the_same_is_no_news_and_takes_no_approval_away() -> None:
    given(invoice, received(), checked(), approved("ana")).when(check_of({})).then()


def test_a_check_of_another_file_is_refused() -> None:
    given(invoice, received(digest=OTHER_FILE)).when(check_of({})).then_rejected("other_file")


def test_another_outcome_takes_approvals_and_lifted_holds_away() -> None:
    other = checked({"rate": "hold"}, protocol="d" * 64)
    before = (received(), checked({"rate": "hold"}), lifted("rate"), approved("ana"))
    given(invoice, *before).when(check_of({"rate": "hold"}, protocol="d" * 64)).then(other)
    assert status(*before) == "approved"
    assert status(*before, other) == "held"


def test_an_approval_is_for_the_outcome_that_was_seen() -> None:
    other = checked({"dates": "warn"}, protocol="d" * 64)
    assert status(received(), checked(), approved("ana")) == "approved"
    assert status(received(), checked(), approved("ana"), other) == "checked"


def test_another_file_loses_its_check_and_its_approvals() -> None:
    before = (received(), checked(), approved("ana"))
    given(invoice, *before).when(receive(digest=OTHER_FILE)).then(received(digest=OTHER_FILE))
    assert status(*before, received(digest=OTHER_FILE)) == "received"
    given(invoice, *before, received(digest=OTHER_FILE)).when(approve("ana")).then_rejected("other_file")
    given(invoice, *before, received(digest=OTHER_FILE)).when(approve("ana", OTHER_FILE)).then_rejected("not_checked")


@pytest.mark.parametrize(
    ("objections", "code"),
    [
        ({"bank_account": "block"}, "blocked"),
        ({"arithmetic": "reject"}, "must_be_rejected"),
        ({"rate": "hold"}, "open_holds"),
    ],
)
def test_what_was_objected_to_is_not_approved(objections: dict[str, Any], code: str) -> None:
    given(invoice, received(), checked(objections)).when(approve("ana")).then_rejected(code)


def test_a_warning_stands_in_nobodys_way() -> None:
    given(invoice, received(), checked({"dates": "warn"})).when(approve("ana")).then(approved("ana"))


LIFT = LiftHold(**SAID, digest=FILE, check="rate", reason="agreed by phone", by="vera")


def test_a_named_person_lifts_a_hold_with_a_reason() -> None:
    before = (received(), checked({"rate": "hold"}))
    given(invoice, *before).when(LIFT).then(lifted("rate"))
    given(invoice, *before, lifted("rate")).when(LIFT).then()
    given(invoice, *before, lifted("rate")).when(approve("ana")).then(approved("ana"))


@pytest.mark.parametrize("verdict", ["block", "reject", "warn"])
def test_only_holds_can_be_lifted(verdict: str) -> None:
    given(invoice, received(), checked({"rate": verdict})).when(LIFT).then_rejected("no_such_hold")


def test_who_edited_the_account_or_a_rate_does_not_approve() -> None:
    before = (received(), checked(excluded=("ana",)))
    given(invoice, *before).when(approve("ana")).then_rejected("separation_of_duties")
    given(invoice, *before).when(approve("iva")).then(approved("iva"))


def test_who_typed_it_in_does_not_approve() -> None:
    before = (received(form="manual", entered_by="iva"), checked())
    given(invoice, *before).when(approve("iva")).then_rejected("separation_of_duties")


def test_who_lifted_a_hold_does_not_approve() -> None:
    before = (received(), checked({"rate": "hold"}), lifted("rate", by="vera"))
    given(invoice, *before).when(approve("vera")).then_rejected("separation_of_duties")


def test_above_the_limit_four_eyes_approve() -> None:
    before = (received(), checked(approvals=2), approved("ana"))
    given(invoice, *before).when(approve("ana")).then()
    given(invoice, *before).when(FORWARD).then_rejected("not_approved")
    given(invoice, *before).when(approve("iva")).then(approved("iva"))
    assert status(*before) == "checked"
    assert status(*before, approved("iva")) == "approved"


def test_who_alone_approved_an_invoice_does_not_forward_it() -> None:
    alone = ForwardInvoice(**SAID, target="datev", by="ana")
    given(invoice, received(), checked(), approved("ana")).when(alone).then_rejected("separation_of_duties")
    both = (received(), checked(approvals=2), approved("ana"), approved("iva"))
    assert given(invoice, *both).when(alone).state.status == "forwarded"


def test_an_approved_invoice_goes_to_accounting_once() -> None:
    before = (received(), checked(), approved("ana"))
    given(invoice, *before).when(FORWARD).then(FORWARDED, COMMISSIONS)
    given(invoice, *before, FORWARDED).when(FORWARD).then()
    elsewhere = ForwardInvoice(**SAID, target="xero", by="ana")
    given(invoice, *before, FORWARDED).when(elsewhere).then_rejected("forwarded_already")
    given(invoice, *before, FORWARDED).when(receive(digest=OTHER_FILE)).then_rejected("forwarded_already")


def test_what_accounting_has_stands_in_the_ledger_and_no_credit_note_does() -> None:
    (send,) = enter_commissions.handle(published(COMMISSIONS))
    entered = CommissionsEntered(partner_id="zvono", month="2026-03", **MONTH, at=OF["at"])
    assert (send.decider, send.stream_id) == (billing, "zvono")
    given(billing).when(send.command).then(entered)
    note = (received(kind="credit_note"), checked(), approved("ana"))
    assert [type(event) for event in given(invoice, *note).when(FORWARD).events] == [InvoiceForwarded]


@pytest.mark.parametrize("before", [(received(),), (received(), checked()), (received(), checked({"vat": "hold"}))])
def test_what_is_not_approved_does_not_go_to_accounting(before: tuple[Event, ...]) -> None:
    given(invoice, *before).when(FORWARD).then_rejected("not_approved")


def test_what_went_back_is_over() -> None:
    reject = RejectInvoice(**SAID, digest=FILE, reason="Does not add up", by="vera")
    before = (received(), checked())
    given(invoice, *before).when(reject).then(REJECTED)
    given(invoice, *before, REJECTED).when(reject).then()
    for command in (approve("ana"), FORWARD, DISPUTE, CREDIT, receive(digest=OTHER_FILE)):
        given(invoice, *before, REJECTED).when(command).then_rejected("invoice_rejected")
    assert status(*before, REJECTED) == "rejected"


def test_a_dispute_keeps_it_from_accounting_until_it_is_settled() -> None:
    before = (received(), checked(), approved("ana"))
    settle = SettleDispute(**SAID, dispute_id="d1", outcome="withdrawn", reason="Ours", by="vera")
    given(invoice, *before).when(DISPUTE).then(DISPUTED)
    given(invoice, *before, DISPUTED).when(DISPUTE).then()
    given(invoice, *before, DISPUTED).when(FORWARD).then_rejected("disputed")
    given(invoice, *before[:2], DISPUTED).when(approve("ana")).then_rejected("disputed")
    given(invoice, *before, DISPUTED).when(settle).then(SETTLED)
    given(invoice, *before, DISPUTED, SETTLED).when(settle).then()
    given(invoice, *before, DISPUTED, SETTLED).when(FORWARD).then(FORWARDED, COMMISSIONS)
    assert status(*before, DISPUTED) == "disputed"


def test_a_dispute_is_one_thing_only() -> None:
    other = DisputeInvoice(**SAID, dispute_id="d1", amount=euros(41), reason="Minutes of the 7th", by="vera")
    given(invoice, received(), checked(), DISPUTED).when(other).then_rejected("dispute_exists")
    unknown = SettleDispute(**SAID, dispute_id="d2", outcome="credited", reason="Theirs", by="vera")
    given(invoice, received(), checked(), DISPUTED).when(unknown).then_rejected("unknown_dispute")
    otherwise = SettleDispute(**SAID, dispute_id="d1", outcome="credited", reason="Theirs", by="vera")
    given(invoice, received(), checked(), DISPUTED, SETTLED).when(otherwise).then_rejected("settled_otherwise")


def test_no_more_is_disputed_than_is_open() -> None:
    second = DisputeInvoice(**SAID, dispute_id="d2", amount=euros(61), reason="All of it", by="vera")
    given(invoice, received(), checked(), DISPUTED).when(second).then_rejected("more_than_open")
    given(invoice, received()).when(DISPUTE).then_rejected("not_checked")


def test_credit_notes_take_off_up_to_the_whole() -> None:
    before = (received(), checked())
    given(invoice, *before).when(CREDIT).then(CREDITED)
    given(invoice, *before, CREDITED).when(CREDIT).then()
    more = CreditInvoice(**SAID, credit_note_id="zvono:gs-2", amount=euros(71), by="ana")
    given(invoice, *before, CREDITED).when(more).then_rejected("more_than_open")
    other = CreditInvoice(**SAID, credit_note_id="zvono:gs-1", amount=euros(31), by="ana")
    given(invoice, *before, CREDITED).when(other).then_rejected("credited_otherwise")
    given(invoice, received(kind="credit_note"), checked()).when(CREDIT).then_rejected("a_credit_note")
    given(invoice, received()).when(CREDIT).then_rejected("not_checked")


def test_payments_close_what_credit_notes_leave() -> None:
    before = (received(), checked(), approved("ana"), FORWARDED, CREDITED)
    given(invoice, *before).when(pay(71)).then_rejected("more_than_open")
    given(invoice, *before).when(pay(70)).then(paid(70))
    given(invoice, *before, paid(70)).when(pay(70)).then()
    given(invoice, *before, paid(70)).when(pay(60)).then_rejected("paid_otherwise")
    given(invoice, *before, paid(70)).when(pay(1, "p2")).then_rejected("more_than_open")
    given(invoice, *before, paid(70)).when(DISPUTE).then_rejected("paid_already")
    assert status(*before) == "forwarded"
    assert status(*before, paid(70)) == "paid"


def test_what_accounting_does_not_have_is_not_paid() -> None:
    given(invoice, received(), checked(), approved("ana")).when(pay(1)).then_rejected("not_forwarded")


def test_money_of_another_currency_is_refused() -> None:
    foreign = RecordPayment(**SAID, payment_id="p1", amount=Money(1, "USD"), paid_on=date(2026, 5, 4), by="bank")
    given(invoice, received(), checked(), approved("ana"), FORWARDED).when(foreign).then_rejected("other_currency")


PEOPLE = st.sampled_from(["ana", "iva", "vera", "mail"])
FILES = st.sampled_from([FILE, OTHER_FILE])
VERDICTS: st.SearchStrategy[Verdict] = st.sampled_from(["warn", "hold", "reject", "block"])


@st.composite
def commands(draw: st.DrawFn) -> InvoiceCommand:
    by, digest = draw(PEOPLE), draw(FILES)
    amount = euros(draw(st.integers(1, 120)))
    said = SAID | {"by": by}
    kind = draw(st.integers(0, 9))
    objections = draw(st.dictionaries(st.sampled_from(["rate", "vat", "bank_account"]), VERDICTS, max_size=2))
    options: list[InvoiceCommand] = [
        receive(by=by, digest=digest, form=draw(st.sampled_from(["ubl", "manual"]))),
        RecordCheck(
            **said, digest=digest, protocol=draw(FILES), objections=objections, approvals=draw(st.integers(1, 2)),
            excluded=(draw(PEOPLE),),
        ),
        RecordCheck(**said, digest=digest, protocol=PROTOCOL, objections={}),
        LiftHold(**said, digest=digest, check="rate", reason="so"),
        ApproveInvoice(**said, digest=digest),
        ForwardInvoice(**said, target="datev"),
        DisputeInvoice(**said, dispute_id=draw(st.sampled_from("ab")), amount=amount, reason="so"),
        SettleDispute(**said, dispute_id=draw(st.sampled_from("ab")), outcome="withdrawn", reason="so"),
        CreditInvoice(**said, credit_note_id=draw(st.sampled_from(["zvono:a", "zvono:b"])), amount=amount),
        RecordPayment(**said, payment_id=draw(st.sampled_from("abc")), amount=amount, paid_on=date(2026, 5, 4)),
    ]  # fmt: skip
    return options[kind]


@settings(deadline=None)
@whatever(happening=st.lists(commands(), max_size=30))
def test_whatever_people_do_nothing_unapproved_is_forwarded_and_no_cent_too_much_goes(
    happening: list[InvoiceCommand],
) -> None:
    state, last = Invoice(), None
    for command in happening:
        try:
            events: list[InvoiceEvent] = decide(command, state)
        except Rejected:
            continue
        for event in events:
            if isinstance(event, InvoiceReceived):
                last = event
            if isinstance(event, InvoiceForwarded):
                assert last is not None
                assert state.checked is not None
                assert event.digest == last.digest == state.checked.digest
                assert len(set(event.approved_by)) >= state.checked.approvals
                assert len({*event.approved_by, event.by}) >= 2
                assert not set(event.approved_by) & {*state.checked.excluded, last.entered_by}
                assert not {"hold", "reject", "block"} & {
                    verdict for name, verdict in state.checked.objections.items() if name not in state.lifted
                }
            state = evolve(state, event)
        assert state.open_minor >= 0
