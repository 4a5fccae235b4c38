"""What forms of pages say, read: numbers, and what comes of a command."""

from __future__ import annotations

import pytest
from annotated_types import MaxLen
from fastapi.routing import APIRoute

from services.gateway.pages import PARTS
from services.gateway.pages.acting import MOST_SAID, carried_out, went_wrong, whole
from shared.http import Problem


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("28", 28), ("999999999", 999_999_999), ("", None), ("-1", None), ("2.5", None), ("seven", None)],
)
def test_a_whole_number_is_one_and_nothing_else_is(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_a_number_longer_than_any_that_is_meant_is_none() -> None:
    assert whole("1" * 10) is None
    assert whole("1" * 5_000) is None  # of so many digits Python makes no number


async def done() -> None:
    return None


async def refused(status: int) -> None:
    raise Problem(status, "no", "It is too late.")


async def test_a_page_is_gone_back_to_and_tells_what_was_done_or_refused_and_why() -> None:
    told = await carried_out(done(), "/work", "Closed.", fragment="list", owner="company")
    assert (told.status_code, told.headers["location"]) == (303, "/work?owner=company&said=Closed.#list")
    told = await carried_out(refused(409), "/work", "Closed.", fragment="list", owner="company")
    assert told.headers["location"] == "/work?owner=company&wrong=It+is+too+late.#list"


async def test_what_is_no_matter_of_the_form_is_no_answer_to_it() -> None:
    with pytest.raises(Problem):
        await carried_out(refused(404), "/work")
    assert (await carried_out(refused(404), "/work", "", 404)).status_code == 303


def test_every_page_can_be_asked_to_tell_the_longest_refusal() -> None:
    """A page that takes less answers 422 to the very address that it was led back to."""
    assert len(went_wrong(Problem(409, "no", "x" * 1_000))) == MOST_SAID
    asked = {
        route.path: field.field_info.metadata
        for part in PARTS
        for route in part.routes
        if isinstance(route, APIRoute)
        for field in route.dependant.query_params
        if field.name == "wrong"
    }
    assert len(asked) > 15
    short = [path for path, limits in asked.items() for one in limits if isinstance(one, MaxLen)
             if one.max_length < MOST_SAID]  # fmt: skip
    assert short == []
