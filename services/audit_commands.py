"""`tallyline audit`: the audit log verified, written to a file, and its heads told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from services.client import connected, said
from services.terminal import fail, out, table
from shared.audit.entries import Head, Kept, head_of, id_of
from shared.audit.verifying import Chain, Found, verify
from shared.settings import Settings

audit = typer.Typer(no_args_is_help=True, help="The audit log: who changed something or took something out.")
Data = Annotated[Path | None, typer.Option(help="Data folder (TALLYLINE_DATA, data).")]
PREFIX = "/api/v1/audit"


def _settings(data: Path | None) -> Settings:
    settings = Settings.from_environment(os.environ)
    return settings if data is None else replace(settings, data=data)


@audit.command("verify")
def verify_log(
    file: Annotated[
        Path | None, typer.Option(help="A file of `audit export`: its chains alone.", exists=True, dir_okay=False)
    ] = None,
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="A head that was told before: chain:n:hash.")
    ] = None,
    data: Data = None,
) -> None:
    """Is the audit log what it was? Names the first broken link of each chain, and ends with 1 where there is one."""
    try:
        told = [head_of(text) for text in heads or ()]
    except ValueError:
        fail("A head looks like calls:1841:9c0f…, as it was told.")
    chains = asyncio.run(_verified(_settings(data), told) if file is None else _verified_file(file, told))
    rows: list[dict[str, Any]] = [
        {
            "chain": chain.chain,
            "entries": chain.entries,
            "without_outcome": chain.unfinished,
            "verdict": f"entry {chain.broken.n}: {chain.broken.why}" if chain.broken else "as it was",
        }
        for chain in chains
    ]
    table("The audit log", rows, ["chain", "entries", "without_outcome", "verdict"])
    for chain in chains:
        out.print(f"head {chain.head or 'none'}", highlight=False)
    if any(chain.broken for chain in chains):
        raise SystemExit(1)


@audit.command("export")
def export_log(
    file: Annotated[Path, typer.Argument(help="The file to write, an entry a line.", dir_okay=False)],
    data: Data = None,
) -> None:
    """Write the whole audit log into a file. That it was taken out is its last entry."""

    async def work() -> int:
        count = 0
        async with connected(_settings(data)) as client, client.stream("GET", f"{PREFIX}/export") as answer:
            if answer.status_code >= 400:
                await answer.aread()
                fail(said(answer))
            with await asyncio.to_thread(file.open, "wb") as target:
                async for piece in answer.aiter_bytes():
                    count += piece.count(b"\n")
                    target.write(piece)
        return count

    out.print(f"{asyncio.run(work())} entries: {file}")


async def _verified(settings: Settings, heads: list[Head]) -> list[Chain]:
    async with connected(settings) as client:
        answer = await client.get(f"{PREFIX}/verification", params={"head": [str(head) for head in heads]})
        if answer.status_code >= 400:
            fail(said(answer))
        return msgspec.convert(answer.json()["items"], list[Chain])


async def _verified_file(file: Path, heads: list[Head]) -> list[Chain]:
    return list(await verify(_lines(file), None, heads=heads))


async def _lines(file: Path) -> AsyncIterator[Found]:
    with await asyncio.to_thread(file.open, "rb") as source:
        chain, n = "unreadable", 0
        for line in source:
            try:
                entry = msgspec.json.decode(line, type=Kept).entry
                chain, n = entry.chain, entry.n
            except msgspec.DecodeError:
                n += 1  # it takes the place behind the line before it, and is found out there
            yield Found(id_of(chain, n), line)
