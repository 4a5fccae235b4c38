"""The catalogue: a product's price lists follow each other, and none is changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.calls.domain.product import (
    AskedPart,
    AskedPrice,
    DescribeProduct,
    PublishPriceList,
    ReturnProduct,
    WithdrawProduct,
    list_at,
    product,
)
from services.calls.events.products import Part, Price, ProductDescribed, ProductReturned, ProductWithdrawn
from services.calls.views.products import products
from tests.spec import given, seen
from tests.unit.calls.selling.catalogue import AT, WHO, price_list

DAY = timedelta(days=1)
HR = AskedPrice(country="HR", currency="EUR", net_minor=3192)
described = ProductDescribed(sku="KOL-30", name="Collagen", **WHO)


def publish(*prices: AskedPrice, **more: Any) -> PublishPriceList:
    fields: dict[str, Any] = {"tax_rates": {"HR": "25"}, "reason": "spring", **WHO}
    return PublishPriceList(sku="KOL-30", prices=prices or (HR,), **fields | more)


def test_a_product_is_made_by_what_is_said_of_it() -> None:
    command = DescribeProduct(sku="BOX", name="Box", parts=(AskedPart(sku="KOL-30", quantity=2),), **WHO)
    told = ProductDescribed(sku="BOX", name="Box", parts=(Part(sku="KOL-30", quantity=2),), **WHO)
    given(product).when(command).then(told)
    given(product, told).when(msgspec.structs.replace(command, name="The box")).then(
        msgspec.structs.replace(told, name="The box")
    )


def test_a_bundle_is_not_a_part_of_itself() -> None:
    command = DescribeProduct(sku="BOX", name="Box", parts=(AskedPart(sku="BOX", quantity=1),), **WHO)
    given(product).when(command).then_rejected("part_of_itself")


def test_price_lists_are_numbered_and_start_now_or_later() -> None:
    given(product, described).when(publish()).then(price_list())
    dearer = AskedPrice(country="HR", currency="EUR", net_minor=3500)
    later = price_list(version=2, starts=AT + DAY, prices=(Price(country="HR", currency="EUR", net_minor=3500),))
    given(product, described, price_list()).when(publish(dearer, starts=AT + DAY)).then(later)
    given(product, described, price_list()).when(publish()).then()
    given(product, described, price_list()).when(publish(starts=AT - DAY)).then_rejected("starts_in_the_past")
    given(product, described, later).when(publish()).then_rejected("starts_before_the_last")


@pytest.mark.parametrize(
    ("prices", "rates", "code"),
    [
        ((HR, HR), {"HR": "25"}, "price_twice"),
        ((HR,), {"SI": "22"}, "no_tax_rate"),
        ((HR, AskedPrice(country="HR", currency="HRK", net_minor=1, quantity=2)), {"HR": "25"}, "two_currencies"),
    ],
)
def test_a_wrong_price_list_is_refused(prices: tuple[AskedPrice, ...], rates: dict[str, str], code: str) -> None:
    given(product, described).when(publish(*prices, tax_rates=rates)).then_rejected(code)


@pytest.mark.parametrize(
    "command", [publish(), WithdrawProduct(sku="KOL-30", reason="gone", **WHO), ReturnProduct(sku="KOL-30", **WHO)]
)
def test_nothing_is_said_of_a_product_that_is_none(command: Any) -> None:
    given(product).when(command).then_rejected("unknown_product")


def test_a_product_is_withdrawn_and_comes_back() -> None:
    gone = ProductWithdrawn(sku="KOL-30", reason="gone", **WHO)
    back = ProductReturned(sku="KOL-30", **WHO)
    given(product, described).when(WithdrawProduct(sku="KOL-30", reason="gone", **WHO)).then(gone)
    given(product, described, gone).when(ReturnProduct(sku="KOL-30", **WHO)).then(back)
    given(product, described).when(ReturnProduct(sku="KOL-30", **WHO)).then()
    doc = seen(products, described, price_list(), gone)["KOL-30"]
    assert (doc.name, doc.lists, doc.withdrawn) == ("Collagen", [price_list()], "gone")
    assert products.fields(doc) == {"sold": "no", "sku": "KOL-30"}
    assert seen(products, described, gone, back)["KOL-30"].withdrawn is None


def test_the_list_of_a_time_is_the_last_that_had_begun() -> None:
    first, second = price_list(), price_list(version=2, starts=AT + DAY)
    assert list_at([first, second], AT - DAY) is None
    assert list_at([first, second], AT) == first
    assert list_at([first, second], AT + DAY - timedelta(seconds=1)) == first
    assert list_at([first, second], AT + DAY) == second
