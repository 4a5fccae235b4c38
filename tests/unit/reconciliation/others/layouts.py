"""The layouts: where each partner sits, how it writes a file, and what is planted in a month that is not clean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.unit.reconciliation.others import faults as f
from tests.unit.reconciliation.others import second, sheets, telephony, texts
from tests.unit.reconciliation.others.calls import Place
from tests.unit.reconciliation.others.faults import Line
from tests.unit.reconciliation.others.places import BA, DE, ES, FR, GB, IT, PL, PT, RO, RS, TR, US
from tests.unit.reconciliation.others.writing import Written


@dataclass(frozen=True)
class Layout:
    """A way to export. `write` makes the file and each line's id by its identity; `code` stands before an agent's
    number; `ref` says that the file names our own call; `faults` are what is planted in a month that is not clean.
    `clock_step` and `duration_step`: how coarsely it writes times and durations, in seconds."""

    name: str
    place: Place
    month: str
    code: str
    write: Callable[[Sequence[Line]], Written]
    faults: tuple[f.Fault, ...]
    ref: bool = False
    cut: str | None = None
    clock_step: int = 1
    duration_step: float = 1


LAYOUTS = (
    Layout(
        "interaction export with offsets and milliseconds",
        GB,
        "2025-10",
        "GC",
        telephony.interactions,
        (f.left_out(6), f.renamed),
    ),
    Layout("american call log", US, "2025-10", "agent", telephony.call_log, (f.rounded_up(60), f.clock(-60)), ref=True),
    Layout("dialler with epochs", US, "2025-11", "u", telephony.dialler, (f.renamed, f.clock(60))),
    Layout("records of a telephone exchange", DE, "2025-10", "", telephony.records, (f.rounded_up(6),), cut="UTC"),
    Layout(
        "spanish sheet with groups and subtotals", ES, "2025-10", "TO", sheets.spanish, (f.day_missing, f.factor(100))
    ),
    Layout("italian sheet a day", IT, "2025-10", "OP", sheets.italian, (f.wrong_outcomes(7),), cut="UTC"),
    Layout(
        "polish decimal minutes",
        PL,
        "2025-10",
        "K",
        texts.polish,
        (f.rounded_up(60), f.invented(5)),
        duration_step=0.6,
    ),
    Layout("romanian national numbers", RO, "2025-11", "AG", texts.romanian, (f.clock(60), f.pasted(14))),
    Layout("turkish half days", TR, "2025-10", "MT", texts.turkish, (f.factor(0.01), f.day_missing)),
    Layout("cyrillic in sixteen bits", RS, "2025-10", "ОП", texts.cyrillic, (f.scientific, f.rounded_up(60))),
    Layout("portuguese durations in words", PT, "2025-11", "AS", texts.portuguese, (f.claimed_sales(5), f.clock(-60))),
    Layout("french workbook with real cells", FR, "2025-10", "M", sheets.french, (f.left_out(6), f.summer_time_kept)),
    Layout(
        "german minutes and dashes", DE, "2025-10", "P", texts.german, (f.factor(100), f.repeated(5)), clock_step=60
    ),
    Layout("british sheet a week", GB, "2025-11", "ADV", sheets.weeks, (f.day_missing, f.renamed)),
    Layout("bosnian day once", BA, "2025-10", "BL", texts.bosnian, (f.sales_lost_by_us, f.clock(60))),
    Layout(
        "interface with names in camel case", PL, "2025-10", "W", second.api, (f.claimed_sales(4), f.rounded_up(30))
    ),
    Layout("spanish halves of the day", ES, "2025-11", "V", second.halves, (f.clock(60), f.scientific)),
    Layout("polish months in the genitive", PL, "2025-11", "P-", second.genitive, (f.day_missing, f.clock(-60))),
    Layout(
        "turkish sheet a day",
        TR,
        "2025-10",
        "S",
        second.days_tr,
        (f.left_out(5), f.factor(100)),
        cut="UTC",
        clock_step=60,
    ),
    Layout("italian seconds with thousands", IT, "2025-11", "M", second.thousands, (f.renamed, f.repeated(4))),
    Layout("french clock with letters", FR, "2025-10", "FR", second.letters, (f.rounded_up(60), f.pasted(12))),
    Layout("romanian pages", RO, "2025-11", "C", second.pages, (f.sales_lost_by_us, f.invented(4))),
    Layout("bosnian blocks of an agent", BA, "2025-10", "BL", second.by_agent, (f.rounded_up(60), f.left_out(5))),
)
