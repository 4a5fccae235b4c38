"""Two months of a partner on each engine, up to accounting: one good invoice, eleven bad ones, a sale that is lost."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
import yaml
from msgspec.structs import replace

from services.reconciliation.invoices.invoice import Invoice, Period, Totals, VatPart
from shared.contracts.rating import Rating
from tests.e2e.contracts import AGREED, signed_partner
from tests.e2e.switch import ANSWERED, ENDED, Said, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest
from tests.unit.reconciliation.invoices.documents import ubl
from tests.unit.reconciliation.invoices.months import (
    BUYER,
    EN16931,
    IBAN,
    OTHER_IBAN,
    SELLER,
    billed,
    taxed,
    with_line,
)
from tests.unit.reconciliation.invoices.test_checking import unknown_charge, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/api/v1/reconciliation"
PRICING = {
    "per_minute": [{"name": "talk", "clause": "4.1", "tiers": [{"rate": 55}], "first_seconds": 60, "next_seconds": 60}],
    "per_sale": [{"name": "sales", "clause": "4.3", "clawback_days": 60, "tiers": [{"rate": 1250}]}],
}
ZONE = ZoneInfo("Europe/Zagreb")


def sold(number: int, month: str) -> Said:
    data = {"agent": "a7", "leg": "l1", "sku": "LAMP", "amount_minor": 4900, "currency": "EUR"}
    return "sale.recorded", 60, data | {"order_ref": f"order-{month}-{number}"}


async def called(switch: Switch, month: str, first: datetime, count: int) -> bytes:
    """So many calls of a month, every third with a sale; the partner's report of them."""
    into = io.StringIO()
    table = csv.writer(into)
    table.writerow(["Call ID", "Date", "Time", "Phone", "Agent", "Duration (s)", "Result", "Amount (EUR)"])
    for number in range(count):
        began, customer, sale = first + timedelta(hours=7 * number), f"+38591{2_000_000 + number * 31}", number % 3 == 0
        name = f"{month}-{number}"
        code = result("SOLD" if sale else "NO")
        await switch.tell(
            name, began, [begun(customer), ANSWERED, *([sold(number, month)] if sale else []), ENDED, code]
        )
        local = began.astimezone(ZONE)
        row = [name, f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}", customer, "a7", 80, "Sale" if sale else "Not interested"]
        table.writerow([*row, "49.00" if sale else ""])
    return into.getvalue().encode()


async def agreed(system: System, month: str, report: bytes) -> None:
    """The month, from its report to the agreement."""
    route = f"{API}/months/zvono:{month}"
    await sent(system.client, "POST", f"{route}/reports?name={month}.csv", 202, content=report)
    await at_rest(system)
    async with asyncio.timeout(60):
        while (found := await ask(system.client, route))["stage"] == "submitted":
            await asyncio.sleep(0.1)
            await at_rest(system)
    assert (found["stage"], found["mismatches"]) == ("reconciled", {}), found
    await sent(system.client, "POST", f"{route}/agreement", 202)
    await at_rest(system)


async def sent(client: httpx.AsyncClient, method: str, path: str, status: int, **more: Any) -> Any:
    answer = await client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


async def priced(system: System, month: str) -> Rating:
    """What the month will cost."""
    found = await ask(system.client, f"{API}/months/zvono:{month}/prediction")
    assert found["agreed"]
    return msgspec.convert(found["rating"], Rating)


def invoice_of(rating: Rating, number: str, issued: date) -> Invoice:
    """The invoice that was predicted."""
    lines, adjustments = billed(rating)
    year, month = map(int, rating.month.split("-"))
    ends = date(year, month + 1, 1) - timedelta(days=1)
    invoice = Invoice(
        number=number,
        issued=issued,
        currency="EUR",
        due=issued + timedelta(days=30),
        contract="C-7",
        profile=EN16931,
        period=Period(starts=date(year, month, 1), ends=ends),
        seller=SELLER,
        buyer=BUYER,
        iban=IBAN,
        lines=tuple(lines),
        adjustments=tuple(adjustments),
        totals=Totals(lines=Decimal(0), net=Decimal(0), gross=Decimal(0), due=Decimal(0)),
        vat=(VatPart(taxable=Decimal(0), tax=Decimal(0), category="AE", rate=Decimal(0)),),
    )
    return taxed(invoice, "AE", "0", "Reverse charge")


