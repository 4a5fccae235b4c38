"""Links to recordings and transcripts in what platforms send, and how long they hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.calls.connectors.base import Link, Renewal

_AMAZON = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_EPOCH = re.compile(r"[0-9]{10}")
_SECONDS = re.compile(r"[0-9]{1,7}")
MOST = 50
MAX_LENGTH = 4_096


def links(found: Iterable[tuple[str, Any]], renewal: Renewal | None = None) -> list[Link]:
    """The web addresses among pairs of a kind (`recording`, `transcript`) and a value; what is none is passed over."""
    made = []
    for kind, value in found:
        if not isinstance(value, str) or len(value) > MAX_LENGTH:
            continue
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        except ValueError:
            continue
        if good:
            made.append(Link(kind=kind, url=value, expires_at=_expiry(value), renewal=renewal))
    return made[:MOST]


def named(link: Link) -> str:
    """The link's id: what it leads to, however it is signed this time."""
    parts = urlsplit(link.url)
    place = f"{link.kind} {parts.scheme}://{parts.netloc}{parts.path}"
    query = parse_qs(parts.query)
    signed = any(name.lower().startswith(("x-amz-", "expires", "signature", "token")) for name in query)
    return hashlib.sha256((place if signed else f"{place}?{parts.query}").encode()).hexdigest()[:24]


def latest(found: Iterable[Link]) -> dict[str, Link]:
    """By id; of one thing the link that holds longest, the later one where nobody says how long."""
    by_id: dict[str, Link] = {}
    for link in found:
        known = by_id.get(named(link))
        if known is None or known.expires_at is None or link.expires_at is None or link.expires_at >= known.expires_at:
            by_id[named(link)] = link
    return by_id


def at(document: Any, path: Sequence[str]) -> Any:
    """What a JSON document has there; None where it has nothing."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _expiry(url: str) -> datetime | None:
    """As an address that was signed says itself: `X-Amz-Date` and `X-Amz-Expires` (AWS Signature Version 4), or
    `Expires` as epoch seconds (CloudFront, and version 2)."""
    query = {name.lower(): values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    signed, lives, until = query.get("x-amz-date", ""), query.get("x-amz-expires", ""), query.get("expires", "")
    try:
        if _AMAZON.fullmatch(signed) and _SECONDS.fullmatch(lives):
            begun = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return begun + timedelta(seconds=int(lives))
        if _EPOCH.fullmatch(until):
            return datetime.fromtimestamp(int(until), UTC)
    except (ValueError, OverflowError):
        return None
    return None
