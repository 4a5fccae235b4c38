"""Every TALLYLINE_* variable with its default and meaning, and the files of the data folder that only we may read."""

# ruff: noqa: RUF009 - `_setting` gives a dataclass field, which is made once per class as it should be
from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.rights import ROLES, Role

PREFIX = "TALLYLINE_"
MASTER_KEY_BYTES = 32

Engine = Literal["embedded", "distributed"]
LogFormat = Literal["text", "json"]
KafkaSecurity = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]


class Ports(NamedTuple):
    """Ports chosen singly, for measurements; a release runs on one of the two engines."""

    bus: Literal["sqlite", "kafka"] = "sqlite"
    documents: Literal["sqlite", "mongo"] = "sqlite"


class SettingError(Exception):
    """A variable or a file of the data folder is not as it must be. The text names it and says what is expected."""


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return read


def _level(text: str) -> str:
    return _one_of("debug", "info", "warning", "error")(text.lower())


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # Only plain digits: int() would also take "1_000", " 7" and digits of other scripts.
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return read


def _share(text: str) -> float:
    if not re.fullmatch(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", text):
        raise ValueError("a share from 0 to 1, such as 0.05")
    return float(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false"):
        raise ValueError("1 or 0 (true or false)")
    return text.lower() in ("1", "true")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError(f"{MASTER_KEY_BYTES} bytes in base64, as `openssl rand -base64 {MASTER_KEY_BYTES}` gives them")
    return key


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("an address that begins with http:// or https://")
    return text.rstrip("/")


def _target(text: str) -> str:
    try:
        parts = urlsplit(text)
        found = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        found = False
    if not found:
        raise ValueError("an address that begins with http:// or https://")
    return text


def _webhook_secret(text: str) -> str:
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("whsec_ and 24 to 64 bytes in base64")
    return text


def _mail_server(text: str) -> str:
    expected = "smtp://, smtp+starttls:// or smtps:// with a host, and a user and password where it asks for them"
    try:
        parts = urlsplit(text)
        found = parts.scheme in ("smtp", "smtp+starttls", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        found = False
    if not found:
        raise ValueError(expected)
    return text


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>\"]+@[A-Za-z0-9.-]+", text):
        raise ValueError("an address such as tallyline@example.com")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("the name of a time zone, such as Europe/Sarajevo") from None
    return text


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("networks such as 10.0.0.0/8, by comma") from None


def _issuer(text: str) -> str:
    # As it stands: a slash at its end is part of its name.
    parts = urlsplit(text)
    on_this_machine = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and on_this_machine)):
        raise ValueError("an address that begins with https:// (http:// on this machine alone)")
    return text


def _roles(text: str) -> tuple[tuple[str, Role], ...]:
    pairs = [tuple(part.strip() for part in pair.rpartition("=")[::2]) for pair in text.split(",")]
    if not all(value and role in ROLES for value, role in pairs):
        raise ValueError(f"pairs such as floor-leads=supervisor, by comma; roles are {', '.join(ROLES)}")
    return tuple((value, cast("Role", role)) for value, role in pairs)


def _months_by_country(text: str) -> tuple[tuple[str, int], ...]:
    pairs = [re.fullmatch(r"([A-Z]{2})=([0-9]{1,3})", pair.strip()) for pair in text.split(",")]
    found = tuple((pair[1], int(pair[2])) for pair in pairs if pair is not None and 1 <= int(pair[2]) <= 240)
    if len(dict(found)) != len(pairs):
        raise ValueError("pairs such as HR=24, by comma, each country once: its code, and 1 to 240 months")
    return found


def _mongo_address(text: str) -> str:
    if not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("an address that begins with mongodb:// or mongodb+srv://")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", text):
        raise ValueError("a short name of lower-case letters, digits, - and _")
    return text


def _setting(default: Any, read: Callable[[str], Any], doc: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "doc": doc})


