"""What really happened in a month, from a seed, and our side of it as a set on disk."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/Sarajevo")
"""The zone in which the contract cuts the month."""

PRICES = (29_90, 49_50, 79_00, 119_00, 249_90, 1_249_00)
OUTCOMES = ("no_answer", "refused", "callback", "info", "wrong_number", "sale")


@dataclass(frozen=True)
class Place:
    """Where a partner sits. `national`: how its numbers begin after the calling code, and how many digits follow."""

    country: str
    code: str
    zone: str
    currency: str
    national: tuple[str, ...]
    digits: int
    rate: int = 1


@dataclass(frozen=True)
class Call:
    """A call. `start` is an instant; `minor` the value of its order, None where nothing was sold."""

    call_id: str
    start: datetime
    phone: str
    agent: int
    campaign: str
    ring: int
    talk: int
    outcome: str
    ref: str
    sku: str | None = None
    minor: int | None = None
    cancelled: datetime | None = None


def span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which a month begins and ends in a zone."""
    year, number = map(int, month.split("-"))
    first = datetime(year, number, 1, tzinfo=zone)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return first.astimezone(UTC), after.astimezone(UTC)


def drawn(place: Place, month: str, seed: int, count: int = 300) -> list[Call]:
    """Calls of a month and of a day before and after it, in order; some at its edges, when nobody should call."""
    dice = random.Random(f"{place}:{month}:{seed}")
    start, end = span(month, HOME)
    days = (end.astimezone(HOME).date() - start.astimezone(HOME).date()).days
    starts = [
        (start.astimezone(HOME).replace(tzinfo=None) + timedelta(days=day, seconds=int(dice.triangular(8, 20) * 3600)))
        .replace(tzinfo=HOME)
        .astimezone(UTC)
        for day in [dice.randrange(days) for _ in range(count)] + [-1, days] * 8
    ]
    starts += [edge + timedelta(minutes=dice.randrange(3, 57)) for edge in (start, end - timedelta(hours=1)) * 4]
    starts += [edge + timedelta(minutes=dice.randrange(3, 57)) for edge in (start - timedelta(hours=1), end) * 4]
    found = []
    for number, at in enumerate(sorted(starts), 1):
        outcome = dice.choices(OUTCOMES, (20, 32, 14, 12, 5, 17))[0]
        talk = 0 if outcome == "no_answer" else 6 + int(dice.expovariate(1 / 190)) % 3_300
        item = dice.randrange(len(PRICES))
        sold = outcome == "sale"
        gone = sold and dice.random() < 0.12
        found.append(
            Call(
                call_id=f"K-{number:06d}",
                start=at,
                phone=f"+{place.code}{dice.choice(place.national)}"
                + "".join(str(dice.randrange(10)) for _ in range(place.digits)),
                agent=201 + dice.randrange(8),
                campaign=dice.choice(("WINBACK", "AUTUMN", "LOYAL")),
                ring=dice.randrange(4, 28),
                talk=talk,
                outcome=outcome,
                ref=str(70_000_000 + number * 7 + dice.randrange(7)),
                sku=f"ART-{item}" if sold else None,
                minor=PRICES[item] * place.rate if sold else None,
                cancelled=at + timedelta(hours=dice.randrange(5, 60)) if gone else None,
            )
        )
    return found


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _money(minor: int | None) -> str | None:
    return None if minor is None else f"{minor // 100}.{minor % 100:02d}"


def _events(call: Call, place: Place, ref: bool) -> list[dict[str, object]]:
    answered = call.start + timedelta(seconds=call.ring)
    ended = answered + timedelta(seconds=call.talk)
    begun = {
        "phone": call.phone,
        "agent_id": f"AG-{call.agent}",
        "campaign": call.campaign,
        "direction": "outbound",
        "partner_ref": call.ref if ref else None,
    }
    told: list[tuple[datetime, str, dict[str, object]]] = [(call.start, "call.started", dict(begun))]
    if call.talk:
        told.append((answered, "call.answered", {}))
    told.append((ended, "call.ended", {"talk_s": call.talk}))
    told.append((ended + timedelta(seconds=4), "call.dispositioned", {"disposition": call.outcome}))
    sale: dict[str, object] = {"sale_id": f"V-{call.call_id}"}
    if call.minor is not None:
        order: dict[str, object] = {"sku": call.sku, "amount": _money(call.minor), "currency": place.currency}
        told.append((ended + timedelta(seconds=7), "order.accepted", sale | order))
    if call.cancelled:
        told.append((call.cancelled, "order.cancelled", dict(sale)))
    return [{"at": _stamp(at), "call_id": call.call_id, "type": kind, "data": data} for at, kind, data in told]


def _record(call: Call, place: Place, ref: bool, lost: bool) -> dict[str, object]:
    sold = call.minor is not None and not lost
    return {
        "call_id": call.call_id,
        "partner_id": "P-77",
        "partner_ref": call.ref if ref else None,
        "campaign": call.campaign,
        "direction": "outbound",
        "started_at": _stamp(call.start),
        "customer_phone": call.phone,
        "agent_id": f"AG-{call.agent}",
        "duration_s": call.talk,
        "disposition": "info" if lost else call.outcome,
        "sale_id": f"V-{call.call_id}" if sold else None,
        "sku": call.sku if sold else None,
        "sale_amount": _money(call.minor) if sold else None,
        "currency": place.currency if sold else None,
        "sale_status": ("cancelled" if call.cancelled else "confirmed") if sold else None,
        "sale_status_at": _stamp(call.cancelled) if sold and call.cancelled else None,
    }


def keep(
    folder: Path, calls: Sequence[Call], place: Place, month: str, code: str, *, ref: bool, lost: frozenset[str]
) -> None:
    """Write our side of the month. `code` stands before an agent's number at the partner's; the sales of the calls
    named in `lost` are in our events but not in what we show."""
    start, end = span(month, HOME)
    told = sorted((one for call in calls for one in _events(call, place, ref)), key=lambda one: str(one["at"]))
    shown = [_record(call, place, ref, call.call_id in lost) for call in calls]
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("events", [{"seq": n} | one for n, one in enumerate(told, 1)]), ("records", shown)):
        (folder / f"own_{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    agents = sorted({call.agent for call in calls})
    roster = "agent_code,agent_id\n" + "".join(f"{code}{agent},AG-{agent}\n" for agent in agents)
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    meta = {
        "schema": 1,
        "partner_id": "P-77",
        "report_file": "report",
        "country": place.country,
        "partner_tz": place.zone,
        "company_tz": HOME.key,
        "currency": place.currency,
        "period": {"month": month, "tz": HOME.key, "start_utc": start.isoformat(), "end_utc": end.isoformat()},
        "cutoff_utc": (end + timedelta(days=5)).isoformat(),
        "tolerances": {"start_s": 120, "duration_s": 2, "amount": "0.01"},
        "eur_rates": {"EUR": 1.0, "BAM": 1.95583, "RSD": 117.2, "PLN": 4.26, "RON": 4.97},
    }
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
