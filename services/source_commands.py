"""`tallyline sources add`, `replay` and `upload`: sources set up, stored deliveries read again by corrected connectors,
files handed in."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import typer

from services.client import connected, of_folder, said
from services.terminal import err, fail, out, table
from shared.settings import Settings

Data = Annotated[Path | None, typer.Option(help="Data folder (TALLYLINE_DATA, data).")]


def add(
    file: Annotated[Path, typer.Argument(help="A source.json of the fixture form.", exists=True, dir_okay=False)],
    partner: Annotated[str, typer.Option(help="Whose source it is.")],
    data: Data = None,
    live: Annotated[bool, typer.Option("--live", help="On the real clock (else: replay, counted as a test).")] = False,
) -> None:
    """Set up a source, with its partner if it is not there. Ends when the door takes its deliveries."""
    from services.simulate.driver import NotSetUp, add_source

    settings, document = _settings(data), json.loads(file.read_text(encoding="utf-8"))

    async def work() -> dict[str, Any]:
        async with connected(settings) as client:
            try:
                return await add_source(client, document, partner, live, settings.demo)
            except (NotSetUp, ValueError, KeyError) as wrong:
                fail(str(wrong))

    ready = asyncio.run(work())
    out.print_json(json.dumps(ready))
    if not ready["served"]:
        err.print("It is set up, but the door does not take its deliveries yet: wait a moment before you send.")


def replay(
    partner: Annotated[str, typer.Option(help="Whose sources.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, in the source's zone.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last.")],
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the corrections; without it they are only shown.")
    ] = False,
    data: Data = None,
) -> None:
    """Run corrected connectors over stored deliveries: what would change, and with --apply the corrections.

    Ends with 1 where something would change in a month that was agreed: it has to be reopened first.
    """
    if not asyncio.run(_replay(_settings(data), partner, source, (start, end), apply)):
        raise SystemExit(1)


def upload(
    source: Annotated[str, typer.Argument(help="The source.")],
    file: Annotated[Path, typer.Argument(help="A file of its platform.", exists=True, dir_okay=False)],
    meta: Annotated[str, typer.Option(help='What the connector is told of it, such as {"kind": "cdr"}.')] = "{}",
    data: Data = None,
) -> None:
    """Hand in a file of the platform. The same file twice is one. Ends with 1 where nobody can read it."""

    async def work() -> Any:
        async with connected(_settings(data)) as client:
            content = await asyncio.to_thread(file.read_bytes)
            url = f"/api/v1/sources/{source}/files"
            return _good(await client.post(url, params={"meta": meta}, content=content))

    told = asyncio.run(work())
    if told["unreadable"]:
        fail(f"{file.name}: {told['unreadable']}")
    out.print(f"{told['items']} items: {told['delivery']}", highlight=False)


def _settings(data: Path | None) -> Settings:
    settings = Settings.from_environment(os.environ)
    return of_folder(settings if data is None else replace(settings, data=data))


async def _replay(
    settings: Settings, partner: str, source: str | None, days: tuple[datetime, datetime], apply: bool
) -> bool:
    async with connected(settings) as client:
        listed = _good(await client.get("/api/v1/sources", params={"limit": 500}))["items"]
        mine = [one for one in listed if one["partner"] == partner and source in (None, one["id"])]
        if not mine:
            fail(f"{partner} has no such source.")
        fine = True
        for one in mine:
            zone = ZoneInfo(one["settings"].get("day_zone", "UTC"))
            low, high = (day.replace(tzinfo=zone).isoformat() for day in days)
            asked = {"from": low, "to": high, "apply": apply}
            answer = await client.post(f"/api/v1/sources/{one['id']}/replay", json=asked)
            if answer.status_code == httpx.codes.CONFLICT:
                out.print(f"{one['id']}: {said(answer)}", markup=False)
                fine = False
                continue
            fine = _show(_good(answer)) and fine
        return fine


def _good(answer: httpx.Response) -> Any:
    if answer.status_code >= 400:
        fail(said(answer))
    return answer.json()


def _show(found: dict[str, Any]) -> bool:
    """Print what changes; False when some of it lies in months that stand."""
    rows = [
        day | {"tally": ", ".join(f"{name} {by:+}" for name, by in sorted(day["tally"].items()))}
        for day in found["days"]
    ]
    title = f"{found['source']}: {found['changed']} of {found['documents']} calls and agents' days change"
    table(title, rows, ["day", "added", "changed", "reversed", "tally"])
    if found["left"]:
        out.print("left as it was: " + ", ".join(f"{n} {why}" for why, n in found["left"].items()))
    if found["agreed"]:
        out.print(f"agreed with the partner, to be reopened first: {', '.join(found['agreed'])}")
    out.print(f"{found['appended']} items appended" if found["applied"] else "nothing was changed; --apply does it")
    return not found["agreed"]
