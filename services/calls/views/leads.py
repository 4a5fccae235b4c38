"""Which lists of leads are there, how far is each, and which promises to call back were kept?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.calls.events.leads import (
    CallbackJudged,
    CallbackPromised,
    LeadAdded,
    LeadImportEnded,
    LeadListClosed,
    LeadListCreated,
    LeadListEvent,
    LeadListReopened,
    LeadStateChanged,
    LeadZonesMet,
    RecallRules,
    RecallRulesSet,
    Verdict,
)
from shared.contracts.calls import TOPIC
from shared.kernel import View

ListPart = LeadListEvent | LeadAdded | LeadStateChanged


class KnownLeadList(msgspec.Struct, kw_only=True):
    """A list of leads. `created` None: only its leads are in this shard. `counts`: leads by state; `version`: of the
    rules; `changes` counts the events behind this."""

    list_id: str
    created: LeadListCreated | None = None
    rules: RecallRules = RecallRules()
    version: int = 0
    closed: bool = False
    zones: list[str] = []
    countries: list[str] = []
    counts: dict[str, int] = {}
    imports: list[LeadImportEnded] = []
    changes: int = 0

    @property
    def partner(self) -> str:
        """Whose it is."""
        return self.list_id.partition(":")[0]

    @property
    def campaign(self) -> str | None:
        """For what its leads are given out."""
        return self.created.campaign if self.created else None


def by_list(event: ListPart) -> Iterable[tuple[str, ListPart]]:
    """One document a list."""
    return [(event.list_id, event)]


def fold_list(doc: KnownLeadList | None, event: ListPart, sign: int) -> KnownLeadList:
    """A command's events are never reversed."""
    doc = doc or KnownLeadList(list_id=event.list_id)
    doc.changes += 1
    match event:
        case LeadListCreated(rules=rules, zone=zone, country=country):
            doc.created, doc.rules, doc.version = event, rules, 1
            doc.zones, doc.countries = sorted({*doc.zones, zone}), sorted({*doc.countries, country})
        case RecallRulesSet(rules=rules, version=version):
            doc.rules, doc.version = rules, version
        case LeadListClosed():
            doc.closed = True
        case LeadListReopened():
            doc.closed = False
        case LeadZonesMet(zones=zones, countries=countries):
            doc.zones, doc.countries = sorted({*doc.zones, *zones}), sorted({*doc.countries, *countries})
        case LeadAdded():
            _count(doc, "fresh", 1)
        case LeadImportEnded(new=new):
            doc.imports.append(event)
            _count(doc, "fresh", new)
        case LeadStateChanged(before=before, after=after):
            _count(doc, before, -1)
            _count(doc, after, 1)
    return doc


def _count(doc: KnownLeadList, state: str, more: int) -> None:
    doc.counts[state] = doc.counts.get(state, 0) + more


def merge_lists(one: KnownLeadList, other: KnownLeadList) -> KnownLeadList:
    """What is said of the list stands in one shard, which is that of its own stream; its leads lie in all."""
    main, more = (one, other) if one.created is not None else (other, one)
    counts = dict(main.counts)
    for state, count in more.counts.items():
        counts[state] = counts.get(state, 0) + count
    return msgspec.structs.replace(main, counts=counts, changes=one.changes + other.changes)


def fields_of_list(doc: KnownLeadList) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner}


lead_lists = View(
    "lead_lists",
    2,
    TOPIC,
    ListPart,
    KnownLeadList,
    by_list,
    fold_list,
    merge_lists,
    indexes=("partner",),
    fields=fields_of_list,
)


class KnownPromise(msgspec.Struct, kw_only=True):
    """A callback that was promised, and what became of it."""

    lead: str
    customer_ref: str
    due: datetime
    late_after: datetime | None = None
    personal: bool = False
    zone: str = ""
    verdict: Verdict = "open"
    attempted_at: datetime | None = None


class KnownCallbacks(msgspec.Struct, kw_only=True):
    """The promises of an agent that are due in one month (UTC), by their ids."""

    partner: str
    agent: str
    month: str
    promises: dict[str, KnownPromise] = {}


Callback = CallbackPromised | CallbackJudged


def by_agent_and_month(event: Callback) -> Iterable[tuple[str, Callback]]:
    """One document an agent and month of the promised time."""
    return [(f"{event.partner}/{event.due:%Y-%m}/{event.agent}", event)]


def fold_callback(doc: KnownCallbacks | None, event: Callback, sign: int) -> KnownCallbacks:
    """The last verdict holds."""
    doc = doc or KnownCallbacks(partner=event.partner, agent=event.agent, month=f"{event.due:%Y-%m}")
    known = doc.promises.setdefault(
        event.promise, KnownPromise(lead=event.lead, customer_ref=event.customer_ref, due=event.due)
    )
    match event:
        case CallbackPromised():
            known.late_after, known.personal, known.zone = event.late_after, event.personal, event.zone
        case CallbackJudged(verdict=verdict, attempted_at=attempted_at):
            known.verdict, known.attempted_at = verdict, attempted_at
    return doc


def merge_callbacks(one: KnownCallbacks, other: KnownCallbacks) -> KnownCallbacks:
    """A lead's events lie in one partition, and so does all that is said of its promises."""
    return msgspec.structs.replace(one, promises=one.promises | other.promises)


def fields_of_callbacks(doc: KnownCallbacks) -> dict[str, str | int | None]:
    """Found by partner, in order of months."""
    return {"partner": doc.partner, "month": doc.month}


callbacks = View(
    "callbacks",
    2,
    TOPIC,
    Callback,
    KnownCallbacks,
    by_agent_and_month,
    fold_callback,
    merge_callbacks,
    indexes=("partner", "month"),
    fields=fields_of_callbacks,
)


class CallbackFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent keeps promises. `share`: kept of those that are kept or broken, in percent with two digits, rounded
    half up; None where there is none. `waiting`: not due yet, or still in time."""

    agent: str
    promised: int
    kept: int
    broken: int
    replaced: int
    waiting: int
    share: str | None


def figures(agent: str, promises: Iterable[KnownPromise], now: datetime) -> CallbackFigures:
    """A promise that nobody has kept is broken as soon as it is too late to."""
    found: list[str] = []
    for promise in promises:
        late = promise.verdict == "open" and promise.late_after is not None and now > promise.late_after
        found.append("broken" if late else promise.verdict)
    kept, broken = found.count("kept"), found.count("broken")
    of = kept + broken
    hundredths = (kept * 20_000 + of) // (2 * of) if of else None
    return CallbackFigures(
        agent=agent,
        promised=len(found),
        kept=kept,
        broken=broken,
        replaced=found.count("replaced"),
        waiting=found.count("open"),
        share=None if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02}",
    )
