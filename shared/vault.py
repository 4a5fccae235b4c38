"""Customers' personal data under keys of their own, the month keys of items, and the secrets of sources."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared import notes, profiles
from shared.clock import Clock
from shared.engine.moving import Keep
from shared.master import derived
from shared.notes import Notes
from shared.ports import Documents, Put, Refused, Stored, every
from shared.profiles import Profiles
from shared.recent import Recent
from shared.settings import SettingError

KEYS, SECRETS, CUSTOMERS, NUMBERS, CHECK, ERASED = (
    "vault_month_keys",
    "vault_secrets",
    "vault_customers",
    "vault_numbers",
    "vault_check",
    "vault_erased",
)
LAST = "last"
"""The one document of `vault_erased`: another one after each erasure, of whomever."""
MONTH_KEYS_HELD = 4096
OLD_KEYS_HELD = timedelta(minutes=1)
"""How long keys of old months are held before they are read again: another process may have destroyed them. Those of
this month and the one before are never destroyed, and are held while the store is away too."""
CUSTOMERS_HELD = 200_000
CHUNK = 500
"""Documents of one read or write, so that a bulk call never holds up the others for long."""

_FORMAT = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_NONCE_AT = 1 + _ID_BYTES
_TEXT_AT = _NONCE_AT + _NONCE_BYTES


class KeyDestroyed(Exception):
    """The key was destroyed on purpose: what it sealed cannot be read again, by anybody."""


class Unopenable(Exception):
    """The bytes are not what the key sealed: another key, another place, or somebody changed them."""


class MonthKey:
    """The key of one partner's items of one month. Safe to hold: it stops working when the month is destroyed."""

    __slots__ = ("_cipher", "_head", "id", "month", "partner")

    def __init__(self, partner: str, month: str, key_id: bytes, key: bytes | None) -> None:
        """Without `key`: of a month that is destroyed."""
        self.partner = partner
        self.month = month
        self.id = key_id
        self._head = _FORMAT + key_id
        self._cipher = None if key is None else AESGCM(key)

    def forget(self) -> None:
        """From now on this key neither seals nor opens."""
        self._cipher = None

    def cipher(self) -> AESGCM:
        """KeyDestroyed once the month was destroyed."""
        if self._cipher is None:
            raise KeyDestroyed(f"{self.partner} {self.month}")
        return self._cipher

    def seal(self, plaintext: bytes, aad: bytes = b"") -> bytes:
        """Encrypted, with the key's id in front. The same `aad` is needed to open it. KeyDestroyed."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._head + nonce + self.cipher().encrypt(nonce, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes = b"") -> bytes:
        """What was sealed. Unopenable when it is not this key's or was changed, KeyDestroyed."""
        if not sealed.startswith(self._head):
            raise Unopenable("sealed under another key")
        return _decrypt(self.cipher(), memoryview(sealed)[_NONCE_AT:], aad)


class Keyring:
    """The keys that a batch of sealed items needs: opening is then plain computing, item by item."""

    def __init__(self, keys: Mapping[bytes, MonthKey]) -> None:
        self._keys = keys

    def open(self, sealed: bytes, aad: bytes = b"") -> bytes:
        """What was sealed. KeyDestroyed when its month is gone, Unopenable when it is not ours or was changed."""
        key = self._keys.get(sealed[1:_NONCE_AT]) if _is_sealed(sealed) else None
        if key is None:
            raise Unopenable("not sealed by this vault")
        return key.open(sealed, aad)


class KeptMonth(NamedTuple):
    """A partner's month that has a key, or had one. `at`: when it was made, or destroyed."""

    partner: str
    month: str
    destroyed: bool
    at: datetime


class _MonthKeyDoc(msgspec.Struct, frozen=True):
    """`wrapped` is None once the month was destroyed; the document stays, to say so."""

    key_id: str
    partner: str
    month: str
    wrapped: bytes | None
    changed_at: datetime


