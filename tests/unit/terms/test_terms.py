"""Term sheets: what makes no sense is named by its field, all formats read the same, and paths lead everywhere."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import yaml

from shared.contracts.terms import (
    InvalidTerms,
    TermSheet,
    at,
    breaches,
    changed,
    field_paths,
    put,
    read_terms,
)
from tests.unit.terms.sheets import FIXTURES, PAIRS, agreed, as_csv, draft, full

FULL = (FIXTURES / "full.yaml").read_text(encoding="utf-8")


def errors(content: str | bytes, form: Any = "yaml") -> list[str]:
    """The fields that are named as wrong."""
    with pytest.raises(InvalidTerms) as raised:
        read_terms(content.encode() if isinstance(content, str) else content, form)
    assert all(error.detail for error in raised.value.errors)
    return [error.field for error in raised.value.errors]


# What a sheet must keep

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"payment.currency": "EURO"}, "payment.currency"),
    ({"payment.currency": "XXX"}, "payment.currency"),
    ({"payment.vat_percent": "19"}, "payment.vat_percent"),
    ({"payment.reverse_charge": False}, "payment.reverse_charge"),
    ({"schedule.time_zone": "Europe/Atlantis"}, "schedule.time_zone"),
    ({"schedule.time_zone": "../etc/passwd"}, "schedule.time_zone"),
    ({"schedule.always": True}, "schedule.hours"),
    ({"schedule.hours": []}, "schedule.hours"),
    ({"schedule.hours[mon].closes": "08:00"}, "schedule.hours[mon].closes"),
    ({"schedule.holidays": ["2026-05-01", "2026-05-01"]}, "schedule.holidays"),
    ({"volumes.months": []}, "volumes.months"),
    ({"volumes.campaigns[vital].percent": "80"}, "volumes.campaigns"),
    ({"volumes.answered_percent": "101"}, "volumes.answered_percent"),
    ({"volumes.average_order_minor": -1}, "volumes.average_order_minor"),
    ({"pricing.per_minute[minutes].tiers[0-300].rate": "-1"}, "pricing.per_minute[minutes].tiers[0-300].rate"),
    ({"pricing.per_minute[minutes].tiers": []}, "pricing.per_minute[minutes].tiers"),
    ({"pricing.per_minute[minutes].first_seconds": 0}, "pricing.per_minute[minutes].first_seconds"),
    ({"pricing.per_seat[licence].rate": "-2"}, "pricing.per_seat[licence].rate"),
    ({"pricing.per_hour[hours].states[on_call].name": "asleep"}, "pricing.per_hour[hours].states[asleep].name"),
    ({"pricing.per_hour[hours].states": []}, "pricing.per_hour[hours].states"),
    ({"pricing.per_call[calls].name": "minutes"}, "pricing.per_call[minutes].name"),
    ({"pricing.surcharges[early].ends": "07:00"}, "pricing.surcharges[early].ends"),
    ({"pricing.surcharges[early].components": ["orders"]}, "pricing.surcharges[early].components"),
    ({"pricing.one_off[set-up].amount_minor": -5}, "pricing.one_off[set-up].amount_minor"),
    ({"pricing.minimum_fee_minor": -5}, "pricing.minimum_fee_minor"),
    ({"pricing.cap_minor": 5}, "pricing.cap_minor"),
    ({"pricing.incentives[quality].bands[0-50].below": "90"}, "pricing.incentives[quality].bands"),
    ({"service_levels[quick].seconds": 12}, "service_levels[quick].seconds"),
    ({"service_levels[quick].target_percent": "120"}, "service_levels[quick].target_percent"),
    ({"service_levels[soon].name": "quick"}, "service_levels[quick]"),
    ({"measures.short_abandon_seconds": 7}, "measures.short_abandon_seconds"),
    ({"measures.hot_lead_seconds": 0}, "measures.hot_lead_seconds"),
    ({"month.tolerances[talk].below_percent": "200"}, "month.tolerances[talk].below_percent"),
    ({"scripts[renewal].name": "welcome"}, "scripts[welcome]"),
    ({"validity.ends": "2026-04-30"}, "validity.ends"),
    ({"validity.ends": "9999-12-31"}, "validity.ends"),
    ({"validity.starts": "0001-01-01"}, "validity.starts"),
    ({"scripts": [{"name": str(n), "version": "1"} for n in range(201)]}, "scripts"),
    ({"pricing.per_call[calls].campaigns": [str(n) for n in range(201)]}, "pricing.per_call[].campaigns"),
    ({"validity.renewal_months": 0}, "validity.renewal_months"),
    ({"liability_cap_minor": -1}, "liability_cap_minor"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=[str(changes)[:80] for changes, _ in WRONG])
def test_what_makes_no_sense_is_named_by_its_field(changes: dict[str, Any], field: str) -> None:
    sheet: TermSheet = full()
    for path, value in changes.items():
        sheet = put(sheet, path, value)
    assert [error.field for error in breaches(sheet)][:1] == [field]
    with pytest.raises(InvalidTerms):
        changed(full(), changes)


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ([(0, 500), (400, None)], "overlap"),
        ([(0, None), (400, None)], "overlap"),
        ([(0, 500), (600, None)], "between 500 and 600"),
        ([(100, None)], "not over 100"),
        ([(0, 500)], "over 500"),
        ([(500, None), (0, 500)], "behind"),
        ([(0, 0), (0, None)], "before it begins"),
    ],
)
def test_tiers_that_overlap_leave_gaps_or_are_not_in_order_are_refused(tiers: list[Any], said: str) -> None:
    path = "pricing.per_minute[minutes].tiers"
    wrong = put(full(), path, [{"over": low, "up_to": high, "rate": "1"} for low, high in tiers])
    found = [error for error in breaches(wrong) if error.field == path]
    assert any(said in error.detail for error in found), found


def test_sheets_that_make_sense_have_no_breach() -> None:
    for sheet in (full(), *map(agreed, PAIRS), *map(draft, PAIRS)):
        assert list(breaches(sheet)) == []


# Formats


def test_all_three_formats_read_the_same() -> None:
    as_json = msgspec.json.encode(full())
    csv_text = as_csv(full()).encode()
    as_yaml = yaml.safe_dump(json.loads(as_json), allow_unicode=True).encode()
    assert read_terms(as_json, "json") == read_terms(csv_text, "csv") == read_terms(as_yaml, "yaml") == full()


def test_a_sheet_comes_back_from_the_store_as_it_was() -> None:
    for sheet in (full(), agreed("per-minute")):
        assert msgspec.json.decode(msgspec.json.encode(sheet), type=TermSheet) == sheet


def test_a_rate_never_passes_through_a_float() -> None:
    rate = "0.12345678"
    json_text = msgspec.json.encode(full()).decode().replace('"40"', rate)
    assert at(read_terms(json_text.encode(), "json"), "pricing.per_minute[minutes].tiers[0-300].rate") == rate
    yaml_text = FULL.replace("rate: 40", f"rate: {rate}")
    assert at(read_terms(yaml_text.encode(), "yaml"), "pricing.per_minute[minutes].tiers[0-300].rate") == rate


def test_a_country_is_no_truth_value_and_a_day_is_a_text_until_its_field_says_so() -> None:
    sheet = read_terms(FULL.replace("languages: [de, fr]", "languages: [no, on]").encode(), "yaml")
    assert sheet.service.languages == ("no", "on")


def test_nothing_is_said_in_yaml_as_its_users_say_it() -> None:
    for nothing in ("null", "~", ""):
        text = FULL.replace("service_level_percent: 79", f"service_level_percent: {nothing}")
        assert read_terms(text.encode(), "yaml").volumes.service_level_percent is None
    quoted = FULL.replace("layout: vienna-1", 'layout: "null"')
    assert read_terms(quoted.encode(), "yaml").month.layout == "null"


@pytest.mark.parametrize(
    ("found", "put_there", "field"),
    [
        ("days: 14", "dayz: 14", "payment.dayz"),
        ("days: 14, ", "", "payment.days"),
        ("days: 14", "days: soon", "payment.days"),
        ("days: 14", "days: 14.5", "payment.days"),
        ("seats: 4, rate: 1500.5", "seats: 4, rate: 1e3", "pricing.per_seat[0].rate"),
        ("method: direct_debit", "method: barter", "payment.method"),
        ("due: 2026-05-02", "due: 2026-02-30", "pricing.one_off[0].due"),
        ("name: welcome", 'name: "a[b]"', "scripts[0].name"),
        ("days: 14", "days: &a 14", "body"),
        ("days: 14", "days: !!python/object/apply:os.system [ls]", "body"),
        ("days: 14", "days: 14, days: 15", "days"),
        ("service:", "service: {", "body"),
    ],
)
def test_what_cannot_be_read_is_named(found: str, put_there: str, field: str) -> None:
    assert found in FULL
    assert errors(FULL.replace(found, put_there, 1)) == [field]


def test_a_bomb_of_aliases_is_refused_before_it_opens() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert errors(bomb) == ["body"]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_is_nested_without_end_is_refused(form: str) -> None:
    assert errors("[" * 100_000, form) == ["body"]


@pytest.mark.parametrize(
    ("content", "form", "field"),
    [
        (b"\xff\xfe", "csv", "body"),
        (b'{"payment": {"days": 1, "days": 2}}', "json", "days"),
        (b'{"payment": NaN}', "json", "body"),
        (b"{", "json", "body"),
        (b"", "yaml", "body"),
        (b"payment.days,=1+1\n", "csv", "payment.days"),
        (b"payment.days,@SUM(1)\n", "csv", "payment.days"),
        (b"payment.days,-1+2\n", "csv", "payment.days"),
        (b"payment.days,14\npayment.days,15\n", "csv", "payment.days"),
        (b"payment.dayz,14\n", "csv", "payment.dayz"),
        (b"payment,14\n", "csv", "payment"),
        (b"payment.days.x,14\n", "csv", "payment.days.x"),
        (b"scripts,welcome\n", "csv", "scripts"),
        (b"payment.days\n", "csv", "line 1"),
        (b"..,1\n", "csv", ".."),
    ],
)
def test_what_is_no_plain_data_is_refused(content: bytes, form: str, field: str) -> None:
    assert errors(content, form) == [field]


def test_a_negative_number_is_no_formula() -> None:
    text = as_csv(full())
    assert "credits[0-70].percent,-3" in text
    assert read_terms(text.encode(), "csv") == full()


# Paths


def test_every_field_of_every_part_has_something_to_say_in_the_full_sheet() -> None:
    """Else the tests that go over all fields would pass over some."""
    for path, field in field_paths():
        first = path.replace("[]", "[]")
        values = list(_at_any(full(), first))
        assert values, path
        if field.shape == "terms":
            assert max(len(value) for value in values) > 1, f"{path} has two things somewhere"


def _at_any(part: Any, path: str) -> Any:
    head, _, rest = path.partition(".")
    value = getattr(part, head.removesuffix("[]"))
    if not rest:
        yield value
    elif head.endswith("[]"):
        for one in value:
            yield from _at_any(one, rest)
    else:
        yield from _at_any(value, rest)


def test_a_thing_is_changed_added_and_taken_out_by_its_path() -> None:
    sheet = changed(
        full(),
        {
            "payment.days": 60,
            "scripts[welcome].version": "5",
            "scripts[renewal]": None,
            "scripts[farewell]": {"name": "farewell", "version": "1"},
            "liability_cap_minor": None,
        },
    )
    assert (sheet.payment.days, sheet.liability_cap_minor) == (60, None)
    assert [(one.name, one.version) for one in sheet.scripts] == [("welcome", "5"), ("farewell", "1")]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "payment.",
        "payment.dayz",
        "payment.days.more",
        "scripts[unknown].version",
        "scripts.version",
        "payment[x]",
        "a b",
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(InvalidTerms) as raised:
        changed(full(), {path: 1})
    assert raised.value.errors[0].field == path


def test_a_value_of_the_wrong_kind_is_refused_at_its_path() -> None:
    with pytest.raises(InvalidTerms) as raised:
        changed(full(), {"payment.days": "soon"})
    assert [error.field for error in raised.value.errors] == ["payment.days"]
