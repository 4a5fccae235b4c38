"""Tables: grouping, order, pages, places."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.figures.figures import Order, Row, grouped, grouped_days, grouped_months, ordered, page, places
from services.calls.views.performance import DayPerformance
from services.calls.views.performance_month import MonthPerformance
from services.calls.views.tally import Tally


def row(name: str, value: float | None, handled: int = 20, partner: str = "acme") -> Row:
    """An agent's row."""
    return Row((partner, name), Tally(handled=handled), value)


def test_grouping_adds_up_and_leaves_the_documents_as_they_are() -> None:
    docs = [
        DayPerformance(day="2026-03-02", partner="acme", agent=agent, tally=Tally(offered=offered, orders={"EUR": 1}))
        for agent, offered in (("a1", 1), ("a2", 2), ("a1", 4))
    ]
    found = grouped(docs, lambda doc: (doc.agent,))
    assert {keys: (t.offered, t.orders) for keys, t in found.items()} == {
        ("a1",): (5, {"EUR": 2}),
        ("a2",): (2, {"EUR": 1}),
    }
    assert [doc.tally.offered for doc in docs] == [1, 2, 4]


def test_of_a_month_exactly_the_days_asked_for_are_counted() -> None:
    months = [
        MonthPerformance(month="2025-12", partner="acme", days={"offered": [1] * 31, "agent_ms:break": [0] * 29 + [7]}),
        MonthPerformance(month="2026-01", partner="acme", days={"offered": [1] * 31}),
    ]

    def offered(start: str, end: str) -> list[int]:
        by_day = grouped_days(months, start, end, lambda doc, day: (doc.partner, day))
        assert all(start <= str(day) < end for _, day in by_day)
        whole = grouped_months(months, start, end, lambda doc: (doc.partner,))
        assert sum(t.offered for t in by_day.values()) == sum(t.offered for t in whole.values())
        return [t.offered for t in whole.values()]

    assert offered("2025-12-01", "2026-02-01") == [62]
    assert offered("2025-12-31", "2026-01-02") == [2]
    assert offered("2025-12-10", "2025-12-20") == [10]
    assert offered("2025-11-10", "2025-12-01") == []
    assert grouped_months(months, "2025-12-30", "2025-12-31", lambda doc: ())[()].agent_ms == {"break": 7}


def test_rows_without_a_figure_come_last_in_either_direction() -> None:
    rows = [row("a", None), row("b", 1.0), row("c", 2.0), row("d", 1.0)]
    assert [r.keys[1] for r in ordered(rows, Order(True, True))] == ["c", "b", "d", "a"]
    assert [r.keys[1] for r in ordered(rows, Order(True, False))] == ["b", "d", "c", "a"]


def test_rows_are_sorted_by_any_key_and_backwards() -> None:
    rows = [Row(("p", "b"), Tally()), Row(("q", "a"), Tally()), Row(("p", None), Tally())]
    assert [r.keys for r in ordered(rows, Order(False, False, 1))] == [("p", None), ("q", "a"), ("p", "b")]
    assert [r.keys for r in ordered(rows, Order(False, True, 0))] == [("q", "a"), ("p", "b"), ("p", None)]


VALUES = st.lists(st.none() | st.integers(0, 5), max_size=12)


@settings(deadline=None)
@given(VALUES, st.integers(1, 5), st.booleans(), st.booleans())
def test_pages_put_together_are_the_whole_list(
    values: list[int | None], limit: int, by_value: bool, descending: bool
) -> None:
    order = Order(by_value, descending, 1)
    rows = ordered((row(f"a{n:02}", value) for n, value in enumerate(values)), order)
    seen: list[Row] = []
    after: Row | None = None
    while True:
        found, after = page(rows, order, after, limit)
        seen += found
        if after is None:
            break
    assert seen == rows


def test_a_page_goes_on_where_it_was_although_the_last_row_has_gone() -> None:
    order = Order(True, True)
    rows = ordered([row("a", 9), row("b", 8), row("c", 7)], order)
    _, last = page(rows, order, None, 2)
    assert last is not None
    found, end = page([rows[0], rows[2]], order, last, 2)
    assert (found, end) == ([rows[2]], None)


def test_ties_share_the_better_place_and_the_next_place_is_left_out() -> None:
    rows = [row("a", 1.0), row("b", 3.0), row("c", 3.0), row("d", 2.0)]
    assert [p.rank for p in places(rows, True, lambda r: None)] == [4, 1, 1, 3]
    assert [p.rank for p in places(rows, False, lambda r: None)] == [1, 3, 3, 2]


def test_who_handled_too_little_has_no_place_and_does_not_count_as_a_peer() -> None:
    rows = [row("a", 9.0, handled=19), row("b", 1.0), row("c", None, handled=500)]
    found = places(rows, True, lambda r: None)
    assert [(p.rank, p.of) for p in found] == [(None, 1), (1, 1), (None, 1)]


def test_quartiles_are_hidden_below_five_peers() -> None:
    four = [row(f"a{n}", float(n)) for n in range(4)]
    assert {p.quartiles for p in places(four, True, lambda r: None)} == {None}
    five = [*four, row("a4", 4.0)]
    assert {p.quartiles for p in places(five, True, lambda r: None)} == {(1.0, 2.0, 3.0)}


def test_agents_are_compared_within_their_group_only() -> None:
    rows = [row("a", 1.0, partner="p"), row("b", 2.0, partner="q"), row("c", 3.0, partner="q")]
    assert [(p.rank, p.of) for p in places(rows, True, lambda r: r.keys[0])] == [(1, 1), (2, 2), (1, 2)]
