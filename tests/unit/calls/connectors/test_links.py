"""Links to recordings in what platforms send: found, known again however they are signed, and never anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Link, Renewal, Slice, Unreadable
from services.calls.connectors.links import latest, links, named
from services.calls.connectors.registry import CONNECTORS
from shared.contracts.partners import SourceSettings

SIGNED = "https://s3.example/rec/1.mp3?X-Amz-Date=20260302T090000Z&X-Amz-Expires=3600&X-Amz-Signature="


def found(connector: str, raw: bytes, **context: Any) -> list[Link]:
    settings = SourceSettings(connector=connector, partner="acme")
    return list(CONNECTORS[connector].links(Slice(raw, "call:c", context), settings))


def shown(connector: str, body: Any, **context: Any) -> list[tuple[str, str]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [(link.kind, link.url) for link in found(connector, raw, **context)]


def test_each_platform_s_links_are_found() -> None:
    event = {
        "specversion": "1.0", "id": "1", "source": "pbx", "type": "com.tallyline.call.ended.v1",
        "data": {"call": "c", "recording_url": "https://pbx.example/1", "transcript_url": "https://pbx.example/1.txt"},
    }  # fmt: skip
    assert shown("native", event) == [
        ("recording", "https://pbx.example/1"),
        ("transcript", "https://pbx.example/1.txt"),
    ]
    form = urlencode({"CallSid": "CA1", "RecordingUrl": "https://api.twilio.com/r/RE1"}).encode()
    assert shown("twilio", form) == [("recording", "https://api.twilio.com/r/RE1")]
    party = {"id": "p", "recordings": [{"id": "6548"}, {"id": "../x"}, {"id": 7}]}
    session = {
        "uuid": "u",
        "event": "/restapi/v1.0/account/1/telephony/sessions",
        "body": {"telephonySessionId": "s", "parties": [party]},
    }
    assert shown("ringcentral", session) == [
        ("recording", "https://media.ringcentral.com/restapi/v1.0/account/~/recording/6548/content")
    ]
    call = {"resource": "call", "event": "call.ended", "data": {"id": 90001, "recording": SIGNED + "a"}}
    (link,) = found("aircall", json.dumps(call).encode())
    assert link.expires_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert link.renewal == Renewal("https://api.aircall.io/v1/calls/90001", ("call", "recording"))


def test_of_one_thing_the_link_that_holds_longest_counts() -> None:
    old, new = SIGNED + "a", SIGNED.replace("090000Z", "100000Z") + "b"
    one, other = links([("recording", old), ("recording", new)])
    assert named(one) == named(other)
    assert list(latest([other, one]).values()) == [other]
    (plain,) = links([("recording", "https://pbx.example/get?id=1")])
    (next_,) = links([("recording", "https://pbx.example/get?id=2")])
    assert named(plain) != named(next_)
    assert named(plain) != named(links([("transcript", "https://pbx.example/get?id=1")])[0])


@pytest.mark.parametrize(
    "value",
    [None, 7, "", "pbx/1.wav", "file:///etc/passwd", "ftp://pbx/1", "gopher://x", "https://", "https://a:b@pbx/1",
     "javascript:alert(1)", "https://pbx/" + "a" * 5_000, "https://[::1"],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(value: Any) -> None:
    assert links([("recording", value)]) == []


@given(st.text(max_size=200))
def test_no_text_does_anything_else(value: str) -> None:
    for link in links([("recording", value), ("recording", f"https://pbx.example/{value}")]):
        assert link.url.startswith("http")
        assert len(named(link)) == 24


@given(st.binary(max_size=200), st.sampled_from(sorted(CONNECTORS)))
def test_no_bytes_give_a_link_or_anything_but_unreadable(raw: bytes, connector: str) -> None:
    try:
        assert found(connector, raw) == []
    except Unreadable:
        return


def test_an_address_says_how_long_it_holds() -> None:
    cloud, none = links([("recording", "https://x/1?Expires=1772445600"), ("recording", "https://x/1?Expires=soon")])
    assert cloud.expires_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert none.expires_at is None
    assert "https" not in repr(cloud), "an address may be all that it takes to hear it"
