"""How a partner writes its report: shown, corrected, saved with a version, and compared with what comes next month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from services.reconciliation.matching.durations import UNITS
from services.reconciliation.matching.layout import Column, complete
from services.reconciliation.matching.outcome_words import OUTCOMES
from services.reconciliation.matching.phones import FORMS
from shared.kernel import Rejected

FIELDS = (
    "ref",
    "datetime",
    "date",
    "time",
    "phone",
    "agent",
    "duration",
    "disposition",
    "amount",
    "currency",
    "campaign",
    "row_no",
    "other",
)

_GIVEN_DURATIONS = {
    "sec": "s",
    "min_dec": "min",
    "hms": "h:mm:ss",
    "ms": "m:ss",
    "xl_time": "h:mm:ss",
    "words": "words",
}
_GIVEN_PHONES = {"xl_number": "e164_noplus", "national_spaced": "national"}
_GIVEN_LANGUAGES = {"bs": "hr", "sr": "hr"}


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How a report is laid out and written.

    `encoding`, `separator`: of text files; `columns` in their order; `date_order`: ymd, dmy or mdy; `twelve_hour`:
    times with am and pm; `time_resolution_s`: 1, or 60 where seconds are never written; `decimal`, `thousands`: the
    marks in amounts; `duration_unit`, `phone_form`: as named where they are read; `currency`: what the report itself
    says of its amounts, None if nothing; `dispositions`: its labels as our outcomes; `unknown_dispositions`: labels
    that nobody has decided on; `doubts`: what the file leaves open, to be confirmed by a person.
    """

    version: int = 1
    container: str
    encoding: str = ""
    separator: str = ""
    language: str = ""
    columns: tuple[Column, ...]
    several_sheets: bool = False
    date_order: str
    twelve_hour: bool = False
    time_resolution_s: int = 1
    decimal: str = "."
    thousands: str = ""
    duration_unit: str = "s"
    phone_form: str = "e164"
    currency: str | None = None
    dispositions: dict[str, str] = {}
    unknown_dispositions: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def label(self, field: str) -> str:
        """The label of the column that is read as a field; empty if there is none."""
        return next((column.label for column in self.columns if column.field == field), "")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing about a report that is not as its profile says."""

    what: str
    before: str
    now: str


def checked(profile: Profile) -> Profile:
    """The profile, if a report can be read by it. Rejected with `profile_wrong`, naming what is wrong."""
    fields = [column.field for column in profile.columns if column.field != "other"]
    wrong = (
        [f"{field!r} is no field" for field in fields if field not in FIELDS]
        + [f"two columns are read as {field}" for field in set(fields) if fields.count(field) > 1]
        + [
            f"{label!r} has no outcome {outcome!r}"
            for label, outcome in profile.dispositions.items()
            if outcome not in OUTCOMES
        ]
        + ([] if profile.date_order in ("ymd", "dmy", "mdy") else [f"{profile.date_order!r} is no order of dates"])
        + ([] if profile.duration_unit in UNITS else [f"{profile.duration_unit!r} is no unit of durations"])
        + ([] if profile.phone_form in FORMS else [f"{profile.phone_form!r} is no form of telephone numbers"])
        + (
            []
            if profile.decimal in (".", ",") and profile.decimal != profile.thousands
            else ["the marks in numbers clash"]
        )
        + ([] if complete(profile.columns) else ["a column with times and one with numbers or references are needed"])
    )
    if wrong:
        raise Rejected("profile_wrong", "; ".join(wrong) + ".")
    return profile


def given(form: Mapping[str, Any]) -> Profile:
    """A profile from the form in which layouts are handed over: labels to fields, and formats of dates.

    Rejected with `profile_wrong` if a report cannot be read by it.
    """
    fields = set(form["columns"].values())
    moment = form["datetime_fmt"] if "datetime" in fields else f"{form['date_fmt']} {form['time_fmt']}"
    places = sorted(
        (moment.find(letter), name) for letter, name in (("%Y", "y"), ("%y", "y"), ("%m", "m"), ("%d", "d"))
    )
    order = "".join(name for place, name in places if place >= 0)
    native = bool(form.get("native_dates"))
    phone = _GIVEN_PHONES.get(form["phone"], form["phone"])
    return checked(
        Profile(
            container=form["container"],
            encoding=form["encoding"] if form["container"] == "csv" else "",
            separator=form["delimiter"] if form["container"] == "csv" else "",
            language=_GIVEN_LANGUAGES.get(form["language"], form["language"]),
            columns=tuple(Column(label=label, field=field) for label, field in form["columns"].items()),
            several_sheets=bool(form.get("sheet_per_day")),
            date_order="ymd" if native else order,
            twelve_hour="%I" in moment and not native,
            time_resolution_s=1 if native or "%S" in moment else 60,
            decimal=form["decimal"],
            thousands=form["thousands"],
            duration_unit=_GIVEN_DURATIONS.get(form["duration"], form["duration"]),
            phone_form=phone,
            dispositions=dict(form["disposition_labels"]),
        )
    )


COMPARED = (
    "container",
    "encoding",
    "separator",
    "several_sheets",
    "date_order",
    "twelve_hour",
    "time_resolution_s",
    "decimal",
    "duration_unit",
    "phone_form",
    "currency",
)
"""What a report is held against its profile in, besides columns and labels."""


def changes(before: Profile, now: Profile) -> list[Change]:
    """What is no longer as it was: columns, formats, and labels of outcomes that the profile does not know."""
    found = [
        Change(what=name, before=str(getattr(before, name)), now=str(getattr(now, name)))
        for name in COMPARED
        if getattr(before, name) not in (None, "", getattr(now, name))
        and getattr(now, name) != ""
        and name not in now.doubts
    ]
    old, new = [column.label for column in before.columns], [column.label for column in now.columns]
    found += [Change(what="column", before=label, now="") for label in old if label not in new]
    found += [Change(what="column", before="", now=label) for label in new if label not in old]
    if [label for label in old if label in new] != [label for label in new if label in old]:
        found.append(Change(what="order of columns", before=", ".join(old), now=", ".join(new)))
    seen = (*now.dispositions, *now.unknown_dispositions)
    found += [Change(what="disposition", before="", now=label) for label in seen if label not in before.dispositions]
    return found
