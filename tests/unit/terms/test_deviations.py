"""Deviations: three pairs worked out by hand, and for every single term of a sheet exactly its own deviation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.deviations import DIRECTIONS, PRICED, Comparison, Deviation, compare
from shared.contracts.rating import Version, expected_usage, rate
from shared.contracts.terms import (
    Band,
    Field,
    InvalidTerms,
    Term,
    TermSheet,
    Tier,
    at,
    breaches,
    field_paths,
    fields_of,
    key_of,
    put,
    terms_of,
    without_keys,
)
from tests.unit.terms.sheets import PAIRS, agreed, differences, draft, full, sheet

# By hand


@pytest.mark.parametrize("pair", PAIRS)
def test_every_difference_of_a_draft_is_found_with_sign_and_cost(pair: str) -> None:
    expected, found = differences(pair), compare(agreed(pair), draft(pair))
    assert {one.path for one in found.deviations} == {one["path"] for one in expected["differences"]}
    by_path = {one.path: one for one in found.deviations}
    assert len(by_path) == len(found.deviations)
    for said in expected["differences"]:
        one = by_path[said["path"]]
        assert (one.change, one.effect, one.cost_minor, one.once_minor) == (
            said["change"], said["effect"], said["cost"], said.get("once", 0),
        ), said["path"]  # fmt: skip
        for name in ("old", "new"):
            if name in said:
                wanted = said[name].isoformat() if isinstance(said[name], date) else said[name]
                assert getattr(one, name) == wanted, said["path"]
    assert (found.agreed_minor, found.cost_minor, found.once_minor) == (
        expected["agreed"], expected["all_together"], expected.get("once", 0),
    )  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_the_other_way_round_costs_the_opposite_all_together(pair: str) -> None:
    """Priced in the same month: the volumes of the two are the same."""
    there, back = compare(agreed(pair), draft(pair)), compare(draft(pair), agreed(pair))
    assert there.cost_minor is not None
    assert back.cost_minor == -there.cost_minor
    turned = {"added": "missing", "missing": "added", "changed": "changed"}
    assert {(one.path, turned[one.change]) for one in there.deviations} == {
        (one.path, one.change) for one in back.deviations
    }


# No difference, no deviation; one difference, exactly that one

SHEETS = {"full": full(), **{pair: agreed(pair) for pair in PAIRS}}


@pytest.mark.parametrize("name", SHEETS)
def test_no_difference_is_no_deviation(name: str) -> None:
    terms = SHEETS[name]
    again = msgspec.json.decode(msgspec.json.encode(terms), type=TermSheet)
    found = compare(terms, again)
    assert (found.deviations, found.cost_minor, found.once_minor) == ((), 0, 0)


def test_the_same_number_said_otherwise_and_another_order_of_things_are_no_deviation() -> None:
    terms = put(full(), "pricing.per_seat[licence].rate", "1500.50")
    terms = msgspec.structs.replace(terms, scripts=terms.scripts[::-1], tasks=terms.tasks[::-1])
    assert compare(full(), terms).deviations == ()


def places(part: Term, before: str = "") -> Iterator[tuple[str, Field, Any]]:
    """Every value of a sheet, with its path, but for the bounds of tiers, which hang together."""
    for field in fields_of(type(part)).values():
        value = getattr(part, field.name)
        if field.shape == "term":
            yield from places(value, f"{before}{field.name}.")
        elif field.shape == "terms":
            for one in value:
                yield from places(one, f"{before}{field.name}[{key_of(one)}].")
        elif (type(part), field.name) not in ((Tier, "over"), (Tier, "up_to")):
            yield before + field.name, field, value


ALL = list(places(full()))


def others(field: Field, value: Any) -> Iterator[Any]:
    """Other values of the field's type; which of them make sense, the rules say."""
    core = field.kind
    if _optional(field):
        yield None
    if value is None:
        value = {int: 1, str: "1", date: date(2026, 1, 1)}[core]
        yield value
    if field.decimal:
        yield from (str(number) for number in (1, 2.5, 80, 95, 0))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value * 2, value - 1, 3, 15, 45)
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, tuple):
        yield from _tuples(core, value)
    elif get_args(core):
        yield from (one for one in get_args(core) if one != value)
    else:
        yield from (f"{value}x", "Europe/Lisbon", "USD", "08:30", "10:30", "hold", "2026-07")


def _tuples(core: Any, value: tuple[Any, ...]) -> Iterator[Any]:
    (inner, _) = get_args(core)
    yield value[:-1]
    yield from ((*value, one) for one in get_args(inner) if one not in value)
    if inner is str or get_origin(inner) is None:
        yield (*value, "more" if inner is str else date(2026, 8, 1))


