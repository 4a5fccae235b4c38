"""A file of media buying, read: what was paid on which day, and the lines that say it wrongly."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.media import Place, Purchase
from shared.contracts.terms.values import CURRENCIES
from shared.kernel import Rejected

COLUMNS = ("day", "media", "campaign", "amount", "currency")
MOST_LINES = 20_000


class WrongLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken. `line`: its number in the file, with the head as the first."""

    line: int
    reason: str


class RightLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that can be taken."""

    line: int
    purchase: Purchase


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, by campaign and month."""

    bought: dict[tuple[str, str], dict[Place, RightLine]]
    wrong: list[WrongLine]


def read(content: bytes) -> MediaFile:
    """A CSV file in UTF-8, with comma or semicolon, whose first line names the columns `day` (2026-03-02), `media`,
    `campaign`, `amount` (`1234.50`, in units of `currency`), `currency`, and where there is one, `partner`.

    A line that cannot be taken is told with its reason, and the others are taken. Rejected, with nothing taken:
    `not_text`, `columns_missing`, `too_many_lines`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected("not_text", "The file is not in UTF-8.") from None
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise Rejected("columns_missing", f"The first line names no column {', '.join(missing)}.")
    found = MediaFile(bought={}, wrong=[])
    try:
        for number, row in enumerate(rows, 1):
            if number > MOST_LINES:
                raise Rejected("too_many_lines", f"A file has {MOST_LINES} lines at most.")
            _take(found, rows.line_num, row)
    except csv.Error as wrong:
        found.wrong.append(WrongLine(line=rows.line_num, reason=str(wrong)))
    return found


def _take(found: MediaFile, line: int, row: Mapping[str | None, str | list[str] | None]) -> None:
    if None in row or None in row.values():
        found.wrong.append(WrongLine(line=line, reason="it has other cells than the first line has names"))
        return
    cells = {str(name): str(cell).strip() for name, cell in row.items()}
    try:
        campaign = msgspec.convert(cells["campaign"], CampaignId)
        purchase = msgspec.convert(
            {
                "day": date.fromisoformat(cells["day"]),
                "media": cells["media"],
                "minor": minor_of(cells["amount"], cells["currency"]),
                "currency": cells["currency"],
                "partner": cells.get("partner") or None,
            },
            Purchase,
        )
    except (ValueError, InvalidOperation) as wrong:
        found.wrong.append(WrongLine(line=line, reason=str(wrong) or "the amount is no number"))
        return
    of_month = found.bought.setdefault((campaign, f"{purchase.day:%Y-%m}"), {})
    if purchase.place in of_month:
        found.wrong.append(WrongLine(line=line, reason="an earlier line is for the same day, medium and partner"))
        return
    of_month[purchase.place] = RightLine(line=line, purchase=purchase)


def minor_of(amount: str, currency: str) -> int:
    """An amount as people write it, in minor units of its currency. ValueError where it is no such amount."""
    if currency not in CURRENCIES:
        raise ValueError(f"nobody pays in {currency}")
    if not amount.isascii() or not amount.replace(".", "", 1).isdigit() or len(amount) > 18:
        raise ValueError("an amount is written as in 1234.50")
    minor = Decimal(amount).scaleb(CURRENCIES[currency])
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency} has")
    return int(minor)
