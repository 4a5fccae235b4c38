"""What telephony says of calls to leads: dials are attempts, results too, and a customer's wish not to be called holds.

The facts name the call; the customer and the call's beginning stand in the tracker's document of it, which is written
before a fact is told. A fact that is taken back is taken out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.calls.domain.do_not_call import EVERYWHERE, Ground
from services.calls.domain.lead import Lead, ended, not_ended, not_resulted, resulted
from services.calls.domain.recall import Ended, Said
from services.calls.events.leads import RecallRules
from services.calls.leads.barred import DoNotCall
from services.calls.leads.leads import Leads
from services.calls.tracker.call_document import CALLS, CallDocument, CallSummary, began, document_ids, only_call
from services.calls.tracking.lead_ages import LeadAges
from shared.clock import Clock
from shared.contracts.calls import TOPIC, CallDispositioned, CallEnded
from shared.contracts.codes import disposition
from shared.engine.partitions import Checkpoints, together
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.kernel import Recorded
from shared.ports import Documents, Record
from shared.vault import Vault

ACTOR = "telephony"
ASKED = "asked in a call"
_decode = msgspec.json.Decoder(CallDocument).decode


class LeadCalls(Taking):
    """The worker. What it does a second time changes nothing."""

    def __init__(
        self,
        documents: Documents,
        checkpoints: Checkpoints,
        leads: Leads,
        barred: DoNotCall,
        vault: Vault,
        ages: LeadAges,
        now: Clock,
    ) -> None:
        super().__init__("calls.leads", TOPIC, CallEnded | CallDispositioned, checkpoints)
        self._documents = documents
        self._leads = leads
        self._barred = barred
        self._vault = vault
        self._ages = ages
        self._now = now

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The leads are written."""
        wanted = [first.recorded for first in firsts if _concerns_leads(first.recorded.event)]
        documents = await self._known_calls({recorded.event.call for recorded in wanted})
        summaries = {call: document.summary for call, document in documents.items() if document.summary is not None}
        refs = {summary.customer_ref for summary in summaries.values() if summary.customer_ref is not None}
        known = await self._known(refs)
        for recorded in wanted:
            summary = summaries.get(recorded.event.call)
            if summary is not None and summary.customer_ref is not None:
                leads = known.get(summary.customer_ref, [])
                called = await self._take(recorded, summary, summary.customer_ref, leads)
                await self._say_age(recorded, documents[recorded.event.call], summary, called)

    async def _known(self, refs: set[str]) -> dict[str, list[Lead]]:
        """The leads of these customers. Most dials of a company may be nobody's leads: so all are asked for at once."""
        if not refs or not await self._leads.any():
            return {}
        ordered = sorted(refs)
        found = await together(*(self._leads.of_customer(ref) for ref in ordered))
        return {ref: leads for ref, leads in zip(ordered, found, strict=True) if leads}

    async def _known_calls(self, calls: set[str]) -> dict[str, CallDocument]:
        ids = {id_: call for call in calls for id_ in document_ids(call)}
        found = await self._documents.get(CALLS, list(ids))
        documents = {}
        for id_, stored in found.items():
            document = only_call(_decode(stored.body), ids[id_].partition(":")[2])
            if document is not None:
                documents[ids[id_]] = document
        return documents

    async def _take(
        self, recorded: Recorded[Any], summary: CallSummary, customer_ref: str, leads: Sequence[Lead]
    ) -> list[Lead]:
        """The leads for which the call was made."""
        event: CallEnded | CallDispositioned = recorded.event
        at = began(summary) or event.at
        if isinstance(event, CallDispositioned) and "dnc" in disposition(event.canonical).flags:
            await self._asked(event, customer_ref, recorded.sign)
        if event.direction == "inbound":
            return []
        called = [lead for lead in leads if lead.partner == event.partner and await self._is_for(lead, event.campaign)]
        for lead in called:
            change = _Change(event, at, recorded.sign)
            await self._leads.change(lead.id, change, event.at, event.call)
        return called

    async def _say_age(
        self, recorded: Recorded[Any], document: CallDocument, summary: CallSummary, leads: Sequence[Lead]
    ) -> None:
        """Only of calls that somebody took: of those agents are compared. Of several leads the youngest is meant, which
        is the one of the list that is dialled now."""
        event: CallEnded | CallDispositioned = recorded.event
        if isinstance(event, CallDispositioned) or recorded.sign < 0 or summary.answered_at is None:
            return
        added = max((lead.added for lead in leads if lead.added is not None), default=None)
        if added is not None:
            await self._ages.say(document, summary, added)

    async def _is_for(self, lead: Lead, campaign: str | None) -> bool:
        """A call of another campaign is no attempt for this list; one of none may be for any."""
        known = await self._leads.list_of(lead.list_id)
        return known is None or known.campaign is None or campaign is None or known.campaign == campaign

    async def _asked(self, event: CallDispositioned, customer_ref: str, sign: int) -> None:
        number = await self._vault.customer_number(customer_ref)
        if number is None:
            return
        name = f"call:{event.call}:{event.leg or ''}"
        if sign > 0:
            await self._barred.add([number], EVERYWHERE, name, Ground(reason=ASKED, at=event.at, by=ACTOR))
        else:
            await self._barred.remove(number, EVERYWHERE, name)
        await self._leads.recheck(customer_ref, number, self._now())


def _concerns_leads(event: CallEnded | CallDispositioned) -> bool:
    """Production calls: dials that are over, results, and wishes not to be called in whatever direction."""
    if event.counts != "production":
        return False
    if isinstance(event, CallEnded):
        return event.scope == "call" and event.dialed
    return event.direction != "inbound" or "dnc" in disposition(event.canonical).flags


class _Change:
    """A fact's change of a lead, or its taking back."""

    def __init__(self, event: CallEnded | CallDispositioned, at: datetime, sign: int) -> None:
        self._event = event
        self._at = at
        self._sign = sign

    def __call__(self, lead: Lead, rules: RecallRules) -> Lead:
        event = self._event
        if isinstance(event, CallEnded):
            end = Ended(self._at, event.outcome, event.agent)
            return ended(lead, event.call, end) if self._sign > 0 else not_ended(lead, event.call, end)
        said = Said(event.at, event.canonical, self._at, event.agent)
        part = event.leg or ""
        change = resulted if self._sign > 0 else not_resulted
        return change(lead, event.call, part, said)
