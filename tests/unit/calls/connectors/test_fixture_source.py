"""The set-up of a recorded source: its id, its address, its secrets."""

from __future__ import annotations

import json

import pytest

from services.calls.doors.fixture_source import fixture_source
from tests.unit.calls.connectors.replay import FIXTURES


@pytest.mark.parametrize(
    ("vendor", "source_id", "public_url", "schemes"),
    [
        ("native", "native-ex-01", "https://ingest.tallyline.example/v1/in/native-ex-01", ["standard-webhooks"]),
        ("twilio", "tw-ex-01", "https://ingest.tallyline.example/v1/in/tw-ex-01", ["twilio-signature"]),
        ("amazon-connect", "example-partner-ac", "", []),
        ("asterisk", "example-partner-ast", "", []),
        ("genesys-cloud", "gc-ex-01", "https://ingest.tallyline.example/v1/in/gc-ex-01", ["api-key-header"]),
        ("freeswitch", "fs-ex-01", "https://ingest.tallyline.example/v1/in/fs-ex-01", ["basic"]),
        ("vicidial", "vd-ex-01", "https://ingest.tallyline.example/v1/in/vd-ex-01", ["query-key"]),
        ("aircall", "ai-ex-01", "https://ingest.tallyline.example/v1/in/ai-ex-01", ["body-token"]),
        ("ringcentral", "rc-ex-01", "https://ingest.tallyline.example/v1/in/rc-ex-01", ["header-token"]),
    ],
)
def test_a_source_is_named_by_its_address_or_else_by_its_partner(
    vendor: str, source_id: str, public_url: str, schemes: list[str]
) -> None:
    found, settings, secrets = fixture_source(json.loads((FIXTURES / vendor / "source.json").read_bytes()))
    assert (found, settings.public_url, list(secrets)) == (source_id, public_url, schemes)
    assert settings.connector == vendor
    assert settings.clock == "replay"


def test_both_keys_of_a_rotation_are_kept() -> None:
    _, _, secrets = fixture_source(json.loads((FIXTURES / "native" / "source.json").read_bytes()))
    assert len(secrets["standard-webhooks"]) == 2


def test_what_only_one_connector_knows_of_is_kept_in_the_options() -> None:
    _, settings, _ = fixture_source(json.loads((FIXTURES / "asterisk" / "source.json").read_bytes()))
    assert sorted(settings.options) == ["cdr", "trunk_channels"]
    assert settings.time_zone == settings.day_zone == "Europe/Sarajevo"


def test_a_scheme_that_no_connector_checks_is_refused() -> None:
    with pytest.raises(ValueError, match="riddle"):
        fixture_source({"vendor": "x", "partner": "x", "auth": {"scheme": "riddle"}})


def test_where_a_key_stands_is_kept_in_the_options_and_the_key_is_not() -> None:
    _, settings, secrets = fixture_source(json.loads((FIXTURES / "genesys-cloud" / "source.json").read_bytes()))
    assert settings.options == {"header": "X-Tallyline-Key"}
    assert secrets == {"api-key-header": ("fixture-genesys-api-key-1",)}