def dearer(invoice: Invoice) -> Invoice:
    return with_line(
        invoice, "talk", lambda one: replace(one, price=Decimal("0.60"), amount=one.quantity * Decimal("0.60"))
    )


def more_sales(invoice: Invoice) -> Invoice:
    def one_more(line: Any) -> Any:
        return replace(line, quantity=line.quantity + 1, amount=(line.quantity + 1) * line.price)

    return with_line(invoice, "sales", one_more)


def wrong_sum(invoice: Invoice) -> Invoice:
    gross = invoice.totals.gross + 1
    return replace(invoice, totals=replace(invoice.totals, gross=gross, due=gross))


BAD: dict[str, tuple[Callable[[Invoice], Invoice], str]] = {
    "arithmetic": (wrong_sum, "reject"),
    "rate": (dearer, "hold"),
    "quantity": (more_sales, "hold"),
    "terms": (unknown_charge, "hold"),
    "clawback": (without("sales claw-back"), "hold"),
    "vat": (lambda one: taxed(one, "S", "25"), "hold"),
    "currency": (lambda one: replace(one, currency="USD"), "hold"),
    "bank_account": (lambda one: replace(one, iban=OTHER_IBAN), "block"),
    "parties": (lambda one: replace(one, buyer=replace(BUYER, name="Westwind KG")), "hold"),
    "period": (lambda one: replace(one, period=Period(starts=date(2026, 8, 1), ends=date(2026, 8, 31))), "hold"),
}
"""The eleventh, a duplicate, comes when the good one is there."""


