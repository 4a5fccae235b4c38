"""Packs of papers about one partner: what a colleague has to know, and what is gone through in a monthly review.

A pack is a list of sections, each made from the partner's documents; a section whose part of the system is not there
yet gives None, which is said in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import msgspec

from services.partners.domain.lifecycle import CONDITIONS, MEANING
from services.partners.papers.paper import Paper, Part, Table, Text, rows_of
from services.partners.views.agents import KnownAgent
from services.partners.views.contracts import KnownContract
from services.partners.views.partners import KnownPartner
from services.partners.views.ramps import KnownRamp
from services.partners.views.reviews import Action, KnownReview
from services.partners.views.sources import KnownSource
from services.partners.views.tickets import KnownTicket
from services.partners.views.transitions import Issue, KnownTransition
from services.partners.views.volumes import Volume
from shared.contracts.agreements import terms_on
from shared.contracts.rating import expected_calls, months_later

NOTHING_YET = "No data yet."
_MEASURES = ("offered", "answered", "abandoned", "dials", "contacts", "handled", "talk_ms", "sales_reported")
_HAVE_ROWS = ("open_ticket", "severe_issue")
"""Facts whose own documents say more than the fact does."""


@dataclass(frozen=True)
class Material:
    """What is known of one partner, as the views have it, on the day of asking; `month` is the one of a review."""

    partner: KnownPartner
    agents: Sequence[KnownAgent]
    sources: Sequence[KnownSource]
    tickets: Sequence[KnownTicket]
    reviews: Sequence[KnownReview]
    volumes: Sequence[Volume]
    contracts: Sequence[KnownContract]
    today: date
    transition: KnownTransition | None = None
    ramp: KnownRamp | None = None
    month: str | None = None


class Content(msgspec.Struct, frozen=True):
    """A table of plain values."""

    columns: tuple[str, ...]
    rows: list[tuple[str | int | None, ...]]


class Section(NamedTuple):
    """One part of a pack; `fill` gives None while no part of the system knows anything for it."""

    name: str
    title: str
    fill: Callable[[Material], Content | None]


class Filled(msgspec.Struct, frozen=True):
    """A section as answered: its rows by column, or that there is `no_data` for it yet."""

    name: str
    title: str
    no_data: bool
    rows: list[dict[str, Any]]


class Pack(msgspec.Struct, frozen=True):
    """All sections of a pack, in order."""

    partner_id: str
    name: str
    month: str | None
    sections: list[Filled]


def filled(sections: Sequence[Section], material: Material) -> Pack:
    """The pack as data."""
    found = [(section, section.fill(material)) for section in sections]
    return Pack(
        material.partner.partner_id,
        material.partner.name,
        material.month,
        [
            Filled(
                section.name,
                section.title,
                content is None,
                [dict(zip(content.columns, row, strict=True)) for row in content.rows] if content else [],
            )
            for section, content in found
        ],
    )


def pack_paper(title: str, intro: str, sections: Sequence[Section], material: Material) -> Paper:
    """The same pack as a paper."""
    parts = []
    for section in sections:
        content = section.fill(material)
        if content is None:
            parts.append(Part(section.title, (Text(NOTHING_YET),)))
        else:
            columns = tuple(column.replace("_", " ") for column in content.columns)
            parts.append(Part(section.title, (Table(columns, rows_of(content.rows)),)))
    return Paper(title, intro, tuple(parts))


def handover_paper(material: Material) -> Paper:
    """The handover pack as a paper."""
    partner = material.partner
    intro = f"All that whoever takes {partner.name} over has to know. Stage: {partner.stage}. {MEANING[partner.stage]}"
    return pack_paper(f"Handover of {partner.name}", intro, HANDOVER, material)


def review_paper(material: Material) -> Paper:
    """The review pack as a paper."""
    intro = f"The month {material.month} with {material.partner.name}: what was, what is open, what is agreed."
    return pack_paper(f"Review {material.month}: {material.partner.name}", intro, REVIEW, material)


def _none_yet(material: Material) -> Content | None:
    return None


def _company(material: Material) -> Content:
    partner, profile = material.partner, material.partner.profile
    rows: list[tuple[str | int | None, ...]] = [
        ("name", partner.name),
        ("country", partner.country),
        ("time zone", partner.time_zone),
        ("stage", partner.stage),
        ("owner", partner.owner),
    ]
    if profile is not None:
        rows += [
            ("countries", ", ".join(profile.countries)),
            ("languages", ", ".join(profile.languages)),
            ("services", ", ".join(profile.services)),
            ("seats", profile.seats),
            ("website", profile.domain),
            ("phone", profile.phone),
            ("note", profile.note),
        ]
    return Content(("what", "value"), rows)


def _terms(material: Material) -> Content:
    """Every term that holds today, of each contract, by its path; or why a contract has none."""
    rows: list[tuple[str | int | None, ...]] = []
    for contract in sorted(material.contracts, key=lambda one: one.contract_id):
        held = terms_on(contract.agreement, material.today)
        if isinstance(held, str):
            rows.append((contract.contract_id, "", held.replace("_", " ")))
        else:
            rows.append((contract.contract_id, "version", held.number))
            rows += [(contract.contract_id, path, value) for path, value in _flat(msgspec.to_builtins(held.terms))]
    return Content(("contract", "term", "value"), rows)


def _flat(value: Any, path: str = "") -> Iterable[tuple[str, str | int | None]]:
    """Each plain value by its path; what has a name is found by it."""
    match value:
        case dict():
            for name, part in value.items():
                yield from _flat(part, f"{path}.{name}" if path else name)
        case list() | tuple():
            for place, part in enumerate(value):
                name = part.get("name", place) if isinstance(part, dict) else place
                yield from _flat(part, f"{path}[{name}]")
        case _:
            yield path, str(value) if isinstance(value, bool | float) else value


def _goals(material: Material) -> Content | None:
    """The month beside what the contracts expect of it: calls, answered, sales of contacts. None without a contract
    that held on its first day."""
    month = material.month or ""
    held = [terms_on(contract.agreement, date.fromisoformat(f"{month}-01")) for contract in material.contracts]
    terms = [version.terms for version in held if not isinstance(version, str)]
    if not terms:
        return None
    calls = sum(expected_calls(sheet, month) for sheet in terms)
    nothing = Volume(partner_id=material.partner.partner_id, month=month)
    came = next((volume for volume in material.volumes if volume.month == month), nothing)
    # Shares of several contracts can't be added up: those of the first stand for all.
    volumes = terms[0].volumes
    return Content(
        ("goal", "expected", "reached", "n"),
        [
            ("calls", calls, came.offered + came.dials, None),
            ("answered, %", volumes.answered_percent, _percent(came.answered, came.offered), came.offered),
            (
                "sales of contacts, %",
                volumes.conversion_percent,
                _percent(came.sales_reported, came.contacts),
                came.contacts,
            ),
        ],
    )


def _percent(part: int, whole: int) -> str | None:
    """To one place, rounded half up."""
    return None if not whole else f"{(2000 * part + whole) // (2 * whole) / 10:.1f}"


def _people(material: Material) -> Content:
    contacts = material.partner.contacts.values()
    return Content(
        ("name", "position", "email", "phone", "languages"),
        [(c.name, c.position, c.email, c.phone, ", ".join(c.languages)) for c in contacts],
    )


def _agents(material: Material) -> Content:
    ordered = sorted(material.agents, key=lambda agent: (agent.team or "", agent.agent))
    return Content(
        ("team", "agent", "name", "languages"),
        [(a.team, a.agent, a.name, ", ".join(a.languages)) for a in ordered],
    )


def _open(material: Material) -> Content:
    """The next action, open tickets, tasks and issues of the transition, actions of reviews, and whatever else a gate
    would name as open."""
    rows: list[tuple[str | int | None, ...]] = []
    if action := material.partner.next_action:
        rows.append(("next action", "", action.action, action.owner, str(action.due)))
    rows += [("ticket", t.ticket_id, t.subject, t.assignee, None) for t in _open_tickets(material)]
    if plan := material.transition:
        left = {id_: task for id_, task in plan.tasks.items() if task.done_at is None}
        rows += [
            ("task", id_, task.name, task.accountable or plan.accountable, str(task.end)) for id_, task in left.items()
        ]
    rows += [("issue", id_, issue.title, issue.owner, str(issue.due)) for id_, issue in _open_issues(material)]
    for review in sorted(material.reviews, key=lambda r: r.month):
        rows += [("action", a.action_id, a.text, a.owner, str(a.due)) for a in review.actions if a.state == "open"]
    for condition in CONDITIONS.values():
        if condition.wants == "none" and condition.fact not in _HAVE_ROWS:
            known = material.partner.facts.get(condition.fact, {})
            rows += [(condition.fact.replace("_", " "), ref, fact.says, None, None) for ref, fact in known.items()]
    return Content(("kind", "id", "what", "who", "due"), rows)


def _open_issues(material: Material) -> list[tuple[str, Issue]]:
    issues = material.transition.issues if material.transition else {}
    return [(id_, issue) for id_, issue in issues.items() if issue.outcome is None]


def _issues(material: Material) -> Content | None:
    if material.transition is None:
        return None
    return Content(
        ("issue", "title", "severity", "owner", "due"),
        [(id_, i.title, i.severity, i.owner, str(i.due)) for id_, i in _open_issues(material)],
    )


def _days_above_the_cap(material: Material) -> Content | None:
    """Of the month; None for a partner that has no ramp."""
    if material.ramp is None:
        return None
    alerts = material.ramp.standing().values()
    return Content(
        ("day", "phase", "cap", "calls"),
        [(a.day, a.phase, a.daily_cap, a.calls) for a in alerts if a.day[:7] == material.month],
    )


def _open_tickets(material: Material) -> list[KnownTicket]:
    return [ticket for ticket in material.tickets if ticket.state in ("open", "waiting")]


def _tickets(material: Material) -> Content:
    return Content(
        ("ticket", "subject", "category", "priority", "state", "assignee", "opened"),
        [
            (t.ticket_id, t.subject, t.category, t.priority, t.state, t.assignee, str(t.opened_at or ""))
            for t in _open_tickets(material)
        ],
    )


def _facts(material: Material) -> Content:
    """What holds and was proven: contracts, evaluations, proofs."""
    rows = [
        (kind.replace("_", " "), ref, fact.says, fact.proof)
        for kind, refs in sorted(material.partner.facts.items())
        for ref, fact in sorted(refs.items())
    ]
    return Content(("fact", "id", "says", "proof"), list(rows))


def _history(material: Material) -> Content:
    return Content(
        ("when", "from", "to", "who", "why", "passed_by", "adopted"),
        [
            (
                str(step.at),
                step.source,
                step.target,
                step.by,
                step.reason,
                ", ".join(step.overridden),
                "adopted" if step.adopted else "",
            )
            for step in material.partner.steps
        ],
    )


def _sources(material: Material) -> Content:
    """Credentials by id only: their secrets are shown nowhere."""
    return Content(
        ("source", "connector", "counts", "address", "credentials"),
        [
            (
                source.source_id,
                source.settings.connector,
                source.settings.counts,
                source.settings.public_url,
                ", ".join(name for names in source.credentials.values() for name in names),
            )
            for source in material.sources
            if source.revision
        ],
    )


def _performance(material: Material) -> Content:
    """Each month, newest first."""
    ordered = sorted(material.volumes, key=lambda volume: volume.month, reverse=True)
    return Content(("month", *_MEASURES, "revenue_in_minor_units"), [(v.month, *_figures(v)) for v in ordered])


def _figures(volume: Volume) -> Iterable[str | int | None]:
    revenue = ", ".join(f"{minor} {currency}" for currency, minor in volume.revenue.items())
    return (*(getattr(volume, measure) for measure in _MEASURES), revenue)


def _month_against_the_one_before(material: Material) -> Content:
    month = material.month or ""
    held = {volume.month: volume for volume in material.volumes}
    before = months_later(month, -1)

    def of(which: str) -> tuple[str | int | None, ...]:
        nothing = Volume(partner_id=material.partner.partner_id, month=which)
        return tuple(_figures(held.get(which, nothing)))

    names = (*_MEASURES, "revenue_in_minor_units")
    return Content(("figure", month, before), list(zip(names, of(month), of(before), strict=True)))


def _fact(kind: str) -> Callable[[Material], Content | None]:
    def known(material: Material) -> Content | None:
        refs = material.partner.facts.get(kind, {})
        return Content(("id", "says"), [(ref, fact.says) for ref, fact in sorted(refs.items())]) if refs else None

    return known


def _actions(material: Material) -> Content:
    return _of_review(material, material.month or "")


def _last_actions(material: Material) -> Content:
    return _of_review(material, months_later(material.month or "", -1))


def _of_review(material: Material, month: str) -> Content:
    actions: list[Action] = next((r.actions for r in material.reviews if r.month == month), [])
    return Content(
        ("action", "what", "owner", "due", "state", "outcome", "carried_from"),
        [(a.action_id, a.text, a.owner, str(a.due), a.state, a.outcome, a.carried_from) for a in actions],
    )


HANDOVER: tuple[Section, ...] = (
    Section("company", "The company", _company),
    Section("terms", "Terms in force", _terms),
    Section("people", "People at the partner", _people),
    Section("open", "Open now", _open),
    Section("facts", "What holds, and its proof", _facts),
    Section("history", "History", _history),
    Section("performance", "Performance so far", _performance),
    Section("agents", "Agents", _agents),
    Section("sources", "Telephony sources and credentials", _sources),
)
"""What a colleague is handed."""

REVIEW: tuple[Section, ...] = (
    Section("performance", "Performance", _month_against_the_one_before),
    Section("goals", "Against contract and goals", _goals),
    Section("mismatches", "Open months", _fact("open_month")),
    Section("invoices", "Open invoices", _fact("open_invoice")),
    Section("quality", "Quality", _none_yet),
    Section("training", "Training", _none_yet),
    Section("ramp", "Days above the cap of the ramp", _days_above_the_cap),
    Section("tickets", "Open tickets", _tickets),
    Section("issues", "Open issues of the transition", _issues),
    Section("last_actions", "Actions agreed last time", _last_actions),
    Section("actions", "Actions agreed", _actions),
)
"""What is gone through each month."""
