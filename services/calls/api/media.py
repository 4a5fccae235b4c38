"""The routes of media: what there is, what was bought, and what a call, a contact and an order cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import campaign_examples as examples
from services.calls.api.callers import BuysMedia, CountsMoney, Service
from services.calls.domain import media_csv
from services.calls.domain.media import DescribeMedium, TellMediaBought, media_buying, medium
from services.calls.domain.media_figures import FORMULAS, Came, by_campaign, by_medium, costs, medium_on
from services.calls.views.media import media, media_bought, number_calls
from services.calls.views.numbers import numbers
from services.calls.views.ordered import WHOLE, between, ordered
from services.calls.views.performance_month import days_of, performance_month
from shared.contracts.selling import MediaBought
from shared.http import (
    MAX_FILE_BYTES,
    Deps,
    Problem,
    accepts,
    command_id,
    content_of,
    invalid,
    json_response,
)
from shared.http.requests import Day
from shared.kernel import Rejected

LONGEST_DAYS = 366

router = APIRouter(prefix="/api/v1/media", tags=["media"])
From = Annotated[Day, Query(alias="from", description="The first day, such as 2026-03-01.")]
To = Annotated[Day, Query(alias="to", description="The day after the last one.")]


async def _media_known(command: TellMediaBought, deps: Deps) -> None:
    """409 where a medium is not there."""
    names = sorted({one.media for one in command.bought})
    if strange := sorted(set(names) - set(await deps.reads.get(media, names))):
        raise Problem(409, "unknown_media", f"There is no medium {', '.join(strange)}.")


accepts(
    router, "/{media}", medium, DescribeMedium, service="calls", right="economics.run", method="PUT", of_partner=False
)
accepts(
    router, "/bought/{campaign}/{month}", media_buying, TellMediaBought, service="calls", right="economics.run",
    of_partner=False, stream="{campaign}:{month}", check=_media_known,
)  # fmt: skip


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file. `taken`: lines that are right, also those that say nothing new; `streams`: a campaign's
    months that it told of; `wrong`: the lines that were not taken."""

    taken: int
    streams: list[str]
    wrong: list[media_csv.WrongLine]


@router.get("", summary="All media", responses=examples.MEDIA)
async def list_media(deps: Service, who: CountsMoney) -> Response:
    """Where our numbers are shown, by id."""
    found = await deps.reads.find(media, {})
    return json_response({"items": [doc.described for _, doc in found]})


@router.post(
    "/bought/import",
    status_code=202,
    summary="Import media buying",
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
    responses=examples.IMPORTED,
)
async def import_bought(request: Request, deps: Service, who: BuysMedia) -> Response:
    """A CSV file with the columns day, media, campaign, amount, currency and, where it is for one partner's calls,
    partner. Lines that are right are taken, a campaign's month at a time; told anew they correct, and the same file
    once more changes nothing. 409 `not_text`, `columns_missing`, `too_many_lines`."""
    by = command_id(request)
    content = await content_of(request, MAX_FILE_BYTES)
    try:
        file = media_csv.read(content)
    except Rejected as refused:
        raise Problem(409, refused.code, refused.detail) from None
    known = {key for key, _ in await deps.reads.find(media, {})}
    streams: list[str] = []
    taken, wrong = 0, list(file.wrong)
    for (campaign, month), told in file.bought.items():
        bought = tuple(one.purchase for one in told.values() if one.purchase.media in known)
        wrong += [
            media_csv.WrongLine(line=one.line, reason=f"there is no medium {one.purchase.media}")
            for one in told.values()
            if one.purchase.media not in known
        ]
        if not bought:
            continue
        command = TellMediaBought(campaign=campaign, month=month, bought=bought, at=deps.clock(), by=who.name)
        stream = f"{campaign}:{month}"
        await deps.door.handle(media_buying, stream, command, command_id=f"{by}:{stream}", actor=who.name)
        streams.append(stream)
        taken += len(bought)
    told_of = Imported(taken=taken, streams=streams, wrong=sorted(wrong, key=lambda one: one.line))
    return json_response(told_of, status=202)


