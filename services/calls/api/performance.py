"""Figures over HTTP: rankings and tables of agents, teams, campaigns and partners, the calls behind them, the KPIs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.paging import cursor_of, place_of
from services.calls.api.readers import Caller, ReadsOf
from services.calls.api.selection import (
    Filters,
    Found,
    People,
    Selection,
    figures_of,
    filters,
    instant,
    midnight,
    select,
    team_of,
)
from services.calls.figures import figures, kpis
from services.calls.figures.figures import Keys, Order, Row
from services.calls.views.cells import CellDocument
from services.calls.views.measures import QUARTER_MS, day_of, milliseconds
from services.calls.views.performance import DayPerformance, QuarterPerformance
from services.calls.views.tally import Tally, total
from shared.http import invalid, json_response, limited

router = APIRouter(prefix="/api/v1", tags=["performance"])

Dimension = Literal["agents", "teams", "campaigns", "partners"]
KEYS: dict[str, tuple[str, ...]] = {
    "agents": ("partner", "agent"),
    "teams": ("partner", "team"),
    "campaigns": ("campaign",),
    "partners": ("partner",),
}
EXTRA = ("day", "interval", "direction", "campaign")
SHOWN = (
    "offered", "answered", "handled", "abandonment_rate", "service_level", "asa", "aht", "occupancy", "contacts",
    "sales_reported", "sales_confirmed", "conversion", "sales_per_hour", "revenue", "revenue_confirmed",
)  # fmt: skip
MOST = 500


@dataclass(frozen=True)
class Table:
    """What is to be shown: the names of the keys, the KPIs with their variants, and the order."""

    dimension: str
    names: tuple[str, ...]
    shown: tuple[str, ...]
    variants: Mapping[str, str]
    order: Order
    sorted_by: str | None

    def figures(self, tally: Tally, href: Callable[[str], str]) -> dict[str, Any]:
        """All shown figures of these sums, each with the way to what is behind it."""
        return {
            key: kpis.figure(kpis.kpi(key), tally, self.variants.get(key)) | {"href": href(key)} for key in self.shown
        }


@router.get(
    "/performance/{dimension}",
    summary="Figures of agents, teams, campaigns or partners",
    description=(
        "Sums first, then ratios: each figure is worked out from the sums of its row, with `n` (what it is divided "
        "by) and `href` (the calls behind it, or where they are too many, the same figure one level down). `value` "
        "null means that there is nothing to divide by. Days are those of each partner's own zone unless `time_zone` "
        "names one. Sorted by a KPI, rows of agents have their place among their peers: `rank` is null below 20 "
        "handled calls, ties share a place, quartiles are hidden below 5 peers."
    ),
    responses=examples.PERFORMANCE,
)
async def performance(
    dimension: Dimension,
    reads: ReadsOf,
    caller: Caller,
    asked: Annotated[Filters, Depends(filters)],
    group_by: Annotated[str, Query(description="Further keys: `day`, `interval`, `direction`, `campaign`.")] = "",
    shown: Annotated[str, Query(alias="kpis", description="KPIs to show, by comma.")] = "",
    variant: Annotated[str, Query(description="Variants by comma, `kpi:variant`.")] = "",
    sort: Annotated[str, Query(description="A KPI or a key; `-` before it: greatest first.")] = "",
    peers: Annotated[
        Literal["selected", "partner"], Query(description="Among whom an agent has a place.")
    ] = "selected",
    limit: int = 50,
    cursor: str | None = None,
) -> Response:
    """One page of rows, and the totals over all of them."""
    limited(limit, MOST)
    selection = select(asked, caller)
    table = _table(dimension, group_by, shown, variant, sort, selection)
    after = None if cursor is None else _row_at(cursor, table)
    people = await reads.directory.people(asked.partner)
    names = await reads.directory.partner_names()
    documents = await figures_of(reads.views, selection, people, "day" in table.names)
    sums = sums_of(documents, selection, table, people)
    rows = figures.ordered((Row(keys, tally, _value(table, tally)) for keys, tally in sums.items()), table.order)
    places = _places(table, rows, peers)
    found, last = figures.page(rows, table.order, after, limit)
    return json_response(
        {
            "items": [_item(table, row, places.get(row.keys), selection, people, names) for row in found],
            "next": None if last is None else cursor_of([list(last.keys), last.value]),
            "totals": {"figures": table.figures(total(sums.values()), href_of(table, selection, {}))},
            "as_of": documents.as_of,
        },
    )


@router.get(
    "/kpis",
    summary="The definition of every KPI",
    description="Formula, variants with their formulas, which of them is the default, and who defines it so.",
    responses=examples.KPIS,
)
async def definitions(caller: Caller) -> Response:
    """All of them, in the order in which they are shown."""
    return json_response({"items": [definition_of(kpi) for kpi in kpis.KPIS.values()], "next": None})


def definition_of(kpi: kpis.Kpi | kpis.MoneyKpi) -> dict[str, Any]:
    """What is to be known of a KPI beside its figure."""
    common = {
        "key": kpi.key,
        "label": kpi.label,
        "unit": kpi.unit,
        "better": kpi.better,
        "defined_by": kpi.defined_by,
        "note": kpi.note,
    }
    if isinstance(kpi, kpis.MoneyKpi):
        return common | {"formula": kpi.formula, "default": None, "variants": []}
    variants = [{"name": name, "formula": variant.formula} for name, variant in kpi.variants.items()]
    return common | {"formula": kpi.variant(None).formula, "default": kpi.default, "variants": variants}


def known(key: str, field: str) -> kpis.Kpi | kpis.MoneyKpi:
    """The KPI of a key; 422 naming the parameter."""
    try:
        return kpis.kpi(key)
    except kpis.UnknownKpi as unknown:
        raise invalid(field, str(unknown)) from None


def variants_of(text: str) -> dict[str, str]:
    """KPI -> variant, from `kpi:variant` by comma; 422 naming the parameter."""
    found: dict[str, str] = {}
    for part in _words(text):
        key, colon, name = part.partition(":")
        kpi = known(key, "variant")
        if not colon or isinstance(kpi, kpis.MoneyKpi):
            raise invalid("variant", f"{part}: must be `kpi:variant`, of a KPI that has variants")
        try:
            kpi.variant(name)
        except kpis.UnknownVariant as unknown:
            raise invalid("variant", str(unknown)) from None
        found[key] = name
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _table(dimension: str, group_by: str, shown: str, variant: str, sort: str, selection: Selection) -> Table:
    names = list(KEYS[dimension])
    for extra in _words(group_by):
        if extra not in EXTRA or extra in names:
            raise invalid("group_by", f"{extra}: must be one of {', '.join(EXTRA)}, and not a key already")
        names.append(extra)
    if "interval" in names and selection.quarters is None:
        raise invalid("group_by", "interval: give instants, or days with a `time_zone`")
    if "day" in names and selection.quarters is not None and selection.zone is None:
        raise invalid("time_zone", "needed to cut instants into days")
    keys = tuple(known(key, "kpis").key for key in _words(shown)) or SHOWN
    descending, by = sort.startswith("-"), sort.removeprefix("-")
    if not by or by in names:
        order = Order(False, descending, names.index(by) if by else 0)
        return Table(dimension, tuple(names), keys, variants_of(variant), order, None)
    if isinstance(known(by, "sort"), kpis.MoneyKpi):
        raise invalid("sort", f"{by}: amounts of different currencies have no order")
    return Table(dimension, tuple(names), keys, variants_of(variant), Order(True, descending), by)


def _value(table: Table, tally: Tally) -> float | None:
    if table.sorted_by is None:
        return None
    value = kpis.figure(kpis.kpi(table.sorted_by), tally, table.variants.get(table.sorted_by))["value"]
    return None if value is None else float(value)


def sums_of(found: Found, selection: Selection, table: Table, people: People) -> dict[Keys, Tally]:
    """The sums of each row of the table, by its keys."""
    keys_of = _keys(table.names, people, selection.zone)
    if not found.months or selection.days is None:
        return figures.grouped(found.documents, lambda doc: keys_of(doc, None))
    if "day" in table.names:
        return figures.grouped_days(found.months, *selection.days, keys_of)
    return figures.grouped_months(found.months, *selection.days, lambda doc: keys_of(doc, None))


def _keys(names: Sequence[str], people: People, zone: ZoneInfo | None) -> Callable[[CellDocument, str | None], Keys]:
    def day_in(doc: CellDocument, day: str | None) -> str | None:
        if isinstance(doc, DayPerformance):
            return doc.day
        return day_of(doc.interval, zone) if isinstance(doc, QuarterPerformance) and zone else day

    readers: dict[str, Callable[[CellDocument, str | None], str | None]] = {
        "partner": lambda doc, day: doc.partner,
        "agent": lambda doc, day: doc.agent,
        "team": lambda doc, day: team_of(doc, people),
        "campaign": lambda doc, day: doc.campaign,
        "direction": lambda doc, day: doc.direction,
        "day": day_in,
        "interval": lambda doc, day: instant(doc.interval) if isinstance(doc, QuarterPerformance) else None,
    }
    chosen = [readers[name] for name in names]
    return lambda doc, day: tuple([read(doc, day) for read in chosen])


def _places(table: Table, rows: Sequence[Row], peers: str) -> dict[Keys, figures.Place]:
    """An agent is compared with those of the same day, campaign and so on; the row of no agent with nobody."""
    if table.dimension != "agents" or table.sorted_by is None:
        return {}
    agents = [row for row in rows if row.keys[1] is not None]
    up = kpis.kpi(table.sorted_by).better == "up"
    found = figures.places(agents, up, lambda row: (row.keys[0] if peers == "partner" else None, row.keys[2:]))
    return {row.keys: place for row, place in zip(agents, found, strict=True)}


def _row_at(cursor: str, table: Table) -> Row:
    keys, value = place_of(cursor, tuple[list[str | None], float | None])
    if len(keys) != len(table.names):
        raise invalid("cursor", "not a cursor of this list")
    return Row(tuple(keys), Tally(), value)


def _item(
    table: Table,
    row: Row,
    place: figures.Place | None,
    selection: Selection,
    people: People,
    names: Mapping[str, str],
) -> dict[str, Any]:
    item: dict[str, Any] = dict(zip(table.names, row.keys, strict=True))
    partner, agent = item.get("partner"), item.get("agent")
    if "partner" in item:
        item["partner_name"] = names.get(str(partner))
    if "agent" in item:
        person = people.get((str(partner), agent)) if agent else None
        item |= {"agent_name": person.name if person else None, "team": person.team if person else None}
    if place is not None:
        low, middle, high = place.quartiles or (None, None, None)
        shown = None if place.quartiles is None else {"q1": low, "median": middle, "q3": high}
        item |= {"rank": place.rank, "ranked": place.of, "peers": shown}
    keys = dict(zip(table.names, row.keys, strict=True))
    return item | {"figures": table.figures(row.tally, href_of(table, selection, keys))}


def href_of(table: Table, selection: Selection, keys: Mapping[str, str | None]) -> Callable[[str], str]:
    """KPI -> where the calls behind a row's figure are, or the same figure one level down where they are too many."""
    narrowed = {name: key or "" for name, key in keys.items() if name not in ("day", "interval")}
    period = dict(_period(keys, selection))
    openable = bool(period) or selection.fits_quarters or (selection.length <= 32 and "partner" in keys)

    query = selection.filters.query(**(narrowed | period))
    if openable:
        before, after = f"/api/v1/performance/evidence?{query}", "&measure="
    elif "partner" in keys or selection.filters.partner is not None:
        before, after = f"/api/v1/performance/partners?{query}", "&group_by=day&kpis="
    else:
        before, after = f"/api/v1/performance/partners?{query}", "&kpis="

    def href(kpi: str) -> str:
        variant = table.variants.get(kpi)
        return f"{before}{f'&variant={kpi}:{variant}' if variant else ''}{after}{kpi}"

    return href


def _period(keys: Mapping[str, str | None], selection: Selection) -> Iterable[tuple[str, str]]:
    if (interval := keys.get("interval")) is not None:
        yield "from", interval
        yield "to", instant(milliseconds(datetime.fromisoformat(interval)) + QUARTER_MS)
    elif (day := keys.get("day")) is not None and selection.days is not None:
        yield "from", day
        yield "to", _after(day)
    elif day is not None and selection.quarters is not None and selection.zone is not None:
        low, high = selection.quarters
        yield "from", instant(max(low, midnight(day, selection.zone)))
        yield "to", instant(min(high, midnight(_after(day), selection.zone)))


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
