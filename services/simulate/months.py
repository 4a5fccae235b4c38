"""Two small partners of a demo with a month to reconcile: a signed contract, its calls, a report that is wrong in ways
that partners' reports are, and an invoice whose rate is not the contract's."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx

from services.simulate.driver import NotSetUp, Request, entered, known, once, send, set_up
from services.simulate.signing import standard_headers
from shared.contracts.partners import SourceSettings

API = "/api/v1/reconciliation"
SECRET = f"whsec_{base64.b64encode(b'a demo has no secrets to keep at').decode()}"
REPLAY = "replay-key-of-the-demo"
SALE_MINOR = 4_900
TALK_S = 95
"""Seconds of talk of every call: what a report rounds up is then seen at once."""
RATE, DEARER = 55, 60
"""Minor units a minute: in the contract, and in the invoice."""
HEADER = ("Call ID", "Date", "Time", "Phone", "Agent", "Duration (s)", "Result", "Amount (EUR)")
AGENTS = ("m1", "m2", "m3")
WITHIN_S = 300.0
"""On a small machine that fills a past in meanwhile."""


class Reporter(NamedTuple):
    """A partner. `calls`: of its last month; `rounds_up`: it reports whole minutes; `dearer`, `invented`, `left_out`,
    `twice`: numbers of calls with which something is wrong in its report."""

    id: str
    name: str
    country: str
    zone: str
    prefix: str
    names: tuple[str, str, str]
    calls: int
    rounds_up: bool = False
    dearer: frozenset[int] = frozenset()
    invented: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    twice: frozenset[int] = frozenset()


REPORTERS = (
    Reporter(
        "lipa-kontakt", "Lipa Kontakt d.o.o.", "HR", "Europe/Zagreb", "+385912", ("Ema Babić", "Ivo Jurić", "Nika Vuk"),
        60, dearer=frozenset({4, 16, 28}), invented=frozenset({5, 21}), left_out=frozenset({8}), twice=frozenset({12}),
    ),
    Reporter(
        "zora-voice", "Zora Voice", "BA", "Europe/Sarajevo", "+387612", ("Amar Delić", "Lejla Hodžić", "Dino Mujić"),
        48, rounds_up=True, invented=frozenset({9}), left_out=frozenset({20, 24}),
    ),
)  # fmt: skip


async def enter_months(client: httpx.AsyncClient, today: date) -> None:
    """All of it; where the invoice is there already, nothing. The clock of the server has to be at `today`."""
    last = today.replace(day=1) - timedelta(days=1)
    billed = last.replace(day=1) - timedelta(days=1)
    if (await client.get(f"{API}/invoices/{REPORTERS[0].id}:demo-1")).status_code == 200:
        return
    for one in REPORTERS:
        await _contract(client, one, billed.replace(day=1))
        await _calls(client, one, last, one.calls)
        await _handed_in(client, one, last, report(one, last, one.calls))
    one = REPORTERS[0]
    clean = one._replace(dearer=frozenset(), invented=frozenset(), left_out=frozenset(), twice=frozenset())
    await _calls(client, one, billed, 12)
    await _handed_in(client, one, billed, report(clean, billed, 12))
    month = f"{one.id}:{billed:%Y-%m}"
    await entered(client, "POST", f"{API}/months/{month}/agreement", {}, f"agree-{month}", within=WITHIN_S)
    await _invoice(client, one, billed)


def report(one: Reporter, last: date, calls: int) -> bytes:
    """The partner's table of the month that ends on `last`."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(HEADER)
    rows = [_row(one, number, began(one, last, number)) for number in range(calls) if number not in one.left_out]
    rows += [_row(one, number, began(one, last, number)) for number in sorted(one.twice)]
    table.writerows(rows)
    return out.getvalue().encode()


def began(one: Reporter, last: date, number: int) -> datetime:
    """When a call of the month begins: on one day after the other, in office hours."""
    day = last.replace(day=1 + number % (last.day - 1))
    minutes = number * 37 % 420
    return datetime.combine(day, time(9), ZoneInfo(one.zone)) + timedelta(minutes=minutes, seconds=number)


