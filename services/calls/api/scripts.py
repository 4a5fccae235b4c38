"""The routes of scripts: drafts, versions, what changed, YAML, a look without a call, steps of calls, and figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import script_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Everybody, Manages, Seller, Service, WritesScripts
from services.calls.api.lead_desk import AtLeads, LeadDesk, summaries
from services.calls.domain.script import DraftScript, PublishScript, WithdrawScript, script
from services.calls.domain.script_diff import diff
from services.calls.domain.script_graph import Finding, edges_of, findings_of, unsold
from services.calls.domain.script_preview import Said, walk
from services.calls.domain.script_text import MOST_BYTES, from_yaml, to_yaml
from services.calls.domain.walk import Number, Step, TakeSteps
from services.calls.domain.walk import walk as walking
from services.calls.events.scripts import Content, Entry, Input, Name
from services.calls.views.products import products
from services.calls.views.script_steps import CallWalk, call_sales, figures, script_walks
from services.calls.views.scripts import KnownScript, scripts
from services.calls.views.sources import call_sources
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    command_id,
    content_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.names import Language
from shared.notes import month_subject
from shared.security import Principal

YAML = "application/yaml"
_YAML_BODY = {"requestBody": {"required": True, "content": {YAML: {"schema": {"type": "string"}}}}}

router = APIRouter(prefix="/api/v1/scripts", tags=["scripts"])
Version = Annotated[str, Query(pattern="^([0-9]{1,9}|draft|current)$", description="A number, `draft` or `current`.")]


accepts(
    router,
    "/{script}/draft",
    script,
    DraftScript,
    service="calls",
    right="scripts.write",
    method="PUT",
    of_partner=False,
)
accepts(
    router, "/{script}/withdrawal", script, WithdrawScript, service="calls", right="scripts.write", of_partner=False
)


class Publication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of the draft that was looked at."""

    draft: int


class ScriptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A script as it stands in the list. `draft`: the number of the draft; `version` None: no call begins it;
    `changes`: how often anything was said of it."""

    script: str
    kind: str
    title: str
    languages: tuple[str, ...]
    draft: int
    version: int | None
    changed: bool
    changes: int


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A script that was read, what is wrong with it, and its YAML as we write it."""

    content: Content
    findings: list[Finding]
    yaml: str


class AskedWalk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version, in which language, with which values of variables, after which answers."""

    language: Language
    version: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,9}|draft|current)$(?!\n)")] = "draft"
    answers: Annotated[tuple[str, ...], msgspec.Meta(max_length=1_000)] = ()
    values: dict[str, Annotated[str, msgspec.Meta(max_length=200)]] = {}


class AskedStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step as the panel tells it. At an input, one of `choice`, `number` and `text` is the customer's answer."""

    step: Number
    script: Name
    version: Number
    node: Name
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    answer: Annotated[str, msgspec.Meta(max_length=63)] = ""
    choice: Annotated[str, msgspec.Meta(max_length=63)] | None = None
    number: Annotated[int, msgspec.Meta(ge=-(10**12), le=10**12)] | None = None
    text: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None


class AskedSteps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps of one call, of whichever scripts."""

    steps: Annotated[tuple[AskedStep, ...], msgspec.Meta(min_length=1, max_length=500)]


@router.get("", summary="All scripts", responses=examples.SCRIPTS)
async def list_scripts(
    deps: Service,
    who: Anyone,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By id, each with its draft's number and the version that calls begin. `changed`: the draft says otherwise."""
    found = [(key, _row(doc)) for key, doc in await deps.reads.find(scripts, {}) if doc.drafted]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.post("/check", summary="Check a script", openapi_extra=_YAML_BODY, responses=examples.CHECKED)
async def check(request: Request, deps: Service, who: Anyone) -> Response:
    """A script as YAML, or as JSON with that content type: what is wrong with it, by node. Nothing is kept. 409
    `yaml_unreadable`, `yaml_refused`, `yaml_too_deep`, `yaml_too_large`, `not_a_script`."""
    if request.headers.get("content-type", "").startswith("application/json"):
        content = await body(request, Content)
    else:
        content = from_yaml(await content_of(request, MOST_BYTES))
    findings = [*findings_of(content), *unsold(content, await _sold(deps))]
    return json_response(Checked(content=content, findings=findings, yaml=to_yaml(content)))


