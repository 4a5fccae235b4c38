"""How a delivery proves where it comes from: a signature, or a key that it shows; compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit, urlunsplit

import msgspec

from services.calls.connectors.base import Delivery, NotAuthentic, Secrets, Unreadable
from services.calls.connectors.fields import MAX_FORM_FIELDS, check_nesting, form
from shared.contracts.partners import SourceSettings, kept

TOLERANCE_SECONDS = 300
"""How old or how early a signed timestamp may be, inclusive."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_STANDARD_PORTS = {"https": 443, "http": 80}


def twilio_signature(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """`X-Twilio-Signature` over the URL and the form, or over the URL that carries the hash of a JSON body."""
    sent = delivery.headers.get("x-twilio-signature", "").encode()
    hashes = parse_qs(urlsplit(delivery.url).query).get("bodySHA256", [])
    fields: Sequence[tuple[str, str]] = ()
    if hashes:
        _need(_same(hashlib.sha256(delivery.body).hexdigest().encode(), hashes[0].lower().encode()))
    elif delivery.method == "POST":
        try:
            fields = form(delivery.body)
        except Unreadable as error:
            raise NotAuthentic("the signed form cannot be read") from error
    signed = "".join(name + value for name, value in sorted(set(fields)))
    tokens = secrets.by_scheme.get("twilio-signature", ())
    matches = [
        _same(base64.b64encode(hmac.digest(token.encode(), (url + signed).encode(), "sha1")), sent)
        for token in tokens
        for url in _spellings(delivery.url)
    ]
    _need(any(matches))


def standard_webhooks(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """`webhook-signature` of version 1 over id, timestamp and body, by any of the source's keys, within tolerance."""
    message = delivery.headers.get("webhook-id", "")
    timestamp = delivery.headers.get("webhook-timestamp", "")
    if not message or not _TIMESTAMP.fullmatch(timestamp):
        raise NotAuthentic("webhook-id or webhook-timestamp is missing")
    if abs(int(delivery.received_at.timestamp()) - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotAuthentic("webhook-timestamp is outside the tolerance")
    content = f"{message}.{timestamp}.".encode() + delivery.body
    listed = (part.partition(",") for part in delivery.headers.get("webhook-signature", "").split(" "))
    sent = [signature.encode() for version, _, signature in listed if version == "v1"]
    matches = [
        _same(base64.b64encode(hmac.digest(key, content, "sha256")), signature)
        for key in _webhook_keys(secrets.by_scheme.get("standard-webhooks", ()))
        for signature in sent
    ]
    _need(any(matches))


def bearer(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """`Authorization: Bearer <key>` with one of the source's keys."""
    _need(shows_bearer(delivery.headers, secrets))


def key_header(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """One of the source's keys in a header of its own: `options.header`, else `X-Tallyline-Key`."""
    name = str(settings.options.get("header") or "x-tallyline-key").lower()
    _need(is_key("api-key-header", delivery.headers.get(name, ""), secrets))


def token_header(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """The token that the platform was given, in the header `options.header`, else `Verification-Token`."""
    name = str(settings.options.get("header") or "verification-token").lower()
    _need(is_key("header-token", delivery.headers.get(name, ""), secrets))


def key_in_query(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """One of the source's keys as the parameter `options.parameter`, else `key`, given once."""
    try:
        sent = parse_qs(urlsplit(delivery.url).query, max_num_fields=MAX_FORM_FIELDS).get(key_parameter(settings), [])
    except ValueError as error:
        raise NotAuthentic("the query cannot be read") from error
    _need(len(sent) == 1 and is_key("query-key", sent[0], secrets))


def key_parameter(settings: SourceSettings) -> str:
    """The parameter of the query that holds the key."""
    return str(settings.options.get("parameter") or "key")


def basic(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """`Authorization: Basic`: the secret is `<user>:<password>`."""
    scheme, _, sent = delivery.headers.get("authorization", "").partition(" ")
    try:
        shown = base64.b64decode(sent.strip(), validate=True).decode()
    except ValueError as error:
        raise NotAuthentic("the user and password cannot be read") from error
    _need(scheme.lower() == "basic" and is_key("basic", shown, secrets))


def token_in_body(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """The token of the webhook as `token` of the JSON body; nothing else of the body is looked at."""
    try:
        check_nesting(delivery.body)
        sent = msgspec.json.decode(delivery.body, type=_Token).token
    except (Unreadable, ValueError, RecursionError) as error:
        raise NotAuthentic("the body shows no token") from error
    _need(is_key("body-token", sent, secrets))


def body_hmac(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """HMAC-SHA256 of the body in the header `options.header`, else `X-Signature`: in hex, which may follow `sha256=`,
    or in base64."""
    name = str(settings.options.get("header") or "x-signature").lower()
    sent = delivery.headers.get(name, "").strip().removeprefix("sha256=").encode()
    digests = [hmac.digest(key.encode(), delivery.body, "sha256") for key in secrets.by_scheme.get("hmac-sha256", ())]
    matches = [
        _same(written, offered)
        for digest in digests
        for written, offered in ((digest.hex().encode(), sent.lower()), (base64.b64encode(digest), sent))
    ]
    _need(any(matches))


class _Token(msgspec.Struct):
    token: str = ""


def shows_bearer(headers: Mapping[str, str], secrets: Secrets) -> bool:
    """Whether the request shows one of the source's keys."""
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_key("bearer", sent.strip(), secrets)


def is_key(scheme: str, sent: str, secrets: Secrets) -> bool:
    """Whether what was sent is a key of the scheme, of which we keep digests."""
    digest = kept(scheme, sent).encode()
    matches = [_same(key.encode(), digest) for key in secrets.by_scheme.get(scheme, ())]
    return any(matches)


def _webhook_keys(secrets: Iterable[str]) -> Iterable[bytes]:
    for secret in secrets:
        encoded = secret.removeprefix("whsec_")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if key:
            yield key


def _spellings(url: str) -> list[str]:
    """The URL as given and as Twilio may have written it: https with any port left out, the standard port put in."""
    parts = urlsplit(url)
    standard = _STANDARD_PORTS.get(parts.scheme)
    host, _, digits = parts.netloc.rpartition(":") if re.search(r":[0-9]+$", parts.netloc) else (parts.netloc, "", "")
    urls = [url]
    if not digits:
        urls.append(urlunsplit(parts._replace(netloc=f"{host}:{standard}")))
    elif parts.scheme == "https" or digits == str(standard):
        urls.append(urlunsplit(parts._replace(netloc=host)))
    return urls


def _same(ours: bytes, theirs: bytes) -> bool:
    return hmac.compare_digest(ours, theirs)


def _need(authentic: bool) -> None:
    if not authentic:
        raise NotAuthentic("no signature or key matches")
