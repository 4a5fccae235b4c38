"""How the members of a Kafka group divide partitions, tried as a model: rounds, slow owners, comings and goings."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.kafka.holdings import Holdings
from shared.adapters.kafka.sharing import share

PARTITIONS = st.integers(1, 12)
CLAIMS = st.dictionaries(st.sampled_from("abcde"), st.frozensets(st.integers(0, 11), max_size=12), min_size=1)


def fit(claims: Mapping[str, frozenset[int]], partitions: int) -> dict[str, frozenset[int]]:
    """The claims without what is claimed twice or is not there."""
    left = set(range(partitions))
    fitting = {}
    for member, claimed in claims.items():
        fitting[member] = frozenset(claimed & left)
        left -= claimed
    return fitting


@given(partitions=PARTITIONS, claims=CLAIMS)
def test_nobody_is_given_what_another_claims_and_nothing_is_given_twice(
    partitions: int, claims: dict[str, frozenset[int]]
) -> None:
    shares = share(partitions, claims)
    given_out = [partition for mine in shares.values() for partition in mine]
    assert len(given_out) == len(set(given_out))
    assert set(given_out) <= set(range(partitions)) | {p for claimed in claims.values() for p in claimed}
    for member, mine in shares.items():
        for other in shares.keys() - {member}:
            assert not (set(mine) - claims[member]) & claims[other]


@given(partitions=PARTITIONS, claims=CLAIMS)
def test_two_rounds_make_fair_shares_and_a_third_moves_nothing(
    partitions: int, claims: dict[str, frozenset[int]]
) -> None:
    before = fit(claims, partitions)
    first = {member: frozenset(mine) for member, mine in share(partitions, before).items()}
    second = {member: frozenset(mine) for member, mine in share(partitions, first).items()}
    sizes = sorted(len(mine) for mine in second.values())
    assert sum(sizes) == partitions
    assert sizes[-1] - sizes[0] <= 1
    assert share(partitions, second) == {member: sorted(mine) for member, mine in second.items()}
    for member, held in before.items():
        larger = partitions // len(claims) + 1
        assert len(held & second[member]) >= min(len(held), larger - 1), "only what is above a fair share moves"


class Group:
    """A broker's group with members that take their time; nobody may ever hold what another holds."""

    def __init__(self, partitions: int, dice: random.Random) -> None:
        self.partitions = partitions
        self.dice = dice
        self.members: dict[str, Holdings] = {}
        self.holders: dict[int, str] = {}
        self.wanted = False
        self.names = iter(range(1000))

    async def linger(self, most: int = 8) -> None:
        for _ in range(self.dice.randrange(most)):
            await asyncio.sleep(0)

    def join(self) -> None:
        name = f"m{next(self.names)}"

        async def assigned(partitions: frozenset[int]) -> None:
            for partition in partitions:
                assert self.holders.setdefault(partition, name) == name, "somebody else holds it"
            await self.linger(30)

        async def revoked(partitions: frozenset[int]) -> None:
            await self.linger(60)  # longer than a round
            for partition in partitions:
                assert self.holders.pop(partition) == name

        self.members[name] = Holdings(assigned, revoked, lambda: None, self.want)
        self.members[name].begin()
        self.want()

    def want(self) -> None:
        self.wanted = True

    async def leave(self) -> None:
        name = self.dice.choice(sorted(self.members))
        await self.members.pop(name).close()
        self.holders = {partition: holder for partition, holder in self.holders.items() if holder != name}
        self.want()

    async def divide(self) -> None:
        """One round: members say what they claim, and hear later, one after the other, what they get.

        A wish for another round that comes up before the first answer is lost, as aiokafka loses it.
        """
        claims = {}
        for name in self.dice.sample(sorted(self.members), len(self.members)):
            claims[name] = self.members[name].claims()
            await self.linger()
        self.wanted = False
        shares = share(self.partitions, claims)
        for name in self.dice.sample(sorted(shares), len(shares)):
            if name in self.members:
                self.members[name].grant(frozenset(shares[name]))
            await self.linger()

    async def settle(self) -> None:
        for _ in range(20):
            while self.wanted:
                await self.divide()
            for _ in range(100):
                await asyncio.sleep(0)
            if not self.wanted:
                return
        raise AssertionError("the group never comes to rest")