@router.get("/bought", summary="What was bought", responses=examples.BOUGHT)
async def show_bought(deps: Service, who: CountsMoney, start: From, end: To) -> Response:
    """What was paid on those days, as it was told last; by day, campaign and medium."""
    found = [one for one in await _bought(deps, *_days(start, end)) if start <= one.day < end]
    found.sort(key=lambda one: (one.day, one.campaign, one.media, one.partner or ""))
    return json_response({"items": found})


@router.get("/figures", summary="What media cost", responses=examples.MEDIA_FIGURES)
async def show_figures(
    deps: Service,
    who: CountsMoney,
    start: From,
    end: To,
    by: Annotated[Literal["campaign", "media"], Query(description="A row for each.")] = "campaign",
) -> Response:
    """Cost per call, contact and order by campaign, and per call by medium, with formulas. Days are those of the
    partners' zones for calls, and UTC for orders. Margins are told by `/api/v1/reconciliation/economics`, from the same
    purchases."""
    low, high = _days(start, end)
    cost = costs(await _bought(deps, low, high), by == "media", start, end)
    if by == "media":
        rows = by_medium(cost, await _calls_by_medium(deps, low, high))
    else:
        rows = by_campaign(cost, await _came(deps, low, high))
    return json_response({"by": by, "from": low, "to": high, "rows": rows, "formulas": FORMULAS})


def _days(start: date, end: date) -> tuple[str, str]:
    if not 0 < (end - start).days <= LONGEST_DAYS:
        raise invalid("to", f"is after `from`, by {LONGEST_DAYS} days at most")
    return start.isoformat(), end.isoformat()


def _months(low: str, high: str) -> tuple[str, str]:
    """Bounds of the months in which the days lie: `2026-04-01` as an end is after all days of March."""
    return low[:7], f"{high[:7]}~"


async def _bought(deps: Deps, low: str, high: str) -> list[MediaBought]:
    found = await deps.reads.find(media_bought, {}, "month", *_months(low, high))
    return [one for _, doc in found for one in doc.told.values()]


async def _calls_by_medium(deps: Deps, low: str, high: str) -> dict[str, int]:
    shown_where = {key: doc.history for key, doc in await deps.reads.find(numbers, {})}
    sums: dict[str, int] = {}
    for _, doc in await deps.reads.find(number_calls, {}, "month", *_months(low, high)):
        for day, calls in doc.days.items():
            name = medium_on(shown_where.get(doc.number, ()), date.fromisoformat(day)) if low <= day < high else ""
            if name:
                sums[name] = sums.get(name, 0) + calls
    return sums


async def _came(deps: Deps, low: str, high: str) -> dict[str, Came]:
    calls: dict[str, int] = {}
    contacts: dict[str, int] = {}
    orders: dict[str, int] = {}

    def count(sums: dict[str, int], campaign: str | None, amounts: Iterable[int]) -> None:
        if campaign and (amount := sum(amounts)):
            sums[campaign] = sums.get(campaign, 0) + amount

    for _, doc in await deps.reads.find(performance_month, {"counts": "production"}, "month", *_months(low, high)):
        for day, counters in days_of(doc):
            if low <= day < high:
                count(calls, doc.campaign, (counters.get("offered", 0), counters.get("dials", 0)))
                count(contacts, doc.campaign, (counters.get("decision_contacts", 0),))
    first, last = (datetime.combine(date.fromisoformat(day), time(), UTC) for day in (low, high))
    for _, sold in await deps.reads.find(ordered, {}, "day", low, high):
        count(orders, sold.campaign, (between([sold], first, last, WHOLE).orders,))
    return {
        name: Came(calls=calls.get(name, 0), contacts=contacts.get(name, 0), orders=orders.get(name, 0))
        for name in calls.keys() | contacts.keys() | orders.keys()
    }
