"""What is said in a request, whatever the language."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "shifted",
    "other_zone",
    "clock_change",
    "wrong_time",
    "rounded_up",
    "rounded_nearest",
    "rounded_down",
    "wrong_duration",
    "renumbered",
    "wrong_agent",
    "scientific",
    "masked",
    "lost_zero",
    "wrong_number",
    "factor",
    "other_currency",
    "wrong_amount",
    "wrong_outcome",
    "cancelled_early",
    "cancelled_late",
    "not_cancelled",
    "no_order",
    "not_reported",
    "twice",
    "block",
    "never_happened",
    "left_out",
    "left_out_where",
    "day_left_out",
    "other_month",
    "outside_month",
)
"""Ways in which lines are wrong, each with a sentence of its own."""


@dataclass(frozen=True)
class Words:
    """A language. Texts in braces are filled in; counts stand behind a colon, so that no noun has to follow them.

    `causes`: a paragraph's first sentences, by kind; `where`: what lines can have in common; `date`, `moment`: how days
    and times are written; `mark`: the decimal mark.
    """

    date: str
    moment: str
    mark: str
    subject: str
    greeting: str
    opening: str
    only: str
    times: str
    lines: str
    period: str
    evidence: str
    foretold: str
    more: str
    less: str
    no_money: str
    examples: str
    line: str
    reported: str
    expected: str
    remove: str
    add: str
    change: str
    action: str
    empty: str
    attached: str
    farewell: str
    where: dict[str, str]
    causes: dict[str, str]
