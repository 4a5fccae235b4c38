"""Agreement of two controllers, against published examples."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import krippendorff
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.measuring.agreement import Level, cohens_kappa, krippendorffs_alpha, of_question, of_scores

TWO = {"yes": 1, "no": 0}
FIVE = {f"p{n}": n for n in range(1, 6)}


def pairs(table: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    return [pair for pair, count in table.items() for _ in range(count)]


def test_kappa_is_that_of_published_tables() -> None:
    # Grants read by two readers: 20 both yes, 15 both no, 5 and 10 apart: kappa 0.4 (Wikipedia, Cohen's kappa).
    grants = pairs({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15})
    assert cohens_kappa(grants) == pytest.approx(0.4)
    # Cohen (1960), table 1: three diagnoses, proportions of 100 cases, kappa 0.492 (there rounded to .492).
    diagnoses = pairs(
        {("A", "A"): 88, ("A", "B"): 14, ("A", "C"): 18, ("B", "A"): 10, ("B", "B"): 40, ("B", "C"): 10,
         ("C", "A"): 2, ("C", "B"): 6, ("C", "C"): 12}
    )  # fmt: skip
    assert cohens_kappa(diagnoses) == pytest.approx(0.492, abs=0.0005)


def test_alpha_is_that_of_a_published_example() -> None:
    # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part A: two observers, binary, ten units: 0.095.
    meg = ["no", "yes", "no", "no", "no", "no", "no", "no", "yes", "no"]
    owen = ["yes", "yes", "yes", "no", "no", "yes", "no", "no", "no", "no"]
    found = of_question("q", TWO, list(zip(meg, owen, strict=True)), "na")
    assert found.alpha == pytest.approx(0.095, abs=0.0005)
    assert (found.level, found.calls, found.agreed, found.verdict) == ("nominal", 10, 6, "unreliable")
    # Part B: two observers, five categories, twelve units: 0.692 as nominal data.
    ben = ["p1", "p1", "p2", "p2", "p4", "p3", "p3", "p3", "p5", "p4", "p4", "p1"]
    gerry = ["p2", "p1", "p2", "p2", "p2", "p3", "p3", "p3", "p5", "p4", "p4", "p4"]
    values: list[tuple[float | None, float | None]] = [(FIVE[b], FIVE[g]) for b, g in zip(ben, gerry, strict=True)]
    assert krippendorffs_alpha(values, "nominal") == pytest.approx(0.692, abs=0.0005)


numbers = st.one_of(st.none(), st.integers(0, 5))


@drawn(
    st.lists(st.tuples(numbers, numbers), min_size=10, max_size=40), st.sampled_from(["nominal", "ordinal", "interval"])
)
def test_alpha_is_that_of_another_program(told: list[tuple[int | None, int | None]], level: Level) -> None:
    found = krippendorffs_alpha(told, level)
    if found is not None:
        whole = [pair for pair in told if None not in pair]
        data = [[float(pair[side] or 0) for pair in whole] for side in (0, 1)]
        wanted = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
        assert found == pytest.approx(float(wanted), abs=1e-9)


def test_order_counts_where_there_is_one() -> None:
    near = [("p1", "p2"), ("p2", "p2"), ("p3", "p4"), ("p4", "p4"), ("p5", "p5")] * 4
    far = [("p1", "p5"), ("p2", "p2"), ("p3", "p1"), ("p4", "p4"), ("p5", "p5")] * 4
    one, other = (of_question("q", FIVE, told, "na") for told in (near, far))
    assert one.agreed == other.agreed
    assert one.alpha is not None
    assert other.alpha is not None
    assert one.alpha > other.alpha


def test_where_nothing_varies_or_little_is_known_nothing_is_said() -> None:
    always = of_question("q", TWO, [("yes", "yes")] * 40, "na")
    assert (always.agreed, always.alpha, always.kappa, always.verdict) == (40, None, None, "no_variation")
    few = of_question("q", TWO, [("yes", "no")] * 9, "na")
    assert (few.alpha, few.kappa, few.verdict) == (None, None, "too_few")
    none = of_scores([])
    assert (none.calls, none.alpha, none.lenient_by, none.verdict) == (0, None, "0.00", "too_few")


def test_what_does_not_apply_is_an_answer_of_its_own_where_there_is_no_order() -> None:
    told = [("na", "na"), ("yes", "yes"), ("no", "no")] * 5
    assert of_question("q", TWO, told, "na").alpha == pytest.approx(1)
    apart = [("na", "yes"), ("yes", "na")] * 8
    found = of_question("q", TWO, apart, "na").alpha
    assert found is not None
    assert found < 0
    # With an order, a value on one side only says nothing of agreement.
    ordered = [("p1", "p1"), ("p5", "p5"), ("p3", "na")] * 5
    assert of_question("q", FIVE, ordered, "na").alpha == pytest.approx(1)


def test_calls_in_which_a_question_did_not_apply_say_nothing_of_agreement_in_it() -> None:
    told = [("p1", "p1"), ("p5", "p5"), *[("na", "na")] * 20]
    found = of_question("q", FIVE, told, "na")
    assert (found.calls, found.alpha, found.verdict) == (22, None, "too_few")
    assert of_question("q", FIVE, told * 5, "na").verdict == "reliable"


def test_scores_say_who_is_more_lenient() -> None:
    scores = [(Fraction(n + 5), Fraction(n)) for n in range(0, 90, 5)]
    found = of_scores(scores)
    assert found.lenient_by == "5.00"
    assert found.alpha is not None
    assert 0.9 < found.alpha < 1


answer_pairs = st.lists(st.tuples(st.sampled_from(["yes", "no", "na"]), st.sampled_from(["yes", "no", "na"])))


@drawn(answer_pairs)
def test_who_is_named_first_plays_no_part(told: list[tuple[str, str]]) -> None:
    swapped = [(other, one) for one, other in told]
    assert cohens_kappa(told) == cohens_kappa(swapped)
    one, other = of_question("q", TWO, told, "na"), of_question("q", TWO, swapped, "na")
    assert (one.alpha is None) == (other.alpha is None)
    if one.alpha is not None:
        assert one.alpha == pytest.approx(other.alpha)
        assert one.alpha <= 1 + 1e-9


@drawn(answer_pairs)
def test_kappa_is_one_just_where_all_agree(told: list[tuple[str, str]]) -> None:
    kappa = cohens_kappa(told)
    if kappa is not None:
        assert (kappa == 1) == all(one == other for one, other in told)
        assert -1 <= kappa <= 1


def test_the_service_starts_without_what_only_agreement_needs() -> None:
    script = "import sys, services.training.service; print([n for n in ('numpy', 'krippendorff') if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
