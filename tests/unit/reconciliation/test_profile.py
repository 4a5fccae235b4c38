"""A profile is kept, corrected and compared with what comes next month."""

from __future__ import annotations

import msgspec
import pytest

from services.reconciliation.matching.layout import Column
from services.reconciliation.matching.profile import Profile, checked
from services.reconciliation.matching.reading import Known, Report, read
from shared.kernel import Rejected

KNOWN = Known(country="DE", currency="EUR", month="2025-10")
HEADER = "Datum;Uhrzeit;Rufnummer;Mitarbeiter;Dauer (s);Ergebnis;Betrag"
LINES = "01.10.2025;09:00:00;017678851828;MA1;60;Verkauf;29,90\n13.10.2025;09:00:01;017678851829;MA2;75;Auskunft;\n"
FIRST = f"{HEADER}\n{LINES}".encode()


def profile_of(data: bytes) -> Profile:
    return read(data, KNOWN).profile


def again(text: str, profile: Profile | None = None) -> Report:
    return read(text.encode(), KNOWN, profile or profile_of(FIRST))


def changed(report: Report) -> set[tuple[str, str, str]]:
    return {(change.what, change.before, change.now) for change in report.changes}


def test_a_profile_is_stored_and_read_again() -> None:
    profile = profile_of(FIRST)
    stored = msgspec.json.encode(profile)
    assert msgspec.json.decode(stored, type=Profile) == profile
    assert read(FIRST, KNOWN, profile).changes == ()


def test_a_new_separator_and_encoding_are_read_and_told() -> None:
    report = read(f"{HEADER}\n{LINES}".replace(";", "\t").encode("utf-16"), KNOWN, profile_of(FIRST))
    assert len(report.lines) == 2
    assert changed(report) == {("encoding", "utf-8", "utf-16"), ("separator", ";", "\t")}


def test_a_new_column_and_a_new_outcome_are_told() -> None:
    report = again(
        f"Nr;{HEADER}\n" + "".join(f"1;{line}\n" for line in LINES.replace("Auskunft", "Rückruf").splitlines())
    )
    assert changed(report) == {("column", "", "Nr"), ("disposition", "", "Rückruf")}
    assert report.lines["disposition"].to_list() == ["sale", None]
    assert report.remarks.row(0) == ("3", "disposition", "Rückruf", "unknown")


def test_a_turned_order_of_columns_is_read_and_told() -> None:
    turned = "\n".join(";".join(reversed(line.split(";"))) for line in f"{HEADER}\n{LINES}".splitlines())
    report = again(turned)
    assert report.lines.drop("cells").equals(read(FIRST, KNOWN).lines.drop("cells"))
    assert [change.what for change in report.changes] == ["order of columns"]


def test_a_new_unit_is_told_and_the_profile_is_kept_to() -> None:
    report = again(f"{HEADER}\n{LINES}".replace(";60;", ";0:01:00;").replace(";75;", ";0:01:15;"))
    assert changed(report) == {("duration_unit", "s", "h:mm:ss")}
    assert report.lines["duration_s"].to_list() == [60, 75]


def test_what_a_short_report_leaves_open_is_no_change() -> None:
    plain = f"{HEADER}\n{LINES}".replace("Dauer (s)", "Dauer")
    report = again(plain.replace(";60;", ";10;").replace(";75;", ";12;"), profile_of(plain.encode()))
    assert report.changes == ()
    assert report.lines["duration_s"].to_list() == [10, 12]


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(Rejected, match=r"layout_changed.*Rufnummer"):
        again(f"{HEADER}\n{LINES}".replace("Rufnummer", "Nr. des Kunden"))


def test_a_person_corrects_what_detection_cannot_know() -> None:
    text = "Quand;Contact;Qui;Combien\n09/10/2025 10:00:00;0612345678;A1;2\n"
    with pytest.raises(Rejected, match="header_not_found"):
        read(text.encode(), KNOWN)
    profile = Profile(
        container="csv",
        encoding="utf-8",
        separator=";",
        columns=(
            Column(label="Quand", field="datetime"),
            Column(label="Contact", field="phone"),
            Column(label="Qui", field="agent"),
            Column(label="Combien", field="duration"),
        ),
        date_order="mdy",
        duration_unit="min",
        phone_form="national",
    )
    lines = read(text.encode(), Known(country="FR"), profile).lines
    assert lines["local"].dt.strftime("%Y-%m-%d").to_list() == ["2025-09-10"]
    assert (lines["phone"][0], lines["duration_s"][0]) == ("+33612345678", 120)


def test_outcomes_are_read_by_the_profiles_own_table() -> None:
    profile = msgspec.structs.replace(profile_of(FIRST), dispositions={"Verkauf": "info", "Auskunft": "sale"})
    assert read(FIRST, KNOWN, profile).lines["disposition"].to_list() == ["info", "sale"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"date_order": "ydm"}, "order of dates"),
        ({"duration_unit": "fortnights"}, "unit of durations"),
        ({"phone_form": "smoke"}, "form of telephone numbers"),
        ({"decimal": ",", "thousands": ","}, "marks"),
        ({"dispositions": {"Verkauf": "sold"}}, "outcome 'sold'"),
        ({"columns": (Column(label="Datum", field="date"),)}, "a column with times"),
        ({"columns": (Column(label="a", field="phone"), Column(label="b", field="phone"))}, "two columns"),
        ({"columns": (Column(label="a", field="fone"),)}, "'fone' is no field"),
    ],
)
def test_a_profile_by_which_nothing_can_be_read_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said) as caught:
        checked(msgspec.structs.replace(profile_of(FIRST), **change))
    assert caught.value.code == "profile_wrong"