@dataclass(frozen=True)
class Settings:
    """What the environment may say. The field `max_body_bytes` is the variable TALLYLINE_MAX_BODY_BYTES, and so on."""

    engine: Engine = _setting("embedded", _one_of("embedded", "distributed"), "Which adapters serve the ports.")
    data: Path = _setting(Path("data"), Path, "Folder of the database, the keys and the spool.")
    host: str = _setting("127.0.0.1", str, "Address to listen on.")
    port: int = _setting(8321, _whole(0, 65535), "Port to listen on; 0 takes a free one.")
    public_url: str = _setting(
        "", _address, "Address under which the outside reaches us; empty: made from the host and the port."
    )
    master_key: bytes | None = _setting(
        None, _key, "The vault's master key, base64; unset: `master.key` in the data folder.", secret=True
    )
    max_body_bytes: int = _setting(1 << 20, _whole(1024, 1 << 30), "Largest body of a webhook or an API request.")
    max_transport_bytes: int = _setting(
        32 << 20, _whole(1024, 1 << 32), "Largest body of a file or a batch of records."
    )
    max_decompressed_bytes: int = _setting(64 << 20, _whole(1024, 1 << 34), "Largest body after decompression.")
    partitions: int = _setting(4, _whole(1, 1024), "Partitions of each topic, fixed when the data folder is made.")
    spool_bytes: int = _setting(
        256 << 20, _whole(1 << 16, 1 << 40), "Largest spool of ingest, which takes deliveries while the bus is away."
    )
    kafka: str = _setting("127.0.0.1:9092", str, "Brokers of the distributed engine: `host:port`, by comma.")
    kafka_replication: int = _setting(3, _whole(1, 9), "Copies of each topic that is created.")
    kafka_min_insync: int = _setting(2, _whole(1, 9), "Copies that must have a record before it is acknowledged.")
    kafka_security: KafkaSecurity = _setting(
        "plaintext",
        _one_of("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
        "How the brokers are reached: in the clear or over TLS, with a user and a password or without.",
    )
    kafka_ca: Path | None = _setting(
        None, Path, "File of the certificates (PEM) that the brokers' come from; unset: those that the system trusts."
    )
    kafka_certificate: Path | None = _setting(
        None, Path, "File of our certificate (PEM), where the brokers ask for one."
    )
    kafka_key: Path | None = _setting(None, Path, "File of its key (PEM), if it is not in the same file.")
    kafka_mechanism: str = _setting(
        "SCRAM-SHA-512", _one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), "How the password is shown to the brokers."
    )
    kafka_user: str = _setting("", str, "User of the brokers, with `sasl_plaintext` or `sasl_ssl`.")
    kafka_password: str = _setting("", str, "Its password.", secret=True)
    kafka_password_file: Path | None = _setting(None, Path, "File of its password; it counts before the variable.")
    mongo: str = _setting(
        "mongodb://127.0.0.1:27017", _mongo_address, "MongoDB of the distributed engine.", secret=True
    )
    namespace: str = _setting(
        "", _name, "Stands before the names of topics and is the database's, so that systems can share servers."
    )
    calls_url: str = _setting("http://127.0.0.1:8323", _address, "Where other services find the calls service.")
    partners_url: str = _setting("http://127.0.0.1:8322", _address, "Where the gateway finds the partners service.")
    reconciliation_url: str = _setting(
        "http://127.0.0.1:8324", _address, "Where the gateway finds the reconciliation service."
    )
    training_url: str = _setting("http://127.0.0.1:8325", _address, "Where the gateway finds the training service.")
    books: Path | None = _setting(
        None, Path, "File (JSON) of the accounts of the company's books; unset: invoices are exported as received only."
    )
    four_eyes_minor: int = _setting(
        1_000_000, _whole(0, 10**15), "Above this amount, in minor units, two people approve an invoice."
    )
    accounting_webhook_url: str = _setting(
        "", _target, "Where accounting is told of forwarded invoices; unset: nowhere.", secret=True
    )
    accounting_webhook_secret: str = _setting(
        "", _webhook_secret, "The key that signs it, `whsec_` and base64.", secret=True
    )
    accounting_webhook_private: bool = _setting(
        False, _flag, "Whether that may be in the clear, and to an address that is not of the open internet."
    )
    provider_webhook_private: bool = _setting(
        False, _flag, "Whether providers of payment and shipping may be told at addresses not of the open internet."
    )
    subscriber_webhook_private: bool = _setting(
        False, _flag, "Whether webhooks of events may go in the clear, and to addresses not of the open internet."
    )
    smtp_url: str = _setting(
        "", _mail_server, "The server that takes mails of alerts; unset: none is sent.", secret=True
    )
    smtp_from: str = _setting("", _mail_address, "The address that mails come from.")
    handover_escalates_percent: int = _setting(
        60, _whole(1, 99), "Per cent of a hot lead's time after which it is escalated."
    )
    work_grace_minutes: int = _setting(
        30, _whole(1, 10_080), "Minutes for which a fact that is missing is waited for before somebody has to look."
    )
    company_zone: str = _setting("UTC", _zone, "The time zone of the company's own office, in which its people think.")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (), _networks, "Networks of the proxies whose X-Forwarded-For is believed, by comma; unset: nobody's."
    )
    log_level: str = _setting("info", _level, "Least level that is logged: debug, info, warning or error.")
    log_format: LogFormat = _setting("text", _one_of("text", "json"), "How lines are logged: text or json, one a line.")
    traces_url: str = _setting(
        "", _address, "Where traces go by OTLP/HTTP, as `http://collector:4318`; unset: none are kept."
    )
    traces_share: float = _setting(0.01, _share, "The share of new traces that is kept, from 0 to 1.")
    canary_key: str = _setting(
        "", str, "API key with which `tallyline canary --gateway` asks, of a manager.", secret=True
    )
    recordings_private: bool = _setting(
        False, _flag, "Whether recordings may be fetched in the clear, and from addresses not of the open internet."
    )
    drops: Path | None = _setting(
        None, Path, "Folder of watched folders: files below `<source>/` are taken as deliveries of it; unset: none."
    )
    raw_months: int = _setting(
        13, _whole(1, 240), "Months for which the key of a month is kept, counted from the end of that month."
    )
    raw_months_by_country: tuple[tuple[str, int], ...] = _setting(
        (), _months_by_country, "The same for partners of these countries."
    )
    panel_usage: bool = _setting(
        False,
        _flag,
        "Whether the panel tells of its use, by agent and step; off: nothing is taken, and what is held goes.",
    )
    panel_usage_days: int = _setting(90, _whole(1, 730), "For how many days that is held.")
    session_hours: int = _setting(12, _whole(1, 720), "Hours after which people sign in again.")
    session_idle_minutes: int = _setting(
        120, _whole(5, 43_200), "Minutes without a request after which people sign in again."
    )
    oidc_issuer: str = _setting("", _issuer, "The OpenID provider at which people sign in; unset: none.")
    oidc_client_id: str = _setting("", str, "What we are called there.")
    oidc_client_secret: str = _setting("", str, "Our secret there; unset: we are a public client.", secret=True)
    oidc_client_secret_file: Path | None = _setting(None, Path, "File of that; it counts before the variable.")
    oidc_scopes: str = _setting("openid profile email", str, "What the provider is asked for, by space.")
    oidc_name_claim: str = _setting("preferred_username", str, "The claim with the name that stands beside all deeds.")
    oidc_role_claim: str = _setting("tallyline_role", str, "The claim with somebody's role or groups.")
    oidc_roles: tuple[tuple[str, Role], ...] = _setting(
        (), _roles, "Which of its values is which role, `value=role` by comma; unset: the values are roles."
    )
    oidc_partners_claim: str = _setting("tallyline_partners", str, "The claim with the partners that somebody sees.")
    oidc_agent_claim: str = _setting("tallyline_agent", str, "The claim with an agent's id at the partner's telephony.")
    jwt_audience: str = _setting(
        "", str, "Audience for which services may show tokens of that provider as bearers; unset: none are taken."
    )
    requests_per_second: int = _setting(
        50, _whole(0, 1_000_000), "Requests a second that each key and user may send in the long run; 0: as they like."
    )
    requests_at_once: int = _setting(300, _whole(1, 1_000_000), "Requests that they may send at once.")
    demo: bool = _setting(False, _flag, "Marks a new data folder as a demo, where replay sources count as production.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables; an empty one counts as unset. SettingError names the first that is not as it must be."""
        values: dict[str, Any] = {}
        for setting in fields(cls):
            name = variable(setting.name)
            if text := environ.get(name, ""):
                try:
                    values[setting.name] = setting.metadata["read"](text)
                except ValueError as error:
                    raise SettingError(f"{name} must be {error}.") from None
        settings = cls(**values)
        settings._check_kafka()
        settings._check_webhook()
        settings._check_provider()
        if settings.smtp_url and not settings.smtp_from:
            raise SettingError(f"{variable('smtp_from')} must be set where {variable('smtp_url')} is.")
        return settings

    def _check_provider(self) -> None:
        if not self.oidc_issuer:
            if self.jwt_audience:
                raise SettingError(f"{variable('oidc_issuer')} must be set where {variable('jwt_audience')} is.")
            return
        if not self.oidc_client_id:
            raise SettingError(f"{variable('oidc_client_id')} must be set where {variable('oidc_issuer')} is.")
        if self.jwt_audience == self.oidc_client_id:
            # Else what a provider says of somebody to our pages would open the API to whoever gets hold of it.
            names = f"{variable('jwt_audience')} and {variable('oidc_client_id')}"
            raise SettingError(f"{names} must not be the same.")

    def _check_kafka(self) -> None:
        if self.kafka_security.startswith("sasl_"):
            if not self.kafka_user:
                raise SettingError(f"{variable('kafka_user')} must be set with sasl_plaintext and sasl_ssl.")
            if not self.kafka_password and self.kafka_password_file is None:
                names = f"{variable('kafka_password')} or {variable('kafka_password_file')}"
                raise SettingError(f"{names} must be set with sasl_plaintext and sasl_ssl.")

    def _check_webhook(self) -> None:
        if not self.accounting_webhook_url:
            return
        if not self.accounting_webhook_secret:
            raise SettingError(f"{variable('accounting_webhook_secret')} must be set where the address is.")
        if not self.accounting_webhook_private and not self.accounting_webhook_url.startswith("https://"):
            name = variable("accounting_webhook_url")
            raise SettingError(f"{name} must begin with https:// unless {variable('accounting_webhook_private')} is 1.")

    @property
    def base_url(self) -> str:
        """The address that links and ingest addresses begin with, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"


def variable(name: str) -> str:
    """The environment variable of a field of Settings."""
    return PREFIX + name.upper()


def secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a file that only its owner may read; made, durably and by one winner, where it is missing.

    SettingError when group or others may read or write it: whoever could, may have, and the key must be changed.
    """
    if not path.exists():
        _create(path, make())
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SettingError(f"{path} has mode {mode:04o}: only its owner may have access to it (chmod 600).")
    return path.read_bytes()


def _create(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: of two processes that start together the first one's content stands.
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)
