"""In which words a partner is written to, and the sentence for each kind of cause."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.outgoing.words import de, en, es, fr, hr, it, pl, pt, ro, serbian, tr
from services.reconciliation.matching.outgoing.words.form import Words

_LANGUAGES: dict[str, Words] = {
    "de": de.WORDS,
    "en": en.WORDS,
    "es": es.WORDS,
    "fr": fr.WORDS,
    "hr": hr.WORDS,
    "it": it.WORDS,
    "pl": pl.WORDS,
    "pt": pt.WORDS,
    "ro": ro.WORDS,
    "tr": tr.WORDS,
}
_CYRILLIC = re.compile("[а-яђјљњћџ]", re.IGNORECASE)
_PLAIN = {
    "wrong_time": "wrong_time",
    "wrong_duration": "wrong_duration",
    "agent_remap": "renumbered",
    "wrong_agent": "wrong_agent",
    "wrong_number": "wrong_number",
    "decimal_mixup": "factor",
    "currency_mixup": "other_currency",
    "wrong_amount": "wrong_amount",
    "wrong_disposition": "wrong_outcome",
    "sale_not_cancelled": "not_cancelled",
    "phantom_sale": "no_order",
    "sale_not_reported": "not_reported",
    "duplicate_line": "twice",
    "duplicate_block": "block",
    "extra_line": "never_happened",
    "missing_day": "day_left_out",
    "dst_hour": "clock_change",
}
_BY_CAUSE = {
    "number_format": {"sci": "scientific", "masked": "masked", "lost_zero": "lost_zero"},
    "cancelled_sale_counted": {
        "cancelled_before_cutoff": "cancelled_early",
        "cancelled_after_cutoff": "cancelled_late",
    },
}


def words_of(kept: Kept) -> Words:
    """The partner's language, by its columns; English where it is not known. Of the text that Bosnian, Croatian and
    Serbian share, Serbia gets its own forms, and Cyrillic letters get Cyrillic ones."""
    language = kept.profile.language
    if language == "hr":
        if any(_CYRILLIC.search(column.label) for column in kept.profile.columns):
            return serbian.cyrillic()
        if kept.basis.country == "RS":
            return serbian.latin()
    return _LANGUAGES.get(language, en.WORDS)


def sentence(one: Explanation, kept: Kept, words: Words) -> str:
    """What is wrong, and what the partner is asked for."""
    kind, value = _kind(one)
    zone = ZoneInfo(kept.basis.partner_tz)
    fills = {
        "zone": kept.basis.partner_tz,
        "first": kept.basis.start.astimezone(zone).strftime(words.moment),
        "end": kept.basis.end.astimezone(zone).strftime(words.moment),
        "currency": kept.basis.currency,
    }
    match kind:
        case "shifted" | "clock_change":
            fills["minutes"] = value.removesuffix("m")
        case "other_zone":
            fills["other"] = value
        case "rounded_up" | "rounded_nearest" | "rounded_down":
            fills["step"] = value
        case "renumbered" | "day_left_out":
            fills["day"] = _day(value, words)
        case "factor" | "other_currency":
            fills["factor"] = value.replace(".", words.mark)
        case "left_out_where":
            name, _, shared = value.partition("=")
            fills |= {"what": words.where[name], "value": shared}
        case _:
            pass
    return words.causes[kind].format(**fills)


def _kind(one: Explanation) -> tuple[str, str]:
    """The kind of sentence, and what stands behind the colon of the cause."""
    head, _, value = one.cause.partition(":")
    match one.kind:
        case "timezone_shift":
            return ("other_zone" if head == "zone" else "shifted"), value
        case "duration_rounding":
            return f"rounded_{head.removeprefix('round_')}", value
        case "missing_line":
            return ("left_out_where" if value else "left_out"), value
        case "month_boundary":
            return ("other_month" if head == "cutoff" else "outside_month"), value
        case _:
            return _BY_CAUSE.get(one.kind, {}).get(one.cause) or _PLAIN[one.kind], value


def _day(iso: str, words: Words) -> str:
    year, month, day = iso.split("-")
    return words.date.replace("%Y", year).replace("%m", month).replace("%d", day)
