"""VICIdial: the URLs that it calls for a call and for an agent, and its exported call report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from services.calls.connectors import vicidial_calls as calls
from services.calls.connectors import vicidial_report as report
from services.calls.connectors import vicidial_urls as urls
from services.calls.connectors.base import Connector, Delivery, Reading, Secrets, Slice, Split
from services.calls.connectors.signatures import bearer, key_in_query, key_parameter
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation


def authenticate(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """Of a URL the key in its query, of a report the bearer key."""
    if _is_report(delivery):
        bearer(delivery, settings, secrets)
    else:
        key_in_query(delivery, settings, secrets)


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a URL, or a row of the report."""
    if _is_report(delivery):
        return Split(tuple(report.split(delivery.body)))
    parts = urlsplit(delivery.url)
    kind = parts.path.rstrip("/").rpartition("/")[2]
    return Split((urls.split(kind, parts.query, delivery.received_at, key_parameter(settings)),))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A URL under what it is about and when, a row under its lead, its time and its user."""
    if item.context["kind"] == "report":
        return report.read(item, settings, received_at)
    return urls.read(item, settings, received_at)


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """All calls of one lead."""
    return calls.translate(notes, settings)


def _is_report(delivery: Delivery) -> bool:
    return delivery.meta.get("kind") == "report"


vicidial = Connector("vicidial", authenticate, split, read, translate, by_lead=True, backfills=frozenset({"report"}))
