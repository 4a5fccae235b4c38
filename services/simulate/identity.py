"""The identifiers that a platform gives to calls, legs and events: the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

from services.simulate.company import Partner
from services.simulate.dice import Dice


def uuid_of(bits: int) -> str:
    """128 bits, written as a UUID."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def digest(*words: object) -> str:
    """32 hexadecimal digits that belong to these words, for identifiers that follow from others."""
    return hashlib.blake2b(":".join(map(str, words)).encode(), digest_size=16).hexdigest()


def uuid_from(*words: object) -> str:
    """A UUID that belongs to these words."""
    return uuid_of(int(digest(*words), 16))


def call_names(partner: Partner, dice: Dice, on: date) -> Callable[[int], str]:
    """How this partner's platform names the calls of a day, by their start (epoch milliseconds)."""
    count = iter(range(1, 10**9))
    prefix = f"{partner.id}-{on:%y%m%d}"
    match partner.settings.connector:
        case "twilio":
            return lambda at: f"CA{dice.bits(128):032x}"
        case "amazon-connect":
            return lambda at: uuid_of(dice.bits(128))
        case "asterisk":
            return lambda at: f"{at // 1000}.{next(count) * 4}"
        case _:
            return lambda at: f"{prefix}-{next(count):05}"
