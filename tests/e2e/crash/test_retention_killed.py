"""Killed between the word and the deed: a key whose end was said is destroyed by the next process, and said once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from services.embedded import embedded
from services.reconciliation.events.retention import MonthKeyExpired
from shared import clock
from shared.settings import Settings
from shared.vault import KeyDestroyed, Vault
from tests.e2e.crash.servers import servers
from tests.e2e.systems import eventually

LONG_AGO = timedelta(days=900)


async def sealed_long_ago(data: Path) -> tuple[str, bytes]:
    """The month in which something was sealed, and the sealed form; its key is past its time."""
    then = clock.now() - LONG_AGO
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.clock.now", lambda: then)
        async with embedded(Settings(data=data)) as system:
            month = f"{then:%Y-%m}"
            key = await system.runtime.kits["calls"].vault.month_key("adria", month)
            return month, key.seal(b"what was sent")


@contextlib.asynccontextmanager
async def at_rest(data: Path, month: str) -> AsyncIterator[tuple[Vault, list[MonthKeyExpired]]]:
    """The vault, and what the log says of the key; nobody is at work."""
    async with embedded(Settings(data=data), roles=frozenset({"api"})) as system:
        kit = system.runtime.kits["reconciliation"]
        commits = await kit.store.load(f"retention-adria:{month}")
        yield (
            kit.vault,
            [event for one in commits for event in msgspec.json.decode(one.events, type=list[MonthKeyExpired])],
        )


async def test_what_was_said_is_done_by_the_next_process_and_said_once(tmp_path: Path) -> None:
    async with servers(tmp_path) as mine:
        month, sealed = await sealed_long_ago(mine.data)
        mine.start("retention.said:1")
        assert await mine.ends_within(120)
        assert await mine.death() == -9
        assert mine.journal.read_text() == "killed at retention.said\n"
        async with at_rest(mine.data, month) as (vault, said):
            assert len(said) == 1
            assert (await vault.keyring([sealed])).open(sealed) == b"what was sent", "said, and not done"

        mine.start()
        assert await mine.ready()
        async with mine.client() as client:

            async def destroyed() -> bool:
                found = (await client.get("/api/v1/reconciliation/month-keys")).json()["items"]
                return [one["state"] for one in found if one["partner_id"] == "adria"] == ["destroyed"]

            await eventually(destroyed)
        await mine.stop()
        async with at_rest(mine.data, month) as (vault, said):
            with pytest.raises(KeyDestroyed):
                (await vault.keyring([sealed])).open(sealed)
            assert [event.kept_months for event in said] == [13]
