"""Accepted explanations on a month: those that held agree their lines, those that are gone are news."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.standing import Standing, retested


def found(
    id_: str, cause: str, party: str = "explainable", confidence: str = "proven", kind: str = "timezone_shift"
) -> Explanation:
    return Explanation(id_, kind, cause, party, confidence, 9, 0, 0, "", None, True, [])


def rule(cause: str = "offset:+60m", first: str = "2026-01", last: str = "2026-06") -> Standing:
    return Standing(kind="timezone_shift", cause=cause, first=first, last=last)


def test_a_rule_that_is_found_again_agrees_its_lines() -> None:
    told = retested([rule()], [found("E1", "offset:+60m"), found("E2", "offset:-60m")], "2026-03")
    assert (told.held, told.agreed, told.gone, told.expired) == ((rule(),), ("E1",), (), ())


def test_a_star_stands_for_the_rest() -> None:
    told = retested([rule("offset:*")], [found("E1", "offset:+60m"), found("E2", "zone:Europe/London")], "2026-03")
    assert told.agreed == ("E1",)


def test_what_has_disappeared_is_news() -> None:
    told = retested([rule()], [], "2026-03")
    assert (told.held, told.gone) == ((), (rule(),))


def test_one_that_is_over_agrees_nothing_and_is_asked_about_again() -> None:
    told = retested([rule()], [found("E1", "offset:+60m")], "2026-07")
    assert (told.agreed, told.gone, told.expired) == ((), (), (rule(),))


def test_one_that_is_over_and_was_renewed_is_not_asked_about() -> None:
    renewed = rule(first="2026-07", last="2026-12")
    told = retested([rule(), renewed], [found("E1", "offset:+60m")], "2026-07")
    assert (told.held, told.expired) == ((renewed,), ())


def test_before_its_first_month_it_says_nothing() -> None:
    told = retested([rule()], [found("E1", "offset:+60m")], "2025-12")
    assert (told.held, told.agreed, told.gone, told.expired) == ((), (), (), ())


def test_another_kind_with_the_same_cause_is_something_else() -> None:
    told = retested([rule()], [found("E1", "offset:+60m", kind="dst_hour")], "2026-03")
    assert (told.agreed, told.gone) == ((), (rule(),))


def test_our_own_defect_and_what_is_open_or_suspected_is_asked_about_all_the_same() -> None:
    for party, confidence in (("own", "proven"), ("undetermined", "undetermined"), ("explainable", "suspected")):
        told = retested([rule()], [found("E1", "offset:+60m", party, confidence)], "2026-03")
        assert (told.held, told.agreed, told.gone) == ((), (), ())


MONTHS = [f"2026-{number:02d}" for number in range(1, 13)]
RULES = st.builds(
    rule, st.sampled_from(["offset:+60m", "offset:*", "zone:*"]), st.sampled_from(MONTHS), st.sampled_from(MONTHS)
)
FOUND = st.lists(st.sampled_from(["offset:+60m", "offset:-30m", "zone:Europe/London"]), unique=True)


@given(st.lists(RULES, max_size=5), FOUND, st.sampled_from(MONTHS))
def test_only_a_rule_that_holds_in_the_month_agrees_and_none_is_both_there_and_gone(
    standing: list[Standing], causes: list[str], month: str
) -> None:
    explanations = [found(f"E{place}", cause) for place, cause in enumerate(causes, 1)]
    told = retested(standing, explanations, month)
    assert all(one.first <= month <= one.last for one in (*told.held, *told.gone))
    assert not set(told.held) & set(told.gone)
    assert not {one for one in told.expired if one.last >= month}
    for one in explanations:
        covered = any(each.first <= month <= each.last and each.covers(one) for each in standing)
        assert (one.explanation_id in told.agreed) == covered
