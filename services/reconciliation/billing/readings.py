"""What an invoice's file was read as, kept beside it: nobody has to read a stranger's file twice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import msgspec

from services.reconciliation.invoices.invoice import Invoice, Period
from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused

READINGS = "invoice_readings"
KEEP = Keep(READINGS)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """`period`: what it is for; `components`: what it has for each, minor units; `protocol`: SHA-256 of the checks',
    empty until they are done."""

    invoice: Invoice
    period: Period | None
    components: Mapping[str, int]
    protocol: str = ""


class Readings:
    """Readings by the SHA-256 of the file."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def begin(self, digest: str, reading: Reading) -> None:
        """Keep it where there is none yet. Durable on return."""
        with contextlib.suppress(Refused):
            await self._documents.put(READINGS, [Put(digest, 0, msgspec.json.encode(reading))])

    async def put(self, digest: str, reading: Reading) -> None:
        """Keep it in place of an earlier one. Durable on return."""
        await self._documents.put(READINGS, [Put(digest, None, msgspec.json.encode(reading))])

    async def of(self, digests: Sequence[str]) -> dict[str, Reading]:
        """Those that there are."""
        found = await self._documents.get(READINGS, list(dict.fromkeys(digests)))
        return {digest: msgspec.json.decode(stored.body, type=Reading) for digest, stored in found.items()}
