"""The sender's side of authentication: how a platform proves that a delivery comes from it."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=256)
def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix("whsec_"))


def standard_webhooks(secret: str, ident: str, second: int, body: bytes) -> str:
    """The `webhook-signature` of the Standard Webhooks rules; `second` is the time of sending, as epoch second."""
    signed = b"%b.%d.%b" % (ident.encode(), second, body)
    return "v1," + b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def standard_headers(secret: str, ident: str, second: int, body: bytes) -> dict[str, str]:
    """The headers of such a message."""
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": standard_webhooks(secret, ident, second, body),
    }


def twilio(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """The `X-Twilio-Signature` of a form: the URL as called, then each name with its value in order of names."""
    signed = url + "".join(name + value for name, value in sorted(fields))
    return b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def bearer(key: str) -> str:
    """The `Authorization` of a transport that has no signature of its own."""
    return f"Bearer {key}"
