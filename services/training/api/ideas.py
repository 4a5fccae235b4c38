"""The routes of ideas: proposed and voted for by agents, answered and shipped by the company, with the effect."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import idea_examples as examples
from services.training.api.callers import NAME, Agent, Everybody, Service, Staff
from services.training.api.forms import MOST_PER_PAGE
from services.training.api.population import talks_between
from services.training.api.sides import AtTexts, Written, id_by, named
from services.training.api.usage import AtUsage
from services.training.domain.idea import (
    AnswerIdea,
    Days,
    IdeaCommand,
    MeasureIdea,
    MergeIdea,
    ProposeIdea,
    ShipIdea,
    TakeVoteBack,
    VoteForIdea,
    idea,
)
from services.training.events.ideas import Answered, IdeaMeasured, IdeaShipped, Share, Watched
from services.training.measuring.usage import StepCount, summed
from services.training.texts import Texts
from services.training.usage import Usage
from services.training.views.ideas import KnownIdea, WholeIdea, head_of, ideas, whole_ideas
from shared.contracts.training import IdeaSubject
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/ideas", tags=["ideas"])
Known = dict[str, KnownIdea]


class AskedIdea(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is about, and the idea. It is kept sealed, since it may name customers."""

    subject: IdeaSubject
    text: Written


class AskedReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of it, and what the author is told."""

    status: Answered
    text: Written


class AskedShipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since when it is there, what the author is told, and what it is to move."""

    on: date
    text: Written
    watched: Watched | None = None


class AskedMeasuring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days before and after are compared."""

    days: Days = 28


class IdeaRow(msgspec.Struct, frozen=True, kw_only=True):
    """An idea in a list, with all that were merged into it. `mine`: whether the caller is one of its authors; `voted`:
    whether the caller has voted for it. `authors` are those whom the caller may know: of the own partner's agents."""

    idea: str
    partner: str
    subject: str
    text: str | None
    status: str
    votes: int
    mine: bool
    voted: bool
    authors: list[str]
    merged: list[str]
    reply: str | None
    shipped: IdeaShipped | None
    measured: IdeaMeasured | None
    proposed_on: date


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent's ideas came to: `improved` are those with a measured effect for the better."""

    partner: str
    agent: str
    proposed: int
    shipped: int
    improved: int


@router.post(
    "", status_code=201, summary="Propose an idea", openapi_extra=takes(AskedIdea), responses=examples.PROPOSED
)
async def propose(request: Request, deps: Service, texts: AtTexts, who: Agent) -> Response:
    """As an agent. The words are kept sealed; colleagues of the same partner and the company read them."""
    asked = await body(request, AskedIdea)
    (partner,) = who.partners or ("",)
    by, at = command_id(request), deps.clock()
    ident = f"{partner}:{id_by(who, by)}"
    command = ProposeIdea(
        idea=ident,
        agent=who.agent or "",
        subject=asked.subject,
        text=await texts.keep(partner, f"idea {ident}", at, asked.text),
        at=at,
        by=named(who),
    )
    accepted = await deps.door.handle(idea, ident, command, command_id=by, actor=named(who))
    return json_response({"id": ident, "stream": accepted.stream, "version": accepted.version}, status=201)