def _row(one: Reporter, number: int, at: datetime) -> Sequence[str]:
    sale = _sold(number) or number in one.invented
    amount = SALE_MINOR + (1_000 if number in one.dearer else 0)
    talk = -(-TALK_S // 60) * 60 if one.rounds_up else TALK_S
    return (
        f"{at:%y%m}-{number}", f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", _phone(one, number), _agent(number), str(talk),
        "Sale" if sale else "Not interested", f"{Decimal(amount) / 100:.2f}" if sale else "",
    )  # fmt: skip


def _sold(number: int) -> bool:
    return number % 4 == 0


def _agent(number: int) -> str:
    return AGENTS[number % len(AGENTS)]


def _phone(one: Reporter, number: int) -> str:
    return f"{one.prefix}{300_000 + number * 7_919 % 600_000:06}"


async def _contract(client: httpx.AsyncClient, one: Reporter, starts: date) -> None:
    """Signed on the day it starts."""
    register = {"partner_id": one.id, "name": one.name, "country": one.country, "time_zone": one.zone}
    settings = SourceSettings(
        connector="native",
        partner=one.id,
        day_zone=one.zone,
        clock="replay",
        dispositions={"SOLD": "sale", "NO": "not_interested"},
    )
    secrets = {"standard-webhooks": [SECRET], "replay": [REPLAY]}
    issued = await set_up(client, register, _source(one), settings, secrets)
    for agent, name in zip(AGENTS, one.names, strict=True):
        body = {"partner_id": one.id, "agent": agent, "name": name}
        await entered(client, "POST", "/api/v1/agents", body, f"agent-{one.id}-{agent}")
    home, route = f"/api/v1/partners/{one.id}", f"/api/v1/contracts/{one.id}:first"
    adopt = {"stage": "negotiating", "reason": "With us before this system was."}
    sheet = terms(one, starts)
    await entered(client, "POST", f"{home}/adopt", adopt, f"adopt-{one.id}")
    await entered(client, "POST", f"{route}/rounds", sheet, f"round-{one.id}")
    await entered(client, "PUT", f"{route}/agreement", {"round": 1}, f"terms-{one.id}")
    await entered(client, "POST", f"{route}/drafts", sheet, f"draft-{one.id}")
    await entered(client, "POST", f"{route}/approval", {}, f"approval-{one.id}")
    scan = await client.post(
        f"{route}/documents?name=signed.pdf",
        content=b"%PDF-1.7\n" + one.id.encode(),
        headers={"idempotency-key": f"scan-{one.id}"},
    )
    if scan.status_code >= 300:
        raise NotSetUp(f"{route}/documents: {scan.text}")
    signers = [
        {"name": "J. Horvat", "position": "Director", "side": "ours"},
        {"name": one.names[0], "position": "Director", "side": "partner"},
    ]
    signed = {"signed_on": starts.isoformat(), "signers": signers, "documents": [scan.json()["digest"]]}
    await entered(client, "POST", f"{route}/signature", signed, f"signature-{one.id}")
    await known(client, _source(one), issued)


def terms(one: Reporter, starts: date) -> dict[str, Any]:
    """An inbound order line, paid by the minute of talk and by the sale; amounts and rates in cents."""
    ends = starts.replace(year=starts.year + 1) - timedelta(days=1)
    days = [{"name": day, "opens": "08:00", "closes": "20:00"} for day in ("mon", "tue", "wed", "thu", "fri")]
    return {
        "service": {
            "format": "pre_trained",
            "crm": "write",
            "client_base": "ours",
            "customers_first": ["subscribers", "callers"],
            "languages": ["hr"],
        },
        "schedule": {"time_zone": one.zone, "hours": days},
        "volumes": {
            "months": [{"name": f"{starts:%Y-%m}", "calls_per_day": 20}],
            "answered_percent": "80",
            "conversion_percent": "20",
            "talk_seconds": TALK_S,
            "hold_seconds": 0,
            "wrap_seconds": 20,
            "average_order_minor": SALE_MINOR,
        },
        "pricing": {
            "per_minute": [
                {
                    "name": "talk",
                    "clause": "§ 4.1",
                    "tiers": [{"rate": str(RATE)}],
                    "first_seconds": 60,
                    "next_seconds": 60,
                    "counts": "talk",
                }
            ],
            "per_sale": [{"name": "sales", "clause": "§ 4.3", "clawback_days": 60, "tiers": [{"rate": "250"}]}],
        },
        "payment": {"currency": "EUR", "days": 30, "vat_category": "AE", "reverse_charge": True},
        "service_levels": [{"name": "answer", "clause": "§ 6.1", "seconds": 20, "target_percent": "80"}],
        "measures": {"short_abandon_seconds": 5, "conversion_of": "contacts", "hot_lead_seconds": 300},
        "quality_controllers": [
            {"name": "Ivana Kos", "side": "ours", "position": "Head of quality"},
            {"name": one.names[1], "side": "partner", "position": "Floor manager"},
        ],
        "scripts": [{"name": "orders", "version": "1", "title": "Order line"}],
        "month": {"report_due_day": 5, "layout": "table"},
        "validity": {"starts": starts.isoformat(), "ends": ends.isoformat(), "notice_days": 60},
        "liability_cap_minor": 10_000_000,
        "tasks": [{"name": "operators trained", "side": "partner", "due": starts.isoformat()}],
    }


def _source(one: Reporter) -> str:
    return f"{one.id}-switch"


async def _calls(client: httpx.AsyncClient, one: Reporter, last: date, calls: int) -> None:
    """What the partner's switch told of the month, and then wait until all of it is counted."""
    sent = await send(client, _deliveries(one, last, calls))
    if set(sent.answers) != {202}:
        raise NotSetUp(f"{one.id}: {dict(sent.answers)}")
    path = f"{API}/partners/{one.id}/completeness?month={last:%Y-%m}"
    await once(client, path, lambda told: told["complete"] == calls, within=WITHIN_S)


def _deliveries(one: Reporter, last: date, calls: int) -> Iterator[Request]:
    for number in range(calls):
        at = began(one, last, number).astimezone(UTC)
        call, leg = f"{at:%y%m}-{number}", {"agent": _agent(number), "leg": "l1"}
        sale = {"sku": "LAMP", "amount_minor": SALE_MINOR, "currency": "EUR", "order_ref": f"{one.id}-{call}"}
        numbers = {"customer_number": _phone(one, number), "our_number": "+38533000100"}
        ended: dict[str, Any] = {"scope": "call", "reason": "completed", "ended_by": "customer"}
        said: list[tuple[str, int, dict[str, Any]]] = [
            ("call.started", 0, {"direction": "inbound", "phase": "queued", "campaign": "lamps", **numbers}),
            ("call.answered", 8, {"answered_by": "human", **leg}),
            *([("sale.recorded", 60, leg | sale)] if _sold(number) else []),
            ("call.ended", 8 + TALK_S, ended),
            ("call.dispositioned", 20 + TALK_S, leg | {"native": "SOLD" if _sold(number) else "NO"}),
        ]
        for kind, seconds, data in said:
            yield _delivery(one, call, kind, at + timedelta(seconds=seconds), data)


def _delivery(one: Reporter, call: str, kind: str, at: datetime, data: dict[str, Any]) -> Request:
    event = {
        "specversion": "1.0",
        "id": f"{call}-{kind}",
        "source": f"https://{one.id}.example/switch",
        "type": f"com.tallyline.{kind}.v1",
        "time": at.isoformat().replace("+00:00", "Z"),
        "data": {"call": call, **data},
    }
    body, ident, second = json.dumps(event).encode(), f"msg_{call}-{kind}", int(at.timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        **standard_headers(SECRET, ident, second, body),
        "tallyline-received-at": at.isoformat(),
        "tallyline-replay-key": REPLAY,
    }
    return Request(0, "POST", f"/v1/in/{_source(one)}", headers, body)


async def _handed_in(client: httpx.AsyncClient, one: Reporter, last: date, content: bytes) -> None:
    """The report, and what came of it."""
    month = f"{API}/months/{one.id}:{last:%Y-%m}"
    key = {"idempotency-key": f"report-{one.id}-{last:%Y-%m}"}
    answer = await client.post(f"{month}/reports", params={"name": f"{last:%Y-%m}.csv"}, content=content, headers=key)
    if answer.status_code >= 300:
        raise NotSetUp(f"{month}: {answer.text}")
    await once(client, month, lambda told: told["stage"] != "submitted", within=WITHIN_S)


async def _invoice(client: httpx.AsyncClient, one: Reporter, last: date) -> None:
    """A table as the partner writes it, with a rate that is dearer than the contract's."""
    home, month = f"{API}/partners/{one.id}", f"{last:%Y-%m}"
    seller = {"name": one.name, "vat_id": "HR33392005961", "city": "Zagreb", "country": one.country}
    buyer = {"name": "Tallyline Demo GmbH", "vat_id": "DE136695976", "city": "Kiel", "country": "DE"}
    await entered(
        client, "PUT", f"{home}/billing", {"seller": seller, "buyer": buyer}, f"billing-{one.id}", within=WITHIN_S
    )
    told = await once(client, f"{API}/months/{one.id}:{month}/prediction", lambda told: told["agreed"], within=WITHIN_S)
    priced = told["rating"]
    issued = (last + timedelta(days=3)).isoformat()
    lines = []
    for line in priced["lines"]:
        rate = Decimal(DEARER if line["component"] == "talk" else line["rate"]) / 100
        quantity = Decimal(line["quantity"])
        unit = "MIN" if line["unit"] == "minute" else "C62"
        lines.append((line["component"], unit, quantity, rate, quantity * rate))
    net = sum((amount for *_, amount in lines), Decimal(0))
    out = io.StringIO(newline="")
    table = csv.writer(out)
    columns = {
        "number": "Number", "issued": "Date", "currency": "Currency", "item": "Item", "unit": "Unit",
        "quantity": "Quantity", "price": "Price", "amount": "Amount", "category": "Category", "rate": "Rate",
        "net": "Net", "tax": "Tax", "gross": "Gross",
    }  # fmt: skip
    table.writerow(columns.values())
    for item, unit, quantity, rate, amount in lines:
        cells = (unit, f"{quantity:f}", f"{rate:.4f}", f"{amount:.2f}", "AE", "0", f"{net:.2f}", "0.00", f"{net:.2f}")
        table.writerow((f"{last.year}-031", issued, "EUR", item, *cells))
    mapping = {
        "columns": columns,
        "separator": ",",
        "decimal_mark": ".",
        "days": "%Y-%m-%d",
        "constants": {"exemption": "Reverse charge", "seller": one.name, "buyer": "Tallyline Demo GmbH"},
    }
    taken = await client.post(
        f"{API}/invoices/{one.id}:demo-1",
        params={"month": month, "mapping": json.dumps(mapping)},
        content=out.getvalue().encode(),
        headers={"idempotency-key": f"invoice-{one.id}"},
    )
    if taken.status_code >= 300:
        raise NotSetUp(f"{one.id}: {taken.text}")