def _optional(field: Field) -> bool:
    return type(None) in get_args(field.type)


def made_otherwise(path: str, field: Field, value: Any) -> list[TermSheet]:
    """The full sheet with this one value changed, in each way that makes sense; what hangs together with others is
    changed alone all the same."""
    made = []
    for other in others(field, value):
        try:
            changed = put(full(), path, other)
        except InvalidTerms:
            continue
        if changed != full() and (without_keys(path) in BOUND or not list(breaches(changed))):
            made.append(changed)
    return made


BOUND = {"payment.vat_category", "payment.vat_percent", "payment.reverse_charge", "schedule.always"}
"""Other terms have to change with them for the sheet to make sense."""


def test_every_field_there_is_can_be_changed_alone() -> None:
    """Else the test below would pass over some."""
    changed = {without_keys(path) for path, field, value in ALL if made_otherwise(path, field, value)}
    every = {path for path, field in field_paths() if field.shape == "value"}
    assert every - changed == {path for path in every if path.endswith((".tiers[].over", ".tiers[].up_to"))}


@pytest.mark.parametrize(("path", "field", "value"), ALL, ids=[path for path, _, _ in ALL])
def test_a_single_changed_term_is_exactly_that_deviation(path: str, field: Field, value: Any) -> None:
    for draft_ in made_otherwise(path, field, value):
        found = compare(full(), draft_)
        paths = [one.path for one in found.deviations]
        place, _, name = path.rpartition(".")
        if name in ("at_least", "below") and "tolerances" not in place:
            assert paths == [place.rpartition("[")[0]], "other bounds are another list"
        elif name == "name" and place.endswith("]"):
            assert sorted(one.change for one in found.deviations) == ["added", "missing"], (
                "another name is another thing"
            )
            assert place in paths
        else:
            assert paths == [path]
            (only,) = found.deviations
            assert (only.cost_minor, only.once_minor) == (found.cost_minor, found.once_minor)
        for one in found.deviations:
            assert one.old != one.new
            assert_sound(one)


def assert_sound(one: Deviation) -> None:
    """Money decides where it moves."""
    if one.cost_minor or one.once_minor:
        assert one.effect == ("worse" if (one.cost_minor or one.once_minor or 0) > 0 else "better")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Deviation) == one


LISTS = [(path, field) for path, field in field_paths() if field.shape == "terms"]


@pytest.mark.parametrize("path", [path for path, _ in LISTS])
def test_a_single_thing_that_is_missing_or_added_is_exactly_that_deviation(path: str) -> None:
    field = dict(LISTS)[path]
    for place in list_places(full(), path):
        things = at(full(), place)
        less = put(full(), place, things[:-1])
        if field.kind is Tier:
            # One tier less leaves the one before it without an end.
            less = put(full(), place, [{"rate": things[0].rate}])
            wanted, changes = place, ("changed", "changed")
        elif field.kind is Band:
            wanted, changes = (
                place,
                ("missing" if len(things) == 1 else "changed", "added" if len(things) == 1 else "changed"),
            )
        else:
            wanted, changes = f"{place}[{key_of(things[-1])}]", ("missing", "added")
        if place.endswith((".tiers", ".states")) and len(things) == 1:
            continue  # without any there is no price
        for one, other, change in ((full(), less, changes[0]), (less, full(), changes[1])):
            if [error for error in breaches(other) if error.field == "pricing.surcharges[saturday].components"]:
                continue
            (found,) = compare(one, other).deviations
            assert (found.path, found.change) == (wanted, change)
            assert_sound(found)


@pytest.mark.parametrize("place", [f"pricing.{kind}" for kind in ("per_minute", "per_call", "per_sale", "per_hour")])
def test_other_bounds_of_tiers_are_another_list(place: str) -> None:
    path = f"{place}[{at(full(), place)[0].name}].tiers"
    first, last = at(full(), path)
    moved = [msgspec.structs.replace(first, up_to=7), msgspec.structs.replace(last, over=7)]
    (found,) = compare(full(), put(full(), path, moved)).deviations
    assert (found.path, found.change) == (path, "changed")
    assert_sound(found)


def list_places(sheet_: TermSheet, path: str) -> list[str]:
    """The paths of all lists of a kind that have something."""
    found = [""]
    for step in path.removesuffix("[]").split("."):
        name, many = step.removesuffix("[]"), step.endswith("[]")
        found = [f"{before}.{name}".lstrip(".") for before in found]
        if many:
            found = [f"{place}[{key_of(one)}]" for place in found for one in at(sheet_, place)]
    return [place for place in found if at(sheet_, place)]


