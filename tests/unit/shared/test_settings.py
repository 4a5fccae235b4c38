"""Settings: defaults, clear errors, the page that lists them, and files that only their owner may read."""

from __future__ import annotations

import base64
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from shared.settings import SettingError, Settings, secret_file, variable

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({"TALLYLINE_PORT": "", "PORT": "1"})
    assert settings == Settings()
    assert (settings.engine, settings.data, settings.port) == ("embedded", Path("data"), 8321)
    assert settings.base_url == "http://127.0.0.1:8321"


def test_each_variable_reaches_its_field() -> None:
    key = bytes(range(32))
    settings = Settings.from_environment(
        {
            "TALLYLINE_ENGINE": "distributed",
            "TALLYLINE_DATA": "/var/lib/tallyline",
            "TALLYLINE_HOST": "0.0.0.0",  # noqa: S104 - a value, nothing listens
            "TALLYLINE_PORT": "80",
            "TALLYLINE_PUBLIC_URL": "https://calls.example/",
            "TALLYLINE_MASTER_KEY": base64.b64encode(key).decode(),
            "TALLYLINE_MAX_BODY_BYTES": "2048",
            "TALLYLINE_MAX_TRANSPORT_BYTES": "4096",
            "TALLYLINE_MAX_DECOMPRESSED_BYTES": "8192",
            "TALLYLINE_PARTITIONS": "12",
            "TALLYLINE_SPOOL_BYTES": "65536",
            "TALLYLINE_KAFKA": "kafka-1:9092,kafka-2:9092",
            "TALLYLINE_KAFKA_REPLICATION": "1",
            "TALLYLINE_KAFKA_MIN_INSYNC": "1",
            "TALLYLINE_KAFKA_SECURITY": "sasl_ssl",
            "TALLYLINE_KAFKA_CA": "/etc/kafka/ca.pem",
            "TALLYLINE_KAFKA_CERTIFICATE": "/etc/kafka/ours.pem",
            "TALLYLINE_KAFKA_KEY": "/etc/kafka/ours.key",
            "TALLYLINE_KAFKA_MECHANISM": "PLAIN",
            "TALLYLINE_KAFKA_USER": "tallyline",
            "TALLYLINE_KAFKA_PASSWORD": "not to be shown",
            "TALLYLINE_KAFKA_PASSWORD_FILE": "/run/secrets/kafka",
            "TALLYLINE_MONGO": "mongodb://mongo-1,mongo-2/?replicaSet=rs",
            "TALLYLINE_NAMESPACE": "staging",
            "TALLYLINE_CALLS_URL": "http://calls",
            "TALLYLINE_PARTNERS_URL": "http://partners",
            "TALLYLINE_RECONCILIATION_URL": "http://reconciliation",
            "TALLYLINE_TRAINING_URL": "http://training",
            "TALLYLINE_BOOKS": "/etc/tallyline/books.json",
            "TALLYLINE_FOUR_EYES_MINOR": "500000",
            "TALLYLINE_ACCOUNTING_WEBHOOK_URL": "http://books.internal/hooks/",
            "TALLYLINE_ACCOUNTING_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "TALLYLINE_ACCOUNTING_WEBHOOK_PRIVATE": "1",
            "TALLYLINE_PROVIDER_WEBHOOK_PRIVATE": "1",
            "TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE": "1",
            "TALLYLINE_SMTP_URL": "smtps://bot:word@mail.example",
            "TALLYLINE_SMTP_FROM": "tallyline@example.com",
            "TALLYLINE_HANDOVER_ESCALATES_PERCENT": "75",
            "TALLYLINE_WORK_GRACE_MINUTES": "45",
            "TALLYLINE_COMPANY_ZONE": "Europe/Sarajevo",
            "TALLYLINE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8",
            "TALLYLINE_LOG_LEVEL": "DEBUG",
            "TALLYLINE_LOG_FORMAT": "json",
            "TALLYLINE_TRACES_URL": "http://collector:4318/",
            "TALLYLINE_TRACES_SHARE": "0.25",
            "TALLYLINE_CANARY_KEY": "tlk_1_x",
            "TALLYLINE_RECORDINGS_PRIVATE": "1",
            "TALLYLINE_DROPS": "/srv/drops",
            "TALLYLINE_RAW_MONTHS": "24",
            "TALLYLINE_RAW_MONTHS_BY_COUNTRY": "HR=36, DE=6",
            "TALLYLINE_PANEL_USAGE": "1",
            "TALLYLINE_PANEL_USAGE_DAYS": "30",
            "TALLYLINE_SESSION_HOURS": "8",
            "TALLYLINE_SESSION_IDLE_MINUTES": "30",
            "TALLYLINE_OIDC_ISSUER": "https://sso.example/realms/company/",
            "TALLYLINE_OIDC_CLIENT_ID": "calls",
            "TALLYLINE_OIDC_CLIENT_SECRET": "hush",
            "TALLYLINE_OIDC_CLIENT_SECRET_FILE": "/run/secrets/oidc",
            "TALLYLINE_OIDC_SCOPES": "openid groups",
            "TALLYLINE_OIDC_NAME_CLAIM": "email",
            "TALLYLINE_OIDC_ROLE_CLAIM": "groups",
            "TALLYLINE_OIDC_ROLES": "it=admin, floor=leads=supervisor",
            "TALLYLINE_OIDC_PARTNERS_CLAIM": "centres",
            "TALLYLINE_OIDC_AGENT_CLAIM": "extension",
            "TALLYLINE_JWT_AUDIENCE": "calls-api",
            "TALLYLINE_REQUESTS_PER_SECOND": "10",
            "TALLYLINE_REQUESTS_AT_ONCE": "20",
            "TALLYLINE_DEMO": "true",
        }
    )
    changed = [field.name for field in fields(Settings) if getattr(settings, field.name) == field.default]
    assert changed == [], "each setting was given another value than its default"
    assert settings.master_key == key
    assert settings.base_url == "https://calls.example"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TALLYLINE_ENGINE", "cloud", "one of embedded, distributed"),
        ("TALLYLINE_PORT", "http", "whole number"),
        ("TALLYLINE_PORT", "70000", "65535"),
        ("TALLYLINE_PORT", "1_000", "whole number"),
        ("TALLYLINE_PARTITIONS", "0", "from 1"),
        ("TALLYLINE_MASTER_KEY", "c2hvcnQ=", "32 bytes"),
        ("TALLYLINE_MASTER_KEY", "not base64!", "32 bytes"),
        ("TALLYLINE_MONGO", "postgres://x", "mongodb://"),
        ("TALLYLINE_NAMESPACE", "Staging!", "lower-case"),
        ("TALLYLINE_CALLS_URL", "calls", "http://"),
        ("TALLYLINE_KAFKA_SECURITY", "tls", "one of plaintext, ssl, sasl_plaintext, sasl_ssl"),
        ("TALLYLINE_KAFKA_MECHANISM", "MD5", "one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
        ("TALLYLINE_LOG_LEVEL", "loud", "debug"),
        ("TALLYLINE_TRUSTED_PROXIES", "10.0.0.1/8", "networks"),
        ("TALLYLINE_TRUSTED_PROXIES", "*", "networks"),
        ("TALLYLINE_DEMO", "maybe", "1 or 0"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_URL", "https://", "http:// or https://"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_URL", "ftp://books.example", "http:// or https://"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_URL", "https://books.example:port", "http:// or https://"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_SECRET", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "24 to 64 bytes"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_SECRET", "whsec_c2hvcnQ=", "24 to 64 bytes"),
        ("TALLYLINE_ACCOUNTING_WEBHOOK_SECRET", "whsec_***", "24 to 64 bytes"),
        ("TALLYLINE_PUBLIC_URL", "calls.example", "http"),
        ("TALLYLINE_OIDC_ISSUER", "http://sso.example", "https://"),
        ("TALLYLINE_OIDC_ISSUER", "sso.example", "https://"),
        ("TALLYLINE_OIDC_ROLES", "floor=boss", "roles are admin, manager"),
        ("TALLYLINE_OIDC_ROLES", "=admin", "pairs such as"),
        ("TALLYLINE_OIDC_ROLES", "admin", "pairs such as"),
        ("TALLYLINE_SESSION_IDLE_MINUTES", "1", "from 5"),
        ("TALLYLINE_RAW_MONTHS", "0", "from 1"),
        ("TALLYLINE_RAW_MONTHS_BY_COUNTRY", "HR", "pairs such as HR=24"),
        ("TALLYLINE_RAW_MONTHS_BY_COUNTRY", "HR=0", "1 to 240"),
        ("TALLYLINE_RAW_MONTHS_BY_COUNTRY", "HR=24,hr=6", "pairs such as HR=24"),
        ("TALLYLINE_RAW_MONTHS_BY_COUNTRY", "HR=24,HR=6", "each country once"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} must be .*{re.escape(expected)}") as refused:
        Settings.from_environment({name: value})
    assert value not in str(refused.value) or name != "TALLYLINE_MASTER_KEY", "a key is never repeated in a message"


def test_a_user_of_the_brokers_has_a_name_and_a_password() -> None:
    security = {"TALLYLINE_KAFKA_SECURITY": "sasl_ssl"}
    with pytest.raises(SettingError, match="TALLYLINE_KAFKA_USER must be set"):
        Settings.from_environment(security)
    named = security | {"TALLYLINE_KAFKA_USER": "tallyline"}
    with pytest.raises(SettingError, match="TALLYLINE_KAFKA_PASSWORD or TALLYLINE_KAFKA_PASSWORD_FILE"):
        Settings.from_environment(named)
    settings = Settings.from_environment(named | {"TALLYLINE_KAFKA_PASSWORD": "hush-hush"})
    assert "hush-hush" not in repr(settings)


def test_a_webhook_is_signed_and_goes_over_tls_unless_its_target_is_ours() -> None:
    address = {"TALLYLINE_ACCOUNTING_WEBHOOK_URL": "http://me:hush-hush@books.example/in"}
    with pytest.raises(SettingError, match="TALLYLINE_ACCOUNTING_WEBHOOK_SECRET must be set"):
        Settings.from_environment(address)
    signed = address | {"TALLYLINE_ACCOUNTING_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    with pytest.raises(SettingError, match="TALLYLINE_ACCOUNTING_WEBHOOK_URL must begin with https://"):
        Settings.from_environment(signed)
    settings = Settings.from_environment(signed | {"TALLYLINE_ACCOUNTING_WEBHOOK_PRIVATE": "1"})
    assert "hush-hush" not in repr(settings)
    assert "MfKQ9r8G" not in repr(settings)


def test_a_provider_is_named_whole_and_what_it_tells_our_pages_opens_no_api() -> None:
    issuer = {"TALLYLINE_OIDC_ISSUER": "https://sso.example/"}
    with pytest.raises(SettingError, match="TALLYLINE_OIDC_CLIENT_ID must be set"):
        Settings.from_environment(issuer)
    with pytest.raises(SettingError, match="TALLYLINE_OIDC_ISSUER must be set where TALLYLINE_JWT_AUDIENCE is"):
        Settings.from_environment({"TALLYLINE_JWT_AUDIENCE": "api"})
    known = issuer | {"TALLYLINE_OIDC_CLIENT_ID": "calls", "TALLYLINE_OIDC_CLIENT_SECRET": "hush-hush"}
    with pytest.raises(SettingError, match="must not be the same"):
        Settings.from_environment(known | {"TALLYLINE_JWT_AUDIENCE": "calls"})
    settings = Settings.from_environment(known)
    assert settings.oidc_issuer == "https://sso.example/", "a slash is part of its name"
    assert "hush-hush" not in repr(settings)


def test_mails_come_from_somebody_and_their_server_is_named_in_full() -> None:
    server = {"TALLYLINE_SMTP_URL": "smtps://bot:hush-hush@mail.example"}
    with pytest.raises(SettingError, match="TALLYLINE_SMTP_FROM must be set"):
        Settings.from_environment(server)
    settings = Settings.from_environment(server | {"TALLYLINE_SMTP_FROM": "tallyline@example.com"})
    assert "hush-hush" not in repr(settings)
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtps://mail.example:0"):
        with pytest.raises(SettingError, match="TALLYLINE_SMTP_URL must be"):
            Settings.from_environment({"TALLYLINE_SMTP_URL": wrong})
    with pytest.raises(SettingError, match="TALLYLINE_SMTP_FROM must be"):
        Settings.from_environment({"TALLYLINE_SMTP_FROM": "Tallyline <tallyline@example.com>"})


def test_the_page_lists_every_variable_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(TALLYLINE_\w+)` \| `?([^`|]*?)`? \|", PAGE.read_text(), re.MULTILINE))

    def shown(default: Any) -> str:
        return "unset" if default in (None, "", ()) else str(int(default) if isinstance(default, bool) else default)

    assert rows == {variable(field.name): shown(field.default) for field in fields(Settings)}


def test_the_master_key_is_not_in_the_printed_settings() -> None:
    assert "master_key" not in repr(Settings(master_key=b"k" * 32))


def test_a_secret_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    assert secret_file(path, lambda: b"first") == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret_file(path, lambda: b"second") == b"first"
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"], "no draft is left behind"


def test_of_two_makers_of_a_secret_file_the_first_one_stands(tmp_path: Path) -> None:
    path = tmp_path / "master.key"

    def overtaken() -> bytes:
        secret_file(path, lambda: b"theirs")
        return b"ours"

    assert secret_file(path, overtaken) == b"theirs"
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_secret_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"key")
    path.chmod(mode)
    with pytest.raises(SettingError, match=r"master\.key has mode"):
        secret_file(path, lambda: b"")