class _SecretDoc(msgspec.Struct, frozen=True):
    sealed: bytes
    changed_at: datetime


class _NumberDoc(msgspec.Struct, frozen=True):
    """A customer, found by the index of the number: one document, so that it exists whole or not at all."""

    ref: str
    wrapped: bytes
    sealed: bytes
    created_at: datetime


class _CustomerDoc(msgspec.Struct, frozen=True):
    """The way from a token back to the index of the number. One that leads nowhere is harmless."""

    index: str


T = TypeVar("T")
_encode = msgspec.json.encode


class Vault:
    """Everything that is secret or personal, as documents that are of no use without the master key."""

    def __init__(self, documents: Documents, master_key: bytes, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._wrapping = AESGCM(derived(master_key, b"wrapping"))
        self._indexing = derived(master_key, b"number index")
        self._marking = derived(master_key, b"marks")
        self.profiles = Profiles(documents, self._own_keys)
        self.notes = Notes(documents, self._note_keys)
        self._months: Recent[MonthKey] = Recent(MONTH_KEYS_HELD)
        self._keys: Recent[MonthKey] = Recent(MONTH_KEYS_HELD)
        self._old_read = clock()
        self._refs: Recent[str] = Recent(CUSTOMERS_HELD)
        self._erased = b""
        self._removals = 0
        """How often something was destroyed or erased: what was read before that is not cached after it."""

    async def start(self) -> None:
        """Create what is missing. SettingError when the documents were made under another master key."""
        await asyncio.gather(*(self._documents.declare(keep.collection, keep.indexes) for keep in KEEPS))
        doc = await self._put_if_absent(CHECK, "master", _encode(self._wrap(b"tallyline", "check")))
        try:
            self._unwrap(_decode(doc, bytes), "check")
        except Unopenable:
            raise SettingError("The vault was made under another master key than the one given now.") from None

    # Month keys

    async def month_key(self, partner: str, month: str) -> MonthKey:
        """The key for the partner's items of a month such as `2026-03`; made on first use. KeyDestroyed."""
        self._let_go_of_old()
        doc_id = f"{partner}/{month}"
        if key := self._months.get(doc_id):
            return key
        removals = self._removals
        stored = (await self._documents.get(KEYS, [doc_id])).get(doc_id)
        if stored is None:
            key_id = os.urandom(_ID_BYTES).hex()
            fresh = self._wrap(AESGCM.generate_key(256), f"month/{doc_id}/{key_id}")
            doc = _MonthKeyDoc(key_id, partner, month, fresh, self._clock())
            stored = await self._put_if_absent(KEYS, doc_id, _encode(doc), {"key_id": key_id})
        return self._held(_decode(stored, _MonthKeyDoc), removals)

    async def keyring(self, sealed: Iterable[bytes]) -> Keyring:
        """The keys of these items, destroyed ones included. Never fails for an item: opening it is what says so."""
        self._let_go_of_old()
        keys: dict[bytes, MonthKey] = {}
        for key_id in {item[1:_NONCE_AT] for item in sealed if _is_sealed(item)}:
            key = self._keys.get(key_id.hex()) or await self._find_key(key_id.hex())
            if key is not None:
                keys[key_id] = key
        return Keyring(keys)

    async def destroy_month(self, partner: str, month: str) -> None:
        """Make everything that the month's key sealed unreadable, for ever. Idempotent; no new key can be made."""
        doc_id = f"{partner}/{month}"
        while True:
            stored = (await self._documents.get(KEYS, [doc_id])).get(doc_id)
            doc = _decode(stored, _MonthKeyDoc) if stored else None
            if doc is not None and doc.wrapped is None:
                break
            key_id = doc.key_id if doc else os.urandom(_ID_BYTES).hex()
            doc = _MonthKeyDoc(key_id, partner, month, None, self._clock())
            revision = stored.revision if stored else 0
            with contextlib.suppress(Refused):  # somebody else changed it: once more
                await self._documents.put(KEYS, [Put(doc_id, revision, _encode(doc), {"key_id": key_id})])
                break
        self._forget(doc)

    async def months(self) -> list[KeptMonth]:
        """Every month that has a key, or had one, by partner and month."""
        docs = [_decode(stored, _MonthKeyDoc) async for stored in every(self._documents, KEYS)]
        return sorted(KeptMonth(doc.partner, doc.month, doc.wrapped is None, doc.changed_at) for doc in docs)

    def _forget(self, doc: _MonthKeyDoc) -> None:
        """Whoever holds the key that was destroyed can use it no more."""
        self._removals += 1
        self._keys.drop(doc.key_id)
        if key := self._months.drop(f"{doc.partner}/{doc.month}"):
            key.forget()

    def _let_go_of_old(self) -> None:
        """Whoever has such a key just now goes on with it; whoever asks for it has it read."""
        now = self._clock()
        if now - self._old_read < OLD_KEYS_HELD:
            return
        self._old_read = now
        before = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
        for held in (self._months, self._keys):
            held.keep(lambda key: key.month >= before)

    async def _find_key(self, key_id: str) -> MonthKey | None:
        removals = self._removals
        found = (await self._documents.find(KEYS, equal={"key_id": key_id}, limit=1)).items
        if not found:
            return None
        doc = _decode(found[0], _MonthKeyDoc)
        if doc.wrapped is None:
            self._forget(doc)
            return MonthKey(doc.partner, doc.month, bytes.fromhex(key_id), None)
        return self._held(doc, removals)

    def _held(self, doc: _MonthKeyDoc, removals: int) -> MonthKey:
        doc_id = f"{doc.partner}/{doc.month}"
        if doc.wrapped is None:
            self._forget(doc)
            raise KeyDestroyed(f"{doc.partner} {doc.month}")
        # Two calls that read at the same time share one object, so that destroying the month reaches both.
        if (held := self._months.get(doc_id)) is not None and held.id.hex() == doc.key_id:
            return held
        material = self._unwrap(doc.wrapped, f"month/{doc_id}/{doc.key_id}")
        key = MonthKey(doc.partner, doc.month, bytes.fromhex(doc.key_id), material)
        if removals == self._removals:
            self._months.put(doc_id, key)
            self._keys.put(doc.key_id, key)
        return key

    # Secrets

    @staticmethod
    def credential_name(source_id: str, credential_id: str) -> str:
        """The name under which the secret of a source's credential lies."""
        return f"source/{source_id}/{credential_id}"

    async def put_secret(self, name: str, value: str) -> None:
        """Keep a secret, in place of an earlier one of that name."""
        doc = _SecretDoc(self._wrap(value.encode(), f"secret/{name}"), self._clock())
        await self._documents.put(SECRETS, [Put(name, None, _encode(doc))])

    async def get_secret(self, name: str) -> str | None:
        """None when there is none of that name. Unopenable."""
        return (await self.get_secrets([name])).get(name)

    async def get_secrets(self, names: Collection[str]) -> dict[str, str]:
        """Those of the names that there are. Unopenable."""
        stored = await self._documents.get(SECRETS, list(names))
        return {
            name: self._unwrap(_decode(doc, _SecretDoc).sealed, f"secret/{name}").decode()
            for name, doc in stored.items()
        }

    async def delete_secret(self, name: str) -> None:
        """Gone for good. A name without a secret is passed over."""
        await self._documents.delete(SECRETS, [name])

    # Customers

    async def customer_refs(self, numbers: Collection[str]) -> dict[str, str]:
        """The token of each number, made where there is none. A number is taken as it is written (E.164)."""
        await self._follow_erasures()
        refs: dict[str, str] = {}
        missing: dict[str, str] = {}
        for number in numbers:
            index = self._index(number)
            if ref := self._refs.get(index):
                refs[number] = ref
            else:
                missing[index] = number
        for chunk in _chunks(list(missing)):
            for index, ref in (await self._stored_refs({index: missing[index] for index in chunk})).items():
                refs[missing[index]] = ref
        return refs

    async def _follow_erasures(self) -> None:
        """Remember no token from before the last erasure: another process may have done it, which tells us by this
        alone."""
        stored = (await self._documents.get(ERASED, [LAST])).get(LAST)
        if stored is not None and stored.body != self._erased:
            self._erased = stored.body
            self._refs = Recent(CUSTOMERS_HELD)
            self._removals += 1

    async def customer_number(self, ref: str) -> str | None:
        """None when the token was never given, or its customer was erased. Unopenable."""
        return (await self.customer_numbers([ref])).get(ref)

    async def customer_numbers(self, refs: Collection[str]) -> dict[str, str]:
        """The number of each token whose customer is known. Unopenable."""
        known = await self._known(refs)
        return {ref: _decrypt(self._own_key(doc), doc.sealed, ref.encode()).decode() for ref, doc in known.items()}

    async def known_ref(self, number: str) -> str | None:
        """The token of a number that has one; none is made."""
        index = self._index(number)
        row = (await self._documents.get(NUMBERS, [index])).get(index)
        return _decode(row, _NumberDoc).ref if row else None

    def mark(self, purpose: str, text: str) -> str:
        """What stands for a text where equal texts must be found, and nobody may read them. It outlives the customer:
        whoever was erased, but may not be called, is still recognised."""
        return hmac.digest(self._marking, f"{purpose}\n{text}".encode(), "sha256").hex()

    async def _known(self, refs: Collection[str]) -> dict[str, _NumberDoc]:
        known: dict[str, _NumberDoc] = {}
        for chunk in _chunks(list(set(refs))):
            customers = await self._documents.get(CUSTOMERS, chunk)
            indexes = {ref: _decode(stored, _CustomerDoc).index for ref, stored in customers.items()}
            rows = await self._documents.get(NUMBERS, list(indexes.values()))
            for ref, index in indexes.items():
                if index in rows and (doc := _decode(rows[index], _NumberDoc)).ref == ref:
                    known[ref] = doc
        return known

    async def _own_keys(self, refs: Collection[str]) -> dict[str, AESGCM]:
        return {ref: self._own_key(doc) for ref, doc in (await self._known(refs)).items()}

    async def _note_keys(self, subjects: Collection[str]) -> dict[str, AESGCM]:
        """The keys of customers and of months; of those that are no more, none."""
        months = [subject for subject in subjects if subject.startswith(notes.MONTH)]
        found = await self._own_keys([subject for subject in subjects if subject not in months])
        for subject in months:
            partner, _, month = subject.removeprefix(notes.MONTH).rpartition("/")
            try:
                found[subject] = (await self.month_key(partner, month)).cipher()
            except KeyDestroyed:
                continue
        return found

    def _own_key(self, doc: _NumberDoc) -> AESGCM:
        return AESGCM(self._unwrap(doc.wrapped, f"customer/{doc.ref}"))

    async def erase_customer(self, ref: str) -> bool:
        """Forget number, profile and notes and destroy their key, at once: the token stays a token. A later call gets
        a new one.

        False when there was nothing to erase.
        """
        stored = (await self._documents.get(CUSTOMERS, [ref])).get(ref)
        if stored is None:
            return False
        index = _decode(stored, _CustomerDoc).index
        row = (await self._documents.get(NUMBERS, [index])).get(index)
        # The number first: a crash here leaves a token that leads nowhere, and asking again finishes the work.
        try:
            if row is not None and _decode(row, _NumberDoc).ref == ref:
                await self._documents.delete(NUMBERS, [index])
        finally:
            # Also when the store did not answer: it may have been done.
            self._removals += 1
            self._refs.drop(index)
        await self._documents.put(ERASED, [Put(LAST, None, _encode(os.urandom(8).hex()))])
        await self.profiles.forget(ref)
        await self.notes.forget(ref)
        await self._documents.delete(CUSTOMERS, [ref])
        return True

    async def _stored_refs(self, numbers: Mapping[str, str]) -> dict[str, str]:
        removals = self._removals
        rows = await self._documents.get(NUMBERS, list(numbers))
        fresh = {index: self._customer(number) for index, number in numbers.items() if index not in rows}
        if fresh:
            # Tokens first: the row is what makes the customer exist, and then the way back must be there.
            customers = [Put(doc.ref, 0, _encode(_CustomerDoc(index))) for index, doc in fresh.items()]
            await self._documents.put(CUSTOMERS, customers)
            try:
                await self._documents.put(NUMBERS, [Put(index, 0, _encode(doc)) for index, doc in fresh.items()])
            except Refused as refused:
                # Somebody else met the number first: their token stands.
                lost = [fresh.pop(index).ref for index in refused.ids]
                await self._documents.delete(CUSTOMERS, lost)
                again = await self._stored_refs({index: numbers[index] for index in refused.ids})
            else:
                again = {}
        else:
            again = {}
        refs = {index: _decode(row, _NumberDoc).ref for index, row in rows.items()}
        refs |= {index: doc.ref for index, doc in fresh.items()}
        if removals == self._removals:
            for index, ref in refs.items():
                self._refs.put(index, ref)
        return refs | again

    def _customer(self, number: str) -> _NumberDoc:
        ref = "cus_" + os.urandom(16).hex()
        own_key = AESGCM.generate_key(256)
        sealed = _encrypt(AESGCM(own_key), number.encode(), ref.encode())
        return _NumberDoc(ref, self._wrap(own_key, f"customer/{ref}"), sealed, self._clock())

    def _index(self, number: str) -> str:
        return hmac.digest(self._indexing, number.encode(), "sha256").hex()

    # What all three rest on

    async def _put_if_absent(
        self, collection: str, doc_id: str, body: bytes, fields: Mapping[str, str | int | None] | None = None
    ) -> Stored:
        try:
            await self._documents.put(collection, [Put(doc_id, 0, body, fields or {})])
        except Refused:
            return (await self._documents.get(collection, [doc_id]))[doc_id]
        return Stored(doc_id, 1, body)

    def _wrap(self, secret: bytes, place: str) -> bytes:
        return _encrypt(self._wrapping, secret, place.encode())

    def _unwrap(self, wrapped: bytes, place: str) -> bytes:
        return _decrypt(self._wrapping, wrapped, place.encode())


def _month_key_fields(body: bytes) -> Mapping[str, str | int | None]:
    return {"key_id": msgspec.json.decode(body, type=_MonthKeyDoc).key_id}


KEEPS = (
    Keep(CHECK),
    Keep(KEYS, ("key_id",), _month_key_fields),
    Keep(SECRETS),
    Keep(CUSTOMERS),
    Keep(NUMBERS),
    Keep(ERASED),
    profiles.KEEP,
    notes.KEEP,
)


def made_under(master_key: bytes, check: bytes) -> bool:
    """Whether a vault whose document in `vault_check` is this one was made under the master key."""
    try:
        _decrypt(AESGCM(derived(master_key, b"wrapping")), msgspec.json.decode(check, type=bytes), b"check")
    except Unopenable:
        return False
    return True


def _is_sealed(item: bytes) -> bool:
    return len(item) > _TEXT_AT and item.startswith(_FORMAT)


def _encrypt(cipher: AESGCM, plaintext: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, aad)


def _decrypt(cipher: AESGCM, sealed: bytes | memoryview, aad: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise Unopenable("another key, another place, or changed bytes") from None


def _decode(stored: Stored, doc: type[T]) -> T:
    return msgspec.json.decode(stored.body, type=doc)


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
