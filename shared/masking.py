"""What looks like a telephone or card number is masked before a text can become an event."""

from __future__ import annotations

import re

MASK = "[number]"
FEWEST_DIGITS = 7
"""The shortest telephone numbers that are dialled with an area code have as many."""

# Digits of any script, with what people put between them: at most three signs in a row, and no line end.
_RUN = re.compile(r"\+?\(?\d(?:[^\S\n]{0,2}[-‐-―−./()·'’+]{0,2}[^\S\n]{0,2}\d)*")
_TIMED = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01])(?:[ T](?:[01][0-9]|2[0-3]))?)?")


def masked(text: str) -> str:
    """The text with every run of 7 digits or more replaced, also where spaces, dots, dashes, slashes or brackets group
    them; ISO dates and hours stay.

    Names and addresses can't be recognised and are not. Masking twice changes nothing.
    """
    return _RUN.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    run = found[0]
    digits = sum(sign.isdecimal() for sign in run)
    return run if digits < FEWEST_DIGITS or _TIMED.fullmatch(run) else MASK
