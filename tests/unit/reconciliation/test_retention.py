"""Keys of months end: when, what holds them longer, and that it is said before it is done."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import MonthCommand
from services.reconciliation.domain.retention import (
    AFTER,
    BEFORE,
    ExpireMonthKey,
    Held,
    Hold,
    ReleaseMonth,
    expires,
    held,
    retention,
)
from services.reconciliation.events.retention import MonthKeyExpired, MonthReleased
from services.reconciliation.retention import ACTOR, Retention
from services.reconciliation.running.sealing import FILES, Sealed
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.invoices import invoices
from services.reconciliation.views.months import months
from services.reconciliation.views.released_months import released_months
from shared import metrics
from shared.contracts.partners import ContractSigned, PartnerRegistered
from shared.contracts.rating import months_later
from shared.http import Deps
from shared.kernel import Rejected
from shared.settings import Settings
from shared.vault import KeyDestroyed, Vault
from tests.spec import given
from tests.unit.partners.service import MemoryBlobs, MemoryService
from tests.unit.reconciliation.monthly import agree, record, reopen, submit
from tests.unit.reconciliation.telling import Shards
from tests.unit.reconciliation.test_invoice import DISPUTED, SETTLED, received
from tests.unit.shared.documents import MemoryDocuments, SlowDocuments
from tests.unit.terms.sheets import sheet

AT = datetime(2027, 5, 1, tzinfo=UTC)
MONTHS = st.integers(2000 * 12, 2100 * 12).map(lambda count: f"{count // 12:04}-{count % 12 + 1:02}")
HOLDS: st.SearchStrategy[Hold] = st.sampled_from(["not_agreed", "disputed"])
EXPIRE = ExpireMonthKey(partner_id="adria", month="2026-03", kept_months=13, at=AT, by=ACTOR)
EXPIRED = MonthKeyExpired(partner_id="adria", month="2026-03", kept_months=13, at=AT, by=ACTOR)


RELEASE = ReleaseMonth(month_id="adria:2026-03", reason="Nothing was counted.", at=AT, by="rita")
RELEASED = MonthReleased(partner_id="adria", month="2026-03", reason="Nothing was counted.", at=AT, by="rita")


def distance(one: str, other: str) -> int:
    year, number = (int(a) - int(b) for a, b in zip(other.split("-"), one.split("-"), strict=True))
    return year * 12 + number


# The rules


def test_it_is_said_once_that_the_time_is_over() -> None:
    given(retention).when(EXPIRE).then(EXPIRED)
    given(retention, EXPIRED).when(EXPIRE).then()


@whatever(MONTHS, st.integers(-30, 30))
def test_so_many_months_later_is_counted(month: str, by: int) -> None:
    assert distance(month, months_later(month, by)) == by


@whatever(MONTHS, st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(1, 240))
def test_a_key_is_kept_for_its_whole_time_after_its_month_and_after_it_was_made(
    month: str, made: date, kept: int
) -> None:
    first = expires(month, made, kept)
    began = max(month, f"{made:%Y-%m}")
    assert distance(began, first) == kept + 1, "so many whole months lie between"
    assert first >= months_later(f"{made:%Y-%m}", 2), (
        "what is sealed in this month or the one before is never destroyed"
    )
    assert expires(month, made, kept + 1) == months_later(first, 1)


@whatever(MONTHS, st.dictionaries(st.integers(-30, 30), HOLDS))
def test_a_key_is_held_by_the_months_whose_calls_it_may_seal_and_by_no_other(month: str, near: dict[int, Hold]) -> None:
    holds = {months_later(month, by): why for by, why in near.items()}
    found = held(month, holds)
    holding = sorted(by for by in near if -BEFORE <= by <= AFTER)
    assert found == (Held(months_later(month, holding[0]), near[holding[0]]) if holding else None)


@pytest.mark.parametrize("at", [datetime(2026, 3, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)])
def test_a_month_that_is_not_over_is_not_released(at: datetime) -> None:
    given(retention).when(with_(RELEASE, at=at)).then_rejected("not_over")


def test_a_month_is_released_once_and_not_after_its_key_is_gone() -> None:
    given(retention).when(RELEASE).then(RELEASED)
    given(retention, RELEASED).when(with_(RELEASE, reason="Another one.")).then()
    given(retention, EXPIRED).when(RELEASE).then()
    given(retention, RELEASED).when(EXPIRE).then(EXPIRED)


# The look


class Vaults:
    """Documents of one vault, and a clock for whoever opens it: each process has a vault of its own."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self.documents = documents
        self.now = datetime(2026, 3, 10, tzinfo=UTC)

    async def open(self) -> Vault:
        vault = Vault(self.documents, bytes(32), lambda: self.now)
        await vault.start()
        return vault


