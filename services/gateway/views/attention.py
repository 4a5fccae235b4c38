"""Which partner needs attention, and why: reasons in words, each with the page that it adds up from. Worked out from
what the services say of sources, months, certificates, tickets, transitions, contracts and next steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from services.gateway.views.words import _, link, number, plural, zoned

Doc = Mapping[str, Any]
"""A document as a service answered it."""

TAKES_CALLS = frozenset({"ramping", "live"})
SOON_DAYS = 30
KINDS = {
    "CallStarted": _("beginnings of calls"),
    "CallAnswered": _("answers"),
    "CallEnded": _("ends of calls"),
    "CallDispositioned": _("results"),
    "AgentStateChanged": _("states of agents"),
}
WARNINGS = {
    "unproven": _("{source} has no proof of who sends: nothing is taken"),
    "clock_ahead": _("The clock of {source} is ahead of ours"),
    "gaps": _("{source} leaves calls out, which come only with its backfills"),
    "unknown_kinds": _("{source} sends much that its connector does not know"),
}
REFUSED = {
    "not_authentic": _("signature or key did not hold"),
    "foreign_network": _("sent from a network that is not the partner’s"),
    "invalid": _("not to be read"),
    "too_large": _("too large"),
    "key_destroyed": _("of a month whose key was destroyed after its time"),
}


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody should look at a partner: today if it is `urgent`, else soon. `to` is where it adds up from."""

    partner: str
    urgent: bool
    says: str
    to: str


def home_of(partner: str, tab: str = "") -> str:
    """The address of a partner's page, or of one of its tabs."""
    address = f"/partners/{quote(partner, safe='')}"
    return f"{address}/{tab}" if tab else address


def by_partner(reasons: Iterable[Reason]) -> dict[str, list[Reason]]:
    """The reasons of each partner, urgent ones first; the partner with most that is urgent first."""
    found: dict[str, list[Reason]] = {}
    for one in reasons:
        found.setdefault(one.partner, []).append(one)
    for mine in found.values():
        mine.sort(key=lambda one: (not one.urgent, one.says))
    return dict(sorted(found.items(), key=lambda item: (*_weight(item[1]), item[0])))


def of_sources(
    sources: Iterable[Doc], cards: Iterable[Doc], healths: Mapping[str, Doc], partners: Mapping[str, Doc]
) -> list[Reason]:
    """A source that is silent though something always comes at this hour, that does not prove who sends, or sends what
    can't be used. `cards` and `healths` are of the last day; a source that is not served has neither. What a test
    source does concerns nobody."""
    known = {card["source"]: card for card in cards}
    found = []
    for source in sources:
        partner, name = source["settings"]["partner"], source["id"]
        if source["settings"].get("counts") == "test":
            continue
        said: list[tuple[bool, str]] = []
        card = known.get(name)
        working = partners.get(partner, {}).get("stage") in TAKES_CALLS
        if card is None:
            if working:
                said.append((True, _("{source} is not served: its settings are not complete").format(source=name)))
        else:
            said += _silence(name, card, working)
            said += [
                (warning == "unproven" and working, WARNINGS[warning].format(source=name))
                for warning in card["warnings"]
                if warning in WARNINGS
            ]
            said += _refused(name, healths.get(name))
            if invalid := card["items"]["invalid"]:
                text = plural("%(n)s item of {source} was not read", "%(n)s items of {source} were not read", invalid)
                said.append((True, text.format(source=name)))
            if unmapped := card["unmapped"]:
                text = plural(
                    "%(n)s code of {source} is not mapped", "%(n)s codes of {source} are not mapped", unmapped
                )
                said.append((False, text.format(source=name)))
        to = home_of(partner, "interface")
        found += [Reason(partner=partner, urgent=urgent, says=says, to=to) for urgent, says in said]
    return found


