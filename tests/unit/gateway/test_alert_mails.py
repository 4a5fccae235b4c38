"""Alerts call by mail, against a real mail server: in the clear, over TLS, with a password, refused, and away."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from email.utils import getaddresses
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.gateway.alerting.mailing import KEEP, MAILS, Mailer, Mailing, mail_id, mail_of, post_of
from services.gateway.domain.alerts import AskedLevel
from services.gateway.views.alerts import KnownAlert
from shared.contracts.gateway import AlertCalled, AlertResolved
from shared.engine.reading import First
from shared.kernel import Recorded
from shared.ports import StoreUnavailable
from shared.webhooks import Webhooks
from tests.engines.server import free_port
from tests.unit.gateway.test_alerts import RULE, called, defined
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.shared.test_webhooks import Clock

LEVELS = (AskedLevel(0, ("floor@example.com", "desk@example.com")), AskedLevel(30, ("head@example.com",)))
LOUD = defined(msgspec.structs.replace(RULE, levels=LEVELS))
OVER = AlertResolved(alert=LOUD.alert, episode=1, name=RULE.name, levels=1, at=datetime(2026, 11, 2, 11, tzinfo=UTC))


class Inbox:
    """What a mail server does with mails: `refuses` names whom it does not know."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuses: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuses:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


