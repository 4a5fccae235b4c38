"""The letter that asks a partner for an adjusted report, in its language: a paragraph a cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.lines import prepared
from services.reconciliation.matching.outgoing.corrections import FIELDS, Correction
from services.reconciliation.matching.outgoing.placing import Placed, Sheeted
from services.reconciliation.matching.outgoing.words.form import Words
from services.reconciliation.matching.request_words import sentence

FEW = 5
"""Examples of each cause."""


def written(
    kept: Kept, chosen: Sequence[str], asked: Sequence[Correction], placed: Sequence[Sheeted], due: date, words: Words
) -> str:
    """The letter as Markdown. `placed`: the report with what is asked of its rows, for the examples."""
    middle = kept.basis.start + (kept.basis.end - kept.basis.start) / 2
    month = f"{middle:%m/%Y}"
    fills = {"month": month, "due": due.strftime(words.date), "zone": kept.basis.partner_tz}
    rows = {id(each.correction): (each.correction, each, one) for one in placed for each in one.rows if each.correction}
    moments = prepared(kept.lines, kept.basis.partner_tz)["local"]
    parts = [
        f"# {words.subject.format(**fills)}",
        words.greeting,
        words.opening.format(**fills),
        f"{words.only} {words.times.format(**fills)}",
    ]
    number = 0
    for one in kept.explanations:
        mine = [each for each in asked if one.explanation_id in each.mismatches]
        if one.explanation_id not in chosen or not mine:
            continue
        number += 1
        span = [each.expected["local"] if each.row is None else moments[each.row] for each in mine]
        parts.append(f"## {number}. ({one.explanation_id})")
        parts.append(" ".join([sentence(one, kept, words), *_facts(one, len(mine), span, kept, words)]))
        examples = [_example(one, *rows[id(each)], words) for each in _telling(one, mine) if id(each) in rows]
        parts.append("\n".join([words.examples, "", *(f"- {text}" for text in examples)]))
    return "\n\n".join([*parts, words.attached, words.farewell]) + "\n"


def _facts(one: Explanation, lines: int, span: list[datetime], kept: Kept, words: Words) -> list[str]:
    found = [
        words.lines.format(count=lines),
        words.period.format(first=min(span).strftime(words.moment), last=max(span).strftime(words.moment)),
        words.evidence.format(count=one.explained, against=one.against),
    ]
    if one.foretold is not None and one.foretold.of:
        found.append(words.foretold.format(days=one.foretold.days, hits=one.foretold.hits, of=one.foretold.of))
    amount = _money(abs(one.moved_minor), kept, words)
    if one.moved_minor:
        found.append((words.more if one.moved_minor > 0 else words.less).format(amount=amount))
    else:
        found.append(words.no_money)
    return found


def _money(minor: int, kept: Kept, words: Words) -> str:
    digits = kept.basis.digits
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}{words.mark}{rest:0{digits}d} {kept.basis.currency}" if digits else f"{whole} {kept.basis.currency}"


def _telling(one: Explanation, mine: Sequence[Correction]) -> list[Correction]:
    """The lines that the explanation names as its examples; of a long list that it does not, the first ones."""
    named = {(each["row"], each["call"]) for each in one.examples}
    found = [each for each in mine if (each.row, each.call) in named]
    return (found or list(mine))[:FEW]


def _example(one: Explanation, correction: Correction, place: Placed, sheet: Sheeted, words: Words) -> str:
    page = sheet.page
    labels = [cell.text for cell in page.rows[page.header].cells]
    if correction.action != "change":
        columns = [page.places[name] for name in _TELLING if name in page.places]
        told = ", ".join(f"{labels[column]} {place.row.cells[column].text}" for column in columns)
        if correction.action == "add":
            return f"{words.add}: {told}"
        return f"{words.line} {place.row.line}: {words.remove} ({told})"
    differing = []
    for field in FIELDS[one.kind]:
        for name in _COLUMNS.get(field, (field,)):
            column = page.places.get(name)
            if column is None or name not in place.cells:
                continue
            was, now = place.row.cells[column].text or words.empty, place.cells[name].text or words.empty
            if was != now:
                differing.append(f"{labels[column]}: {words.reported} {was}, {words.expected} {now}")
    return f"{words.line} {place.row.line}: {'; '.join(differing)}"


_TELLING = ("ref", "datetime", "date", "time", "phone")
"""By these a person finds a call."""
_COLUMNS = {"local": ("datetime", "date", "time"), "duration_s": ("duration",), "amount_minor": ("amount",)}
"""The columns that say a field, where they have other names."""