@settings(max_examples=150, deadline=None)
@given(partitions=PARTITIONS, seed=st.integers(0, 10**9), steps=st.lists(st.sampled_from("jjlds"), max_size=12))
def test_through_comings_and_goings_a_partition_has_one_holder_and_in_the_end_each_has_one(
    partitions: int, seed: int, steps: list[str]
) -> None:
    async def play() -> None:
        group = Group(partitions, random.Random(seed))
        group.join()
        for step in steps:
            match step:
                case "j" if len(group.members) < partitions:
                    group.join()
                case "l" if len(group.members) > 1:
                    await group.leave()
                case "d":
                    await group.divide()
                case _:
                    await group.settle()
        await group.settle()
        read = [p for member in group.members.values() for p in member.positions]
        assert sorted(read) == list(range(partitions)) == sorted(group.holders)
        sizes = [len(member.positions) for member in group.members.values()]
        assert max(sizes) - min(sizes) <= 1
        assert all(member.failure is None for member in group.members.values())
        for member in group.members.values():
            await member.close()

    asyncio.run(play())


class Owner:
    """An owner whose callbacks wait until they are let go on."""

    def __init__(self) -> None:
        self.story: list[tuple[str, frozenset[int]]] = []
        self.go_on = asyncio.Event()
        self.released = 0
        self.holdings = Holdings(self.note("assigned"), self.note("revoked"), lambda: None, self.count)
        self.holdings.begin()

    def note(self, what: str) -> Callable[[frozenset[int]], asyncio.Future[None]]:
        async def call(partitions: frozenset[int]) -> None:
            self.story.append((what, partitions))
            if what == "revoked":
                await self.go_on.wait()

        return lambda partitions: asyncio.ensure_future(call(partitions))

    def count(self) -> None:
        self.released += 1


async def rest() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_taken_away_is_unreadable_at_once_and_claimed_until_its_owner_has_finished() -> None:
    owner = Owner()
    owner.holdings.grant(frozenset({0, 1}))
    await rest()
    owner.holdings.positions[0] = 7
    owner.holdings.grant(frozenset({0}))
    assert owner.holdings.positions == {0: 7}
    await rest()
    assert owner.holdings.claims() == {0, 1}
    assert owner.released == 0
    owner.go_on.set()
    await rest()
    assert owner.holdings.claims() == {0}
    assert owner.released == 1
    assert owner.story == [("assigned", frozenset({0, 1})), ("revoked", frozenset({1}))]


async def test_a_member_that_was_put_out_ends_its_work_before_it_begins_anew_on_the_same_partition() -> None:
    owner = Owner()
    owner.holdings.grant(frozenset({0}))
    await rest()
    owner.holdings.forfeit()
    assert owner.holdings.claims() == frozenset(), "it may be somebody else's by now"
    assert owner.holdings.positions == {}
    owner.holdings.grant(frozenset({0}))
    await rest()
    assert owner.story == [("assigned", frozenset({0})), ("revoked", frozenset({0}))]
    assert owner.holdings.positions == {}
    owner.go_on.set()
    await rest()
    assert owner.story[2:] == [("assigned", frozenset({0}))]
    assert owner.holdings.positions == {0: 0}


async def test_what_was_let_go_while_a_round_was_under_way_is_asked_for_again() -> None:
    owner = Owner()
    owner.go_on.set()
    owner.holdings.grant(frozenset({0, 1}))
    await rest()
    owner.holdings.grant(frozenset({0}))
    assert owner.holdings.claims() == {0, 1}, "the next round has begun before the owner finished"
    await rest()
    released = owner.released
    owner.holdings.grant(frozenset({0}))
    assert owner.released == released + 1, "1 was held back for us in that round, and would be nobody's"


async def test_a_closed_member_holds_nothing_and_calls_nobody() -> None:
    owner = Owner()
    owner.holdings.grant(frozenset({0}))
    await rest()
    await owner.holdings.close()
    owner.holdings.grant(frozenset({1}))
    await rest()
    assert owner.holdings.positions == {}
    assert owner.story == [("assigned", frozenset({0}))]
    with pytest.raises(ValueError, match="not owned"):
        owner.holdings.seek(0, 1)