async def test_two_months_up_to_accounting(system: System, time: Time) -> None:
    sheet: dict[str, Any] = yaml.safe_load(AGREED) | {"pricing": PRICING}
    await signed_partner(system, "zvono", "2026-02-25", json.dumps(sheet, default=str).encode())
    people = {name: await person(system, name) for name in ("ana", "ben", "cora")}
    await sent(system.client, "POST", "/api/v1/sources", 201, json=source("zvono-switch", "zvono"))
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "zvono-switch")
    reports = {
        "2026-09": await called(switch, "2026-09", datetime(2026, 9, 7, 8, tzinfo=UTC), 3),
        "2026-10": await called(switch, "2026-10", datetime(2026, 10, 5, 8, tzinfo=UTC), 9),
    }
    nobody = await system.client.get(f"{API}/months/zvono:2026-09/prediction")
    assert nobody.json()["type"] == "/problems/no_billing"
    parties = {"seller": msgspec.to_builtins(SELLER), "buyer": msgspec.to_builtins(BUYER), "contract_reference": "C-7"}
    await sent(system.client, "PUT", f"{API}/partners/zvono/billing", 202, json=parties)
    await confirmed(system, people, time)

    await agreed(system, "2026-09", reports["2026-09"])
    september = await priced(system, "2026-09")
    assert september.net == 3 * 2 * 55 + 1250
    first = invoice_of(september, "2026-0031", date(2026, 10, 6))
    protocol = await sent(system.client, "POST", f"{API}/invoices/zvono:0031?month=2026-09", 201, content=ubl(first))
    assert protocol["verdict"] == "passed", [
        one for one in protocol["findings"] if one["outcome"] not in ("passed", "skipped")
    ]
    await at_rest(system)
    await approved_and_forwarded(system, people, "zvono:0031")
    await sent(
        system.client,
        "POST",
        f"{API}/partners/zvono/lost-sales",
        202,
        json={"sale": "order-2026-09-0", "on": "2026-10-08"},
    )
    await at_rest(system)

    early = invoice_of(september, "2026-0040", date(2026, 11, 6))
    held = await sent(system.client, "POST", f"{API}/invoices/zvono:early?month=2026-10", 201, content=ubl(early))
    assert outcome(held, "basis") == "hold"
    await sent(
        system.client,
        "POST",
        f"{API}/invoices/zvono:early/rejection",
        202,
        json={"digest": held["digest"], "reason": "Early."},
    )
    await agreed(system, "2026-10", reports["2026-10"])
    october = await priced(system, "2026-10")
    assert october.net == 9 * 2 * 55 + 3 * 1250 - 1250
    good = invoice_of(october, "2026-0042", date(2026, 11, 6))
    for check, (spoil, verdict) in BAD.items():
        bad = ubl(replace(spoil(good), number=f"2026-{check}"))
        told = await sent(
            system.client, "POST", f"{API}/invoices/zvono:{check.replace('_', '-')}?month=2026-10", 201, content=bad
        )
        await same_money(system, f"{API}/invoices/zvono:{check.replace('_', '-')}/lines", check, october.net)
        assert outcome(told, check) == verdict, (check, told["verdict"])
        await at_rest(system)
        name = f"{API}/invoices/zvono:{check.replace('_', '-')}"
        refused = await people["ana"].post(f"{name}/approval", json={"digest": told["digest"]})
        assert refused.status_code == 409, (check, refused.text)
        await sent(people["ana"], "POST", f"{name}/rejection", 202, json={"digest": told["digest"], "reason": check})
        await at_rest(system)

    told = await sent(system.client, "POST", f"{API}/invoices/zvono:0042?month=2026-10", 201, content=ubl(good))
    assert told["verdict"] == "passed", [one for one in told["findings"] if one["outcome"] not in ("passed", "skipped")]
    await at_rest(system)
    again = await sent(
        system.client,
        "POST",
        f"{API}/invoices/zvono:again?month=2026-10",
        201,
        content=ubl(replace(good, number="2026-42")),
    )
    assert outcome(again, "duplicate") == "block"
    await sent(
        system.client,
        "POST",
        f"{API}/invoices/zvono:again/rejection",
        202,
        json={"digest": again["digest"], "reason": "Twice."},
    )
    unreadable = await system.client.post(f"{API}/invoices/zvono:odd?month=2026-10", content=b"<no>invoice</no>")
    assert unreadable.status_code == 422

    clean = await ask(system.client, f"{API}/invoices/zvono:0042/lines")
    assert (clean["expected_minor"], clean["difference_minor"]) == (october.net, 0)
    editor = await system.client.post(f"{API}/invoices/zvono:0042/approval", json={"digest": told["digest"]})
    assert editor.json()["type"] == "/problems/separation_of_duties"
    await approved_and_forwarded(system, people, "zvono:0042")
    packed = await system.client.get(f"{API}/invoices/zvono:0042/exports/bundle")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read("invoice.xml") == ubl(good)
    assert (await system.client.get(f"{API}/invoices/zvono:0042/exports/journal")).json()[
        "type"
    ] == "/problems/no_books"
    paid = {"payment_id": "bank-1", "amount": {"minor": october.gross, "currency": "EUR"}, "paid_on": "2026-12-01"}
    await sent(system.client, "POST", f"{API}/invoices/zvono:0042/payments", 202, json=paid)
    await at_rest(system)
    assert (await ask(system.client, f"{API}/invoices/zvono:0042"))["status"] == "paid"
    ledger = (await ask(system.client, f"{API}/partners/zvono/billing"))["entered"]
    assert {month: one["clawed_back"] for month, one in ledger.items()} == {
        "2026-09": [],
        "2026-10": ["order-2026-09-0"],
    }
    for view in ("invoices", "billings", "months"):
        assert (await system.client.post(f"/api/v1/operations/views/{view}/verify")).json()["identical"], view


