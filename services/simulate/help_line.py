"""A small help line of one partner, with weeks of calls of its own: enough to forecast by, to plan a rota of, and to
see whom coaching would help. Its past is there at once, since all of a day comes in one batch."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import httpx

from services.simulate.company import Company, Partner
from services.simulate.dice import Dice
from services.simulate.driver import Request, entered, known, register_of, send, set_up
from services.simulate.people import full_name
from services.simulate.signing import standard_headers
from shared.contracts.partners import SourceSettings

KEEPER = 1
"""The place of the partner that has the line."""
QUEUE, CAMPAIGN, OUR_NUMBER = "help-ba", "HELP-BA", "+38733000200"
SKU, PRICE_MINOR = "CARE-12", 4_900
LANGUAGE = "bs"
SECRET = f"whsec_{base64.b64encode(b'a help line has none to keep').decode()}"
REPLAY = "replay-key-of-the-help-line"
WEEKS = 6
OPENS, CLOSES = 8, 20
CALLS_A_DAY = (38, 35, 33, 33, 36, 22, 16)
"""By weekday, Monday first."""
SELLS = (0.03, 0.25, 0.25, 0.26, 0.25, 0.22, 0.25)
"""The share of calls in which each helper also sells: the first one hardly ever. That one stands out with any seed."""


class Helper(NamedTuple):
    """Who answers on the line. `sells`: the share of calls that end with a sale."""

    id: str
    name: str
    sells: float


class Told(NamedTuple):
    """An event of the line's own software."""

    key: str
    kind: str
    at: datetime
    data: dict[str, Any]


def keeper(company: Company) -> Partner:
    """The partner that has the line."""
    return company.partners[KEEPER]


def source_of(partner: Partner) -> str:
    """The line's own source."""
    return f"{partner.id}-help"


def helpers(seed: int) -> tuple[Helper, ...]:
    """The same people for the same seed."""
    dice = Dice("help line", seed)
    return tuple(Helper(f"h{n}", full_name(dice, "bs"), sells) for n, sells in enumerate(SELLS, start=1))


def first_day(today: date) -> date:
    """A Monday: of what came before, nothing is known."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS)


def told_of(partner: Partner, seed: int, day: date) -> list[Told]:
    """All that the line's software tells of the calls of a day. The same arguments give the same."""
    dice, staff = Dice("help day", seed, day.isoformat()), helpers(seed)
    on_duty = [one for n, one in enumerate(staff) if (day.toordinal() + n) % 7 < 5]
    found: list[Told] = []
    for number in range(dice.around(CALLS_A_DAY[day.weekday()], 0.12)):
        seconds = int((CLOSES - OPENS) * 3600 * (dice.unit() + dice.unit() + dice.unit()) / 3)
        at = datetime.combine(day, time(OPENS), partner.zone).astimezone(UTC) + timedelta(seconds=seconds)
        found += _call(dice, f"{day:%y%m%d}-{number}", at, dice.pick(on_duty))
    return found


def _call(dice: Dice, call: str, at: datetime, helper: Helper) -> Iterator[Told]:
    numbers = {"customer_number": f"+38761{dice.between(200_000, 899_999)}", "our_number": OUR_NUMBER}
    start = {"direction": "inbound", "phase": "queued", "campaign": CAMPAIGN, "queue": QUEUE, **numbers}

    def told(kind: str, seconds: int, data: dict[str, Any]) -> Told:
        return Told(f"{call}-{kind}", kind, at + timedelta(seconds=seconds), {"call": call, **data})

    yield told("call.started", 0, start)
    if dice.chance(0.06):
        gone = {"scope": "call", "reason": "abandoned", "ended_by": "customer"}
        yield told("call.ended", dice.between(20, 120), gone)
        return
    leg, sold = {"agent": helper.id, "leg": "l1"}, dice.chance(helper.sells)
    waited, talked = dice.between(4, 30), dice.around(260 if sold else 190)
    yield told("call.answered", waited, {"answered_by": "human", **leg})
    if sold:
        sale = {"sku": SKU, "amount_minor": PRICE_MINOR, "currency": "EUR", "order_ref": f"help-{call}"}
        yield told("sale.recorded", waited + talked - 5, leg | sale)
    yield told("call.ended", waited + talked, {"scope": "call", "reason": "completed", "ended_by": "customer"})
    native = "SALE" if sold else "INFO"
    yield told("call.dispositioned", waited + talked + dice.around(35), leg | {"native": native})


