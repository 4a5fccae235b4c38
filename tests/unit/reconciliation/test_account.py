"""A changed bank account: two people, a channel that was known before, and some days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.reconciliation.domain.account import (
    WAITING,
    CallBack,
    ConfirmAccount,
    NameAccount,
    RefuseAccount,
    account,
)
from services.reconciliation.events.invoices import AccountCalledBack, AccountConfirmed, AccountNamed, AccountRefused
from tests.spec import given

OLD, NEW = "HR1210010051863000160", "DE89370400440532013000"
AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
WAITED = AT + WAITING


def name(iban: str = NEW, at: datetime = AT, by: str = "iva") -> NameAccount:
    return NameAccount(partner_id="zvono", iban=iban, source="letter of 31 March", at=at, by=by)


def named(iban: str = NEW, at: datetime = AT, by: str = "iva") -> AccountNamed:
    return AccountNamed(partner_id="zvono", iban=iban, source="letter of 31 March", at=at, by=by)


def call_back(**more: Any) -> CallBack:
    fields: dict[str, Any] = {
        "iban": NEW,
        "channel": "the number in the contract",
        "known_since": AT - timedelta(days=1),
        "at": AT,
    }
    return CallBack(**{"partner_id": "zvono", "spoke_to": "M. Horvat", "by": "iva"} | fields | more)


CALLED = AccountCalledBack(
    partner_id="zvono", iban=NEW, channel="the number in the contract", spoke_to="M. Horvat", at=AT, by="iva"
)


def confirm(by: str = "ana", at: datetime = WAITED, iban: str = NEW) -> ConfirmAccount:
    return ConfirmAccount(partner_id="zvono", iban=iban, at=at, by=by)


def confirmed(iban: str = NEW) -> AccountConfirmed:
    return AccountConfirmed(partner_id="zvono", iban=iban, editors=("ana", "iva"), at=WAITED, by="ana")


def test_an_account_is_named_once() -> None:
    given(account).when(name("de89 3704 0044 0532 0130 00")).then(named())
    given(account, named()).when(name()).then()
    given(account, confirmed()).when(name()).then()


def test_a_number_that_is_no_iban_is_refused() -> None:
    given(account).when(name("DE89370400440532013001")).then_rejected("invalid_iban")


def test_the_partner_is_asked_over_a_channel_that_was_known_before() -> None:
    given(account, named()).when(call_back()).then(CALLED)
    given(account, named(), CALLED).when(call_back()).then()
    given(account, named()).when(call_back(known_since=AT)).then_rejected("new_channel")
    given(account, named()).when(call_back(iban=OLD)).then_rejected("other_account")


def test_a_second_person_confirms_after_the_waiting_time() -> None:
    given(account, named(), CALLED).when(confirm()).then(confirmed())
    given(account, named(), CALLED, confirmed()).when(confirm()).then()
    given(account, named(), CALLED).when(confirm(by="iva")).then_rejected("same_person")
    given(account, named(by="ana"), CALLED).when(confirm()).then_rejected("same_person")
    given(account, named(), CALLED).when(confirm(at=WAITED - timedelta(seconds=1))).then_rejected("waiting_time")
    given(account, named()).when(confirm()).then_rejected("not_called_back")


def test_another_account_begins_anew() -> None:
    given(account, named(), CALLED, named(OLD)).when(confirm(iban=OLD)).then_rejected("not_called_back")
    given(account, named(), CALLED, named(OLD)).when(confirm()).then_rejected("other_account")


def test_what_is_refused_leaves_the_confirmed_one() -> None:
    refuse = RefuseAccount(partner_id="zvono", iban=NEW, reason="Nobody there knows of it", at=AT, by="ana")
    refused = AccountRefused(partner_id="zvono", iban=NEW, reason="Nobody there knows of it", at=AT, by="ana")
    given(account, confirmed(OLD), named()).when(refuse).then(refused)
    given(account, confirmed(OLD), named(), refused).when(refuse).then()
    given(account, confirmed(OLD), named(), refused).when(confirm()).then_rejected("other_account")
    given(account, confirmed(OLD), named(), refused).when(confirm(iban=OLD)).then()
