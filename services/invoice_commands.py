"""The commands that work on invoices in files, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from services.reconciliation.invoices.checking import Protocol, check
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.invoice import Received, Unreadable
from services.reconciliation.invoices.protocol import as_json, as_text
from services.reconciliation.invoices.reading import Mapping
from services.reconciliation.invoices.validation import Validation
from services.reconciliation.validator import Validator, receive
from services.terminal import fail, out, table

invoices = typer.Typer(no_args_is_help=True, help="Invoices of partners, from files.")
T = TypeVar("T")


@invoices.callback()
def _named() -> None:
    """Invoices of partners, from files."""


@invoices.command("check")
def invoices_check(
    file: Annotated[Path, typer.Argument(help="UBL, CII, PDF with CII, CSV, or JSON.", exists=True, dir_okay=False)],
    expected: Annotated[
        Path | None, typer.Option(help="What is expected, as JSON: the price, the contract, what came before.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="Which column of a CSV is what, as JSON.")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="The whole protocol, for machines.")] = False,
) -> None:
    """Say what is wrong with an invoice: against its standard alone, or against all that was expected of it. Ends with
    1 where it may not be paid as it is."""
    told = _decoded(mapping, Mapping) if mapping else None
    expectation = _decoded(expected, Expectation) if expected else None
    try:
        received, validation = asyncio.run(_received(file.read_bytes(), told))
    except Unreadable as wrong:
        fail(f"{file}: {wrong}")
    if expectation is None:
        _standard_only(received, validation)
        return
    protocol = check(received, validation, expectation)
    _say(protocol, as_json_)
    if protocol.verdict not in ("passed", "warn"):
        raise SystemExit(1)


async def _received(data: bytes, mapping: Mapping | None) -> tuple[Received, Validation | None]:
    async with Validator() as validator:
        return await receive(data, validator, mapping)


def _say(protocol: Protocol, as_json_: bool) -> None:
    typer.echo(as_json(protocol) if as_json_ else as_text(protocol), nl=False)


def _standard_only(received: Received, validation: Validation | None) -> None:
    invoice = received.invoice
    what = "Credit note" if invoice.credit_note else "Invoice"
    amount = f"{invoice.totals.gross} {invoice.currency}"
    out.print(
        f"{what} {invoice.number} of {invoice.issued}, {amount}, read as {received.form}",
        highlight=False,
        markup=False,
    )
    if validation is None:
        out.print("It has no standard to keep. Give --expected to hold it against a month.")
        return
    rows = [msgspec.structs.asdict(one) | {"warns": "" if one.fatal else "yes"} for one in validation.violations]
    table(f"{validation.fired} rules of {validation.rules} applied", rows, ["rule", "text", "place", "warns"])
    if validation.failure:
        fail(f"There is no verdict: {validation.failure.replace('_', ' ')}.")
    if any(one.fatal for one in validation.violations):
        raise SystemExit(1)


def _decoded(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as wrong:
        fail(f"{file}: {wrong}")
