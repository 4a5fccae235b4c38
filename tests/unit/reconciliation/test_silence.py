"""A partner that does not answer: agreed where the contract says so, once its day in the contract's zone is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import MonthCommand
from services.reconciliation.gathering import Gathering
from services.reconciliation.silence import ACTOR, Silence
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.month_calls import month_calls
from services.reconciliation.views.month_stays import month_stays
from services.reconciliation.views.months import months
from shared.contracts.partners import ContractSigned, PartnerRegistered
from shared.contracts.rating import Usage
from shared.contracts.reconciliation import MonthAgreed
from shared.http import Deps
from shared.kernel import Event
from shared.vault import Vault
from tests.unit.partners.service import MemoryBlobs, MemoryService
from tests.unit.reconciliation.monthly import ID, agree, ask, attribute, found, record, reopen, submit
from tests.unit.reconciliation.telling import Shards
from tests.unit.reconciliation.test_gathering import Telling
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.terms.sheets import sheet

PRICES: dict[str, Any] = {"per_sale": [{"name": "sales", "tiers": [{"rate": "1250"}]}]}
OVER = datetime(2026, 4, 20, 22, tzinfo=UTC)
"""The answer is due until 20 April, which ends in Zagreb two hours before it does in UTC."""
THEIRS: tuple[MonthCommand, ...] = (submit(), record(found("E1", "partner")))


class Office:
    """The service around the loop: months by their commands, partners with a contract each, and a clock."""

    def __init__(self, vault: Vault, *, silence: bool) -> None:
        self.now = OVER
        self.door, self.shards, self.blobs = MemoryService(), Shards(), MemoryBlobs()
        signed = ContractSigned(
            contract_id="adria:main", partner_id="adria", version=1, effective=date(2026, 3, 1),
            terms=sheet(PRICES, month={"deemed_accepted": silence}), signed_on=date(2026, 2, 20), signers=(),
            documents=(), at=OVER, by="cora",
        )  # fmt: skip
        registered = PartnerRegistered(partner_id="adria", name="Adria", country="HR")
        for view in (counterparts, month_calls, month_stays):
            self.shards.fold(view, [registered, signed])
        deps = Deps(self.door, self.shards, vault, self.blobs, lambda: self.now, "http://tallyline")
        self.silence = Silence(deps, Gathering(self.shards, vault, "UTC", Telling().service()))

    async def happens(self, *commands: MonthCommand, month_id: str = ID) -> None:
        """The commands are carried out, and the view follows."""
        before = len(self.door.events)
        for place, command in enumerate(commands):
            of_month = msgspec.structs.replace(command, month_id=month_id)
            id_ = f"{month_id}:{before + place}"
            await self.door.handle(month, month_id, of_month, command_id=id_, actor="ana")
        self.shards.fold(months, self.door.events[before:])

    async def looks(self) -> list[Event]:
        """What comes of a look."""
        before = len(self.door.events)
        await self.silence.step()
        return self.door.events[before:]


async def office(*commands: MonthCommand, silence: bool = True) -> Office:
    vault = Vault(MemoryDocuments(), bytes(32), lambda: OVER)
    await vault.start()
    made = Office(vault, silence=silence)
    await made.happens(*commands)
    return made


async def test_once_its_day_is_over_where_the_contract_holds_a_month_is_agreed_by_our_count() -> None:
    made = await office(*THEIRS, ask("E1"))
    made.now = OVER - timedelta(seconds=1)
    assert await made.looks() == []
    made.now = OVER
    (agreed,) = await made.looks()
    assert isinstance(agreed, MonthAgreed)
    assert (agreed.deemed, agreed.by, agreed.agreed) == (True, ACTOR, agreed.ours)
    kept = await made.blobs.get(agreed.usage)
    assert kept is not None
    usage = msgspec.json.decode(kept, type=Usage)
    assert (len(usage.calls), len(usage.sales)) == (0, 0)
    assert await made.looks() == []


async def test_where_the_contract_does_not_say_so_silence_is_no_answer() -> None:
    assert await (await office(*THEIRS, ask("E1"), silence=False)).looks() == []


@pytest.mark.parametrize(
    "commands",
    [
        THEIRS,
        (*THEIRS, ask("E1"), submit("b" * 64)),
        (*THEIRS, ask("E1"), record(found("E1", "partner"), kept="a" * 64)),
        (*THEIRS, ask("E1"), agree("M. P."), reopen()),
        (submit(), record(found("E1", "partner"), found("E2", "partner")), ask("E1")),
        (submit(), record(found("E1", "partner"), found("E2", "undetermined")), ask("E1")),
    ],
)
async def test_what_was_not_asked_or_waits_for_people_is_left_to_them(commands: tuple[MonthCommand, ...]) -> None:
    assert await (await office(*commands)).looks() == []


async def test_a_month_that_has_to_wait_keeps_no_other_from_being_agreed() -> None:
    made = await office(*THEIRS, ask("E1"))
    await made.happens(*THEIRS, ask("E1"), month_id="adria:2026-04")
    await made.happens(*THEIRS, ask("E1"), month_id="abroad:2026-03")  # nobody knows this partner
    agreed = [event.month for event in await made.looks() if isinstance(event, MonthAgreed)]
    assert agreed == ["2026-03", "2026-04"]


async def test_a_month_that_was_opened_again_waits_for_its_next_question() -> None:
    made = await office(*THEIRS, ask("E1"))
    assert len(await made.looks()) == 1
    made = await office(*THEIRS, ask("E1"), agree("M. P."), reopen(), ask("E1"))
    assert [type(event) for event in await made.looks()] == [MonthAgreed]


async def test_a_month_that_waits_for_people_is_gathered_once_a_day_until_they_did_something() -> None:
    made = await office(submit(), record(found("E1", "partner"), found("E2", "undetermined")), ask("E1"))
    gathered = 0
    find = made.shards.find

    async def counted(view: Any, *args: Any, **more: Any) -> Any:
        nonlocal gathered
        gathered += view is month_stays
        return await find(view, *args, **more)

    made.shards.find = counted  # type: ignore[method-assign]
    for _ in range(3):
        assert await made.looks() == []
    assert gathered == 1
    made.now += timedelta(days=1)
    assert await made.looks() == []
    assert gathered == 2
    await made.happens(attribute("E2", "explainable"))
    made.shards.fold(months, made.door.events)
    assert [type(event) for event in await made.looks()] == [MonthAgreed]
