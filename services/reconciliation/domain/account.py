"""The bank account of a partner: named by somebody, confirmed by two people over a known channel, after some days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from services.reconciliation.events.invoices import (
    AccountCalledBack,
    AccountConfirmed,
    AccountEvent,
    AccountNamed,
    AccountRefused,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId

Iban = Annotated[str, msgspec.Meta(min_length=5, max_length=42)]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
WAITING = timedelta(days=3)
"""From the day on which an account is named until it can be confirmed: time for the partner to say that it never
asked for this."""


class NameAccount(Command, frozen=True, kw_only=True):
    """Say that the partner is to be paid to this account. `source`: where that comes from. 409 `invalid_iban`."""

    partner_id: PartnerId
    iban: Iban
    source: Said
    at: datetime
    by: str


class CallBack(Command, frozen=True, kw_only=True):
    """Say that the partner confirmed it over a channel that was in its file before.

    `known_since`: since when the channel is in the file. 409 `other_account`, `new_channel` when it came with the
    account or after it.
    """

    partner_id: PartnerId
    iban: Iban
    channel: Said
    known_since: datetime
    spoke_to: Said
    at: datetime
    by: str


class ConfirmAccount(Command, frozen=True, kw_only=True):
    """Let invoices be paid to it. 409 `other_account`, `not_called_back`, `same_person`, `waiting_time`."""

    partner_id: PartnerId
    iban: Iban
    at: datetime
    by: str


class RefuseAccount(Command, frozen=True, kw_only=True):
    """Say that it is not the partner's. 409 `other_account`."""

    partner_id: PartnerId
    iban: Iban
    reason: Said
    at: datetime
    by: str


AccountCommand = NameAccount | CallBack | ConfirmAccount | RefuseAccount


@dataclass(frozen=True)
class Account:
    """The account that was confirmed last, and the one that waits to be."""

    confirmed: AccountConfirmed | None = None
    named: AccountNamed | None = None
    called_back: AccountCalledBack | None = None
    refused: AccountRefused | None = None


def decide(command: AccountCommand, state: Account) -> list[AccountEvent]:
    """One account waits at a time; naming another one begins anew."""
    iban = plain_iban(command.iban)
    match command:
        case NameAccount():
            if state.named is None and state.confirmed is not None and state.confirmed.iban == iban:
                return []
            if state.named is not None and state.named.iban == iban:
                return []
            if not is_iban(iban):
                raise Rejected("invalid_iban", "Its length, form or check digits are not those of an IBAN.")
            return [said(AccountNamed, command, iban=iban)]
        case CallBack():
            return _call_back(command, iban, state)
        case ConfirmAccount():
            return _confirm(command, iban, state)
        case RefuseAccount():
            if state.named is None and state.refused is not None and state.refused.iban == iban:
                return []
            _waiting(iban, state)
            return [said(AccountRefused, command, iban=iban)]


def _call_back(command: CallBack, iban: str, state: Account) -> list[AccountEvent]:
    named = _waiting(iban, state)
    if state.called_back is not None:
        return []
    if command.known_since >= named.at:
        raise Rejected("new_channel", "The channel is no older than the account: use one that was known before.")
    return [said(AccountCalledBack, command, iban=iban)]


def _confirm(command: ConfirmAccount, iban: str, state: Account) -> list[AccountEvent]:
    if state.named is None and state.confirmed is not None and state.confirmed.iban == iban:
        return []
    named = _waiting(iban, state)
    if state.called_back is None:
        raise Rejected("not_called_back", "Nobody asked the partner yet, over a channel that was known before.")
    if command.by in (named.by, state.called_back.by):
        raise Rejected("same_person", f"{command.by} named it or called back: a second person has to confirm.")
    if command.at < named.at + WAITING:
        raise Rejected("waiting_time", f"Not before {(named.at + WAITING).isoformat(timespec='minutes')}.")
    editors = tuple(sorted({named.by, state.called_back.by, command.by}))
    return [said(AccountConfirmed, command, iban=iban, editors=editors)]


def _waiting(iban: str, state: Account) -> AccountNamed:
    if state.named is None or state.named.iban != iban:
        raise Rejected("other_account", "This account does not wait to be confirmed.")
    return state.named


def plain_iban(number: str) -> str:
    """An IBAN without blanks, in capitals."""
    return "".join(number.split()).upper()


def is_iban(number: str) -> bool:
    """Are length, form and check digits those of its country, and of its bank's own check digits where known?"""
    from stdnum import iban

    return bool(iban.is_valid(plain_iban(number)))


def evolve(state: Account, event: AccountEvent) -> Account:
    """What was confirmed stays until another one is."""
    match event:
        case AccountNamed():
            return replace(state, named=event, called_back=None)
        case AccountCalledBack():
            return replace(state, called_back=event)
        case AccountConfirmed():
            return Account(confirmed=event)
        case AccountRefused():
            return replace(state, named=None, called_back=None, refused=event)


account = Decider("account", AccountEvent, Account(), decide, evolve)