class Office:
    """The service around the look: a partner under contract in March 2026 alone, and its month."""

    def __init__(self, vaults: Vaults, vault: Vault) -> None:
        self.vaults, self.vault = vaults, vault
        self.door, self.shards, self.blobs = MemoryService(), Shards(), MemoryBlobs()
        self.shards.fold(counterparts, [PartnerRegistered(partner_id="adria", name="Adria", country="HR")])
        self.settings = Settings(data=Path("unused"))

    def look(self, vault: Vault | None = None) -> Retention:
        deps = Deps(
            self.door, self.shards, vault or self.vault, self.blobs, lambda: self.vaults.now, "http://tallyline"
        )
        return Retention(deps, self.settings)

    def contract(self) -> None:
        validity = {"starts": "2026-03-01", "ends": "2026-03-31"}
        terms = sheet({"per_sale": [{"name": "sales", "tiers": [{"rate": "1250"}]}]}, validity=validity)
        signed = ContractSigned(
            contract_id="adria:main", partner_id="adria", version=1, effective=date(2026, 3, 1), terms=terms,
            signed_on=date(2026, 2, 20), signers=(), documents=(), at=AT, by="cora",
        )  # fmt: skip
        registered = PartnerRegistered(partner_id="adria", name="Adria", country="HR")
        self.shards.fold(counterparts, [registered, signed])

    async def happens(self, *commands: MonthCommand) -> None:
        for command in commands:
            count = len(self.door.events)
            await self.door.handle(month, "adria:2026-03", command, command_id=f"month:{count}", actor="ana")
        self.shards.fold(months, self.door.events)

    def expired(self) -> list[MonthKeyExpired]:
        return [event for event in self.door.events if isinstance(event, MonthKeyExpired)]

    async def shown(self) -> list[tuple[Any, ...]]:
        return [(one.month, one.state, one.until, one.held_by, one.why) for one in await self.look().keys()]


AGREED = (submit(), record(), agree())


async def office(documents: MemoryDocuments | None = None) -> Office:
    vaults = Vaults(documents or MemoryDocuments())
    return Office(vaults, await vaults.open())


def value(state: str) -> float:
    return float(metrics.MONTH_KEYS.labels(state)._value.get())


async def test_after_its_time_a_key_is_destroyed_and_nothing_before() -> None:
    made = await office()
    sealed = (await made.vault.month_key("adria", "2026-03")).seal(b"what was sent")
    made.vaults.now = datetime(2027, 4, 30, 23, 59, tzinfo=UTC)
    await made.look().step()
    assert (await made.vault.keyring([sealed])).open(sealed) == b"what was sent"
    assert await made.shown() == [("2026-03", "kept", "2027-05", None, None)]
    assert (value("kept"), value("held"), value("destroyed")) == (1, 0, 0)
    made.vaults.now = AT
    for _ in range(3):
        await made.look().step()
    assert made.expired() == [EXPIRED]
    assert await made.shown() == [("2026-03", "destroyed", "2027-05", None, None)]
    assert (value("kept"), value("held"), value("destroyed")) == (0, 0, 1)
    for vault in (made.vault, await made.vaults.open()):
        with pytest.raises(KeyDestroyed):
            (await vault.keyring([sealed])).open(sealed)
        with pytest.raises(KeyDestroyed):
            await vault.month_key("adria", "2026-03")


async def test_a_countrys_own_time_counts_before_that_of_all() -> None:
    made = await office()
    for partner in ("adria", "abroad", "_providers"):
        await made.vault.month_key(partner, "2026-03")
    made.settings = replace(made.settings, raw_months=2, raw_months_by_country=(("HR", 24),))
    made.vaults.now = datetime(2026, 6, 1, tzinfo=UTC)
    await made.look().step()
    found = {one.partner_id: (one.state, one.kept_months, one.until) for one in await made.look().keys()}
    assert found == {
        "adria": ("kept", 24, "2028-04"),
        "abroad": ("destroyed", 2, "2026-06"),
        "_providers": ("destroyed", 2, "2026-06"),
    }


@pytest.mark.parametrize("key", ["2026-02", "2026-03", "2026-07"])
async def test_a_month_under_contract_holds_its_keys_until_it_is_agreed(key: str) -> None:
    made = await office()
    made.contract()
    await made.vault.month_key("adria", key)
    made.vaults.now = datetime(2028, 1, 1, tzinfo=UTC)
    await made.look().step()
    assert [(state, by, why) for _, state, _, by, why in await made.shown()] == [("held", "2026-03", "no_report")]
    assert (value("kept"), value("held"), value("destroyed")) == (0, 1, 0)
    await made.happens(submit())
    await made.look().step()
    assert [(state, by, why) for _, state, _, by, why in await made.shown()] == [("held", "2026-03", "not_agreed")]
    assert made.expired() == [], "a report is no agreement"
    await made.happens(record(), agree())
    await made.look().step()
    assert [event.month for event in made.expired()] == [key]


@pytest.mark.parametrize("key", ["2026-02", "2026-03", "2026-07"])
async def test_a_month_of_which_no_report_comes_holds_nothing_once_somebody_released_it(key: str) -> None:
    made = await office()
    made.contract()
    await made.vault.month_key("adria", key)
    made.vaults.now = datetime(2028, 1, 1, tzinfo=UTC)
    made.shards.fold(released_months, [RELEASED])
    await made.look().step()
    assert [event.month for event in made.expired()] == [key]


