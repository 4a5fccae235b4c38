"""How the command line reaches Tallyline: the server that has the data folder, or the whole system in this process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx

from shared.security import local_key
from shared.settings import SettingError, Settings

IN_PROCESS = "tallyline"
"""The host of a client whose system is in this process."""
ADDRESS = "address"
"""A file of the data folder: where the server that has it listens."""
DEMO = "demo"
"""A file of the data folder that marks it as a demo's."""


def of_folder(settings: Settings) -> Settings:
    """The settings with what the data folder says of itself."""
    return replace(settings, demo=True) if (settings.data / DEMO).exists() else settings


def announce(settings: Settings) -> None:
    """Write down where this server listens."""
    (settings.data / ADDRESS).write_text(f"http://{settings.host}:{settings.port}\n", encoding="ascii")


@contextlib.asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the local key: of the running server, else of a system that lives as long as this block.

    SettingError on the distributed engine when its gateway does not answer.
    """
    settings = of_folder(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = settings.data / ADDRESS
    if address.exists():
        key = {"authorization": f"Bearer {local_key(settings.data)}"}
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        url = address.read_text(encoding="ascii").strip()
        async with httpx.AsyncClient(base_url=url, headers=key, timeout=600, limits=limits) as client:
            if await _is_there(client):
                yield client
                return
    if settings.engine == "distributed":
        raise SettingError(f"The gateway of the data folder {settings.data} does not answer.")
    from services.embedded import embedded  # most commands ask a server, and need none of its code

    async with embedded(settings) as system:
        await system.settled()
        yield system.client


async def _is_there(client: httpx.AsyncClient) -> bool:
    try:
        await client.get("/livez")
    except httpx.HTTPError:
        return False
    return True  # whatever it says of itself


def said(answer: httpx.Response) -> str:
    """What a problem document says, with the fields that it names."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.text[:200]}"
    fields = "; ".join(f"{e['field']}: {e['detail']}" for e in problem.get("errors", ()))
    return f"{answer.status_code} {problem.get('detail', '')} {fields}".strip()
