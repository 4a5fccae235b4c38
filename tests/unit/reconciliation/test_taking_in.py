"""An invoice whose taking in was cut off between its receipt and its check is checked when somebody asks again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.reconciliation.billing.taking_in import TakingIn
from services.reconciliation.domain.invoice import ReceiveInvoice
from services.reconciliation.invoices.reading import Mapping
from services.reconciliation.validator import Validator
from shared.contracts.reconciliation import InvoiceChecked, InvoiceReceived
from shared.http import Deps
from shared.ports import StoreUnavailable
from tests.unit.partners.service import MemoryService
from tests.unit.reconciliation.invoices.documents import ubl
from tests.unit.reconciliation.invoices.months import good
from tests.unit.reconciliation.invoices.test_reading import MAPPING, TABLE
from tests.unit.reconciliation.test_expecting import AT, KNOWN, world


class Cut(MemoryService):
    """Nothing comes through after the receipt."""

    async def handle(self, decider: Any, stream_id: str, command: Any, **told: Any) -> Any:
        """See the door."""
        accepted = await super().handle(decider, stream_id, command, **told)
        if isinstance(command, ReceiveInvoice):
            raise StoreUnavailable("cut off")
        return accepted


@pytest.fixture
async def validator() -> AsyncIterator[Validator]:
    made = Validator()
    yield made
    await made.close()


@pytest.mark.parametrize(("content", "mapping"), [(ubl(good()), None), (TABLE.encode(MAPPING.encoding), MAPPING)])
async def test_checking_again_goes_on_after_a_receipt_without_a_check(
    content: bytes, mapping: Mapping | None, validator: Validator
) -> None:
    made, door = await world(*KNOWN), Cut()
    rooms: Any = made
    deps = Deps(door, rooms, rooms, made.blobs, lambda: AT, "http://tallyline")
    taking_in = TakingIn(deps, made.expecting, made.readings, validator, 0)
    with pytest.raises(StoreUnavailable):
        await taking_in.take_in("zvono:r-1", "2026-03", content, mapping, "one", "ana")
    (received,) = door.events
    assert isinstance(received, InvoiceReceived)
    await taking_in.check_again("zvono:r-1", "2026-03", received.digest, "two", "ana")
    assert [type(event) for event in door.events] == [InvoiceReceived, InvoiceChecked]
    assert (await made.readings.of([received.digest]))[received.digest].protocol