async def same_money(system: System, path: str, check: str, net: int) -> None:
    """Whatever is wrong: the lines add up, and a wrong price is a difference in the line that has it."""
    await at_rest(system)
    if check == "currency":
        assert (await system.client.get(path)).json()["type"] == "/problems/other_currency"
        return
    found = await ask(system.client, path)
    assert found["expected_minor"] == net
    for name in ("expected_minor", "invoiced_minor", "difference_minor"):
        assert found[name] == sum(line[name] for line in found["lines"])
    differing = {line["component"]: line["difference_minor"] for line in found["lines"] if line["difference_minor"]}
    if check == "rate":
        assert differing == {"talk": 9 * 2 * 5}
    if check == "quantity":
        assert differing == {"sales": 1250}


def outcome(protocol: dict[str, Any], check: str) -> str:
    """The worst that a check says."""
    weight = ["skipped", "passed", "warn", "hold", "reject", "block"]
    return max((str(one["outcome"]) for one in protocol["findings"] if one["check"] == check), key=weight.index)


async def person(system: System, name: str) -> httpx.AsyncClient:
    """Somebody who may do what administrators do."""
    assert system.access is not None
    _, text = await system.access.create_key(name, "admin", None)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(system.app),
        base_url="http://tallyline",
        headers={"authorization": f"Bearer {text}"},
    )


async def confirmed(system: System, people: dict[str, httpx.AsyncClient], time: Time) -> None:
    """The partner's account, by three people and after the waiting time."""
    route = f"{API}/partners/zvono/account"
    await sent(system.client, "POST", route, 202, json={"iban": IBAN, "source": "The contract."})
    called = {"iban": IBAN, "channel": "office", "known_since": "2026-02-25T00:00:00Z", "spoke_to": "M. Perić"}
    await sent(people["ben"], "POST", f"{route}/call-back", 202, json=called)
    early = await people["cora"].post(f"{route}/confirmation", json={"iban": IBAN})
    assert early.json()["type"] == "/problems/waiting_time"
    time.forward(timedelta(days=4))
    await sent(people["cora"], "POST", f"{route}/confirmation", 202, json={"iban": IBAN})
    await at_rest(system)


async def approved_and_forwarded(system: System, people: dict[str, httpx.AsyncClient], invoice_id: str) -> None:
    """By somebody who edited nothing of it."""
    route = f"{API}/invoices/{invoice_id}"
    digest = (await ask(system.client, route))["received"]["digest"]
    await sent(people["ana"], "POST", f"{route}/approval", 202, json={"digest": digest})
    await at_rest(system)
    alone = await people["ana"].post(f"{route}/forwarding", json={"target": "books"})
    assert alone.json()["type"] == "/problems/separation_of_duties"
    await at_rest(system)
    month = (await ask(system.client, route))["month"]
    ledger = f"{API}/partners/zvono/billing"
    assert month not in (await ask(system.client, ledger))["entered"], "what is refused writes nothing"
    dispute = {"dispute_id": "late", "amount": {"minor": 1, "currency": "EUR"}, "reason": "A call too many."}
    async with system.runtime.projectors["reconciliation/invoices"].partitions.lock:  # its view stands still
        await sent(people["ben"], "POST", f"{route}/disputes", 202, json=dispute)
        late = await system.client.post(f"{route}/forwarding", json={"target": "books"})
        assert late.json()["type"] == "/problems/disputed"
    await at_rest(system)
    assert month not in (await ask(system.client, ledger))["entered"], "nor what was disputed a moment before"
    settled = {"dispute_id": "late", "outcome": "withdrawn", "reason": "Counted again."}
    await sent(people["ben"], "POST", f"{route}/disputes/settlement", 202, json=settled)
    await at_rest(system)
    await sent(system.client, "POST", f"{route}/forwarding", 202, json={"target": "books"})
    await at_rest(system)
    assert (await ask(system.client, route))["status"] == "forwarded"
    assert month in (await ask(system.client, ledger))["entered"]
