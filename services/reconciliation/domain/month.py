"""A partner's month: reports come, are compared, mismatches find their owner, and both sides agree on what is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as with_

from services.reconciliation.domain.month_commands import (
    UNREQUESTED,
    AgreeMonth,
    AttributeMismatch,
    AttributeMismatches,
    DeemAgreed,
    MonthCommand,
    RecordFailure,
    RecordReconciliation,
    ReopenMonth,
    RequestAdjustment,
    SubmitReport,
    TakeMismatch,
)
from services.reconciliation.events.months import (
    CountAccepted,
    MismatchTaken,
    MonthEvent,
    MonthReconciled,
    ReconciliationFailed,
)
from shared.contracts.reconciliation import (
    AdjustmentRequested,
    MismatchAttributed,
    MismatchFound,
    MonthAgreed,
    MonthReopened,
    Party,
    ReportSubmitted,
)
from shared.kernel import Decider, Money, Rejected


@dataclass(frozen=True)
class Month:
    """The reports by number, what came of the last one, whose each of its mismatches is, what was asked and agreed.

    `asked`: those of the requests that wait for an answer, because since then nothing was compared nor taken back.
    `deciders`: who attributed or took a mismatch of the last comparison.
    """

    reports: Mapping[int, ReportSubmitted] = field(default_factory=dict)
    reconciled: MonthReconciled | None = None
    failed: ReconciliationFailed | None = None
    mismatches: Mapping[str, MismatchFound] = field(default_factory=dict)
    taken: Mapping[str, MismatchTaken] = field(default_factory=dict)
    deciders: frozenset[str] = frozenset()
    requests: tuple[AdjustmentRequested, ...] = ()
    asked: tuple[AdjustmentRequested, ...] = ()
    agreed: MonthAgreed | None = None
    reopened: MonthReopened | None = None

    @property
    def last(self) -> int:
        """The number of the last report; 0 where none came."""
        return max(self.reports, default=0)

    def of(self, party: Party) -> list[str]:
        """The mismatches of a party that nobody took."""
        return sorted(id_ for id_, one in self.mismatches.items() if one.party == party and id_ not in self.taken)


def decide(command: MonthCommand, state: Month) -> list[MonthEvent]:
    """What each command leads to."""
    match command:
        case SubmitReport():
            return _submit(command, state)
        case RecordReconciliation():
            return _record(command, state)
        case RecordFailure():
            return _fail(command, state)
        case AttributeMismatch(mismatch_id=id_):
            return _attribute(command, (id_,), state)
        case AttributeMismatches(mismatches=ids):
            return _attribute(command, ids, state)
        case TakeMismatch():
            return _take(command, state)
        case RequestAdjustment():
            return _request(command, state)
        case AgreeMonth() | DeemAgreed():
            return _agree(command, state)
        case ReopenMonth():
            return _reopen(command, state)


def _submit(command: SubmitReport, state: Month) -> list[MonthEvent]:
    last = state.reports.get(state.last)
    if last is not None and last.digest == command.digest:
        return []
    _must_be_open(state)
    return [
        ReportSubmitted(
            **_place(command),
            number=state.last + 1,
            adjusted=bool(state.requests),
            digest=command.digest,
            name=command.name,
            size=command.size,
            at=command.at,
            by=command.by,
        )
    ]


def _record(command: RecordReconciliation, state: Month) -> list[MonthEvent]:
    _must_be_known(command.report, state)
    if command.report < state.last:
        return []
    known = state.reconciled
    if known is not None and (known.report, known.kept) == (command.report, command.kept) and state.failed is None:
        return []
    _must_be_open(state)
    sums = [sum(getattr(one, side) for one in command.totals) for side in ("theirs_minor", "ours_minor")]
    if sums != [command.theirs_minor, command.ours_minor]:
        raise Rejected("totals_differ", f"The states add up to {sums}, the month to another sum.")
    place = _place(command)
    done = MonthReconciled(
        **place,
        report=command.report,
        kept=command.kept,
        currency=command.currency,
        lines=command.lines,
        calls=command.calls,
        totals=command.totals,
        doubts=command.doubts,
        elsewhere=command.elsewhere,
        at=command.at,
    )
    found = [
        MismatchFound(
            **place,
            report=command.report,
            mismatch_id=one.mismatch_id,
            kind=one.kind,
            cause=one.cause,
            party=one.party,
            confidence=one.confidence,
            lines=one.lines,
            against=one.against,
            moved=Money(one.moved_minor, command.currency),
            proof=one.proof,
            systematic=one.systematic,
            grounds=one.grounds,
            at=command.at,
        )
        for one in command.found
    ]
    return [done, *found]


def _fail(command: RecordFailure, state: Month) -> list[MonthEvent]:
    _must_be_known(command.report, state)
    if command.report < state.last or state.agreed is not None:
        return []
    known = state.failed
    if known is not None and (known.report, known.code, known.detail) == (command.report, command.code, command.detail):
        return []
    return [
        ReconciliationFailed(
            **_place(command),
            report=command.report,
            code=command.code,
            detail=command.detail,
            elsewhere=command.elsewhere,
            at=command.at,
        )
    ]


def _attribute(
    command: AttributeMismatch | AttributeMismatches, ids: tuple[str, ...], state: Month
) -> list[MonthEvent]:
    named = [_mismatch(id_, state) for id_ in dict.fromkeys(ids)]
    changed = [one for one in named if one.party != command.party or one.mismatch_id in state.taken]
    if changed:
        _must_be_open(state)
    return [
        MismatchAttributed(
            **_place(command),
            report=one.report,
            mismatch_id=one.mismatch_id,
            party=command.party,
            reason=command.reason,
            at=command.at,
            by=command.by,
        )
        for one in changed
    ]


def _take(command: TakeMismatch, state: Month) -> list[MonthEvent]:
    one = _mismatch(command.mismatch_id, state)
    known = state.taken.get(command.mismatch_id)
    if known is not None:
        if known.amount.minor == command.amount_minor:
            return []
        raise Rejected("taken_otherwise", f"{known.by} took it with {known.amount.minor} minor units.")
    _must_be_open(state)
    if one.party not in ("undetermined", "own"):
        raise Rejected("not_to_be_taken", f"It is {one.party}: there is nothing to be taken.")
    low, high = sorted((0, one.moved.minor))
    if not low <= command.amount_minor <= high:
        raise Rejected("out_of_range", f"Between {low} and {high} minor units can be added to our count for it.")
    return [
        MismatchTaken(
            **_place(command),
            report=one.report,
            mismatch_id=one.mismatch_id,
            amount=Money(command.amount_minor, one.moved.currency),
            reason=command.reason,
            at=command.at,
            by=command.by,
        )
    ]


def _request(command: RequestAdjustment, state: Month) -> list[MonthEvent]:
    if state.asked and state.asked[-1].digest == command.digest:
        return []
    _must_be_open(state)
    for id_ in command.mismatches:
        if _mismatch(id_, state).party != "partner":
            raise Rejected("not_the_partners", f"{id_} is not the partner's to correct.")
    return [
        AdjustmentRequested(
            **_place(command),
            number=len(state.requests) + 1,
            report=state.last,
            mismatches=command.mismatches,
            lines=command.lines,
            digest=command.digest,
            due=command.due,
            at=command.at,
            by=command.by,
        )
    ]


def _agree(command: AgreeMonth | DeemAgreed, state: Month) -> list[MonthEvent]:
    if state.agreed is not None:
        if state.agreed.usage == command.usage:
            return []
        raise Rejected("agreed_already", "The month is agreed; reopen it first.")
    if not state.reports:
        raise Rejected("no_report", "The partner has sent no report.")
    done = state.reconciled
    if done is None or done.report != state.last:
        raise Rejected("not_reconciled", f"Report {state.last} was not compared yet.")
    for party, code in (("undetermined", "open_undetermined"), ("own", "open_defects")):
        if left := state.of(party):  # type: ignore[arg-type]
            raise Rejected(code, f"Nobody took: {', '.join(left)}.")
    if command.by in state.deciders:
        raise Rejected("separation_of_duties", f"{command.by} decided on mismatches: somebody else has to agree.")
    accepted = _silent(command, state) if isinstance(command, DeemAgreed) else _accepted(command, state)
    theirs = sum(one.theirs_minor for one in done.totals)
    ours = sum(one.ours_minor for one in done.totals)
    added = sum(one.amount.minor for one in state.taken.values())
    return [
        *accepted,
        MonthAgreed(
            **_place(command),
            report=state.last,
            theirs=Money(theirs, done.currency),
            ours=Money(ours, done.currency),
            agreed=Money(ours + added, done.currency),
            usage=command.usage,
            deemed=isinstance(command, DeemAgreed),
            at=command.at,
            by=command.by,
        ),
    ]


def _accepted(command: AgreeMonth, state: Month) -> list[CountAccepted]:
    """Who accepts our count, where the report still says otherwise."""
    left = state.of("partner")
    if not left:
        return []
    if not command.accepted_by.strip():
        raise Rejected("open_corrections", f"The report still says otherwise, and nobody accepted: {', '.join(left)}.")
    said = {"mismatches": tuple(left), "accepted_by": command.accepted_by, "at": command.at, "by": command.by}
    return [CountAccepted(**_place(command), report=state.last, **said)]  # type: ignore[arg-type]


def _silent(command: DeemAgreed, state: Month) -> list[CountAccepted]:
    """Nobody says anything. What moved unasked needs no question: our count stands, and where it differs from that, a
    mismatch of its own says so."""
    if not state.asked:
        raise Rejected("not_asked", "The partner was asked nothing since: it can't be late with an answer.")
    put = {id_ for one in state.asked for id_ in one.mismatches}
    if left := [id_ for id_ in state.of("partner") if id_ not in put and id_ != UNREQUESTED]:
        raise Rejected("not_asked", f"The partner was not asked about: {', '.join(left)}.")
    due = max(one.due for one in state.asked)
    if command.day <= due:
        raise Rejected("not_due", f"The answer is due until {due}.")
    return []


def _reopen(command: ReopenMonth, state: Month) -> list[MonthEvent]:
    known = state.reopened
    if known is not None and (known.reason, known.by) == (command.reason, command.by):
        return []
    if state.agreed is None:
        raise Rejected("not_agreed", "There is no agreement to take back.")
    return [MonthReopened(**_place(command), reason=command.reason, at=command.at, by=command.by)]


def _mismatch(id_: str, state: Month) -> MismatchFound:
    if id_ not in state.mismatches:
        raise Rejected("unknown_mismatch", f"The last report has no mismatch {id_}.")
    return state.mismatches[id_]


def _must_be_known(report: int, state: Month) -> None:
    if report not in state.reports:
        raise Rejected("unknown_report", f"There is no report {report}.")


def _must_be_open(state: Month) -> None:
    if state.agreed is not None:
        raise Rejected("agreed_already", "The month is agreed; reopen it first.")


def _place(command: MonthCommand) -> dict[str, str]:
    partner_id, _, month = command.month_id.partition(":")
    return {"partner_id": partner_id, "month": month}


def evolve(state: Month, event: MonthEvent) -> Month:
    """What came of a report is gone when another one comes, or when it is compared again."""
    match event:
        case ReportSubmitted(number=number):
            return replace(_uncompared(state), reports={**state.reports, number: event})
        case MonthReconciled():
            return replace(_uncompared(state), reconciled=event)
        case ReconciliationFailed():
            return replace(state, failed=event)
        case MismatchFound(mismatch_id=id_):
            return replace(state, mismatches={**state.mismatches, id_: event})
        case MismatchAttributed(mismatch_id=id_, party=party, by=by):
            known = state.mismatches.get(id_)
            if known is None:
                return state
            taken = {key: one for key, one in state.taken.items() if key != id_}
            mismatches = {**state.mismatches, id_: with_(known, party=party)}
            return replace(state, mismatches=mismatches, taken=taken, deciders=state.deciders | {by})
        case MismatchTaken(mismatch_id=id_, by=by):
            return replace(state, taken={**state.taken, id_: event}, deciders=state.deciders | {by})
        case AdjustmentRequested():
            return replace(state, requests=(*state.requests, event), asked=(*state.asked, event))
        case CountAccepted():
            return state
        case MonthAgreed():
            return replace(state, agreed=event, reopened=None)
        case MonthReopened():
            return replace(state, agreed=None, asked=(), reopened=event)


def _uncompared(state: Month) -> Month:
    return replace(state, reconciled=None, failed=None, mismatches={}, taken={}, deciders=frozenset(), asked=())


month = Decider("month", MonthEvent, Month(), decide, evolve)
