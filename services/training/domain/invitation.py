"""Invitations to live sessions as calendar files (iCalendar, RFC 5545; methods REQUEST and CANCEL, RFC 5546)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from icalendar import vCalAddress

Method = Literal["REQUEST", "CANCEL"]
PRODUCT = "-//Tallyline//Training//EN"
HOST = "tallyline.training"
"""The right side of every UID: a session is one thing whatever address we are reached at."""
ZONES_BACK = timedelta(days=366)


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation says. `said_at`: when it was last changed; `sequence`: how often it was; `address`: a URI that
    stands for the agent, whose e-mail address we don't know."""

    session: str
    method: Method
    sequence: int
    said_at: datetime
    title: str
    starts_at: datetime
    minutes: int
    time_zone: str
    place: str
    contact: str
    agent: str
    address: str
    trainer: str = ""
    why: str = ""


def as_calendar(told: Invited) -> bytes:
    """The file. A calendar program that has an older sequence of the session takes this one in its place, or takes the
    session out."""
    from icalendar import (  # its table of zones takes as long to load as a fifth of the server
        Calendar,
        Event,
        vCalAddress,
        vUri,
    )

    zone = ZoneInfo(told.time_zone)
    starts = told.starts_at.astimezone(zone)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", told.method)
    event = Event()
    event.add("uid", f"{told.session}@{HOST}")
    event.add("dtstamp", told.said_at.astimezone(UTC))
    event.add("sequence", told.sequence)
    event.add("summary", told.title)
    event.add("dtstart", starts)
    # In absolute time: over a change of the clocks the session is as long as it was said to be.
    event.add("dtend", (told.starts_at + timedelta(minutes=told.minutes)).astimezone(zone))
    event.add("location", told.place)
    if told.place.startswith("https://"):
        event.add("url", vUri(told.place))
    about = [text for text in (told.trainer, told.why) if text]
    if about:
        event.add("description", "\n".join(about))
    event.add("status", "CONFIRMED" if told.method == "REQUEST" else "CANCELLED")
    event.add("organizer", vCalAddress(f"mailto:{told.contact}"))
    event.add("attendee", _attendee(told))
    calendar.add_component(event)
    day = starts.date()
    calendar.add_missing_timezones(first_date=day - ZONES_BACK, last_date=day + ZONES_BACK)
    return bytes(calendar.to_ical())


def _attendee(told: Invited) -> vCalAddress:
    from icalendar import vCalAddress, vText

    attendee = vCalAddress(told.address)
    attendee.params["CN"] = vText(told.agent)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("TRUE" if told.method == "REQUEST" else "FALSE")
    return attendee
