"""What agents say of their calls on our panel: an input to the tracker beside what the platform says, and as lasting.

An agent's word is about the agent's leg. Of two results of a leg the later one counts, whoever gave it: a platform
that sends a result of its own afterwards has the last word, and a source whose agents use the panel should send none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.calls.connectors.base import Reading
from services.calls.doors.sources import Sources
from services.calls.tracker.call_document import CALLS, PANEL, CallDocument, CallSummary, agent_of, document_ids
from services.calls.tracker.items import Item, encode_item
from shared import tracing
from shared.clock import Clock
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.contracts.codes import DISPOSITIONS
from shared.engine.appender import Appender
from shared.kernel import Observation, Rejected
from shared.ports import Documents, Outgoing

_decode = msgspec.json.Decoder(CallDocument).decode


def reading_of_result(item: Item) -> Reading:
    """What an agent said of a call. The same word, sent again, is the same item."""
    said = item.data
    note = Observation(
        kind="CallDispositioned",
        at=datetime.fromisoformat(said["at"]),
        call=said["call"],
        leg=said["leg"],
        agent=said["agent"],
        data={"native": said["code"], "canonical": said["code"], "wrap_ms": None, "corrected": said["corrected"]},
    )
    return Reading(key=item.delivery, version=said["at"], verdict="ignored", notes=(note,))


@dataclass(frozen=True)
class Results:
    """Takes results in. `documents` are the tracker's, which alone writes them."""

    documents: Documents
    sources: Sources
    appender: Appender
    now: Clock

    async def say(self, partner: str, agent: str, call: str, code: str, ident: str) -> None:
        """The result of an agent's call, durable on return. `ident` names this word: sent again, it counts once.

        Rejected: `unknown_call` where the agent has or had no such call, `unknown_code`.
        """
        if code not in DISPOSITIONS:
            raise Rejected("unknown_code", f"{code} is no result of a call.")
        document, summary = await self.call_of(partner, agent, call)
        source = self.sources.get(document.source)
        if source is None:
            raise Rejected("unknown_call", "Its source is not served any more.")
        now = self.now()
        answers = [o for o in document.observations if o.kind == "CallAnswered" and o.agent == agent]
        earlier = [o for o in document.observations if o.kind == "CallDispositioned" and o.agent == agent]
        item = Item(
            source=document.source,
            partner=partner,
            correlation=document.correlation,
            delivery=f"{PANEL}{ident}",
            index=0,
            of=1,
            received_at=now,
            revision=source.revision,
            panel=True,
            trace=tracing.context(),
            data={
                "at": now.isoformat(),
                "call": summary.call,
                "leg": answers[-1].leg if answers else None,
                "agent": agent,
                "code": code,
                "corrected": bool(earlier),
            },
        )
        await self.appender.append(TELEPHONY_TOPIC, item.document, [Outgoing(item.document, encode_item(item))])

    async def call_of(self, partner: str, agent: str, call: str) -> tuple[CallDocument, CallSummary]:
        """A call that the agent took, or that rings at them. Rejected: `unknown_call` where there is none."""
        vendor = call.partition(":")[2]
        for stored in (await self.documents.get(CALLS, list(document_ids(call)))).values():
            document = _decode(stored.body)
            for summary in document.summaries:
                theirs = agent in summary.agents or agent_of(document, summary) == agent
                if document.partner == partner and summary.call == vendor and theirs:
                    return document, summary
        raise Rejected("unknown_call", "You have no such call.")