@router.post(
    "/{script}/publication", status_code=202, summary="Publish a script", openapi_extra=takes(Publication),
    responses=examples.PUBLISHED,
)  # fmt: skip
async def publish(request: Request, script: str, deps: Service, who: WritesScripts) -> Response:
    """Make the draft what calls follow that begin from now on. 409 `unknown_script`, `draft_changed`, and `not_whole`
    with the first finding, which may be an offer of a product that is not sold."""
    asked = await body(request, Publication)
    known = {"script": script, "draft": asked.draft, "sold": await _sold(deps), "at": deps.clock(), "by": who.name}
    try:
        command = msgspec.convert(known, PublishScript)
    except msgspec.ValidationError as error:
        raise invalid("script", str(error)) from None
    return await _handled(request, deps, script_id=script, command=command, who=who)


@router.get("/{script}", summary="A script", responses=examples.SCRIPT)
async def show_script(script: str, deps: Service, who: Anyone) -> Response:
    """Its draft and all its versions, oldest first."""
    return json_response(await _known(deps, script))


@router.get("/{script}/version", summary="A version of a script", responses=examples.VERSION)
async def show_version(script: str, deps: Service, who: Everybody, version: Version = "current") -> Response:
    """`current`: what a call follows that begins now. The answer names its number, and a call asks for that one until
    its end. Agents see what is published."""
    doc = await _known(deps, script)
    number = doc.current.version if version == "current" and doc.current else None
    content = _content(doc, version, who)
    return json_response({"script": script, "version": number or version, "content": content})


@router.get("/{script}/yaml", summary="A script as YAML", response_class=Response, responses=examples.YAML)
async def show_yaml(script: str, deps: Service, who: Anyone, version: Version = "draft") -> Response:
    """Of a version, or of the draft."""
    return Response(to_yaml(_content(await _known(deps, script), version, who)), media_type=YAML)


@router.put(
    "/{script}/yaml", status_code=202, summary="Save the draft as YAML", openapi_extra=_YAML_BODY,
    responses=examples.DRAFTED,
)  # fmt: skip
async def save_yaml(
    request: Request,
    script: str,
    deps: Service,
    who: WritesScripts,
    draft: Annotated[int | None, Query(description="The draft that it was made from.")] = None,
) -> Response:
    """As the draft in JSON. 409 `draft_changed`, and what makes the YAML none."""
    content = from_yaml(await content_of(request, MOST_BYTES))
    asked = {"script": script, "content": content, "draft": draft, "at": deps.clock(), "by": who.name}
    try:
        command = msgspec.convert(asked, DraftScript)
    except msgspec.ValidationError as error:
        raise invalid("script", str(error)) from None
    return await _handled(request, deps, script_id=script, command=command, who=who)


@router.get("/{script}/diff", summary="What changed between two versions", responses=examples.DIFF)
async def show_diff(
    script: str,
    deps: Service,
    who: Anyone,
    old: Annotated[str, Query(pattern="^([0-9]{1,9}|draft|current)$", description="From this version.")] = "current",
    new: Annotated[str, Query(pattern="^([0-9]{1,9}|draft|current)$", description="To this one.")] = "draft",
) -> Response:
    """Nodes added, removed and changed, and the ways between them."""
    doc = await _known(deps, script)
    return json_response(diff(_content(doc, old, who), _content(doc, new, who)))


@router.post(
    "/{script}/preview", summary="Walk a script without a call", openapi_extra=takes(AskedWalk),
    responses=examples.WALKED,
)  # fmt: skip
async def preview(request: Request, script: str, deps: Service, who: Anyone) -> Response:
    """What is said after these answers, and where it stands. 409 `no_such_language`, `no_such_answer`, `no_such_node`,
    `after_the_end`, `endless`."""
    asked = await body(request, AskedWalk)
    content = _content(await _known(deps, script), asked.version, who)
    steps: list[Said] = walk(content, asked.answers, asked.language, asked.values)
    return json_response({"steps": steps})


