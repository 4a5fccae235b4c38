"""The same events as pydantic models, for libraries that hand models to handlers."""

from __future__ import annotations

from pydantic import BaseModel

from tests.load.peers.common import Fact


class FactModel(BaseModel):
    """As `Fact`."""

    type: str
    partner: str
    interval: str
    campaign: str = ""
    agent: str = ""
    offered: bool = False
    first: bool = False
    scope: str = ""
    talk_ms: int = 0


class ToldModel(BaseModel):
    """As `Told`."""

    origin: str
    position: tuple[int, int]
    event: FactModel

    @property
    def id(self) -> str:
        """As that of `Told`."""
        return f"{self.origin}:{self.position[0]}.{self.position[1]}"

    @property
    def fact(self) -> Fact:
        """For the fold."""
        return Fact(**self.event.model_dump())
