"""`tallyline month`: a partner's report submitted to Tallyline, compared there, and told here as it goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.client import connected, said
from services.terminal import fail, out, table
from shared.contracts.terms import shown
from shared.settings import Settings

months = typer.Typer(no_args_is_help=True, help="Months of partners: reports compared with our count, and agreed.")
Partner = Annotated[str, typer.Argument(help="The partner's id.")]
Month = Annotated[str, typer.Argument(help="The month, such as 2026-03.")]
API = "/api/v1/reconciliation/months"
KEYS = "/api/v1/reconciliation/month-keys"
LOOKS_EVERY_S = 0.2
OVER = ("done", "failed", "cancelled")


@months.command("submit")
def month_submit(
    partner: Partner,
    month: Month,
    report: Annotated[Path, typer.Argument(help="The partner's report as it came.", exists=True, dir_okay=False)],
) -> None:
    """Submit a report and follow the comparison to its end. Ends with 1 where it can't be compared."""
    asyncio.run(_submit(f"{API}/{partner}:{month}", report))


@months.command("show")
def month_show(partner: Partner, month: Month) -> None:
    """The mismatches of a month with whose they are, and where each line and call ends."""
    asyncio.run(_show(f"{API}/{partner}:{month}"))


@months.command("cancel")
def month_cancel(partner: Partner, month: Month) -> None:
    """Break the comparison off. What was gathered is kept for the next."""
    asyncio.run(_post(f"{API}/{partner}:{month}/run/cancel"))


@months.command("again")
def month_again(partner: Partner, month: Month) -> None:
    """Compare the last report again, and follow it."""
    asyncio.run(_again(f"{API}/{partner}:{month}"))


@months.command("release")
def month_release(
    partner: Partner, month: Month, because: Annotated[str, typer.Option(help="Why no report comes any more.")]
) -> None:
    """Say that no report comes any more: the month holds no key, and what was sent is destroyed after its time."""
    asyncio.run(_post(f"{KEYS}/{partner}:{month}/release", {"reason": because}))
    out.print(f"{partner} {month}: released", markup=False)


async def _submit(url: str, report: Path) -> None:
    async with connected(Settings.from_environment(os.environ)) as client:
        content = await asyncio.to_thread(report.read_bytes)
        _must(await client.post(f"{url}/reports", params={"name": report.name}, content=content))
        await _follow(client, url)


async def _again(url: str) -> None:
    async with connected(Settings.from_environment(os.environ)) as client:
        _must(await client.post(f"{url}/run"))
        await _follow(client, url)


async def _post(url: str, body: Mapping[str, str] | None = None) -> None:
    async with connected(Settings.from_environment(os.environ)) as client:
        _must(await client.post(url, json=body))


async def _show(url: str) -> None:
    async with connected(Settings.from_environment(os.environ)) as client:
        _tell(_must(await client.get(url)))


async def _follow(client: httpx.AsyncClient, url: str) -> None:
    """The run until it is over, and what came of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("waiting", total=None, told="")
        while True:
            answer = await client.get(f"{url}/run")
            run: dict[str, Any] = {"standing": "waiting"}
            if answer.status_code != httpx.codes.NOT_FOUND:  # the month is in the view a little later
                run = _must(answer)
            lines, left = run.get("lines"), run.get("seconds_left")
            told = (f"{lines} lines" if lines else "") + (f", {left:.0f} s left" if left is not None else "")
            phase, number, of = (run.get(name) for name in ("phase", "phase_number", "phases"))
            progress.update(task, description=phase or "waiting", total=of, completed=number, told=told)
            if run["standing"] in OVER:
                break
            await asyncio.sleep(LOOKS_EVERY_S)
    month = _must(await client.get(url))
    while month["stage"] == "submitted" and run["standing"] != "cancelled":
        await asyncio.sleep(LOOKS_EVERY_S)  # what the run said is published and applied a little later
        month = _must(await client.get(url))
    if run["standing"] == "failed":
        failed = month["failed"]  # of a run that was asked for again the month may tell a little later
        fail(f"{failed['code']}: {failed['detail']}" if failed else run["cause"])
    _tell(month)


def _tell(month: dict[str, Any]) -> None:
    done = month["reconciled"]
    out.print(
        f"{month['partner_id']} {month['month']}: {month['stage']}, {len(month['reports'])} reports", markup=False
    )
    if done is None:
        return
    if (other := month["elsewhere"]) is not None:
        out.print(
            f"{other['lines']} of {done['lines']} lines are of other months, most of {other['month']}", markup=False
        )
    currency = done["currency"]
    rows = [
        {
            "id": id_,
            "kind": one["found"]["kind"],
            "whose": one["found"]["party"] if one["attributed"] is None else one["attributed"]["party"],
            "how sure": one["found"]["confidence"],
            "lines": one["found"]["lines"],
            "more than ours": shown(one["found"]["moved"]["minor"], currency),
            "because": one["found"]["proof"],
        }
        for id_, one in month["mismatches"].items()
    ]
    table("Mismatches", rows, ["id", "kind", "whose", "how sure", "lines", "more than ours", "because"])
    sums = [
        {
            "state": one["state"],
            "units": one["units"],
            "theirs": shown(one["theirs_minor"], currency),
            "ours": shown(one["ours_minor"], currency),
        }
        for one in done["totals"]
    ]
    table("Where each line and call ends", sums, ["state", "units", "theirs", "ours"])


def _must(answer: httpx.Response) -> Any:
    if answer.is_error:
        fail(said(answer))
    return answer.json()
