"""One partner's day on the floor: customers wait in line for agents, and the dialler finds customers for agents."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import sqrt

from services.simulate.calls import Call, Day, Leg, Reason, State, StateChange
from services.simulate.company import Agent, Campaign, Partner
from services.simulate.dice import Dice
from services.simulate.identity import call_names
from services.simulate.numbers import number
from services.simulate.platforms import PLATFORMS
from services.simulate.shifts import MINUTE, Shift, present, shifts
from services.simulate.talks import Talk, finish, talk


@dataclass(frozen=True)
class Shape:
    """How busy a day is: inbound calls and dialled attempts for each agent and hour.

    Twelve inbound calls keep the service level near 85 % in 20 s, a little below in small teams.
    """

    calls_per_agent_hour: float = 12.0
    dials_per_agent_hour: float = 24.0


_PATIENCE_MS = 110_000
_HASTY = 0.02  # of those who call hang up within five seconds
_TRANSFERRED, _WARM = 0.06, 0.55
_ATTEMPTS: tuple[tuple[tuple[Reason, bool], float], ...] = (
    # (how it ends, whether a machine answers), weight; the rest reaches a human
    (("no-answer", False), 0.42),
    (("completed", True), 0.17),
    (("busy", False), 0.06),
    (("failed", False), 0.03),
    (("completed", False), 0.32),
)
_DIAL_SECONDS = 55
_SLOT = 15 * MINUTE


def day(partner: Partner, seed: int, on: date, shape: Shape) -> Day:
    """Everything that happens at a partner on a local day. The same arguments give the same day."""
    floor = _Floor(partner, Dice("day", seed, partner.source, on.isoformat()), on, shape)
    return floor.run()


@dataclass
class _Handover:
    """A leg that waits for its transfer: the call so far, and who spoke."""

    call: Call
    shift: Shift
    leg: Leg
    spoken: Talk


class _Floor:
    def __init__(self, partner: Partner, dice: Dice, on: date, shape: Shape) -> None:
        self._partner, self._dice, self._on, self._shape = partner, dice, on, shape
        self._platform = PLATFORMS[partner.settings.connector]
        self._name = call_names(partner, dice, on)
        self._calls: list[Call] = []
        self._states: list[StateChange] = []

    def run(self) -> Day:
        on_duty = shifts(self._dice, self._partner, self._on)
        for shift in on_duty:
            self._state(shift.login, shift.agent, "available")
        self._inbound([shift for shift in on_duty if shift.agent.line == "inbound"])
        for shift in on_duty:
            if shift.agent.line == "outbound":
                self._outbound(shift)
        self._calls.sort(key=lambda call: (call.started, call.id))
        return Day(tuple(self._calls), self._settled())

    def _settled(self) -> tuple[StateChange, ...]:
        """Who goes from work straight into a break or home was not available in between."""
        last = {(change.at, change.agent.number): change for change in self._states}
        return tuple(last[moment] for moment in sorted(last))

    def _state(self, at: int, agent: Agent, state: State) -> None:
        self._states.append(StateChange(at, agent, state))

    def _step(self, ms: int) -> int:
        return ms // self._platform.step_ms * self._platform.step_ms

    # Inbound: one line for all, agents by who has been free for longest.

    def _arrivals(self, on_duty: list[Shift]) -> Iterator[int]:
        slot = min(shift.login for shift in on_duty)
        until = max(shift.logout for shift in on_duty)
        while slot < until:
            agents = present(on_duty, slot)
            # Small teams can't share peaks: for the same service level each agent takes fewer calls.
            hourly = agents * self._shape.calls_per_agent_hour * (1.0 - 0.85 / sqrt(agents + 1.0))
            at = slot + self._dice.gap(3_600_000 / hourly) if hourly else until
            while at < min(slot + _SLOT, until):
                yield at
                at += self._dice.gap(3_600_000 / hourly)
            slot += _SLOT

    def _inbound(self, on_duty: list[Shift]) -> None:
        if not on_duty:
            return
        campaigns = [(c, 0.7 / n) for n, c in enumerate(self._of("inbound"), 1)]
        free = [(shift.login, shift.agent.number, shift) for shift in on_duty]
        heapq.heapify(free)
        pending: list[tuple[int, int, _Handover]] = []
        for arrival in self._arrivals(on_duty):
            while pending and pending[0][0] <= arrival:
                self._hand_over(free, heapq.heappop(pending)[2])
            self._take(free, pending, self._dice.weighted(campaigns), self._step(arrival))
        while pending:
            self._hand_over(free, heapq.heappop(pending)[2])
        for since, _, shift in free:
            self._leave(shift, since)

    def _of(self, line: str) -> list[Campaign]:
        return [campaign for campaign in self._partner.campaigns if campaign.line == line]

    def _next_free(self, free: list[tuple[int, int, Shift]], at: int) -> tuple[int, Shift] | None:
        """Who is free first, and since when; pauses that are due come before, and who is done goes home."""
        while free:
            since, n, shift = heapq.heappop(free)
            ready = max(since, at)
            if shift.pauses and shift.pauses[0][0] <= ready:
                heapq.heappush(free, (self._pause(shift, since), n, shift))
            elif ready >= shift.logout:
                self._leave(shift, since)
            else:
                return since, shift
        return None

    def _pause(self, shift: Shift, since: int) -> int:
        due, length, state = shift.pauses.popleft()
        begins = max(due, since)
        if begins + length >= shift.logout:
            return since
        self._state(begins, shift.agent, state)
        self._state(begins + length, shift.agent, "available")
        return begins + length

    def _leave(self, shift: Shift, since: int) -> None:
        while shift.pauses:
            since = self._pause(shift, since)
        self._state(max(shift.logout, since), shift.agent, "offline")

    def _take(
        self, free: list[tuple[int, int, Shift]], pending: list[tuple[int, int, _Handover]], campaign: Campaign, at: int
    ) -> None:
        dice = self._dice
        customer = number(dice, campaign.country)
        patience = dice.between(1000, 5000) if dice.chance(_HASTY) else 8000 + dice.gap(_PATIENCE_MS)
        ring = dice.between(2000, 7000)
        ident = self._name(at)
        found = self._next_free(free, at)
        if found is None or max(found[0] - at, 0) + ring > patience:
            if found:
                heapq.heappush(free, (found[0], found[1].agent.number, found[1]))
            gone = self._step(at + max(patience, self._platform.step_ms))
            self._calls.append(
                Call(ident, self._partner.source, campaign, customer, at, gone, "abandoned", "customer", ring_ms=0)
            )
            return
        since, shift = found
        answered = self._step(max(since, at) + ring)
        call = Call(
            ident, self._partner.source, campaign, customer, at, 0, "completed", "customer",
            answered=answered, answered_by="human", ring_ms=ring,
        )  # fmt: skip
        self._calls.append(call)
        spoken = talk(dice, self._platform, campaign, shift.agent, ident)
        leg = Leg(shift.agent, answered)
        call.legs = (leg,)
        self._state(answered, shift.agent, "on_call")
        if dice.chance(_TRANSFERRED) and spoken.length > 40_000:
            due = self._step(answered + int(spoken.length * (0.3 + 0.4 * dice.unit())))
            heapq.heappush(pending, (due, len(self._calls), _Handover(call, shift, leg, spoken)))
            leg.handed_at = due
        else:
            self._hang_up(free, call, shift, leg, spoken, self._step(answered + spoken.length))

    def _hang_up(
        self, free: list[tuple[int, int, Shift]], call: Call, shift: Shift, leg: Leg, spoken: Talk, at: int
    ) -> None:
        call.ended = at
        call.ended_by = "customer" if self._dice.chance(0.6) else "agent"
        heapq.heappush(free, (self._wrap_up(shift.agent, leg, spoken, at), shift.agent.number, shift))

    def _wrap_up(self, agent: Agent, leg: Leg, spoken: Talk, at: int) -> int:
        done = finish(leg, spoken, self._platform, at)
        self._state(at, agent, "wrap_up")
        self._state(done, agent, "available")
        return done

    def _hand_over(self, free: list[tuple[int, int, Shift]], handover: _Handover) -> None:
        call, leg, spoken, shift = handover.call, handover.leg, handover.spoken, handover.shift
        at, warm = leg.handed_at, self._dice.chance(_WARM)
        if not self._platform.second_legs:
            leg.handed_over, leg.handed_to = ("warm" if warm else "blind"), "900"
            call.ended, call.ended_by = self._step(leg.answered + spoken.length), "customer"
            heapq.heappush(free, (self._first_leg_ends(shift, leg, spoken, at), shift.agent.number, shift))
            return
        found = self._next_free(free, at)
        if found is None or (warm and found[0] > at):
            if found:
                heapq.heappush(free, (found[0], found[1].agent.number, found[1]))
            leg.handed_at = 0
            self._hang_up(free, call, shift, leg, spoken, self._step(leg.answered + spoken.length))
            return
        since, second = found
        answered = self._step(max(since, at) + self._dice.between(3000, 9000))
        consult = self._step(self._dice.between(8000, 25_000)) if warm else 0
        leg.handed_over = "warm" if warm else "blind"
        leg.handed_at = answered + consult if warm else at
        heapq.heappush(free, (self._first_leg_ends(shift, leg, spoken, leg.handed_at), shift.agent.number, shift))
        again = talk(self._dice, self._platform, call.campaign, second.agent, call.id)
        closing = Leg(second.agent, answered)
        call.legs = (leg, closing)
        self._state(answered, second.agent, "on_call")
        ended = self._step(max(answered + again.length, leg.handed_at + 5000))
        self._hang_up(free, call, second, closing, again, ended)

    def _first_leg_ends(self, shift: Shift, leg: Leg, spoken: Talk, at: int) -> int:
        """The leg that hands over has no result of its own: that comes from the last leg."""
        done = self._wrap_up(shift.agent, leg, spoken, at)
        leg.sale, leg.corrected = None, None
        leg.disposition = "transferred" if "transferred" in self._platform.dispositions.values() else None
        return done

    # Outbound: the dialler tries numbers for each free agent until a human answers.

    def _outbound(self, shift: Shift) -> None:
        dice = self._dice
        campaign = self._of("outbound")[shift.agent.number // 2 % len(self._of("outbound"))]
        pause = max(3000.0, (3600 / self._shape.dials_per_agent_hour - _DIAL_SECONDS) * 1000)
        at = shift.login + dice.gap(pause)
        since = shift.login
        while at < shift.logout:
            if shift.pauses and shift.pauses[0][0] <= at:
                since = self._pause(shift, since)
                at = max(at, since)
                continue
            at = self._dial(shift, campaign, self._step(at))
            since = max(since, at)
            at += dice.gap(pause)
        self._leave(shift, since)

    def _dial(self, shift: Shift, campaign: Campaign, at: int) -> int:
        dice = self._dice
        customer = number(dice, campaign.country)
        reason, machine = dice.weighted(_ATTEMPTS)
        call = Call(self._name(at), self._partner.source, campaign, customer, at, 0, reason, "system")
        self._calls.append(call)
        if reason == "completed":
            call.ring_ms = self._step(dice.between(4000, 19_000))
            call.answered = at + call.ring_ms
            call.answered_by = "machine" if machine else "human"
        if machine and not self._platform.detects_machines:
            call.answered, call.answered_by, call.reason = None, None, "no-answer"
        if reason != "completed" or machine:
            lasts = {"no-answer": (24_000, 35_000), "busy": (2000, 4000), "failed": (1000, 3000)}
            low, high = lasts.get(reason, (4000, 9000))
            call.ended = at + call.ring_ms + self._step(dice.between(low, high))
            if self._platform.unreached_results:
                results: dict[Reason, str] = {"no-answer": "no_answer", "busy": "busy", "failed": "no_answer"}
                call.result = results.get(reason, "answering_machine")
            return call.ended
        answered = at + call.ring_ms
        spoken = talk(dice, self._platform, campaign, shift.agent, call.id)
        leg = Leg(shift.agent, answered)
        call.legs = (leg,)
        self._state(answered, shift.agent, "on_call")
        call.ended = self._step(answered + spoken.length)
        call.ended_by = "customer" if dice.chance(0.55) else "agent"
        return self._wrap_up(shift.agent, leg, spoken, call.ended)
