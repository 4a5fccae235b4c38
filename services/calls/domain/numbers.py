"""Numbers as people write them, in E.164; which country a number belongs to, and in which zone its people live."""

from __future__ import annotations

import phonenumbers
from phonenumbers import timezone

UNKNOWN_ZONE = "Etc/Unknown"
LONGEST = 40


def e164(text: str, country: str | None) -> str | None:
    """The number in E.164, read as one of the country where it has no prefix. None where it can't be a number."""
    if len(text) > LONGEST:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(number: str) -> str | None:
    """The country (ISO 3166) of a number in E.164; None for those of no country."""
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    return found if found and found.isalpha() else None


def zone_of(number: str) -> str | None:
    """The zone of a number in E.164, where it says one and not several."""
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and zones[0] != UNKNOWN_ZONE else None