def certificate(folder: Path) -> Path:
    """A certificate for this machine, that signs itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)  # noqa: TID251 - TLS looks at the real clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def greeted(port: int) -> None:
    """Listen to a server's greeting over TLS, whoever it is: the library waits until somebody did."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as safe:
        assert safe.recv(100).startswith(b"220")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def plain(inbox: Inbox) -> Iterator[int]:
    """The port of a server in the clear."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


async def sender(url: str, clock: Clock) -> tuple[Webhooks, Mailer]:
    documents = MemoryDocuments()
    await documents.declare(KEEP.collection, KEEP.indexes)
    post = post_of(url)
    assert post is not None
    mailer = Mailer(post)
    return Webhooks(documents, mailer.target, clock, post=mailer, collection=MAILS), mailer


def mail(event: AlertCalled | AlertResolved = called(0, 10), to: str = "floor@example.com") -> tuple[str, bytes, str]:  # noqa: B008
    return mail_id(event, to), mail_of(event, to, "tallyline@example.com", "https://calls.example"), to


async def test_a_mail_says_what_is_wrong_and_where_to_look(plain: int, inbox: Inbox) -> None:
    mails, _ = await sender(f"smtp://127.0.0.1:{plain}", Clock())
    await mails.add(*mail())
    await mails.add(*mail(OVER))
    await mails.step()
    await mails.step()
    first, last = inbox.mails
    assert (first["To"], first["From"]) == ("floor@example.com", "tallyline@example.com")
    assert first["Subject"] == "Alert: Too many give up (acme)"
    text = first.get_payload()
    assert "9.5 is beyond 8, since 2026-11-02 09:10 UTC" in str(text)
    assert f"https://calls.example/alerts#{LOUD.alert}" in str(text)
    assert last["Subject"].startswith("Over: Too many give up")
    assert first["Message-ID"] != last["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"


async def test_whom_the_server_does_not_know_is_tried_again_and_a_server_that_is_away_too(
    plain: int, inbox: Inbox
) -> None:
    clock = Clock()
    mails, _ = await sender(f"smtp://127.0.0.1:{plain}", clock)
    inbox.refuses = {"floor@example.com"}
    await mails.add(*mail())
    await mails.step()
    known = await mails.get(mail()[0])
    assert known is not None
    assert (known.standing, [one.status for one in known.attempts]) == ("waiting", [550])
    inbox.refuses = set()
    clock.forward(60)
    await mails.step()
    assert len(inbox.mails) == 1
    away, _ = await sender(f"smtp://127.0.0.1:{free_port()}", clock)
    await away.add(*mail())
    await away.step()
    known = await away.get(mail()[0])
    assert known is not None
    assert [one.cause for one in known.attempts] == ["ConnectError"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # all of the connection is TLS
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_over_tls_the_password_goes_to_whom_we_trust_and_to_nobody_else(
    scheme: str, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    shown: list[tuple[bytes, bytes]] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        shown.append((data.login, data.password))
        return AuthResult(success=data.password == b"a word@home")

    tls = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        inbox, hostname="127.0.0.1", port=free_port(), authenticator=authenticate, auth_required=True,
        auth_require_tls=scheme != "smtps", **tls,
    )  # fmt: skip
    if scheme == "smtps":
        monkeypatch.setattr(controller, "_trigger_server", lambda: greeted(controller.port))
    controller.start()
    try:
        mails, _ = await sender(f"{scheme}://bot:a%20word%40home@127.0.0.1:{controller.port}", Clock())
        await mails.add(*mail())
        await mails.step()
        assert (inbox.mails, shown) == ([], []), "its certificate is nobody's that we trust"
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        trusted, _ = await sender(f"{scheme}://bot:a%20word%40home@127.0.0.1:{controller.port}", Clock())
        await trusted.add(*mail())
        await trusted.step()
        assert len(inbox.mails) == 1
        assert shown == [(b"bot", b"a word@home")]
    finally:
        controller.stop()


def test_the_password_is_in_no_text() -> None:
    post = post_of("smtps://bot:secret@mail.example")
    assert post is not None
    assert "secret" not in repr(post)
    assert post.port == 465
    assert post_of("") is None


# Who is written to


class Reads:
    """The view of alerts, when it has come so far."""

    def __init__(self, doc: KnownAlert | None) -> None:
        self.doc = doc

    async def get(self, view: Any, keys: Any) -> dict[str, KnownAlert]:
        return {LOUD.alert: self.doc} if self.doc is not None else {}


async def kept(*events: AlertCalled | AlertResolved, doc: KnownAlert | None = None) -> list[str]:
    """Addresses to whom mails are kept after these events, each told twice."""
    mails, _ = await sender("smtp://127.0.0.1", Clock())
    known = doc or KnownAlert(alert=LOUD.alert, defined=LOUD)
    deps = SimpleNamespace(reads=Reads(known), base_url="https://calls.example")
    worker = Mailing(mails, deps, SimpleNamespace(), "tallyline@example.com")  # type: ignore[arg-type]
    for number, event in enumerate((*events, *events)):
        recorded = Recorded(origin="o", position=(number, 0), recorded_at=event.at, event=event)
        await worker.take(0, [], [First(number, recorded)])
    found: list[str] = []
    for address in ("floor@example.com", "desk@example.com", "head@example.com"):
        found += [address for _ in (await mails.page(address, "waiting"))[0]]
    return found


async def test_each_level_has_its_own_addresses_and_the_end_is_told_to_those_who_were_called() -> None:
    assert await kept(called(0, 10)) == ["floor@example.com", "desk@example.com"]
    assert await kept(called(1, 40)) == ["head@example.com"]
    assert await kept(OVER) == ["floor@example.com", "desk@example.com"]
    whole = msgspec.structs.replace(OVER, levels=2)
    assert len(await kept(called(0, 10), called(1, 40), whole)) == 6
    assert await kept(msgspec.structs.replace(OVER, quiet=True)) == []
    assert await kept(msgspec.structs.replace(OVER, levels=0)) == []


async def test_a_call_of_an_alert_that_the_view_does_not_know_yet_waits() -> None:
    with pytest.raises(StoreUnavailable):
        await kept(called(0, 10), doc=KnownAlert(alert=LOUD.alert))


@pytest.mark.parametrize("address", ["floor@example.com", "o'hara+floor@mail.example.com", "a.b_c@x-y.example"])
def test_whom_a_level_may_call_is_whom_the_mail_goes_to(address: str) -> None:
    level = msgspec.convert({"mails": [address]}, AskedLevel)
    _, body, _ = mail(to=level.mails[0])
    assert getaddresses([str(message_from_bytes(body, policy=default)["To"])]) == [("", address)]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\n", "a;b@c.example", "a:b@c.example", ":;@c.example", "(@c.example", "(a)@c.example",
        "[a@c.example", "a\\@c.example", ".a@c.example", "a..b@c.example", "a@..", "a@c.example.", "jörg@c.example",
        f"{'a' * 65}@c.example",
    ],
)  # fmt: skip
def test_an_address_that_a_header_reads_otherwise_is_refused(address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"mails": [address]}, AskedLevel)
