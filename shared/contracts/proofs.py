"""Why a mismatch is laid to its cause: grounds by their codes, with values, and how each is said in English.

Whoever shows them to people says them in their language, by the same codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a proof. `values`, by the places in what is said: numbers, decimals in text, days, moments in UTC
    (`at`), shares in per cent (`share`), and codes."""

    code: str
    values: dict[str, int | str] = {}


GROUNDS: Mapping[str, str] = {
    "block_copied": "{n} lines in a row are the same as {n} in a row that stand {before} lines before",
    "line_copied": "every cell is the same as in a line before",
    "told_again": "same number, time, duration and agent as a line that is paired with the call",
    "number_damaged": "{n} lines; their pairs stand by time, duration and agent",
    "other_number": "the reference is the call's, the number is not",
    "amounts_by_factor": "{n} of {of} amounts are ours × {factor} to half a minor unit",
    "from_day": "from {day} on",
    "other_amount": "the amount is not that of the order",
    "day_missing": "{n} calls and not one line; elsewhere {share} are left out, so one expects {expected} lines",
    "cut_by_zone": "the month is cut by the clock of {zone}",
    "cut_by_offsets": "the month is cut by a clock at {first}, later {second}",
    "cut_is_right": "that has {n} calls at the edges right that the contract's month has not; {against} contradict",
    "outside_month": "the calls are not of the contract's month",
    "no_event": "no event of ours near that time with that number, and no number of our log is missing there",
    "left_out": "our events tell of the call, the report does not",
    "left_out_together": "{n} of {of} have {field} {value}; q = {q} by Fisher's exact test",
    "no_order": "no event of an order",
    "cancelled_before": "the order was cancelled before {at}",
    "cancelled_after": "the order was cancelled after {at}",
    "order_stands": "the order stands in our events; the partner's proof of the cancellation would settle it",
    "order_not_told": "our events have the order",
    "other_outcome": "our events have another outcome",
    "replay_fails": "on replay {n} of {of} calls fail that have this in common",
    "no_end_event": "no event says that the call ended",
    "field_is": "{field} is {value}",
    "talk_at_least": "talk is {seconds} s or more",
    "from_moment": "from {at} on",
    "nothing_in_common": "nothing in common was found",
    "codes_one_to_one": "{codes} codes, each one agent in {n} of {of} lines, one to one",
    "codes_not_one_to_one": "{codes} codes, each one agent in {n} of {of} lines, not one to one",
    "other_agent": "the code stands for another agent than the one of our events",
    "durations_fit": "{n} of {of} durations fit, where by chance one in {step} does",
    "bits_saved": "that saves {bits} bits over {differences} single differences",
    "other_duration": "the duration is not that of our events, and no rule explains it",
    "pairs_agree": "{n} of {of} pairs agree, at least {share} by Wilson",
    "lines_voted": "{n} lines voted",
    "one_clock": "all lines by one clock",
    "clock_not_changed": "all lines, as if the clock had not been changed at {at}",
    "clock_from_day": "lines from {day} on apart",
    "clock_of_zone": "by the clock of {zone}",
    "clock_by_field": "lines apart by {field}",
    "other_time": "the time is not that of our events, and no clock explains it",
    "log_incomplete": (
        "our log is not complete there; the events that it lacks, or a recording of the call, would settle it"
    ),
    "foretold": "found on {days} days, then foretold {n} of {of} lines of the others",
    "not_asked_for": "{n} lines are not as they were in report {report}, and nobody asked for that",
}


def ground(code: str, **values: int | str) -> Ground:
    """A ground of this code. KeyError where nobody knows how to say it."""
    GROUNDS[code].format(**values)
    return Ground(code=code, values=values)


def proof_of(grounds: Iterable[Ground]) -> str:
    """A proof in English."""
    return "; ".join(
        GROUNDS[one.code].format(**{name: _told(name, value) for name, value in one.values.items()}) for one in grounds
    )


def _told(place: str, value: int | str) -> str:
    text = str(value)
    return {"share": f"{text} %", "at": f"{text[:19].replace('T', ' ')} UTC"}.get(place, text)
