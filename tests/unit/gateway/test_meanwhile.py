"""Two people change the same thing: what differs is shown, what does not isn't, and a rule goes through its form."""

from __future__ import annotations

import msgspec
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.gateway.domain.alerts import Alert, AskedLevel, AskedQuiet, DefineAlert, Rule, alert
from services.gateway.events.alerts import AlertDefined
from services.gateway.pages.alerts import LABELS, filled_by, rule_of, told_as
from services.gateway.pages.meanwhile import Difference, both, overtaken, state_of
from shared.http import Problem
from tests.unit.gateway.test_alerts import AT, ID, RULE

WORDS = st.dictionaries(st.sampled_from("abcd"), st.text(max_size=5))
NAMED = {"a": "Name", "b": "Limit", "c": "Reason"}
RULES = st.builds(
    lambda limit, variant, levels, quiet, window: msgspec.structs.replace(
        RULE,
        limit=limit,
        clear_at=limit / 2,
        variant=variant,
        levels=tuple(
            AskedLevel(n * 10, tuple(f"{who}@example.com" for who in mails)) for n, mails in enumerate(levels)
        ),
        quiet=quiet,
        window_minutes=15 * window,
    ),
    st.floats(0, 1e9).map(lambda value: float(f"{value:.6g}")),
    st.sampled_from(["", "strict"]),
    st.lists(st.lists(st.sampled_from(["floor", "head"]), max_size=2), min_size=1, max_size=5),
    st.none() | st.just(AskedQuiet("22:00", "06:00", "Europe/Zagreb")),
    st.integers(1, 96),
)


def defined(rule: Rule) -> AlertDefined:
    (event,) = alert.decide(DefineAlert(alert=ID, rule=rule, at=AT, by="mira"), Alert())
    assert isinstance(event, AlertDefined)
    return event


@whatever(WORDS, WORDS)
def test_what_is_side_by_side_is_all_that_differs(mine: dict[str, str], theirs: dict[str, str]) -> None:
    found = {one.field: one for one in both(NAMED, mine, theirs)}
    for name, label in NAMED.items():
        one, other = mine.get(name, "").strip(), theirs.get(name, "").strip()
        assert (label in found) == (one != other)
        assert label not in found or found[label] == Difference(label, one, other)
    assert both(NAMED, mine, mine) == []


def test_the_fields_come_in_the_order_of_the_form() -> None:
    assert [one.field for one in both(NAMED, {"c": "1", "a": "2"}, {})] == ["Name", "Reason"]


@whatever(st.dictionaries(st.text(max_size=3), st.integers()), st.dictionaries(st.text(max_size=3), st.integers()))
def test_a_state_has_a_name_of_its_own(one: dict[str, int], other: dict[str, int]) -> None:
    assert state_of(one) == state_of(dict(one))
    assert (state_of(one) == state_of(other)) == (list(one.items()) == list(other.items()))


def test_only_what_somebody_else_changed_is_overtaken() -> None:
    assert overtaken(Problem(412, "changed_meanwhile", ""))
    assert not overtaken(Problem(409, "band_wrong", ""))


@whatever(RULES)
def test_a_rule_that_goes_through_its_form_is_the_same(rule: Rule) -> None:
    known = defined(rule)
    assert rule_of(filled_by(known), known) == rule


def test_another_figure_has_not_the_variant_of_the_one_before() -> None:
    known = defined(msgspec.structs.replace(RULE, variant="strict"))
    assert rule_of(filled_by(known) | {"kpi": "service_level"}, known).variant == ""


@whatever(RULES, RULES)
def test_two_rules_are_told_alike_only_where_the_form_is(one: Rule, other: Rule) -> None:
    filled, also = filled_by(defined(one)), filled_by(defined(other))
    found = both(LABELS, told_as(filled, {}, {}), told_as(also, {}, {}))
    assert (found == []) == (filled == also)