@router.get("", summary="Ideas", responses=examples.IDEAS)
async def list_ideas(
    deps: Service,
    texts: AtTexts,
    who: Everybody,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those of the partners that the caller sees, and those into which one of theirs was merged; those that are wanted
    by most first. An idea that was merged stands with the one that it was merged into."""
    if partner is not None:
        must_see(who, partner)
    known = await _all(deps)
    seen = [one for one in whole_ideas(known) if _concerns(one, known, who, partner)]
    shown = page([(f"{number:08}", one) for number, one in enumerate(seen)], limited(limit, MOST_PER_PAGE), cursor)
    rows = await _rows(texts, shown.items, known, who)
    return json_response({"items": rows, "next": shown.next})


@router.get("/credits", summary="To whose credit ideas came true", responses=examples.CREDITS)
async def list_credits(deps: Service, who: Everybody) -> Response:
    """By agent, of the partners that the caller sees: ideas proposed, shipped, and with a measured effect for the
    better. Who proposed the same as another has the credit too."""
    found: dict[tuple[str, str], list[WholeIdea]] = {}
    for one in whole_ideas(await _all(deps)):
        for author in one.authors:
            if who.sees(author[0]):
                found.setdefault(author, []).append(one)
    items = [_credit(partner, agent, own) for (partner, agent), own in found.items()]
    items.sort(key=lambda one: (-one.improved, -one.shipped, -one.proposed, one.partner, one.agent))
    return json_response({"items": items, "next": None})


@router.get("/{idea_id}", summary="An idea", responses=examples.IDEA)
async def show_idea(idea_id: str, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """As it goes on: an idea that was merged is answered by the one that it was merged into."""
    must_see(who, idea_id.partition(":")[0])
    known = await _all(deps)
    if idea_id not in known:
        raise not_found("idea")
    head = head_of(idea_id, known)
    whole = next(one for one in whole_ideas(known) if one.head.idea == head)
    return json_response((await _rows(texts, [whole], known, who))[0])


@router.post("/{idea_id}/vote", status_code=202, summary="Vote for an idea", responses=examples.DONE)
async def vote(request: Request, idea_id: str, deps: Service, who: Everybody) -> Response:
    """Once: whoever sees the partner may. 409 `unknown_idea`, `own_idea`, `merged`, `settled`."""
    command = VoteForIdea(idea=idea_id, voter=_voter(who), at=deps.clock(), by=named(who))
    return await _voted(request, deps, command, who)


@router.delete("/{idea_id}/vote", status_code=202, summary="Take a vote back", responses=examples.DONE)
async def take_back(request: Request, idea_id: str, deps: Service, who: Everybody) -> Response:
    """One's own. 409 `unknown_idea`, `no_vote`."""
    command = TakeVoteBack(idea=idea_id, voter=_voter(who), at=deps.clock(), by=named(who))
    return await _voted(request, deps, command, who)


async def _not_merged(command: MergeIdea, deps: Deps) -> None:
    """409 `into_unknown`, `into_merged` where the other goes on as a third."""
    known = (await deps.reads.get(ideas, [command.into])).get(command.into)
    if known is None:
        raise Rejected("into_unknown", "There is no such idea to merge it into.")
    if known.merged is not None:
        raise Rejected("into_merged", f"That one goes on as {known.merged.into}.")


accepts(
    router, "/{idea}/merge", idea, MergeIdea, service=NAME, right="training.run", of_partner=False, check=_not_merged
)


@router.post(
    "/{idea_id}/answer", status_code=202, summary="Answer an idea", openapi_extra=takes(AskedReply),
    responses=examples.DONE,
)  # fmt: skip
async def reply(request: Request, idea_id: str, deps: Service, texts: AtTexts, who: Staff) -> Response:
    """What becomes of it, to its authors. 409 `unknown_idea`, `merged`, `shipped`."""
    asked = await body(request, AskedReply)
    text = await _kept(texts, deps, idea_id, asked.text)
    command = AnswerIdea(idea=idea_id, status=asked.status, text=text, at=deps.clock(), by=who.name)
    return await _handled(request, deps, command, who)


@router.post(
    "/{idea_id}/shipping", status_code=202, summary="Say that an idea came true", openapi_extra=takes(AskedShipping),
    responses=examples.DONE,
)  # fmt: skip
async def ship(request: Request, idea_id: str, deps: Service, texts: AtTexts, who: Staff) -> Response:
    """To the credit of its authors, with what it is to move: a share of visits to a step of the panel that go wrong, or
    of talks with a sale. 409 `unknown_idea`, `merged`, `shipped`, `not_yet`, `watched_wrong`."""
    asked = await body(request, AskedShipping)
    text = await _kept(texts, deps, idea_id, asked.text)
    command = ShipIdea(idea=idea_id, on=asked.on, text=text, watched=asked.watched, at=deps.clock(), by=who.name)
    return await _handled(request, deps, command, who)


@router.post(
    "/{idea_id}/measurement", status_code=202, summary="Measure what an idea brought",
    openapi_extra=takes(AskedMeasuring), responses=examples.DONE,
)  # fmt: skip
async def measure(request: Request, idea_id: str, deps: Service, usage: AtUsage, who: Staff) -> Response:
    """What was watched, in so many days before and after, on the floor of the idea's partner, from our own count. It is
    a comparison of before and after: whatever else changed is in it too. 409 `unknown_idea`, `not_shipped`,
    `nothing_watched`, `too_early`."""
    asked = await body(request, AskedMeasuring)
    known = (await deps.reads.get(ideas, [idea_id])).get(idea_id)
    shipped = known.shipped if known else None
    before = after = Share(0, 0)
    if known is not None and shipped is None:
        raise Rejected("not_shipped", "It has not come true yet, or that is not seen yet.")
    if known is not None and shipped is not None and shipped.watched is not None:
        span, day = timedelta(days=asked.days), timedelta(days=1)
        before = await _share(deps, usage, known.partner, shipped.watched, shipped.on - span, shipped.on - day)
        after = await _share(deps, usage, known.partner, shipped.watched, shipped.on + day, shipped.on + span)
    command = MeasureIdea(idea=idea_id, days=asked.days, before=before, after=after, at=deps.clock(), by=who.name)
    return await _handled(request, deps, command, who)


async def _share(deps: Deps, usage: Usage, partner: str, watched: Watched, since: date, until: date) -> Share:
    """What was watched from `since` to `until`, both in it."""
    if watched.measure == "sales":
        talks = await talks_between(deps, partner, since, until)
        of = [one.talk for one in talks if watched.campaign in (None, one.talk.campaign)]
        return Share(sum(talk.sales > 0 for talk in of), len(of))
    days = await usage.of_partner(partner, since.isoformat(), (until + timedelta(days=1)).isoformat())
    place = f"panel/{watched.step}"
    total = summed(doc.steps[place] for doc in days if place in doc.steps)
    return Share(_often(total, watched), total.visits)


def _often(total: StepCount, watched: Watched) -> int:
    counts = {"failed": total.failed, "back": total.back, "abandoned": total.abandoned}
    return counts[watched.measure]


async def _kept(texts: Texts, deps: Deps, idea_id: str, text: str) -> str:
    """The name of words about an idea. 404 where there is no such idea."""
    if idea_id not in await deps.reads.get(ideas, [idea_id]):
        raise not_found("idea")
    return await texts.keep(idea_id.partition(":")[0], f"idea {idea_id}", deps.clock(), text)


async def _voted(request: Request, deps: Deps, command: VoteForIdea | TakeVoteBack, who: Principal) -> Response:
    must_see(who, command.idea.partition(":")[0])
    return await _handled(request, deps, command, who)


async def _handled(request: Request, deps: Deps, command: IdeaCommand, who: Principal) -> Response:
    accepted = await deps.door.handle(idea, command.idea, command, command_id=command_id(request), actor=named(who))
    return json_response(accepted, status=202)


async def _all(deps: Deps) -> Known:
    return dict(await deps.reads.find(ideas, {}))


def _voter(who: Principal) -> str:
    return f"agent:{who.agent}" if who.role == "agent" else f"name:{who.name}"


def _concerns(one: WholeIdea, known: Known, who: Principal, partner: str | None) -> bool:
    partners = {known[name].partner for name in (one.head.idea, *one.merged)}
    return any(who.sees(name) and partner in (None, name) for name in partners)


async def _rows(texts: Texts, found: list[WholeIdea], known: Known, who: Principal) -> list[IdeaRow]:
    names: list[str] = []
    for one in found:
        names += _own_text(one, known, who)
        names += [_last_reply(one.head)] if _last_reply(one.head) else []
    said = await texts.of(sorted(set(names)))
    return [_row(one, known, who, said) for one in found]


def _own_text(one: WholeIdea, known: Known, who: Principal) -> list[str]:
    """The name of the words that the caller may read: the idea's own, else those of theirs that was merged into it."""
    for name in (one.head.idea, *one.merged):
        doc = known[name]
        if doc.proposed is not None and who.sees(doc.partner):
            return [doc.proposed.text]
    return []


def _last_reply(head: KnownIdea) -> str:
    if head.shipped is not None:
        return head.shipped.text
    return head.answered[-1].text if head.answered else ""


def _row(one: WholeIdea, known: Known, who: Principal, said: dict[str, str]) -> IdeaRow:
    head = one.head
    if head.proposed is None:
        raise ValueError(f"{head.idea} was never proposed")
    docs = [known[name] for name in (head.idea, *one.merged)]
    me = _voter(who)
    text = _own_text(one, known, who)
    return IdeaRow(
        idea=head.idea,
        partner=head.partner,
        subject=head.proposed.subject,
        text=said.get(text[0]) if text else None,
        status=head.status,
        votes=one.votes,
        mine=any(who.sees(doc.partner) and doc.author == me for doc in docs),
        voted=any(who.sees(doc.partner) and me in doc.voters for doc in docs),
        authors=[agent for partner, agent in one.authors if who.sees(partner)],
        merged=one.merged,
        reply=said.get(_last_reply(head)),
        shipped=head.shipped,
        measured=head.measured,
        proposed_on=head.proposed.at.date(),
    )


def _credit(partner: str, agent: str, own: list[WholeIdea]) -> Credit:
    return Credit(
        partner=partner,
        agent=agent,
        proposed=len(own),
        shipped=sum(one.head.shipped is not None for one in own),
        improved=sum(one.head.measured is not None and one.head.measured.verdict == "improved" for one in own),
    )
