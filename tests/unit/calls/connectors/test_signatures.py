"""Signatures: the published vectors, both ports, several keys, the edge of the tolerance; bearer keys."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Delivery, NotAuthentic, Secrets, Unreadable
from services.calls.connectors.cloud_events import decode_header
from services.calls.connectors.signatures import bearer, standard_webhooks, twilio_signature
from shared.contracts.partners import SourceSettings, kept
from tests.unit.calls.connectors.replay import FIXTURES

VECTORS = json.loads((FIXTURES / "signature-vectors.json").read_bytes())
SETTINGS = SourceSettings(connector="any", partner="any")
NOW = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)
WEBHOOK = VECTORS["standard_webhooks"][0]


def _delivery(url: str = "https://ours.example/", body: bytes = b"", at: datetime = NOW, **headers: str) -> Delivery:
    return Delivery("POST", url, {name.replace("_", "-"): value for name, value in headers.items()}, body, at)


def _twilio(vector: dict[str, Any], **changed: str) -> Delivery:
    body = vector["body"] if "body" in vector else urlencode([tuple(pair) for pair in vector["params"]])
    return _delivery(
        changed.get("url", vector["url"]),
        changed.get("body", body).encode(),
        x_twilio_signature=changed.get("signature", vector["signature"]),
    )


def _webhook(vector: dict[str, Any], at: datetime = NOW, *, changed: dict[str, str] | None = None) -> Delivery:
    changed = changed or {}
    return _delivery(
        body=changed.get("body", vector["body"]).encode(),
        at=at,
        webhook_id=changed.get("id", vector["id"]),
        webhook_timestamp=changed.get("timestamp", str(vector["timestamp"])),
        webhook_signature=changed.get("signature", vector["signature"]),
    )


def _twilio_secrets(token: str) -> Secrets:
    return Secrets({"twilio-signature": ("an-older-token", token)})


@pytest.mark.parametrize("vector", VECTORS["twilio"])
def test_twilio_vectors_pass(vector: dict[str, Any]) -> None:
    twilio_signature(_twilio(vector), SETTINGS, _twilio_secrets(vector["auth_token"]))


@pytest.mark.parametrize("vector", VECTORS["twilio"])
@pytest.mark.parametrize(
    "change", [{"signature": "RSOYDt4T1cUTdK1PDd93/VVr8B9="}, {"signature": ""}, {"signature": "é"}, {"body": "a=b"}]
)
def test_a_changed_twilio_request_does_not_pass(vector: dict[str, Any], change: dict[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        twilio_signature(_twilio(vector, **change), SETTINGS, _twilio_secrets(vector["auth_token"]))


def test_a_pair_that_comes_twice_is_signed_once() -> None:
    vector = VECTORS["twilio"][1]
    body = urlencode([tuple(pair) for pair in [*vector["params"], *vector["params"]]])
    twilio_signature(_twilio(vector, body=body), SETTINGS, _twilio_secrets(vector["auth_token"]))


def test_twilio_needs_a_token() -> None:
    with pytest.raises(NotAuthentic):
        twilio_signature(_twilio(VECTORS["twilio"][0]), SETTINGS, Secrets({}))


def test_over_http_a_port_other_than_the_standard_one_is_part_of_what_is_signed() -> None:
    vector = next(v for v in VECTORS["twilio"] if v["url"].startswith("http://mycompany.com:1234"))
    with pytest.raises(NotAuthentic):
        twilio_signature(
            _twilio(vector, url=vector["url"].replace(":1234", "")), SETTINGS, _twilio_secrets(vector["auth_token"])
        )


def test_a_body_with_another_hash_than_the_signed_one_does_not_pass() -> None:
    vector = next(v for v in VECTORS["twilio"] if "body" in v)
    with pytest.raises(NotAuthentic):
        twilio_signature(_twilio(vector, body=vector["body"] + " "), SETTINGS, _twilio_secrets(vector["auth_token"]))


@pytest.mark.parametrize("vector", VECTORS["standard_webhooks"])
def test_standard_webhooks_vectors_give_what_they_say(vector: dict[str, Any]) -> None:
    secrets = Secrets({"standard-webhooks": ("whsec_b3RoZXIga2V5", vector["secret"])})
    if vector.get("valid", True):
        standard_webhooks(_webhook(vector), SETTINGS, secrets)
    else:
        with pytest.raises(NotAuthentic):
            standard_webhooks(_webhook(vector), SETTINGS, secrets)


@pytest.mark.parametrize("spelling", [WEBHOOK["secret"], WEBHOOK["secret"].removeprefix("whsec_")])
@pytest.mark.parametrize("seconds", [300, -300])
def test_a_timestamp_at_the_edge_of_the_tolerance_passes(spelling: str, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    standard_webhooks(_webhook(WEBHOOK, at), SETTINGS, Secrets({"standard-webhooks": (spelling,)}))


@pytest.mark.parametrize("seconds", [301, -301])
def test_a_timestamp_beyond_the_tolerance_does_not_pass(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    with pytest.raises(NotAuthentic, match="tolerance"):
        standard_webhooks(_webhook(WEBHOOK, at), SETTINGS, Secrets({"standard-webhooks": (WEBHOOK["secret"],)}))


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "now"},
        {"timestamp": "1614265330.0"},
        {"timestamp": "9" * 13},
        {"id": ""},
        {"id": "msg_other"},
        {"signature": WEBHOOK["signature"].removeprefix("v1,")},
        {"signature": WEBHOOK["signature"].replace("v1,", "v2,")},
        {"signature": "v1,é"},
        {"signature": ""},
        {"body": "{}"},
    ],
)
def test_a_changed_webhook_does_not_pass(change: dict[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        standard_webhooks(
            _webhook(WEBHOOK, changed=change), SETTINGS, Secrets({"standard-webhooks": (WEBHOOK["secret"],)})
        )


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***"])
def test_a_secret_that_is_no_key_lets_nothing_pass(secret: str) -> None:
    with pytest.raises(NotAuthentic):
        standard_webhooks(_webhook(WEBHOOK), SETTINGS, Secrets({"standard-webhooks": (secret,)}))


@pytest.mark.parametrize("header", ["Bearer new-key", "bearer old-key"])
def test_any_of_the_bearer_keys_passes(header: str) -> None:
    bearer(
        _delivery(authorization=header),
        SETTINGS,
        Secrets({"bearer": (kept("bearer", "old-key"), kept("bearer", "new-key"))}),
    )


@pytest.mark.parametrize("header", ["Bearer other", "Basic old-key", "old-key", "Bearer", "", "Bearer ключ"])
def test_another_bearer_key_does_not_pass(header: str) -> None:
    with pytest.raises(NotAuthentic):
        bearer(_delivery(authorization=header), SETTINGS, Secrets({"bearer": (kept("bearer", "old-key"), "")}))


@given(
    body=st.binary(max_size=200),
    header=st.text(max_size=60),
    check=st.sampled_from([twilio_signature, standard_webhooks, bearer]),
)
def test_nothing_but_not_authentic_is_raised(body: bytes, header: str, check: Any) -> None:
    names = "x-twilio-signature webhook-id webhook-timestamp webhook-signature authorization"
    headers = dict.fromkeys(names.split(), header)
    secrets = Secrets(
        {"twilio-signature": ("t",), "standard-webhooks": (WEBHOOK["secret"],), "bearer": (kept("bearer", "k"),)}
    )
    with pytest.raises(NotAuthentic):
        check(Delivery("POST", "https://ours.example/", headers, body, NOW), SETTINGS, secrets)


@pytest.mark.parametrize("vector", VECTORS["cloudevents_http_header"])
def test_cloud_events_headers_are_decoded(vector: dict[str, Any]) -> None:
    if vector.get("valid", True):
        assert decode_header(vector["header"]) == vector["value"]
    else:
        with pytest.raises(Unreadable):
            decode_header(vector["header"])


def test_a_header_that_is_not_ascii_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        decode_header("Euro €")


@given(st.text(max_size=40))
def test_any_header_is_decoded_or_unreadable(value: str) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(decode_header(value), str)
