"""Sends dead letters again: deliveries are split anew, items appended anew, providers' messages read anew."""

from __future__ import annotations

import msgspec

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.doors.ingest import items_of, split_delivery, unpacked
from services.calls.doors.sources import Sources
from services.calls.orders.hooks import KIND as NOTICE
from services.calls.orders.hooks import Hooks
from services.calls.tracker.items import Item, decode_content, decode_item, encode_item
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.appender import Appender
from shared.engine.dead_letters import DeadLetter
from shared.kernel import Rejected
from shared.ports import Bus, Outgoing
from shared.vault import Vault


class Retry:
    """What the calls service does with its dead letters."""

    def __init__(self, bus: Bus, sources: Sources, vault: Vault, appender: Appender, limit: int, hooks: Hooks) -> None:
        self._bus = bus
        self._sources = sources
        self._vault = vault
        self._appender = appender
        self._limit = limit
        self._hooks = hooks

    async def opened(self, letter: DeadLetter) -> bytes:
        """The bytes as they were sent. KeyDestroyed or Unopenable when they can't be had."""
        if letter.kind == "record":
            return letter.payload
        if letter.kind == NOTICE:
            return await self._hooks.opened(letter)
        place = letter.context["delivery"] if letter.kind == "delivery" else letter.context["document"]
        keyring = await self._vault.keyring([letter.payload])
        return decode_content(keyring.open(letter.payload, place.encode())).raw

    async def send(self, letter: DeadLetter) -> int:
        """Append what the letter holds; how many items. Rejected when it still can't be done, KeyDestroyed when its
        month is gone."""
        if letter.kind == NOTICE:
            return await self._hooks.send(letter)
        try:
            items = await (self._delivery(letter) if letter.kind == "delivery" else self._item(letter))
        except Unreadable as wrong:
            raise Rejected("still_unreadable", wrong.reason) from wrong
        records = [Outgoing(item.document, encode_item(item)) for item in items]
        await self._appender.append_all(TELEPHONY_TOPIC, records)
        return len(records)

    async def _item(self, letter: DeadLetter) -> list[Item]:
        """The record as it stands in the log, under the settings of today. What was no item was not counted either."""
        place = letter.context
        records = await self._bus.read(TELEPHONY_TOPIC, place["partition"], place["offset"], 1)
        try:
            item = decode_item(records[0].value)
        except msgspec.MsgspecError as wrong:
            raise Unreadable("the record is no item") from wrong
        source = self._sources.get(item.source)
        if source is None:
            raise Rejected("no_source", f"The source {item.source} can't be served.")
        return [msgspec.structs.replace(item, retried=letter.kind == "item", revision=source.revision)]

    async def _delivery(self, letter: DeadLetter) -> list[Item]:
        source = self._sources.get(letter.source)
        if source is None:
            raise Rejected("no_source", f"The source {letter.source} can't be served.")
        id_ = letter.context["delivery"]
        keyring = await self._vault.keyring([letter.payload])
        content = decode_content(keyring.open(letter.payload, id_.encode()))
        whole = content.context
        delivery = Delivery(whole["method"], whole["url"], whole["headers"], content.raw, letter.at, whole["meta"])
        month_key = await self._vault.month_key(source.settings.partner, f"{letter.at:%Y-%m}")
        split = split_delivery(source, unpacked(delivery, self._limit))
        return items_of(id_, source, split, letter.at, month_key)
