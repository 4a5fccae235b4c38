"""Signatures as the vendors make them: known answers, and what independent code says of simulated deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

from services.simulate.signing import bearer, standard_webhooks, twilio
from services.simulate.stream import TimedDelivery
from tests.unit.simulate.world import firm, wednesday


def of(connector: str) -> list[TimedDelivery]:
    sources = {partner.source for partner in firm().partners if partner.settings.connector == connector}
    return [delivery for delivery in wednesday() if delivery.source in sources]


def test_twilios_published_example_comes_out() -> None:
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ]
    assert twilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_the_published_example_of_standard_webhooks_comes_out() -> None:
    signature = standard_webhooks(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_bearer_key_is_sent_as_such() -> None:
    assert bearer("k") == "Bearer k"


def test_every_native_delivery_is_signed_for_its_own_time() -> None:
    deliveries = of("native")
    assert deliveries
    for delivery in deliveries:
        secret = firm().partner_of(delivery.source).secrets["standard-webhooks"][0]
        key = base64.b64decode(secret[len("whsec_") :])
        h = delivery.headers
        signed = h["webhook-id"].encode() + b"." + h["webhook-timestamp"].encode() + b"." + delivery.body
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert h["webhook-signature"] == f"v1,{mac}"
        assert abs(int(h["webhook-timestamp"]) - delivery.received_at.timestamp()) < 1


def test_every_twilio_form_is_signed_with_its_public_address() -> None:
    deliveries = of("twilio")
    assert deliveries
    for delivery in deliveries:
        partner = firm().partner_of(delivery.source)
        url = "https://ingest.tallyline.example" + delivery.path
        fields = dict(parse_qsl(delivery.body.decode(), keep_blank_values=True, strict_parsing=True))
        text = url + "".join(name + fields[name] for name in sorted(fields))
        key = partner.secrets["twilio-signature"][0].encode()
        mac = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
        assert delivery.headers["x-twilio-signature"] == mac


def test_streams_and_files_carry_the_sources_key_and_what_they_are() -> None:
    for connector, name in (("amazon-connect", '"stream"'), ("asterisk", '"ami"')):
        deliveries = of(connector)
        assert deliveries
        for delivery in deliveries:
            key = firm().partner_of(delivery.source).secrets["bearer"][0]
            assert delivery.headers["authorization"] == f"Bearer {key}"
            assert name in delivery.headers["tallyline-meta"]