def test_for_every_term_it_is_said_which_value_is_better() -> None:
    assert set(DIRECTIONS) == {path for path, _ in field_paths()}


KEYS = ("name", "at_least", "below", "currency")
SEVERAL = st.lists(st.sampled_from([path for path, _, _ in ALL]), unique=True, max_size=6)


@settings(max_examples=40, deadline=None)
@given(SEVERAL, st.data())
def test_several_changed_terms_are_as_many_deviations(paths: list[str], data: Any) -> None:
    values = {path: (field, value) for path, field, value in ALL}
    draft_, changed = full(), set()
    for path in paths:
        if path.rpartition(".")[2] in KEYS or without_keys(path) in BOUND:
            continue
        options = made_otherwise(path, *values[path])
        if options:
            draft_ = put(draft_, path, at(data.draw(st.sampled_from(options)), path))
            changed.add(path)
    assert {one.path for one in compare(full(), draft_).deviations} == changed


@pytest.mark.parametrize("pair", PAIRS)
def test_a_months_price_depends_on_no_other_part_of_a_sheet(pair: str) -> None:
    """Else a deviation there would be said to cost nothing."""
    terms, other = full(), agreed(pair)
    usage = expected_usage(terms, "2026-05")
    strange = msgspec.structs.replace(
        terms, **{name: getattr(other, name) for name in terms.__struct_fields__ if name not in PRICED}
    )
    prices = [
        rate([Version(number=1, starts=date(2026, 5, 1), terms=each)], usage, "2026-05") for each in (terms, strange)
    ]
    assert prices[0] == prices[1]


# What the money does not tell


@pytest.mark.parametrize(
    ("path", "new", "effect"),
    [
        ("payment.days", 7, "worse"),
        ("payment.days", 28, "better"),
        ("liability_cap_minor", None, "better"),
        ("liability_cap_minor", 100, "worse"),
        ("pricing.cap_minor", None, "worse"),
        ("pricing.per_sale[orders].clawback_days", 60, "better"),
        ("service.format", "simple_operators", "worse"),
        ("service.client_base", "partner", "worse"),
        ("service.client_base", "ours", "better"),
        ("service.languages", ["de"], "worse"),
        ("service.languages", ["de", "fr", "it"], "better"),
        ("service.languages", ["de", "it"], "neutral"),
        ("service_levels[soon].target_percent", "99.5", "better"),
        ("service_levels[soon]", None, "worse"),
        ("measures.hot_lead_seconds", 180, "better"),
        ("month.deemed_accepted", False, "better"),
        ("scripts[welcome].version", "5", "neutral"),
        ("quality_controllers[Jan Novak]", None, "worse"),
    ],
)
def test_where_the_money_does_not_tell_the_table_does(path: str, new: Any, effect: str) -> None:
    (found,) = compare(full(), put(full(), path, new)).deviations
    assert (found.effect, found.cost_minor) == (effect, 0)


def test_a_claw_back_that_is_gone_costs_what_it_would_have_brought() -> None:
    (found,) = compare(full(), put(full(), "pricing.per_sale[orders].clawback_days", None)).deviations
    assert found.effect == "worse"
    assert found.cost_minor is not None
    assert found.cost_minor > 0


def test_amounts_in_another_currency_are_not_compared() -> None:
    found: Comparison = compare(full(), put(put(full(), "payment.currency", "USD"), "pricing.minimum_fee_minor", 5))
    assert [(one.path, one.cost_minor, one.effect) for one in found.deviations] == [
        ("pricing.minimum_fee_minor", None, "better"), ("payment.currency", None, "neutral"),
    ]  # fmt: skip
    assert (found.cost_minor, found.once_minor) == (None, None)


def test_a_component_that_only_the_draft_has_is_priced_too() -> None:
    plain = sheet({"per_call": [{"name": "calls", "tiers": [{"rate": "10"}]}]})
    more = msgspec.to_builtins(plain)
    more["pricing"]["per_minute"] = [{"name": "talk", "tiers": [{"rate": "6"}]}]
    more["service_levels"] = [{"name": "new", "seconds": 20, "target_percent": "90", "credits": [{"percent": "1"}]}]
    found = compare(plain, terms_of(more))
    # 3,100 calls of no time at 10: 31,000, of which 1 %.
    assert [(one.path, one.change, one.cost_minor, one.effect) for one in found.deviations] == [
        ("pricing.per_minute[talk]", "added", 0, "worse"), ("service_levels[new]", "added", 310, "worse"),
    ]  # fmt: skip
