"""The routes of conversations about steps of the panel: a supervisor speaks to an agent, or an agent asks for help."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import usage_examples as examples
from services.training.api.callers import NAME, Everybody, Service
from services.training.api.forms import MOST_PER_PAGE
from services.training.api.sides import AtTexts, Written, id_by, named, party_of
from services.training.domain.struggle import CloseConversation, ContinueConversation, StartConversation, struggle
from services.training.events.struggles import Page, Step
from services.training.views.conversations import KnownConversation, conversations
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    command_id,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.names import PartnerId
from shared.security import Principal

router = APIRouter(prefix="/conversations", tags=["usage"])


class AskedConversation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """About which step, and what is said. `partner` and `agent`: whom it is with; an agent says neither."""

    step: Step
    text: Written
    page: Page = "panel"
    partner: PartnerId | None = None
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class AskedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What else is said."""

    text: Written


@router.post(
    "", status_code=201, summary="Start a conversation", openapi_extra=takes(AskedConversation),
    responses=examples.STARTED,
)  # fmt: skip
async def start(request: Request, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """With an agent about a step, for administrators who see the partner; an agent asks for help with it."""
    asked = await body(request, AskedConversation)
    partner, agent = _whom(asked, who)
    by, at = command_id(request), deps.clock()
    ident = f"{partner}:{id_by(who, by)}"
    command = StartConversation(
        conversation=ident,
        agent=agent,
        page=asked.page,
        step=asked.step,
        party=party_of(who),
        text=await texts.keep(partner, f"conversation {ident}", at, asked.text),
        at=at,
        by=named(who),
    )
    accepted = await deps.door.handle(struggle, ident, command, command_id=by, actor=named(who))
    return json_response({"id": ident, "stream": accepted.stream, "version": accepted.version}, status=201)


@router.get("", summary="Conversations", responses=examples.CONVERSATIONS)
async def list_conversations(
    deps: Service,
    who: Everybody,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    agent: Annotated[str | None, Query(description="With this agent, by the vendor's id.")] = None,
    state: Annotated[Literal["open", "closed"] | None, Query(description="That stand so.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by id; an agent sees its own."""
    if partner is not None:
        must_see(who, partner)
    wanted = {"partner": partner, "agent": who.agent if who.role == "agent" else agent, "state": state}
    found = await deps.reads.find(conversations, {name: value for name, value in wanted.items() if value is not None})
    seen = [(key, doc) for key, doc in found if _may_see(doc, who)]
    return json_response(page(seen, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{conversation_id}", summary="A conversation", responses=examples.CONVERSATION)
async def show_conversation(conversation_id: str, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """All that was said, oldest first; `texts` by the names that stand in it, as far as they can still be read."""
    doc = await _visible(deps, who, conversation_id)
    names = [one.text for one in (doc.started, *doc.continued) if one is not None]
    return json_response({"conversation": doc, "texts": await texts.of(names)})


@router.post(
    "/{conversation_id}/messages", status_code=202, summary="Say more", openapi_extra=takes(AskedMessage),
    responses=examples.CONTINUED,
)  # fmt: skip
async def say_more(request: Request, conversation_id: str, deps: Service, texts: AtTexts, who: Everybody) -> Response:
    """By the agent, or by administrators who see the partner. 409 `closed`."""
    asked = await body(request, AskedMessage)
    doc = await _visible(deps, who, conversation_id)
    by, at = command_id(request), deps.clock()
    command = ContinueConversation(
        conversation=conversation_id,
        party=party_of(who),
        text=await texts.keep(doc.partner, f"conversation {conversation_id} {id_by(who, by)}", at, asked.text),
        at=at,
        by=named(who),
    )
    accepted = await deps.door.handle(struggle, conversation_id, command, command_id=by, actor=named(who))
    return json_response(accepted, status=202)


accepts(router, "/{conversation}/closing", struggle, CloseConversation, service=NAME, right="coaching.run")


def _whom(asked: AskedConversation, who: Principal) -> tuple[str, str]:
    """With whom it is. 403 to those who do not coach, 404 where the partner is not theirs, 422 where nobody or
    somebody else is named."""
    if who.role == "agent":
        (partner,) = who.partners or ("",)
        for field, said, own in (("partner", asked.partner, partner), ("agent", asked.agent, who.agent)):
            if said not in (None, own):
                raise invalid(field, "an agent asks in its own name")
        return partner, who.agent or ""
    if not who.may("coaching.run"):
        raise Problem(403, "not_allowed", "This is for those who coach, and for agents.")
    if asked.partner is None or asked.agent is None:
        raise invalid("agent" if asked.partner else "partner", "whom is it with?")
    must_see(who, asked.partner)
    return asked.partner, asked.agent


def _may_see(doc: KnownConversation, who: Principal) -> bool:
    """What an agent and whoever leads it say to each other is not for everybody who sees figures."""
    if doc.started is None or not who.sees(doc.partner):
        return False
    return who.may("coaching.run") or (who.role == "agent" and doc.started.agent == who.agent)


async def _visible(deps: Deps, who: Principal, conversation_id: str) -> KnownConversation:
    found = (await deps.reads.get(conversations, [conversation_id])).get(conversation_id)
    if found is None or not _may_see(found, who):
        raise not_found("conversation")
    return found
