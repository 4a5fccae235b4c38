"""What is sold: each product with its price lists."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.products import (
    Part,
    PriceListPublished,
    ProductDescribed,
    ProductEvent,
    ProductReturned,
    ProductWithdrawn,
)
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A product. `lists`: its price lists, oldest first; `changes` counts the events behind this."""

    sku: str
    name: str = ""
    texts: dict[str, str] = {}
    parts: tuple[Part, ...] = ()
    lists: list[PriceListPublished] = []
    withdrawn: str | None = None
    changes: int = 0


def by_sku(event: ProductEvent) -> Iterable[tuple[str, ProductEvent]]:
    """One document a product."""
    return [(event.sku, event)]


def fold(doc: KnownProduct | None, event: ProductEvent, sign: int) -> KnownProduct:
    """A command's events are never reversed."""
    doc = doc or KnownProduct(sku=event.sku)
    doc.changes += 1
    match event:
        case ProductDescribed(name=name, texts=texts, parts=parts):
            doc.name, doc.texts, doc.parts = name, texts, parts
        case PriceListPublished():
            doc.lists.append(event)
        case ProductWithdrawn(reason=reason):
            doc.withdrawn = reason
        case ProductReturned():
            doc.withdrawn = None
    return doc


def newer(one: KnownProduct, other: KnownProduct) -> KnownProduct:
    """A product is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


products = View(
    "products",
    1,
    TOPIC,
    ProductEvent,
    KnownProduct,
    by_sku,
    fold,
    newer,
    indexes=("sold", "sku"),
    fields=lambda doc: {"sold": "no" if doc.withdrawn is not None else "yes", "sku": doc.sku},
)
