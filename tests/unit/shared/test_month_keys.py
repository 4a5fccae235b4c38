"""Month keys: what they seal opens whole or not at all, and once destroyed they open nothing, in whatever process."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ports import Stored, StoreUnavailable
from shared.vault import OLD_KEYS_HELD, KeptMonth, KeyDestroyed, MonthKey, Unopenable, Vault
from tests.unit.shared.documents import MemoryDocuments, SlowDocuments
from tests.unit.shared.test_vault import MASTER, NOW, opened


async def test_what_a_month_key_sealed_opens_after_a_restart() -> None:
    documents = MemoryDocuments()
    sealed = [
        (await (await opened(documents)).month_key("acme", month)).seal(month.encode(), b"item")
        for month in ("2026-03", "2026-04")
    ]
    ring = await (await opened(documents)).keyring(sealed)
    assert [ring.open(item, b"item") for item in sealed] == [b"2026-03", b"2026-04"]


async def test_of_two_makers_of_a_month_key_the_stored_one_stands() -> None:
    documents = SlowDocuments()
    one, two = await opened(documents), await opened(documents)
    first, second = await asyncio.gather(one.month_key("acme", "2026-03"), two.month_key("acme", "2026-03"))
    assert first.id == second.id
    assert second.open(first.seal(b"x")) == b"x"


async def test_two_calls_at_once_share_one_key_object() -> None:
    vault = await opened(SlowDocuments())
    first, second = await asyncio.gather(vault.month_key("acme", "2026-03"), vault.month_key("acme", "2026-03"))
    assert first is second is await vault.month_key("acme", "2026-03")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=20), st.data())
def test_sealed_bytes_open_whole_or_not_at_all(plaintext: bytes, aad: bytes, data: st.DataObject) -> None:
    key = MonthKey("acme", "2026-03", b"12345678", bytes(32))
    sealed = key.seal(plaintext, aad)
    assert key.open(sealed, aad) == plaintext
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + bytes([sealed[at] ^ data.draw(st.integers(1, 255))]) + sealed[at + 1 :]
    for wrong, wrong_aad in ((changed, aad), (sealed[:at], aad), (sealed, aad + b"x")):
        with pytest.raises(Unopenable):
            key.open(wrong, wrong_aad)


async def test_a_destroyed_month_is_closed_for_everybody_at_once() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    held = await vault.month_key("acme", "2026-03")
    kept = await vault.month_key("acme", "2026-04")
    sealed, open_still = held.seal(b"gone"), kept.seal(b"here")
    ring = await vault.keyring([sealed])
    await vault.destroy_month("acme", "2026-03")
    await vault.destroy_month("acme", "2026-03")
    for use in (held.open, held.seal, ring.open):
        with pytest.raises(KeyDestroyed):
            use(sealed)
    for later in (vault, await opened(documents)):
        ring = await later.keyring([sealed, open_still, b"", b"not sealed at all, but long enough to be"])
        assert ring.open(open_still) == b"here"
        with pytest.raises(KeyDestroyed):
            ring.open(sealed)
        with pytest.raises(Unopenable):
            ring.open(b"not sealed at all, but long enough to be")
        with pytest.raises(KeyDestroyed):
            await later.month_key("acme", "2026-03")


class Process:
    """A vault of its own on documents that others use too, and the clock of all."""

    def __init__(self, documents: MemoryDocuments, at: datetime) -> None:
        self.now = at
        self.vault = Vault(documents, MASTER, lambda: self.now)


async def test_what_another_process_destroyed_is_closed_here_after_a_minute() -> None:
    documents = MemoryDocuments()
    ours = Process(documents, NOW)
    await ours.vault.start()
    sealed = (await ours.vault.month_key("acme", "2026-01")).seal(b"gone")
    kept = (await ours.vault.month_key("acme", "2025-12")).seal(b"here")
    ours.now += OLD_KEYS_HELD
    assert (await ours.vault.keyring([sealed])).open(sealed) == b"gone"
    await (await opened(documents)).destroy_month("acme", "2026-01")
    ours.now += OLD_KEYS_HELD - timedelta(seconds=1)
    assert (await ours.vault.keyring([sealed])).open(sealed) == b"gone", "as long as it was read"
    ours.now += timedelta(seconds=1)
    with pytest.raises(KeyDestroyed):
        (await ours.vault.keyring([sealed])).open(sealed)
    with pytest.raises(KeyDestroyed):
        await ours.vault.month_key("acme", "2026-01")
    assert (await ours.vault.keyring([kept])).open(kept) == b"here"


async def test_no_key_of_an_old_month_is_held_for_longer_and_what_is_being_used_goes_on() -> None:
    process = Process(MemoryDocuments(), NOW)
    vault = process.vault
    await vault.start()
    old = await vault.month_key("acme", "2026-01")
    young = [await vault.month_key("acme", month) for month in ("2026-02", "2026-03")]
    process.now += OLD_KEYS_HELD
    assert await vault.month_key("acme", "2026-03") is young[1]
    for held in (vault._months, vault._keys):
        assert [key.month for key in held._values.values()] == ["2026-02", "2026-03"]
    assert old.open(old.seal(b"x")) == b"x"


async def test_what_comes_now_is_sealed_while_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = MemoryDocuments()
    process = Process(documents, NOW)
    await process.vault.start()
    keys = [await process.vault.month_key("acme", month) for month in ("2026-02", "2026-03")]

    async def away(*_: object) -> dict[str, Stored]:
        raise StoreUnavailable("away")

    monkeypatch.setattr(documents, "get", away)
    process.now += timedelta(hours=5)
    assert [await process.vault.month_key("acme", key.month) for key in keys] == keys


async def test_every_month_that_ever_had_a_key_is_told() -> None:
    documents = MemoryDocuments()
    process = Process(documents, NOW)
    await process.vault.start()
    for partner, month in (("b", "2026-01"), ("a", "2026-02"), ("a", "2026-01")):
        await process.vault.month_key(partner, month)
    process.now += timedelta(days=400)
    for _ in range(2):
        await process.vault.destroy_month("a", "2026-01")
        process.now += timedelta(days=1)
    assert await process.vault.months() == [
        KeptMonth("a", "2026-01", True, NOW + timedelta(days=400)),
        KeptMonth("a", "2026-02", False, NOW),
        KeptMonth("b", "2026-01", False, NOW),
    ]


async def test_a_month_destroyed_before_its_first_item_gets_no_key() -> None:
    vault = await opened()
    await vault.destroy_month("acme", "2026-03")
    with pytest.raises(KeyDestroyed):
        await vault.month_key("acme", "2026-03")


async def test_a_key_of_another_vault_is_not_found() -> None:
    theirs = (await (await opened()).month_key("acme", "2026-03")).seal(b"x")
    ring = await (await opened()).keyring([theirs])
    with pytest.raises(Unopenable):
        ring.open(theirs)


async def test_sealing_and_opening_an_item_takes_microseconds() -> None:
    key = await (await opened()).month_key("acme", "2026-03")
    item, rounds = b"x" * 600, 2000

    def lap() -> float:
        start = time.perf_counter()
        for _ in range(rounds):
            key.open(key.seal(item, b"aad"), b"aad")
        return (time.perf_counter() - start) / rounds

    # The best of several laps, and ten times the usual cost: this finds a slow design, not a busy machine.
    assert min(lap() for _ in range(5)) < 80e-6