def of_months(months: Iterable[Doc], due_days: Mapping[str, int], today: date) -> list[Reason]:
    """A month whose report or answer is late, that can't be read, or that nobody has agreed by its day.

    `months` are those that are not agreed, whole; `due_days`, by partner of whom there is no report of the month
    before this one, the day of this month on which it is due.
    """
    last = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    found = []
    for month in months:
        partner, name, stage = month["partner_id"], month["month"], month["stage"]
        due = month.get("deadlines") or {}
        says, urgent = "", True
        if stage == "unreadable":
            says = _("The report of {month} can’t be read").format(month=name)
        elif stage == "asked" and month["requests"] and (by := month["requests"][-1]["due"]) < today.isoformat():
            says = _("No answer to what we asked of {month}, due {day}").format(month=name, day=by)
        elif stage != "agreed" and due and due["statement"] < today.isoformat():
            says = _("{month} is not agreed; its statement was due {day}").format(month=name, day=due["statement"])
        elif stage == "reconciled" and month["mismatches"]:
            urgent = False
            text = plural(
                "{month}: %(n)s difference is to be settled",
                "{month}: %(n)s differences are to be settled",
                len(month["mismatches"]),
            )
            says = text.format(month=name)
        if says:
            found.append(Reason(partner=partner, urgent=urgent, says=says, to=home_of(partner, "months")))
    for partner, number_of_day in due_days.items():
        due_day = today.replace(day=number_of_day)
        if today > due_day:
            says = _("No report of {month} yet, due {day}").format(month=last, day=due_day.isoformat())
            found.append(Reason(partner=partner, urgent=True, says=says, to=home_of(partner, "months")))
    return found


def of_coverage(rows: Iterable[Doc]) -> list[Reason]:
    """Certified agents who are missing by the contract, and certificates that end within 30 days."""
    found = []
    for row in rows:
        to = link("/training", partner=row["partner"]) + "#coverage-title"
        if missing := row["missing"] + row["missing_backups"]:
            text = plural(
                "%(n)s certified agent is missing for {certificate}",
                "%(n)s certified agents are missing for {certificate}",
                missing,
            )
            says = text.format(certificate=row["certificate"])
            found.append(Reason(partner=row["partner"], urgent=row["missing"] > 0, says=says, to=to))
        if row["lapsing"]:
            text = plural(
                "%(n)s certificate {certificate} lapses within 30 days",
                "%(n)s certificates {certificate} lapse within 30 days",
                row["lapsing"],
            )
            says = text.format(certificate=row["certificate"])
            found.append(Reason(partner=row["partner"], urgent=False, says=says, to=to))
    return found


def over(ticket: Doc) -> bool:
    """Whether a promise about a ticket that is not done is broken."""
    return ticket["state"] in ("open", "waiting") and (
        ticket["resolution"]["over"] or (ticket["first_response"]["over"] and not ticket["first_response"]["done"])
    )


def of_tickets(tickets: Iterable[Doc]) -> list[Reason]:
    """Tickets past their promised time, and urgent ones that are open."""
    late: dict[str, int] = {}
    urgent: dict[str, int] = {}
    for ticket in tickets:
        if over(ticket):
            late[ticket["partner_id"]] = late.get(ticket["partner_id"], 0) + 1
        elif ticket["state"] == "open" and ticket["priority"] == "urgent":
            urgent[ticket["partner_id"]] = urgent.get(ticket["partner_id"], 0) + 1
    found = []
    for partner, n in late.items():
        says = plural("%(n)s ticket is past its promised time", "%(n)s tickets are past their promised time", n)
        found.append(Reason(partner=partner, urgent=True, says=says, to=link("/tickets", partner=partner, late="1")))
    for partner, n in urgent.items():
        says = plural("%(n)s urgent ticket waits for an answer", "%(n)s urgent tickets wait for an answer", n)
        to = link("/tickets", partner=partner, state="open", priority="urgent")
        found.append(Reason(partner=partner, urgent=True, says=says, to=to))
    return found


def of_transitions(transitions: Iterable[Doc], now: datetime) -> list[Reason]:
    """Issues past their time, severe ones, and a plan that ends later than planned. `issues` are there where a
    transition was looked at whole."""
    found = []
    for one in transitions:
        partner = one["partner_id"]
        for issue in one.get("issues", {}).values():
            if issue["outcome"] is not None or not (issue["overdue"] or issue["severity"] == "severe"):
                continue
            due = datetime.fromisoformat(issue["due"])
            when = (
                _("{time} past its time").format(time=_long(now - due))
                if due < now
                else _("due {day}").format(day=f"{due:%Y-%m-%d}")
            )
            says = _("Issue “{title}” is open, {when}; it is {owner}’s").format(
                title=issue["title"], when=when, owner=issue["owner"]
            )
            found.append(Reason(partner=partner, urgent=True, says=says, to=home_of(partner, "issues")))
        tasks = one["tasks"] if isinstance(one["tasks"], int) else len(one["tasks"])
        if one["slip_days"] > 0 and one["done"] < tasks:
            text = plural(
                "The transition ends %(n)s day late, on {day}",
                "The transition ends %(n)s days late, on {day}",
                one["slip_days"],
            )
            says = text.format(day=one["end"])
            found.append(Reason(partner=partner, urgent=False, says=says, to=home_of(partner, "transition")))
    return found


