"""People are called by mail: from each call of an alert, a mail to each address of its level is made and sent."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import httpx

from services.gateway.views.alerts import alerts
from services.gateway.views.words import _
from shared.contracts.gateway import TOPIC, AlertCalled, AlertResolved, PublicGatewayEvent
from shared.engine.moving import Keep
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.http import Deps
from shared.ports import Record, StoreUnavailable
from shared.webhooks import Target, Webhooks, delivery_fields

MAILS = "mails"
KEEP = Keep(MAILS, ("to", "standing", "due"), delivery_fields)
PATIENCE_S = 10.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Post:
    """The server that takes mails, and how it is reached."""

    host: str
    port: int
    scheme: str
    user: str = ""
    password: str = field(default="", repr=False)


def post_of(url: str) -> Post | None:
    """What the setting says, which was checked when it was read; None where it is empty."""
    if not url:
        return None
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    return Post(parts.hostname or "", port, parts.scheme, unquote(parts.username or ""), unquote(parts.password or ""))


class Mailer:
    """Hands mails to a server, one at a time, in a thread."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def target(self, address: str) -> Target:
        """Every address has the same server."""
        return Target(self._post.host, "")

    async def __call__(self, target: Target, ident: str, second: int, body: bytes) -> int:
        """The server's answer: 250 where it took the mail."""
        return await asyncio.to_thread(self._hand_over, body)

    def _hand_over(self, body: bytes) -> int:
        post = self._post
        mail = BytesParser(policy=SMTP).parsebytes(body)
        try:
            with self._connected() as smtp:
                if post.scheme == "smtp+starttls":
                    smtp.starttls(context=ssl.create_default_context())
                if post.user:
                    smtp.login(post.user, post.password)
                smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return max(code for code, _text in refused.recipients.values())
        except smtplib.SMTPResponseException as refused:
            return int(refused.smtp_code)
        except (smtplib.SMTPException, OSError) as wrong:
            raise httpx.ConnectError(type(wrong).__name__) from wrong
        return 250

    def _connected(self) -> smtplib.SMTP:
        post = self._post
        if post.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(post.host, post.port, timeout=PATIENCE_S, context=context)
        return smtplib.SMTP(post.host, post.port, timeout=PATIENCE_S)


def mail_id(event: AlertCalled | AlertResolved, address: str) -> str:
    """One mail an address for each level of an episode, and one for its end."""
    level = f"level {event.level}" if isinstance(event, AlertCalled) else "resolved"
    place = f"{event.alert} {event.episode} {level} {address}"
    return "mail_" + hashlib.sha256(place.encode()).hexdigest()[:32]


def mail_of(event: AlertCalled | AlertResolved, address: str, sender: str, base_url: str) -> bytes:
    """The mail. Its id stays the same, so that a reader shows what comes twice once."""
    mail = EmailMessage(policy=SMTP)
    where = event.partner_id or _("all partners")
    name = " ".join(event.name.split())  # a subject has one line
    if isinstance(event, AlertCalled):
        mail["Subject"] = _("Alert: {name} ({where})").format(name=name, where=where)
        since = f"{event.raised_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        text = _("{name}: {value} is beyond {limit}, since {since} UTC. Level {level}.").format(
            name=name, value=f"{event.value:,.4g}", limit=f"{event.limit:,.4g}", since=since, level=event.level + 1
        )
    else:
        mail["Subject"] = _("Over: {name} ({where})").format(name=name, where=where)
        text = _("{name} is back where it should be, since {at} UTC.").format(
            name=name, at=f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M}"
        )
    mail["From"], mail["To"], mail["Date"] = sender, address, event.at
    mail["Message-ID"] = f"<{mail_id(event, address)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{text}\n\n{base_url}/alerts#{event.alert}\n")
    return mail.as_bytes()


class Mailing(Taking):
    """The worker. A mail that is kept already stays as it is, so repeats do no harm."""

    def __init__(self, mails: Webhooks, deps: Deps, checkpoints: Checkpoints, sender: str) -> None:
        super().__init__("gateway.mails", TOPIC, PublicGatewayEvent, checkpoints)
        self._mails = mails
        self._deps = deps
        self._sender = sender

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The mails are kept."""
        for first in firsts:
            event: AlertCalled | AlertResolved = first.recorded.event
            for address in await self._addresses(event):
                body = mail_of(event, address, self._sender, self._deps.base_url)
                ident, at = mail_id(event, address), first.recorded.recorded_at
                await self._mails.add(ident, body, address, recorded_at=at)

    async def _addresses(self, event: AlertCalled | AlertResolved) -> list[str]:
        doc = (await self._deps.reads.get(alerts, [event.alert])).get(event.alert)
        if doc is None or doc.defined is None:
            raise StoreUnavailable("the view of alerts has not come so far yet")
        if isinstance(event, AlertCalled):
            called = doc.defined.levels[event.level : event.level + 1]
        else:
            called = () if event.quiet else doc.defined.levels[: event.levels]
        return list(dict.fromkeys(address for level in called for address in level.mails))
