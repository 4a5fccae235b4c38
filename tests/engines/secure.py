"""A Kafka that lets in only who comes over TLS, with a certificate or with a user and a password; and its authority."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.engines import kafka
from tests.engines.server import Server, free_port

USER, PASSWORD = "tallyline", "a-word-that-passes"
JAAS = "org.apache.kafka.common.security"


class Authority:
    """Signs certificates for a day."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self.certificate = _signed(self._name, self._name, self._key, self._key, None)

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, name: str, address: str | None = None) -> str:
        """A key and a certificate of it, one after the other; for a server at an address, or for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_named(name), self._name, key, self._key, address)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (secret + certificate.public_bytes(Encoding.PEM)).decode()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    address: str | None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - a certificate is good from now on
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
    )
    if address is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signing, hashes.SHA256())


class Doors(NamedTuple):
    """Where the broker listens: for whom with a certificate, and for whom with a password."""

    certificate: str
    password: str


class SecureKafka:
    """A broker of its own. `authority` is who its certificate is from; clients' must come from the same. `more` are
    settings of the broker beside ours."""

    def __init__(self, home: Path, more: Mapping[str, str] | None = None) -> None:
        self._more = dict(more or {})
        self.authority = Authority("the tests' authority")
        self.doors = Doors(*(f"127.0.0.1:{free_port()}" for _ in Doors._fields))
        self._home = home
        self._server = Server("kafka", partial(self._command), kafka.ready, own=True)

    def start(self) -> str:
        """Return when it answers: where it lets in everybody, in the clear."""
        (self._home / "broker.pem").write_text(self.authority.issue("broker", "127.0.0.1"))
        (self._home / "authority.pem").write_text(self.authority.pem)
        return self._server.address()

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def _command(self, jars: Path, home: Path, port: int) -> Sequence[str]:
        controller = free_port()
        listeners = f"PLAINTEXT://127.0.0.1:{port},SSL://{self.doors.certificate},SASL_SSL://{self.doors.password}"
        more = {
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": listeners,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL"),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._home / "broker.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._home / "authority.pem"),
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": (
                f'{JAAS}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
            ),
        } | {
            f"listener.name.sasl_ssl.{mechanism}.sasl.jaas.config": f"{JAAS}.scram.ScramLoginModule required;"
            for mechanism in ("scram-sha-256", "scram-sha-512")
        }
        more |= self._more
        return kafka.command(jars, home, port, more=more, scram=f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]")
