"""How old a lead was when its customer was reached: an input to the tracker beside what the platform says, and as
lasting. So the facts of a call say it whatever comes first, and when the topic is read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.calls.connectors.base import Reading
from services.calls.doors.sources import Sources
from services.calls.tracker.call_document import LEAD, CallDocument, CallSummary
from services.calls.tracker.items import Item, encode_item
from services.calls.tracker.tracker import LEAD_CALLED
from shared.clock import Clock
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.appender import Appender
from shared.kernel import Observation
from shared.ports import Outgoing


def reading_of_lead(item: Item) -> Reading:
    """Since when a lead is one. The same, sent again, is the same item; of two leads of a call the younger counts."""
    said = item.data
    added = datetime.fromisoformat(said["added"])
    note = Observation(kind=LEAD_CALLED, at=added, call=said["call"])
    return Reading(key=f"{LEAD}{said['call']}", version=said["added"], verdict="ignored", notes=(note,))


@dataclass(frozen=True)
class LeadAges:
    """Says of calls since when their leads are leads."""

    sources: Sources
    appender: Appender
    now: Clock

    async def say(self, document: CallDocument, summary: CallSummary, added: datetime) -> None:
        """Durable on return. Nothing is said of a call whose source is not served any more."""
        source = self.sources.get(document.source)
        if source is None:
            return
        item = Item(
            source=document.source,
            partner=document.partner,
            correlation=document.correlation,
            delivery=f"{LEAD}{summary.call}",
            index=0,
            of=1,
            received_at=self.now(),
            revision=source.revision,
            lead=True,
            data={"call": summary.call, "added": added.isoformat()},
        )
        await self.appender.append(TELEPHONY_TOPIC, item.document, [Outgoing(item.document, encode_item(item))])
