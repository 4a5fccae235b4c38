"""What a measurement runs on."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from services.bench.figures import Figures
from shared.settings import Engine, Ports, Settings


@dataclass(frozen=True)
class On:
    """What a measurement runs on: an engine, or the embedded one with ports of the other."""

    engine: Engine = "embedded"
    ports: Ports | None = None

    def settings(self, data: Path) -> Settings:
        """Servers are those of the environment; topics and documents get a namespace of their own, and stay there."""
        given = Settings.from_environment(os.environ)
        return replace(given, data=data, demo=True, engine=self.engine, namespace=f"bench-{secrets.token_hex(6)}")

    def figures(self) -> Figures:
        """As a measurement names it."""
        return {"engine": self.engine} if self.ports is None else dict(self.ports._asdict())


EMBEDDED = On()
