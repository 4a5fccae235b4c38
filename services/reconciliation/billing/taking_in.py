"""An invoice is taken in: read and judged in processes apart, kept as it came, and held against its month."""

from __future__ import annotations

import asyncio

from services.reconciliation.billing.expecting import Expected, Expecting
from services.reconciliation.billing.readings import Reading, Readings
from services.reconciliation.domain.invoice import ReceiveInvoice, invoice
from services.reconciliation.invoices.amounts import minor
from services.reconciliation.invoices.checking import Protocol, check
from services.reconciliation.invoices.invoice import Received, Unreadable
from services.reconciliation.invoices.protocol import as_json, recorded
from services.reconciliation.invoices.reading import Mapping
from services.reconciliation.invoices.validation import Validation
from services.reconciliation.validator import Validator, receive
from shared.http import Accepted, Deps, Problem
from shared.kernel import Money, Rejected

TURNS = 2
"""Invoices that are read at the same time; the others wait."""


class TakingIn:
    """Takes invoices in and checks them."""

    def __init__(
        self, deps: Deps, expecting: Expecting, readings: Readings, validator: Validator, four_eyes_minor: int
    ) -> None:
        self._deps = deps
        self._expecting = expecting
        self._readings = readings
        self._validator = validator
        self._four_eyes_minor = four_eyes_minor
        self._turns = asyncio.Semaphore(TURNS)

    async def take_in(
        self, invoice_id: str, month: str, content: bytes, mapping: Mapping | None, command_id: str, by: str
    ) -> Protocol:
        """Receive and check it. Problem 422 with the reader's code where it can't be read, Rejected as `Expecting.of`
        and the aggregate are."""
        partner_id = invoice_id.partition(":")[0]
        expected = await self._expecting.of(partner_id, month, invoice_id)
        received, validation = await self._read(content, mapping)
        await self._deps.blobs.put(content)
        read = received.invoice
        gross = minor(abs(read.totals.gross), read.currency)
        if gross is None:
            raise Problem(422, "not_whole", f"{read.totals.gross} {read.currency} has parts of a minor unit.")
        command = ReceiveInvoice(
            invoice_id=invoice_id,
            month=month,
            kind="credit_note" if read.credit_note else "invoice",
            form=received.form,
            number=read.number,
            issued=read.issued,
            due=read.due,
            digest=received.digest,
            gross=Money(gross, read.currency),
            credits=read.preceding[0].number if read.credit_note and read.preceding else "",
            at=self._deps.clock(),
            by=by,
        )
        # Whoever dies before its check leaves what a check needs: a table can't be read again without its mapping.
        await self._readings.begin(received.digest, Reading(invoice=read, period=read.period, components={}))
        await self._deps.door.handle(invoice, invoice_id, command, command_id=command_id, actor=by)
        protocol, _ = await self._check(invoice_id, expected, received, validation, gross, f"{command_id}:check", by)
        return protocol

    async def check_again(self, invoice_id: str, month: str, digest: str, command_id: str, by: str) -> Accepted:
        """Hold the file that came last against what is known now. Tables are read as they were."""
        content = await self._deps.blobs.get(digest)
        if content is None:
            raise Rejected("not_kept", "The file is not kept.")
        try:
            received, validation = await self._read(content, None)
        except Problem as refused:
            reading = (await self._readings.of([digest])).get(digest)
            if refused.code != "no_mapping" or reading is None:
                raise
            received, validation = Received(invoice=reading.invoice, form="csv", digest=digest), None
        gross = minor(abs(received.invoice.totals.gross), received.invoice.currency) or 0
        expected = await self._expecting.of(invoice_id.partition(":")[0], month, invoice_id)
        _, accepted = await self._check(invoice_id, expected, received, validation, gross, command_id, by)
        return accepted

    async def _read(self, content: bytes, mapping: Mapping | None) -> tuple[Received, Validation | None]:
        async with self._turns:
            try:
                return await receive(content, self._validator, mapping)
            except Unreadable as wrong:
                raise Problem(422, wrong.code, f"{wrong.detail}{f' ({wrong.place})' if wrong.place else ''}") from None

    async def _check(
        self,
        invoice_id: str,
        expected: Expected,
        received: Received,
        validation: Validation | None,
        gross: int,
        command_id: str,
        by: str,
    ) -> tuple[Protocol, Accepted]:
        protocol = await asyncio.to_thread(check, received, validation, expected.expectation)
        kept = await self._deps.blobs.put(as_json(protocol))
        reading = Reading(
            invoice=received.invoice, period=received.invoice.period, components=protocol.components, protocol=kept
        )
        await self._readings.put(received.digest, reading)
        command = recorded(protocol, invoice_id, gross, self._four_eyes_minor, expected.editors, self._deps.clock(), by)
        accepted = await self._deps.door.handle(invoice, invoice_id, command, command_id=command_id, actor=by)
        return protocol, accepted
