"""Nobody sees a partner that is not theirs."""

from __future__ import annotations

import pytest

from services.gateway.api.gateway import allowed_partner, chosen_partner, scope_of
from services.gateway.pages.wallboard import embedded, matches, ordered
from services.gateway.views.inputs import Names
from services.gateway.views.snapshot import Row, Scope
from shared.http import Problem
from shared.security import Principal
from tests.unit.gateway.boards import board, now

EVERYBODY = Principal("boss", "admin")
TWO = Principal("lead", "partner", frozenset({"sahel", "adria"}))
NONE = Principal("guest", "partner", frozenset())


def test_who_may_see_all_partners_sees_all_or_the_one_asked_for() -> None:
    assert allowed_partner(EVERYBODY, None) is None
    assert allowed_partner(EVERYBODY, "") is None
    assert allowed_partner(EVERYBODY, "balkan") == "balkan"


async def test_who_may_see_some_partners_sees_one_of_them_and_never_all() -> None:
    assert allowed_partner(TWO, None) == "adria"
    assert allowed_partner(TWO, "sahel") == "sahel"
    assert await scope_of(TWO, partner="", campaign="") == Scope("adria", None)


@pytest.mark.parametrize(("viewer", "partner"), [(TWO, "balkan"), (NONE, None), (NONE, "adria")])
def test_another_partner_is_refused(viewer: Principal, partner: str | None) -> None:
    with pytest.raises(Problem) as refused:
        allowed_partner(viewer, partner)
    assert refused.value.status == 403


KNOWN = Names(
    partners={"sahel": "Sahel", "balkan": "Balkan"},
    campaigns={"all": "For all", "theirs": "Theirs", "other": "Other"},
    meant={"theirs": ("adria", "balkan"), "other": ("balkan",)},
)


def test_who_chooses_a_partner_that_nobody_has_named_is_shown_that_one() -> None:
    everybody = {"balkan": "Balkan", "sahel": "Sahel"}
    assert chosen_partner(EVERYBODY, KNOWN, "") == (everybody, "balkan")
    assert chosen_partner(EVERYBODY, KNOWN, "new") == ({**everybody, "new": "new"}, "new")
    assert chosen_partner(TWO, KNOWN, None) == ({"adria": "adria", "sahel": "Sahel"}, "adria")
    assert chosen_partner(EVERYBODY, Names(), None) == ({}, "")
    with pytest.raises(Problem):
        chosen_partner(TWO, KNOWN, "balkan")


def test_campaigns_are_offered_to_whom_they_are_for() -> None:
    assert KNOWN.of_partners(TWO.sees).campaigns == {"all": "For all", "theirs": "Theirs"}
    assert KNOWN.of_partners(EVERYBODY.sees).campaigns == KNOWN.campaigns
    assert KNOWN.of_partners(TWO.sees).campaign("gone") == "gone"


def _row(key: str, group: str = "on_call", since: int | None = 5, sales: int | None = 1) -> Row:
    return Row(key, f"Name {key}", "Adria Voice", group, since, 1, 60, sales, sales, None, 0)


def test_what_is_not_known_stands_last_in_both_directions() -> None:
    rows = [_row("a", sales=None), _row("b", sales=2), _row("c", sales=1)]
    assert [row.key for row in ordered(rows, "sales", down=False)] == ["c", "b", "a"]
    assert [row.key for row in ordered(rows, "sales", down=True)] == ["b", "c", "a"]


def test_the_shortest_in_a_state_comes_first_when_sorted_upwards() -> None:
    rows = [_row("old", since=5), _row("new", since=9)]
    assert [row.key for row in ordered(rows, "since", down=False)] == ["new", "old"]


def test_a_row_is_found_by_words_of_its_name_and_partner_and_by_its_state() -> None:
    assert matches(_row("a"), "VOICE name", "")
    assert not matches(_row("a"), "voice nobody", "")
    assert not matches(_row("a"), "", "paused")


def test_what_is_embedded_cannot_end_the_element_that_it_stands_in() -> None:
    names = now().names
    hostile = {"adria": "</script><script>alert(1)</script><!--"}
    text = embedded(board(now(names=type(names)(partners=hostile, campaigns=names.campaigns, agents=names.agents))))
    assert not set("<>&") & set(text)