def of_contracts(contracts: Iterable[Doc], due: Iterable[Doc]) -> list[Reason]:
    """Days of a contract within 30 days, and drafts that say something else than was agreed."""
    occasions = {
        "notice": _("Last day to give notice on {contract}: {day}"),
        "expiry": _("{contract} ends or renews itself on {day}"),
        "end": _("{contract} ends by notice on {day}"),
    }
    found = []
    for one in due:
        if one["days"] <= SOON_DAYS:
            says = occasions[one["occasion"]].format(contract=one["contract_id"], day=one["on"])
            to = link(home_of(one["partner_id"], "contract"), contract=one["contract_id"])
            found.append(Reason(partner=one["partner_id"], urgent=one["days"] <= 7, says=says, to=to))
    for contract in contracts:
        if (n := contract["open_deviations"]) and not contract["versions"]:
            says = plural(
                "%(n)s term of the draft differs from what was agreed",
                "%(n)s terms of the draft differ from what was agreed",
                n,
            )
            to = link(home_of(contract["partner_id"], "contract"), contract=contract["contract_id"])
            found.append(Reason(partner=contract["partner_id"], urgent=False, says=says, to=to))
    return found


def of_steps(partners: Iterable[Doc], today: date) -> list[Reason]:
    """A next step whose day is over."""
    found = []
    for one in partners:
        step = one["next_action"]
        if step and step["due"] < today.isoformat():
            says = _("Next step is late: “{action}”, {owner}, due {day}").format(
                action=step["action"], owner=step["owner"], day=step["due"]
            )
            found.append(Reason(partner=one["partner_id"], urgent=False, says=says, to=home_of(one["partner_id"])))
    return found


def of_ramps(ramps: Mapping[str, Doc]) -> list[Reason]:
    """More calls today than the phase of the ramp allows."""
    found = []
    for partner, ramp in ramps.items():
        today = ramp["today"]
        if today["above_cap"]:
            says = _("{calls} calls today, and {phase} allows {cap}").format(
                calls=number(today["calls"]), phase=ramp["phase"], cap=number(today["daily_cap"])
            )
            found.append(Reason(partner=partner, urgent=True, says=says, to=home_of(partner, "transition")))
    return found


def _weight(reasons: list[Reason]) -> tuple[int, int]:
    urgent = sum(one.urgent for one in reasons)
    return -urgent, urgent - len(reasons)


def _silence(source: str, card: Doc, working: bool) -> list[tuple[bool, str]]:
    silent = [kind for kind in card["kinds"] if kind["alarm"]]
    if silent:
        latest = max((kind["last_at"] for kind in silent if kind["last_at"]), default=None)
        what = ", ".join(KINDS.get(kind["kind"], kind["kind"]) for kind in silent)
        since = _("since {time}").format(time=zoned(latest)) if latest else _("so far")
        usual = number(round(max(kind["usual"] for kind in silent)))
        text = _("{source} is silent: no {what} {since}, and {usual} an hour are usual")
        return [(True, text.format(source=source, what=what, since=since, usual=usual))]
    if working and not card["items"]["received"]:
        return [(True, _("{source} has sent nothing for 24 hours").format(source=source))]
    return []


def _refused(source: str, health: Doc | None) -> list[tuple[bool, str]]:
    """Deliveries of the last day that were not taken, by cause."""
    found = []
    for cause, n in sorted((health or {}).get("refused", {}).items()):
        if cause in REFUSED:
            text = plural("%(n)s delivery of {source} was refused", "%(n)s deliveries of {source} were refused", n)
            found.append((True, f"{text.format(source=source)}: {REFUSED[cause]}"))
    return found


def _long(length: timedelta) -> str:
    if length >= timedelta(days=2):
        return plural("%(n)s day", "%(n)s days", length.days)
    hours, rest = divmod(int(length.total_seconds()), 3600)
    return _("{time} h").format(time=f"{hours}:{rest // 60:02}")