@router.get("/{script}/answers", summary="Search a list of answers", responses=examples.ANSWERS)
async def search_answers(
    script: str,
    deps: Service,
    who: Everybody,
    language: Annotated[str, Query(pattern="^[a-z]{2}$")],
    q: Annotated[str, Query(max_length=200, description="Words that all have to be there.")] = "",
    version: Version = "current",
) -> Response:
    """The entries that hold every word of `q`, in question or answer, whatever the case."""
    content = _content(await _known(deps, script), version, who)
    words = q.casefold().split()
    found = [_entry(one, language) for one in content.entries if _holds(one, language, words)]
    return json_response({"items": found})


@router.post(
    "/steps/{walk}", status_code=202, summary="Record steps of a call", openapi_extra=takes(AskedSteps),
    responses=examples.STEPS,
)  # fmt: skip
async def take_steps(request: Request, walk: str, deps: Service, desk: AtLeads, who: Seller) -> Response:
    """Of the call `<partner>:<call>`, in batches; a step that is known by its number is passed over, so a batch may be
    sent again. Free text is kept sealed, and gone when the customer is erased. 409 `step_differs`, `another_version`,
    `unknown_node`, `unknown_answer`, `not_asked` for an answer of another form than the input asks for."""
    asked = await body(request, AskedSteps)
    partner, _, call = walk.partition(":")
    must_see(who, partner)
    await _must_be_theirs(deps, partner, call)
    known = await deps.reads.get(scripts, sorted({one.script for one in asked.steps}))
    steps = tuple(_checked(one, known.get(one.script)) for one in asked.steps)
    agent = who.agent if who.role == "agent" else None
    command = TakeSteps(call=call, partner=partner, steps=steps, agent=agent, at=deps.clock(), by=who.name)
    if said := {one.step: one.text for one in asked.steps if one.text is not None}:
        await _keep(deps, desk, partner, call, command.at, said)
    accepted = await deps.door.handle(walking, walk, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.get("/calls/{call}", summary="The way of a call through its scripts", responses=examples.CALL)
async def show_walk(
    call: str,
    deps: Service,
    who: Manages,
    script: Annotated[str, Query(description="Which script.")],
    version: Annotated[int, Query(description="In which version.")],
) -> Response:
    """Steps and answers by number of step, with the texts that can still be read."""
    key = f"{script}/{version}/{call}"
    found = (await deps.reads.get(script_walks, [key])).get(key)
    if found is None or not who.sees(found.partner):
        raise not_found("walk")
    return json_response({"walk": found, "texts": await texts_of(deps, found)})


@router.get("/{script}/figures", summary="Where calls went, and what sold", responses=examples.FIGURES)
async def show_figures(
    script: str,
    deps: Service,
    who: Anyone,
    version: Annotated[int | None, Query(description="Of this version only.")] = None,
    start: Annotated[
        str | None, Query(alias="from", pattern=r"^\d{4}-\d\d-\d\d$", description="First day, UTC.")
    ] = None,
    end: Annotated[str | None, Query(alias="to", pattern=r"^\d{4}-\d\d-\d\d$", description="Last day, UTC.")] = None,
) -> Response:
    """For each node the calls that reached it, that went no further, and that sold; for each answer likewise. A call
    sold when an order of it stands or its platform reports a sale. Of the partners that the caller may see."""
    equal: dict[str, str | int] = {"script": script} | ({} if version is None else {"version": version})
    found = [doc for _, doc in await deps.reads.find(script_walks, equal) if who.sees(doc.partner)]
    walks = [doc for doc in found if (start or "") <= doc.day <= (end or "9999")]
    sales = await deps.reads.get(call_sales, sorted({doc.call for doc in walks}))
    return json_response(figures(walks, sales))


async def _handled(
    request: Request, deps: Deps, script_id: str, command: DraftScript | PublishScript, who: Principal
) -> Response:
    accepted = await deps.door.handle(script, script_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


def _text_name(call: str, step: int) -> str:
    """The name of what was said at a step of a call."""
    return f"survey/{call}/{step}"


async def texts_of(deps: Deps, walk: CallWalk) -> dict[int, str]:
    """What was said in own words and can still be read, by number of step."""
    names = {_text_name(walk.call, step): step for step, given in walk.answers.items() if given.sealed}
    return {names[name]: text for name, text in (await deps.vault.notes.read(list(names))).items()}


async def _keep(deps: Deps, desk: LeadDesk, partner: str, call: str, at: datetime, said: Mapping[int, str]) -> None:
    """Under the key of the call's customer, where somebody knows who that is. What a customer said who was erased
    meanwhile is not kept."""
    known = (await summaries(desk, [call])).get(call)
    ref = known.customer_ref if known else None
    for step, text in said.items():
        await deps.vault.notes.put(_text_name(call, step), ref or month_subject(partner, at), text)


async def _sold(deps: Deps) -> frozenset[str]:
    """The SKUs of the catalogue that were not withdrawn."""
    return frozenset(sku for sku, doc in await deps.reads.find(products, {}) if doc.withdrawn is None)


async def _known(deps: Deps, name: str) -> KnownScript:
    found = (await deps.reads.get(scripts, [name])).get(name)
    if found is None:
        raise not_found("script")
    return found


def _content(doc: KnownScript, version: str, who: Principal) -> Content:
    if version == "draft" and who.role == "agent":
        raise Problem(403, "not_allowed", "Agents see what is published.")
    found = doc.content(version)
    if found is None:
        raise not_found("version")
    return found


def _row(doc: KnownScript) -> ScriptRow:
    drafted = doc.drafted
    if drafted is None:
        raise ValueError("a script begins with a draft")
    content, current = drafted.content, doc.current
    return ScriptRow(
        script=doc.script,
        kind=content.kind,
        title=content.title,
        languages=content.languages,
        draft=drafted.draft,
        version=current.version if current else None,
        changed=current is None or current.content != content,
        changes=doc.changes,
    )


def _entry(one: Entry, language: str) -> dict[str, str]:
    return {"id": one.id, "question": one.question.get(language, ""), "answer": one.answer.get(language, "")}


def _holds(one: Entry, language: str, words: list[str]) -> bool:
    text = f"{one.question.get(language, '')} {one.answer.get(language, '')}".casefold()
    return bool(text.strip()) and all(word in text for word in words)


async def _must_be_theirs(deps: Deps, partner: str, call: str) -> None:
    source = call.partition(":")[0]
    book = (await deps.reads.get(call_sources, [source])).get(source)
    if book is None or not book.revision or book.current.partner != partner:
        raise not_found("call")


def _checked(one: AskedStep, doc: KnownScript | None) -> Step:
    """409 where the version has no such node, answer or input."""
    content = doc.content(str(one.version)) if doc else None
    node = next((node for node in content.nodes if node.id == one.node), None) if content else None
    if node is None:
        raise Problem(409, "unknown_node", f"Version {one.version} of {one.script} has no node {one.node}.")
    if one.answer and one.answer not in {answer for answer, _ in edges_of(node)}:
        raise Problem(409, "unknown_answer", f"{one.node} has no answer {one.answer}.")
    given = {"choice": one.choice, "number": one.number, "text": one.text}
    forms = [form for form, value in given.items() if value is not None]
    if forms and (not isinstance(node, Input) or forms != [node.form]):
        raise Problem(409, "not_asked", f"{one.node} does not ask for {' and '.join(forms)}.")
    if one.choice is not None and isinstance(node, Input) and one.choice not in {part.id for part in node.choices}:
        raise Problem(409, "unknown_answer", f"{one.node} has no choice {one.choice}.")
    return Step(
        step=one.step,
        script=one.script,
        version=one.version,
        node=one.node,
        at=one.at.astimezone(UTC),
        answer=one.answer,
        field=node.field if forms and isinstance(node, Input) else None,
        choice=one.choice,
        number=one.number,
        sealed=one.text is not None,
    )
