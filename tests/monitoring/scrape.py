"""What a running system tells when it is scraped, as Prometheus would keep it: the material of the rules' tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from services.canary import know
from shared import clock, metrics
from shared.ports import Outgoing
from tests.e2e.systems import start
from tests.e2e.test_views import deliver, firm

TARGET = {"job": "tallyline", "instance": "127.0.0.1:8321"}


@dataclass(frozen=True)
class Series:
    """One of them, with its value at the scrape."""

    name: str
    labels: Mapping[str, str]
    value: float

    def notation(self) -> str:
        """As a rules' test names it."""
        told = ",".join(f"{name}={json.dumps(value)}" for name, value in sorted(self.labels.items()))
        return f"{self.name}{{{told}}}"


def names_of(found: list[Series]) -> set[str]:
    """All names under which something is told, also those of which there is nothing to tell now."""
    return {row.name for row in found} | {
        family.name for family in metrics.REGISTRY.collect() if family.type == "gauge"
    }


async def scraped(data: Path) -> list[Series]:
    """A whole system after some traffic, with `up`. The streams of partners and the canary run elsewhere: they are
    told of here as they tell of themselves."""
    async with start("embedded", data) as system:
        await deliver(system, 20)
        publisher = system.runtime.kits["calls"].bus.publisher()
        await publisher.send("tallyline.telephony", 0, [Outgoing("x", b"no item")])
        await publisher.close()
        await system.settled()
        source = firm().partners[0].source
        metrics.PARTNER_STREAMS.labels(source).set(1)
        metrics.SOURCE_HEARD.labels(source).set(clock.now().timestamp())
        metrics.SOURCE_USUAL.labels(source).set(120)
        know(f"{firm().partners[0].id}-canary")
        for kit in system.runtime.kits.values():
            await kit.letters.measure(clock.now())
        await system.settled()
        text = (await system.client.get("/metrics")).text
    found = [Series("up", TARGET, 1.0)]
    for family in text_string_to_metric_families(text):
        found += [Series(s.name, {**s.labels, **TARGET}, s.value) for s in family.samples if "_created" not in s.name]
    return found