def attended(partner: Partner, seed: int, shifts: Sequence[dict[str, Any]], today: date) -> list[Told]:
    """The states of helpers in their shifts of days before today: most are there in time, one is late now and then, and
    one does not come at all."""
    found: list[Told] = []
    for shift in shifts:
        starts, ends = (datetime.fromisoformat(shift[name]) for name in ("starts", "ends"))
        dice = Dice("attended", seed, partner.id, shift["agent"], shift["starts"])
        if ends.astimezone(partner.zone).date() >= today or dice.chance(0.05):
            continue
        late = dice.between(12, 45) if dice.chance(0.2) else dice.between(-4, 3)
        pause = starts + (ends - starts) / 2
        for state, at in (
            ("available", starts + timedelta(minutes=late)),
            ("break", pause),
            ("available", pause + timedelta(minutes=dice.between(15, 35))),
            ("offline", ends - timedelta(minutes=dice.between(-6, 8))),
        ):
            key = f"{shift['agent']}-{shift['starts']}-{state}-{at:%H%M}"
            said = {"call": None, "agent": shift["agent"], "state": state, "native": state}
            found.append(Told(key, "agent.state_changed", at, said))
    return found


def in_batches(partner: Partner, told: Sequence[Told]) -> Iterator[Request]:
    """One signed batch a day (UTC) of what was told, received when the day's last was said."""
    days: dict[date, list[Told]] = {}
    for one in sorted(told, key=lambda one: (one.at, one.key)):
        days.setdefault(one.at.date(), []).append(one)
    for day, events in days.items():
        body = json.dumps([_event(partner, one) for one in events]).encode()
        at = max(one.at for one in events) + timedelta(seconds=1)
        ident, second = f"msg_{day}-{events[0].key}", int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents-batch+json",
            **standard_headers(SECRET, ident, second, body),
            "tallyline-received-at": at.isoformat(),
            "tallyline-replay-key": REPLAY,
        }
        yield Request(0, "POST", f"/v1/in/{source_of(partner)}", headers, body)


def _event(partner: Partner, one: Told) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": one.key,
        "source": f"https://{partner.id}.example/help-line",
        "type": f"com.tallyline.{one.kind}.v1",
        "time": one.at.isoformat().replace("+00:00", "Z"),
        "data": one.data,
    }


async def open_line(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """The line with its people, and the calls of all its days before today; where those of the last day are known,
    nothing."""
    partner = keeper(company)
    last = {"partner": partner.id, "campaign": CAMPAIGN, "from": str(today - timedelta(days=1)), "limit": "1"}
    if (await client.get("/api/v1/calls", params=last)).raise_for_status().json()["items"]:
        return
    states = ("available", "break", "offline")
    settings = SourceSettings(
        connector="native",
        partner=partner.id,
        day_zone=partner.time_zone,
        clock="replay",
        dispositions={"SALE": "sale", "INFO": "information_given"},
        agent_states={state: state for state in states},
    )
    source = source_of(partner)
    secrets = {"standard-webhooks": [SECRET], "replay": [REPLAY]}
    issued = await set_up(client, register_of(partner), source, settings, secrets)
    for one in helpers(company.seed):
        person = {"partner_id": partner.id, "agent": one.id, "name": one.name, "team": "help", "languages": [LANGUAGE]}
        await entered(client, "POST", "/api/v1/agents", person, f"helper-{one.id}")
    await known(client, source, issued)
    days = (first_day(today) + timedelta(days=n) for n in range((today - first_day(today)).days))
    for day in days:
        await tell(client, partner, told_of(partner, company.seed, day))


async def tell(client: httpx.AsyncClient, partner: Partner, told: Sequence[Told]) -> None:
    """Send it as the line's software would."""
    await send(client, in_batches(partner, told), in_flight=1)
