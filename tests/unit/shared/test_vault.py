"""The vault: one token a number, nothing readable at rest, and erasing that cannot be undone."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.master import master_key
from shared.notes import month_subject
from shared.ports import Put, Stored, StoreUnavailable
from shared.profiles import CustomerProfile
from shared.settings import SettingError, Settings
from shared.vault import Unopenable, Vault
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.shared.documents import SlowDocuments as Slow

MASTER = bytes(range(32))
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NUMBER = "+4915730992001"


def clock() -> datetime:
    return NOW


class SlowDocuments(Slow):
    """Gives way before each write too."""

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        await asyncio.sleep(0)
        await super().put(collection, puts)


async def opened(documents: MemoryDocuments | None = None, key: bytes = MASTER) -> Vault:
    vault = Vault(documents if documents is not None else MemoryDocuments(), key, clock)
    await vault.start()
    return vault


# Customers


async def test_a_number_keeps_its_token_also_after_a_restart() -> None:
    documents = MemoryDocuments()
    first = await (await opened(documents)).customer_refs([NUMBER, "+381601234567"])
    again = await (await opened(documents)).customer_refs([NUMBER])
    assert again[NUMBER] == first[NUMBER]
    assert first[NUMBER] != first["+381601234567"]
    assert first[NUMBER].startswith("cus_")
    assert len(first[NUMBER]) == 4 + 32


async def test_tokens_lead_back_to_their_numbers_in_bulk() -> None:
    documents = MemoryDocuments()
    numbers = [f"+38160{n:07}" for n in range(1203)]
    refs = await (await opened(documents)).customer_refs(numbers)
    assert len(set(refs.values())) == len(numbers)
    back = await (await opened(documents)).customer_numbers([*refs.values(), "cus_unknown"])
    assert back == {ref: number for number, ref in refs.items()}
    assert await (await opened(documents)).customer_number("cus_unknown") is None


async def test_of_two_that_meet_a_number_at_once_one_token_wins_and_both_get_it() -> None:
    documents = SlowDocuments()
    one, two = await opened(documents), await opened(documents)
    numbers = [NUMBER, "+381601234567"]
    first, second = await asyncio.gather(one.customer_refs(numbers), two.customer_refs([*numbers[::-1], "+43660111"]))
    assert {number: second[number] for number in numbers} == first
    third = await opened(documents)
    assert await third.customer_refs(numbers) == first
    assert await third.customer_numbers(list(second.values())) == {ref: number for number, ref in second.items()}
    assert len(documents.collections["vault_customers"]) == 3, "the losing tokens are gone"


async def test_an_erased_customer_is_nowhere_and_calls_again_under_a_new_token() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    ref = (await vault.customer_refs([NUMBER]))[NUMBER]
    other = (await vault.customer_refs(["+381601234567"]))["+381601234567"]
    assert await vault.erase_customer(ref)
    assert await vault.customer_number(ref) is None
    assert len(documents.collections["vault_numbers"]) == len(documents.collections["vault_customers"]) == 1
    new = (await vault.customer_refs([NUMBER]))[NUMBER]
    assert new != ref, "neither the cache nor a document remembers the old token"
    assert await vault.customer_numbers([ref, new, other]) == {new: NUMBER, other: "+381601234567"}
    assert not await vault.erase_customer(ref), "erasing again finds nothing, and leaves the new token alone"
    assert await vault.customer_number(new) == NUMBER


async def test_a_customer_whom_another_process_erased_calls_again_under_a_new_token() -> None:
    documents = MemoryDocuments()
    tracking, answering = await opened(documents), await opened(documents)
    for _ in range(2):
        ref = (await tracking.customer_refs([NUMBER]))[NUMBER]
        assert await answering.erase_customer(ref)
        new = (await tracking.customer_refs([NUMBER]))[NUMBER]
        assert new != ref
        assert await answering.customer_numbers([ref, new]) == {new: NUMBER}


async def test_a_number_read_while_it_is_erased_is_not_remembered() -> None:
    class Held(MemoryDocuments):
        def __init__(self) -> None:
            super().__init__()
            self.reading, self.go_on = asyncio.Event(), asyncio.Event()

        async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
            found = await super().get(collection, ids)
            if collection == "vault_numbers" and not self.reading.is_set():
                self.reading.set()
                await self.go_on.wait()
            return found

    documents = Held()
    documents.reading.set()
    ref = (await (await opened(documents)).customer_refs([NUMBER]))[NUMBER]
    documents.reading.clear()
    vault = await opened(documents)
    reader = asyncio.create_task(vault.customer_refs([NUMBER]))
    await documents.reading.wait()
    await vault.erase_customer(ref)
    documents.go_on.set()
    assert (await reader)[NUMBER] == ref, "the reader began before"
    assert (await vault.customer_refs([NUMBER]))[NUMBER] != ref


async def test_an_erasure_that_got_stuck_is_finished_by_asking_again() -> None:
    class Stuck(MemoryDocuments):
        broken = False

        async def delete(self, collection: str, ids: Sequence[str]) -> None:
            await super().delete(collection, ids)
            if self.broken:
                raise StoreUnavailable

    documents = Stuck()
    vault = await opened(documents)
    ref = (await vault.customer_refs([NUMBER]))[NUMBER]
    documents.broken = True
    with pytest.raises(StoreUnavailable):
        await vault.erase_customer(ref)
    documents.broken = False
    new = (await vault.customer_refs([NUMBER]))[NUMBER]
    assert new != ref
    assert await vault.customer_numbers([ref, new]) == {new: NUMBER}
    assert await vault.erase_customer(ref)
    assert await vault.customer_numbers([ref, new]) == {new: NUMBER}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_after_any_calls_and_erasures_a_number_has_one_token_that_leads_back(steps: list[tuple[int, bool]]) -> None:
    async def run() -> None:
        vault = await opened()
        tokens: dict[str, str] = {}
        retired: set[str] = set()
        for who, erased in steps:
            number = f"+4366012345{who}"
            if erased and number in tokens:
                assert await vault.erase_customer(tokens[number])
                retired.add(tokens.pop(number))
            else:
                ref = (await vault.customer_refs([number]))[number]
                assert tokens.setdefault(number, ref) == ref
        assert await vault.customer_numbers([*tokens.values(), *retired]) == {ref: n for n, ref in tokens.items()}

    asyncio.run(run())


# At rest


async def test_nothing_personal_or_secret_is_readable_in_what_is_stored() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    await vault.customer_refs([NUMBER])
    await vault.put_secret("source/tw/c1", "very-secret-token")
    (await vault.month_key("acme", "2026-03")).seal(NUMBER.encode())
    everything = b"\n".join(documents.bodies)
    for plain in (NUMBER.encode(), NUMBER[1:].encode(), b"very-secret-token", MASTER):
        for form in (plain, base64.b64encode(plain), plain.hex().encode(), base64.b64encode(plain)[:-4]):
            assert form not in everything


async def test_another_master_key_is_refused_at_the_start() -> None:
    documents = MemoryDocuments()
    await opened(documents)
    with pytest.raises(SettingError, match="another master key"):
        await opened(documents, key=bytes(32))


async def test_a_document_moved_to_another_place_does_not_open() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    await vault.put_secret("source/a/1", "a-secret")
    stored = (await documents.get("vault_secrets", ["source/a/1"]))["source/a/1"]
    await documents.put("vault_secrets", [Put("source/b/1", 0, stored.body)])
    with pytest.raises(Unopenable):
        await vault.get_secret("source/b/1")


# Secrets


async def test_a_secret_is_kept_replaced_and_deleted() -> None:
    vault = await opened()
    name = Vault.credential_name("tw-ex-01", "c1")
    assert await vault.get_secret(name) is None
    await vault.put_secret(name, "first")
    await vault.put_secret(name, "zwölf")
    assert await vault.get_secrets([name, "none"]) == {name: "zwölf"}
    await vault.delete_secret(name)
    await vault.delete_secret(name)
    assert await vault.get_secret(name) is None


# The master key


def test_the_master_key_is_the_setting_else_a_file_made_once(tmp_path: Path) -> None:
    assert master_key(Settings(data=tmp_path, master_key=MASTER)) == MASTER
    assert not list(tmp_path.iterdir())
    made = master_key(Settings(data=tmp_path))
    assert len(made) == 32
    assert master_key(Settings(data=tmp_path)) == made
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600


def test_a_master_key_file_that_holds_no_key_or_is_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.touch(mode=0o600)
    with pytest.raises(SettingError, match="32 bytes"):
        master_key(Settings(data=tmp_path))
    path.chmod(0o644)
    with pytest.raises(SettingError, match="mode 0644"):
        master_key(Settings(data=tmp_path))


# Profiles

ANA = CustomerProfile(name="Ana Anić", city="Zagreb", notes="Rings twice.")


async def customer(vault: Vault, number: str = NUMBER) -> str:
    return (await vault.customer_refs([number]))[number]


async def test_a_profile_is_added_to_replaced_and_gone_with_its_customer() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    ref = await customer(vault)
    assert await vault.profiles.get([ref]) == {}
    assert await vault.profiles.add({ref: ANA, "cus_nobody": ANA}) == {"cus_nobody"}
    await vault.profiles.add({ref: CustomerProfile(city="Split", email="a@example.org")})
    later = await opened(documents)
    added = CustomerProfile(name="Ana Anić", city="Split", email="a@example.org", notes="Rings twice.")
    assert await later.profiles.get([ref, "cus_nobody"]) == {ref: added}
    assert await later.profiles.replace(ref, CustomerProfile(name="A. A."))
    assert (await vault.profiles.get([ref]))[ref] == CustomerProfile(name="A. A.")
    assert await vault.erase_customer(ref)
    assert await vault.profiles.get([ref]) == {}
    assert documents.collections["vault_profiles"] == {}
    assert not await vault.profiles.replace(ref, ANA)
    assert documents.collections["vault_profiles"] == {}


async def test_of_two_who_write_a_profile_at_once_nothing_is_lost() -> None:
    documents = SlowDocuments()
    one, two = await opened(documents), await opened(documents)
    ref = await customer(one)
    said = (CustomerProfile(name="Ana Anić"), CustomerProfile(city="Zagreb"), CustomerProfile(notes="Rings twice."))
    await asyncio.gather(*(vault.profiles.add({ref: each}) for vault in (one, two) for each in said))
    assert (await one.profiles.get([ref]))[ref] == ANA


async def test_a_profile_that_is_written_while_its_customer_is_erased_does_not_stay() -> None:
    for erase_first in range(6):
        documents = SlowDocuments()
        vault = await opened(documents)
        ref = await customer(vault)

        async def erase(steps: int = erase_first, vault: Vault = vault, ref: str = ref) -> None:
            for _ in range(steps):
                await asyncio.sleep(0)
            await vault.erase_customer(ref)

        await asyncio.gather(vault.profiles.add({ref: ANA}), erase())
        assert await vault.profiles.get([ref]) == {}
        assert documents.collections["vault_profiles"] == {}


async def test_a_note_is_sealed_under_its_customers_key_and_gone_with_it() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    ref, other = await customer(vault), await customer(vault, "+381601234567")
    assert await vault.notes.put("handover/1", ref, "Rings twice.")
    assert await vault.notes.put("handover/2", other, "Never rings.")
    assert not await vault.notes.put("handover/3", "cus_nobody", "Who?")
    assert b"Rings" not in b"".join(documents.bodies)
    later = await opened(documents)
    assert await later.notes.get("handover/1", ref) == "Rings twice."
    assert await later.notes.get("handover/1", other) is None, "somebody else's note is none"
    assert await later.notes.get("handover/4", ref) is None
    kept = documents.collections["vault_notes"]["handover/1"][0].body
    assert await vault.erase_customer(ref)
    assert await vault.notes.get("handover/1", ref) is None
    assert set(documents.collections["vault_notes"]) == {"handover/2"}
    assert await vault.notes.get("handover/2", other) == "Never rings."
    again = await customer(vault)
    await documents.put("vault_notes", [Put("handover/1", None, kept)])
    assert await vault.notes.get("handover/1", again) is None


async def test_a_note_about_nobody_that_is_known_is_sealed_under_the_partners_month_and_gone_with_it() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    ref = await customer(vault)
    march, april = (month_subject("adria", datetime(2026, month, 4, tzinfo=UTC)) for month in (3, 4))
    assert (march, april) == ("month/adria/2026-03", "month/adria/2026-04")
    for name, subject in (("survey/c1/1", march), ("survey/c2/1", april), ("survey/c3/1", ref)):
        assert await vault.notes.put(name, subject, f"Said in {name}.")
    assert b"Said in" not in b"".join(documents.bodies)
    names = [f"survey/c{n}/1" for n in (1, 2, 3, 4)]
    later = await opened(documents)
    assert await later.notes.read(names) == {name: f"Said in {name}." for name in names[:3]}
    await vault.destroy_month("adria", "2026-03")
    assert not await vault.notes.put("survey/c5/1", march, "Too late.")
    assert await vault.erase_customer(ref)
    assert await vault.notes.read(names) == {"survey/c2/1": "Said in survey/c2/1."}


async def test_a_note_that_is_written_while_its_customer_is_erased_does_not_stay() -> None:
    for erase_first in range(6):
        documents = SlowDocuments()
        vault = await opened(documents)
        ref = await customer(vault)

        async def erase(steps: int = erase_first, vault: Vault = vault, ref: str = ref) -> None:
            for _ in range(steps):
                await asyncio.sleep(0)
            await vault.erase_customer(ref)

        await asyncio.gather(vault.notes.put("handover/1", ref, "Rings twice."), erase())
        assert await vault.notes.get("handover/1", ref) is None


async def test_no_name_is_readable_at_rest_and_no_profile_opens_in_anothers_place() -> None:
    documents = MemoryDocuments()
    vault = await opened(documents)
    ref, other = await customer(vault), await customer(vault, "+381601234567")
    await vault.profiles.add({ref: ANA, other: CustomerProfile(name="Bo")})
    stored = b"".join(documents.bodies)
    for word in ("Ana", "Zagreb", "Rings", NUMBER):
        assert word.encode() not in stored
    mine = documents.collections["vault_profiles"][ref][0].body
    await documents.put("vault_profiles", [Put(other, None, mine)])
    assert await vault.profiles.get([other]) == {}, "somebody else's profile is none"


async def test_marks_are_equal_for_equal_texts_of_one_purpose_under_one_key() -> None:
    one, again = await opened(), await opened()
    other = await opened(key=bytes(32))
    assert one.mark("a", NUMBER) == again.mark("a", NUMBER)
    assert len({one.mark("a", NUMBER), one.mark("b", NUMBER), one.mark("a", "x"), other.mark("a", NUMBER)}) == 4
    assert await one.known_ref(NUMBER) is None
    ref = await customer(one)
    assert await one.known_ref(NUMBER) == ref