async def test_a_report_that_comes_all_the_same_holds_the_key_until_it_is_agreed() -> None:
    made = await office()
    made.contract()
    await made.vault.month_key("adria", "2026-03")
    made.shards.fold(released_months, [RELEASED])
    await made.happens(submit())
    made.vaults.now = datetime(2028, 1, 1, tzinfo=UTC)
    await made.look().step()
    assert [why for *_, why in await made.shown()] == ["not_agreed"]
    await made.happens(record(), agree())
    await made.look().step()
    assert [event.month for event in made.expired()] == ["2026-03"]


async def test_a_disputed_invoice_holds_the_key_whatever_was_released() -> None:
    made = await office()
    await made.vault.month_key("zvono", "2026-03")
    made.vaults.now = AT
    made.shards.fold(released_months, [with_(RELEASED, partner_id="zvono")])
    made.shards.fold(invoices, [received(), DISPUTED])
    await made.look().step()
    assert [why for *_, why in await made.shown()] == ["disputed"]


@pytest.mark.parametrize("key", ["2026-01", "2026-08"])
async def test_a_key_of_another_time_is_not_held(key: str) -> None:
    made = await office()
    made.contract()
    await made.vault.month_key("adria", key)
    made.vaults.now = datetime(2028, 1, 1, tzinfo=UTC)
    await made.look().step()
    assert [event.month for event in made.expired()] == [key]


async def test_a_month_that_was_reopened_holds_its_key_again() -> None:
    made = await office()
    made.contract()
    await made.vault.month_key("adria", "2026-03")
    await made.happens(*AGREED, reopen())
    made.vaults.now = AT
    await made.look().step()
    assert made.expired() == []
    await made.happens(agree(by="eva"))
    await made.look().step()
    assert made.expired() == [EXPIRED]


async def test_a_disputed_invoice_holds_the_key_until_the_dispute_is_settled() -> None:
    made = await office()
    await made.vault.month_key("zvono", "2026-03")
    made.vaults.now = AT
    open_ = [received(), DISPUTED]
    made.shards.fold(invoices, open_)
    await made.look().step()
    assert await made.shown() == [("2026-03", "held", "2027-05", "2026-03", "disputed")]
    made.shards.fold(invoices, [*open_, SETTLED])
    await made.look().step()
    assert [event.partner_id for event in made.expired()] == ["zvono"]


async def test_killed_between_said_and_done_the_next_look_does_it_and_says_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = await office()
    sealed = (await made.vault.month_key("adria", "2026-03")).seal(b"what was sent")
    made.vaults.now = AT

    def die(point: str) -> None:
        assert point == "retention.said"
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("services.reconciliation.retention.reach", die)
        with pytest.raises(SystemExit):
            await made.look().step()
    assert made.expired() == [EXPIRED]
    assert (await made.vault.keyring([sealed])).open(sealed) == b"what was sent"
    await made.look(await made.vaults.open()).step()
    assert made.expired() == [EXPIRED]
    with pytest.raises(KeyDestroyed):
        (await (await made.vaults.open()).keyring([sealed])).open(sealed)


async def test_a_key_that_came_back_with_an_old_archive_is_destroyed_again() -> None:
    made = await office()
    await made.vault.month_key("adria", "2026-03")
    archived = dict(made.vaults.documents.collections["vault_month_keys"])
    made.vaults.now = AT
    await made.look().step()
    made.vaults.documents.collections["vault_month_keys"] = archived
    await made.look(await made.vaults.open()).step()
    assert made.expired() == [EXPIRED]
    assert [state for _, state, *_ in await made.shown()] == ["destroyed"]


async def test_of_two_processes_that_look_at_once_each_destroys_and_one_says_it() -> None:
    made = await office(SlowDocuments())
    for partner in ("adria", "bora", "cres"):
        await made.vault.month_key(partner, "2026-03")
    made.vaults.now = AT
    one, other = await made.vaults.open(), await made.vaults.open()
    await asyncio.gather(made.look(one).step(), made.look(other).step())
    assert sorted(event.partner_id for event in made.expired()) == ["adria", "bora", "cres"]
    assert {state for _, state, *_ in await made.shown()} == {"destroyed"}


# What lies under seal


async def test_a_report_of_a_destroyed_month_is_neither_kept_nor_read() -> None:
    made = await office()
    await made.vaults.documents.declare(FILES)
    sealed = Sealed(made.blobs, made.vaults.documents, made.vault)
    digest = await sealed.put("adria", "2026-03", b"a report")
    assert await sealed.get("adria", "2026-03", digest) == b"a report"
    made.vaults.now = AT
    await made.look().step()
    count = len(made.blobs.contents())
    for asked in (
        sealed.get("adria", "2026-03", digest),
        sealed.put("adria", "2026-03", b"a report"),
        sealed.put("adria", "2026-03", b"another one"),
    ):
        with pytest.raises(Rejected) as refused:
            await asked
        assert refused.value.code == "destroyed"
    assert len(made.blobs.contents()) == count
