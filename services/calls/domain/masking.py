"""Customers' numbers as they are shown: the country and the operator stay, and two digits to tell numbers apart."""

from __future__ import annotations

import phonenumbers

SHOWN_AT_END = 2
HIDDEN_AT_LEAST = 4
"""Digits of the national number that nobody is shown, where the number has so many."""
GROUP = 3


def masked(number: str) -> str:
    """`+385912345667` as `+385 91 *** **67`.

    Shown are the country's code, the area's or operator's code and the last two digits, as long as at least four
    digits stay hidden. What is no number in E.164 is hidden whole.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "*" * len(number)
    national = phonenumbers.national_significant_number(parsed)
    end = SHOWN_AT_END if len(national) >= SHOWN_AT_END + HIDDEN_AT_LEAST else 0
    lead = phonenumbers.length_of_national_destination_code(parsed) or 2
    if len(national) - end - lead < HIDDEN_AT_LEAST:
        lead = 0
    hidden = "*" * (len(national) - lead - end) + (national[-end:] if end else "")
    groups = [hidden[at : at + GROUP] for at in range(0, len(hidden), GROUP)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return " ".join([f"+{parsed.country_code}", *([national[:lead]] if lead else []), *groups])
