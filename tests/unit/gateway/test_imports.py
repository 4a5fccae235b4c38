"""The page of imports: what it offers to whom, how it tells reasons, and how columns are filled in again."""

from __future__ import annotations

import gettext

import pytest

from services.calls.leads.lines import FIELDS
from services.gateway.pages.imports import columns_told, into, kind_of, reason_told
from services.gateway.pages.uploads import MOST_FIELDS
from services.gateway.views.inputs import Names
from services.gateway.views.words import Speech, speaking
from shared.http import Problem
from shared.security import Principal


class Shouting(gettext.NullTranslations):
    """A language in which all that is translated is in capitals."""

    def gettext(self, message: str) -> str:
        """So."""
        return message.upper()


@pytest.mark.parametrize(
    "reason", ["no number", "no number of an order", "no telephone number of HR", "a whole number up to 100", "of ours"]
)
def test_a_reason_is_told_with_what_it_speaks_of(reason: str) -> None:
    assert reason_told(reason) == reason
    with speaking(Speech(catalogue=Shouting())):
        assert reason_told(reason) == reason.upper().replace("OF OURS", "of ours")


@pytest.mark.parametrize(
    ("kind", "target", "partner", "told"),
    [
        ("leads", "adria:spring", "adria", "Spring, Adria Calls"),
        ("leads", "adria:gone", "adria", "adria:gone, Adria Calls"),
        ("customers", "adria", "adria", "Adria Calls"),
        ("orders", "other", "other", "other"),
        ("do_not_call", "*", "", "everywhere"),
        ("do_not_call", "HR", "", "HR"),
    ],
)
def test_what_a_file_was_taken_into_is_told_by_name(kind: str, target: str, partner: str, told: str) -> None:
    lists = {"adria:spring": {"name": "Spring", "partner": "adria"}}
    names = Names(partners={"adria": "Adria Calls"})
    assert into({"kind": kind, "target": target, "partner": partner}, lists, names) == told


def test_registers_are_for_those_who_see_all_partners() -> None:
    company = Principal("Ana", role="supervisor")
    one = Principal("Iva", role="supervisor", partners=frozenset({"adria"}))
    assert kind_of(company, "do_not_call") == "do_not_call"
    assert kind_of(one, "") == "leads"
    with pytest.raises(Problem) as refused:
        kind_of(one, "do_not_call")
    assert refused.value.status == 404


def test_columns_that_were_told_stay_where_the_file_has_them() -> None:
    head = {
        "header": ["Tel", "Ime", "X"],
        "fields": ["number", "name", "city", "notes"],
        "columns": {"number": "Tel", "name": "Ime"},
    }
    filled = {"column.number": "X", "column.name": "", "column.city": "Of another file"}
    assert columns_told(head, filled) == {"number": "X", "name": "", "city": "", "notes": ""}
    assert columns_told(head, {}) == {"number": "Tel", "name": "Ime", "city": "", "notes": ""}


def test_a_form_has_room_for_a_column_of_each_field() -> None:
    assert max(map(len, FIELDS.values())) + 10 <= MOST_FIELDS
