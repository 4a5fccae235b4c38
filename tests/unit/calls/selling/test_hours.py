"""Calls outside the contract's hours: each is one item, whatever comes twice, and none once its fact is taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.calls.events.work import WorkEvent
from services.calls.views.work import work_items
from services.calls.watch.hours import Hours
from shared.codec import encode
from shared.contracts.calls import CallAnswered, CallStarted
from shared.contracts.partners import ContractSigned
from shared.engine.partitions import CHECKPOINTS, Checkpoints
from shared.http import Deps
from shared.kernel import Recorded
from shared.ports import Record
from tests.spec import published
from tests.unit.calls.selling.desk import MemoryDesk
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.terms.sheets import sheet

NIGHT, NOON = datetime(2026, 3, 4, 22, 0, tzinfo=UTC), datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
OPEN = {"time_zone": "Europe/Zagreb", "hours": [{"name": "wed", "opens": "08:00", "closes": "20:00"}]}


def signed(contract: str = "adria:a", schedule: Any = OPEN) -> ContractSigned:
    starts = date(2026, 3, 1)
    return ContractSigned(
        contract_id=contract, partner_id="adria", version=1, effective=starts, terms=sheet({}, schedule=schedule),
        signed_on=starts, signers=(), documents=(), at=NOON, by="ana",
    )  # fmt: skip


def fact(kind: type[Any], at: datetime, **more: Any) -> Any:
    said: dict[str, Any] = {
        "call": "adria-1:c1", "source": "adria-1", "partner": "adria", "direction": "inbound", "at": at,
        "interval": at, "day": "2026-03-04", "agent": "a1", "offered": True, "dialed": False,
    }  # fmt: skip
    return kind(**{**said, **more})


def taken(at: datetime, **more: Any) -> Any:
    return fact(CallAnswered, at, **{"answered_by": "human", "first": True, **more})


class Night:
    """The worker on a topic whose every record comes twice."""

    def __init__(self, *contracts: ContractSigned) -> None:
        self.documents, self.desk, self.number = MemoryDocuments(), MemoryDesk(), 0
        self.desk.events += contracts
        self.now = NIGHT + timedelta(minutes=5)

    async def start(self) -> Night:
        await self.documents.declare(CHECKPOINTS)
        deps = Deps(self.desk, self.desk, None, None, lambda: self.now, "")  # type: ignore[arg-type]
        self.worker = Hours(deps, Checkpoints(self.documents))
        await self.worker.begin(0)
        return self

    async def tell(self, told: Any, back: Recorded[Any] | None = None) -> Recorded[Any]:
        self.number += 1
        recorded = published(told, self.number, reverses=back)
        value = encode(recorded)
        await self.worker.apply(0, [Record(2 * self.number, "c", value), Record(2 * self.number + 1, "c", value)])
        return recorded

    def items(self) -> dict[str, str]:
        return {item.subject: item.state for item in self.desk.documents(work_items).values()}


async def test_a_call_at_night_is_an_item_until_its_fact_is_taken_back() -> None:
    night = await Night(signed()).start()
    first = await night.tell(taken(NIGHT))
    assert night.items() == {"adria-1:c1": "open"}
    await night.tell(taken(NIGHT), back=first)
    assert night.items() == {"adria-1:c1": "settled"}
    await night.tell(taken(NIGHT + timedelta(minutes=1)))
    assert night.items() == {"adria-1:c1": "open"}
    await night.start()
    await night.tell(taken(NIGHT + timedelta(minutes=1)))
    assert sum(isinstance(one, WorkEvent) for one in night.desk.events) == 3, "a worker that starts again says no more"


async def test_who_calls_at_night_makes_no_work_and_who_dials_does() -> None:
    night = await Night(signed()).start()
    await night.tell(fact(CallStarted, NIGHT, phase="queued"))
    await night.tell(taken(NIGHT, counts="test", call="adria-1:c2"))
    await night.tell(taken(NIGHT, first=False, call="adria-1:c3"))
    await night.tell(taken(NOON, call="adria-1:c4"))
    assert night.items() == {}
    dial = {"phase": "dialing", "direction": "outbound", "offered": False, "dialed": True}
    await night.tell(fact(CallStarted, NIGHT, **dial))
    assert night.items() == {"adria-1:c1": "open"}


async def test_one_contract_that_is_open_is_enough_and_without_one_nothing_is_outside() -> None:
    for contracts in ((), (signed(), signed("adria:b", {"time_zone": "UTC", "always": True}))):
        night = await Night(*contracts).start()
        await night.tell(taken(NIGHT))
        assert night.items() == {}


async def test_a_history_that_is_filled_in_makes_no_work() -> None:
    night = await Night(signed()).start()
    night.now = NIGHT + timedelta(days=4)
    await night.tell(taken(NIGHT))
    assert night.items() == {}
