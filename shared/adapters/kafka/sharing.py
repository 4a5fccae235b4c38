"""Who of a group gets which partition: what stays with its owner is never taken from it, what moves is free first.

aiokafka knows only the kind of division that takes every partition from everybody at each change. This one runs inside
it and takes two rounds: members say what they hold; a partition that is to move is given to nobody in the first, its
owner finishes, lets it go and asks for the second, in which it is free.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

VERSION = 0


def share(partitions: int, claims: Mapping[str, Collection[int]]) -> dict[str, list[int]]:
    """Member -> partitions. Nobody gets what another claims; who has more than a fair share loses the rest."""
    owners: dict[int, str] = {}
    for member in sorted(claims):
        for partition in claims[member]:
            owners.setdefault(partition, member)
    held = {member: sorted(p for p, owner in owners.items() if owner == member) for member in claims}
    free = [partition for partition in range(partitions) if partition not in owners]
    # The larger shares go to those who hold most: so the fewest partitions move, and the next round decides alike.
    members = sorted(claims, key=lambda member: (-len(held[member]), member))
    least, larger = divmod(partitions, len(members))
    shares = {}
    for rank, member in enumerate(members):
        size = least + (rank < larger)
        kept = held[member][:size]
        taken, free = free[: size - len(kept)], free[size - len(kept) :]
        shares[member] = kept + taken
    return shares


class Sharing:
    """What aiokafka calls an assignor, for the members of one topic's group. `claims` is asked at each round."""

    name = "tallyline"

    def __init__(self, topic: str, partitions: int, claims: Callable[[], Collection[int]]) -> None:
        self._topic = topic
        self._partitions = partitions
        self._claims = claims

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What this member says of itself when it joins."""
        return ConsumerProtocolMemberMetadata(VERSION, list(topics), msgspec.json.encode(sorted(self._claims())))

    def assign(self, cluster: Any, members: Mapping[str, Any]) -> dict[str, ConsumerProtocolMemberAssignment]:
        """The division; run by the member that the broker made the leader."""
        claims = {
            member: msgspec.json.decode(metadata.user_data, type=list[int]) for member, metadata in members.items()
        }
        return {member: self._assignment(partitions) for member, partitions in share(self._partitions, claims).items()}

    def on_assignment(self, assignment: Any) -> None:
        """Part of aiokafka's interface; the rebalance listener hears of it."""

    def _assignment(self, partitions: Sequence[int]) -> ConsumerProtocolMemberAssignment:
        topics = [(self._topic, list(partitions))] if partitions else []
        return ConsumerProtocolMemberAssignment(VERSION, topics, b"")
