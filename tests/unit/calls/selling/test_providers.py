"""Providers: configured, read by paths, and never guessed at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.api.providers import again
from services.calls.domain.provider import AskedMapping, ConfigureProvider, RetireProvider, provider, text_at, word_of
from services.calls.events.providers import Mapping, ProviderConfigured, ProviderRetired
from services.calls.orders.notices import message, wants
from services.calls.views.providers import providers
from shared.contracts.selling import PaymentMoved
from shared.http import Problem
from shared.kernel import Rejected
from shared.ports import Refused
from shared.webhooks import Delivery
from tests.spec import given, published, seen
from tests.unit.calls.selling.catalogue import AT, WHO
from tests.unit.calls.selling.shop import placed

STATES = {"captured": "paid", "declined": "failed", "viewed": ""}
MAPPING = Mapping(
    order="data.metadata.order", state="data.status", states=STATES, message="id", at="created", reference="data.refs.0"
)
SAID: dict[str, Any] = {
    "id": "evt_1",
    "created": 1772642530,
    "data": {"metadata": {"order": "adria:4711"}, "status": "captured", "refs": [77]},
}


def configure(**more: Any) -> ConfigureProvider:
    mapping = msgspec.convert(msgspec.to_builtins(MAPPING), AskedMapping)
    fields: dict[str, Any] = {
        "provider": "bank",
        "name": "The bank",
        "matter": "payment",
        "signing": "hmac-sha256",
        "header": "x-bank-signature",
        "mapping": mapping,
    }
    return ConfigureProvider(**{**fields, **WHO, **more})


def configured(**more: Any) -> ProviderConfigured:
    (event,) = given(provider).when(configure(**more)).events
    assert isinstance(event, ProviderConfigured)
    return event


def test_a_provider_is_configured_and_configured_anew() -> None:
    first = configured()
    assert (first.revision, first.mapping) == (1, MAPPING)
    given(provider, first).when(configure()).then()
    second = msgspec.structs.replace(first, name="Another", revision=2)
    given(provider, first).when(configure(name="Another")).then(second)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"mapping": AskedMapping(order="o", state="s", states={"captured": "shipped"})}, "unknown_state"),
        ({"header": ""}, "no_header"),
        ({"hears": ("OrderPlaced",)}, "nothing_heard"),
        ({"notify_url": "https://bank.example/in"}, "nothing_heard"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], code: str) -> None:
    given(provider).when(configure(**more)).then_rejected(code)


def test_what_it_is_a_provider_of_stays() -> None:
    other = AskedMapping(order="o", state="s", states={"sent": "shipped"})
    given(provider, configured()).when(configure(matter="fulfilment", mapping=other)).then_rejected("other_matter")


def test_a_retired_provider_is_heard_again_when_it_is_configured_again() -> None:
    retire = RetireProvider(provider="bank", reason="moved", **WHO)
    (retired,) = given(provider, configured()).when(retire).events
    given(provider).when(retire).then_rejected("unknown_provider")
    assert seen(providers, configured(), retired)["bank"].retired == "moved"
    (again,) = given(provider, configured(), retired).when(configure()).events
    assert seen(providers, configured(), retired, again)["bank"].retired is None


def test_what_held_at_a_time_is_known_later() -> None:
    first = configured()
    retired = ProviderRetired(provider="bank", reason="moved", at=AT + timedelta(days=1), by="ben")
    again = msgspec.structs.replace(first, revision=2, at=AT + timedelta(days=2))
    doc = seen(providers, first, retired, again)["bank"]
    held = [doc.at(AT + timedelta(days=days)) for days in (-1, 0, 1, 2, 9)]
    assert held == [None, first, None, again, again]


def test_a_message_is_read_by_the_paths() -> None:
    word = word_of(MAPPING, SAID, "m", AT)
    assert (word.order, word.state, word.message, word.reference) == ("adria:4711", "paid", "evt_1", "77")
    assert word.at == datetime(2026, 3, 4, 16, 42, 10, tzinfo=UTC)
    assert word_of(MAPPING, SAID | {"created": "2026-03-04T17:42:10+01:00"}, "m", AT).at == word.at
    plain = msgspec.structs.replace(MAPPING, message="", at="", reference="")
    word = word_of(plain, SAID, "m", AT)
    assert (word.message, word.at, word.reference) == ("m", AT, None)
    ignored = word_of(MAPPING, SAID | {"data": SAID["data"] | {"status": "viewed"}}, "m", AT)
    assert ignored.state == ""


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"data": SAID["data"] | {"status": "reversed"}}, "unknown_state"),
        ({"data": SAID["data"] | {"status": True}}, "unreadable"),
        ({"data": SAID["data"] | {"metadata": {}}}, "unreadable"),
        ({"id": "x" * 201}, "unreadable"),
        ({"created": "yesterday"}, "unreadable"),
        ({"created": "2026-03-04T17:42:10"}, "unreadable"),
        ({"created": 10**30}, "unreadable"),
        ({"created": "0001-01-01T00:00:00+14:00"}, "unreadable"),
    ],
)
def test_what_a_message_does_not_say_is_not_guessed(said: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        word_of(MAPPING, SAID | said, "m", AT)
    assert refused.value.code == code


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "0", "b")), inner, max_size=3),
    max_leaves=20,
)


@whatever(json, st.lists(st.sampled_from(("a", "b", "0", "1", "-1", "٣")), min_size=1, max_size=4).map(".".join))
def test_any_document_is_read_or_not_and_breaks_nothing(document: Any, path: str) -> None:
    found = text_at(document, path)
    assert found is None or isinstance(found, str)


def test_a_provider_hears_what_it_asked_for() -> None:
    told = configured(notify_url="https://bank.example/in", hears=("OrderPlaced", "PaymentMoved"), countries=("HR",))
    assert wants(told, placed())
    assert not wants(told, placed(country="DE"))
    assert not wants(msgspec.structs.replace(told, hears=("OrderCancelled",)), placed())
    moved = PaymentMoved(order="adria:1", partner="adria", state="paid", provider="bank", at=AT, country="HR")
    assert not wants(told, moved), "not what it said itself"
    assert wants(told, msgspec.structs.replace(moved, provider="other"))


def test_a_message_has_one_id_for_each_provider_and_event() -> None:
    first, second = published(placed(), 1), published(placed(), 2)
    told = [("bank", first), ("bank", first), ("bank", second), ("depot", first)]
    names = [msgspec.json.decode(message(*one, "https://calls.example"))["id"] for one in told]
    assert names[0] == names[1]
    assert len(set(names)) == 3


async def test_a_message_that_is_being_sent_is_not_sent_again_and_that_is_no_failure() -> None:
    class Busy:
        async def get(self, message: str) -> Delivery:
            return Delivery(id=message, body="{}", to="fastpay", due=0)

        async def again(self, message: str) -> Delivery:
            raise Refused([message])

    nothing: Any = None
    busy: Any = Busy()
    with pytest.raises(Problem) as refused:
        await again("fastpay", "msg_1", busy, nothing)
    assert (refused.value.status, refused.value.code) == (409, "being_sent")
