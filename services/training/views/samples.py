"""The samples: which calls are to be evaluated, by which form, and by whom?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.samples import DrawnCall, SampleDrawn, SampleEvent
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownSample(msgspec.Struct, kw_only=True):
    """A sample as it was drawn."""

    sample: str
    drawn: SampleDrawn

    def call(self, call: str) -> DrawnCall | None:
        """The call as it was drawn; None where it was not."""
        return next((one for one in self.drawn.calls if one.call == call), None)


def by_sample(event: SampleEvent) -> Iterable[tuple[str, SampleEvent]]:
    """One document a sample."""
    return [(event.sample, event)]


def fold(doc: KnownSample | None, event: SampleEvent, sign: int) -> KnownSample:
    """A command's events are never reversed."""
    return KnownSample(sample=event.sample, drawn=event)


def either(one: KnownSample, other: KnownSample) -> KnownSample:
    """A sample is drawn once: two shards, in a moment of a move, say the same."""
    return one


samples = View(
    "samples",
    1,
    TOPIC,
    SampleEvent,
    KnownSample,
    by_sample,
    fold,
    either,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.drawn.partner_id},
)
