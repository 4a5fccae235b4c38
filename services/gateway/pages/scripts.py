"""The pages of scripts: a list, the editor with its outline and figures, a look without a call, what changed, and what
was answered."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Selling
from services.gateway.pages.acting import Form, Shown, back, carried_out, part, went_wrong, whole
from services.gateway.pages.site import embedded_words, page
from services.gateway.views.codes.calls import NODE_KINDS, RESULTS, SCRIPT_KINDS
from services.gateway.views.script_outline import outline
from services.gateway.views.words import _, link
from shared.http import Problem, content_of, require
from shared.security import Principal

router = APIRouter()
Writer = Annotated[Principal, Depends(require("scripts.write", "company"))]
HERE, ROUTE = "/scripts", "/api/v1/scripts"
MOST_YAML = 512 * 1024
TEXTS = 50
"""Calls whose texts are shown at once."""
NEW = """kind: script
title: New script
languages: [en]
start: hello
nodes:
- type: text
  id: hello
  texts: {en: 'Good day, {customer.name}.'}
  to: end
- type: disposition
  id: end
  code: not_interested
"""
NODE_WORDS = {
    "to": _("Goes on to"),
    "accepted": _("Accepted: goes on to"),
    "declined": _("Declined: goes on to"),
    "answer": _("Answer {n}"),
    "answer_to": _("Answer {n} goes on to"),
    "remove": _("Take answer {n} out"),
    "add": _("Another answer"),
    "sku": _("SKU"),
    "field": _("Field"),
    "form": _("Answered by"),
    "choice": _("one of the answers"),
    "number": _("a number"),
    "text": _("own words"),
    "code": _("Result"),
    "taken": _("There is a node {id} already."),
    "no_id": _("An id has letters, digits, _ and -."),
    "unsaved": _("Save the draft first."),
}
Version = Annotated[str, Query(pattern="^([0-9]{1,9}|draft|current)$")]
NAME = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"


@router.get("/scripts")
async def scripts(request: Request, gateway: Door, viewer: Selling) -> Response:
    """All of them."""
    return page(
        request,
        "scripts.html",
        script_kinds=SCRIPT_KINDS,
        rows=await gateway.scripts.every(),
        may_write=_writes(viewer),
    )


@router.get("/scripts/new")
async def new_script(
    request: Request, gateway: Door, viewer: Selling, id: Annotated[str, Query(pattern=NAME)]
) -> Response:
    """The editor with a script that is not saved yet, under the id that it is to have."""
    if not _writes(viewer):
        raise Problem(403, "not_allowed", "Scripts are written by administrators.")
    return await _editor(request, gateway, id, {"script": id}, NEW, viewer)


@router.get("/scripts/{script}")
async def one_script(
    request: Request, gateway: Door, viewer: Selling, script: str, said: Shown = "", wrong: Shown = ""
) -> Response:
    """The editor of the draft, with the figures of the newest version on its nodes."""
    known = await gateway.scripts.one(script)
    yaml = await gateway.scripts.yaml(script)
    return await _editor(request, gateway, script, known, yaml, viewer, said=said, wrong=wrong)


@router.post("/scripts/{script}/draft")
async def save(request: Request, gateway: Door, ask: Asker, viewer: Writer, form: Form, script: str) -> Response:
    """Keep the text as the next draft. One that is refused comes back as it was written."""
    yaml, at = form.text("yaml"), f"{ROUTE}/{part(script)}"
    try:
        await ask.send(f"{at}/yaml", yaml.encode(), "application/yaml", "PUT", draft=form.text("draft"))
    except Problem as problem:
        wrong = went_wrong(problem)
        known = await ask(at) or {"script": script}
        return await _editor(request, gateway, script, known, yaml, viewer, form.text("draft"), wrong=wrong)
    return back(f"{HERE}/{part(script)}", _("Saved."))


@router.post("/scripts/{script}/publication")
async def publish(request: Request, gateway: Door, ask: Asker, viewer: Writer, form: Form, script: str) -> Response:
    """Publish the draft that the form was drawn from. A text that is not kept yet comes back as it was written."""
    at, here = f"{ROUTE}/{part(script)}", f"{HERE}/{part(script)}"
    known, yaml, draft = await ask(at), form.text("yaml"), form.text("draft")
    if known is None or yaml != (await gateway.scripts.yaml(script)).strip():
        known, wrong = known or {"script": script}, _("Save the draft first.")
        return await _editor(request, gateway, script, known, yaml, viewer, draft, wrong=wrong)
    doing = ask.do(f"{at}/publication", {"draft": whole(draft) or 0})
    return await carried_out(doing, here, _("The version is published."))


@router.post("/scripts/checked")
async def checked(request: Request, gateway: Door, viewer: Selling) -> Response:
    """A fragment: findings and outline of the YAML in the body."""
    yaml = (await content_of(request, MOST_YAML)).decode("utf-8", "replace")
    return page(request, "script_checked.html", **await _checked(gateway, yaml), figures={}, node_kinds=NODE_KINDS)


@router.get("/scripts/{script}/preview")
async def preview(
    request: Request,
    gateway: Door,
    viewer: Selling,
    script: str,
    version: Version = "draft",
    language: Annotated[str, Query(max_length=2)] = "",
    a: Annotated[list[str] | None, Query(max_length=1_000)] = None,
) -> Response:
    """The script step by step, each answer a link."""
    known = await gateway.scripts.one(script)
    content = _content(known, version)
    taken, shown = a or [], language or next(iter(content["languages"]), "")
    steps = await gateway.scripts.walked(script, version, shown, taken)

    def to(answers: list[str], into: str = shown) -> str:
        query = link(f"/scripts/{script}/preview", version=version, language=into)
        return query + "".join(f"&a={answer}" for answer in answers)

    return page(
        request, "script_preview.html", node_kinds=NODE_KINDS, result_words=RESULTS,
        script=script, content=content, version=version, steps=steps, to=to,
        taken=taken, shown=shown,
    )  # fmt: skip


@router.get("/scripts/{script}/diff")
async def changes(
    request: Request, gateway: Door, viewer: Selling, script: str, old: Version = "current", new: Version = "draft"
) -> Response:
    """What changed from one version to another."""
    known = await gateway.scripts.one(script)
    numbers = [str(one["version"]) for one in known.get("versions", ())]
    found = await gateway.scripts.diff(script, old, new)
    return page(request, "script_diff.html", script=script, diff=found, old=old, new=new, numbers=numbers)


@router.get("/scripts/{script}/survey")
async def survey(
    request: Request,
    gateway: Door,
    viewer: Selling,
    script: str,
    version: Annotated[int, Query(ge=0)] = 0,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """What customers answered, by field, and to whoever may write scripts what they said in their own words. Without a
    version, of the newest one."""
    if viewer.partners is not None:  # what is read here is read of all partners
        raise Problem(403, "not_allowed", "Answers of all partners are for those who see all partners.")
    known = await gateway.scripts.one(script)
    numbers = [one["version"] for one in known.get("versions", ())]
    of = version or (numbers[-1] if numbers else 0)
    content = _content(known, str(of))
    told = await gateway.scripts.answers(script, of)
    empty: dict[str, Any] = {"items": [], "next": None}
    texts = await gateway.scripts.texts(script, of, TEXTS, cursor) if _writes(viewer) else empty
    fields = [
        (node, found)
        for node in content["nodes"]
        if node["type"] == "input" and (found := told["fields"].get(node["field"])) is not None
    ]
    return page(
        request,
        "survey.html",
        script=script,
        version=of,
        numbers=numbers,
        language=content["languages"][0],
        told=told,
        fields=fields,
        texts=texts,
        reads=_writes(viewer),
    )


async def _editor(
    request: Request,
    gateway: Door,
    script: str,
    known: dict[str, Any],
    yaml: str,
    viewer: Principal,
    draft: str | None = None,
    said: str = "",
    wrong: str = "",
) -> Response:
    """`draft`: which one the text was written from; None: the last."""
    versions = known.get("versions", [])
    figures: dict[str, Any] = {}
    if versions and viewer.partners is None:  # what is read here is read of all partners
        figures = await gateway.scripts.figures(script, versions[-1]["version"])
    return page(
        request,
        "script.html",
        script=script,
        known=known,
        versions=versions,
        yaml=yaml,
        from_draft=str(known.get("drafted", {}).get("draft", 0)) if draft is None else draft,
        said=said,
        wrong=wrong,
        figures=figures,
        may_write=_writes(viewer),
        all_partners=viewer.partners is None,
        node_kinds=NODE_KINDS,
        node_words=embedded_words(NODE_WORDS),
        **await _checked(gateway, yaml),
    )


async def _checked(gateway: Door, yaml: str) -> dict[str, Any]:
    """What is read of the YAML. A text that is none is a finding too."""
    try:
        found = await gateway.scripts.checked(yaml)
    except Problem as problem:
        if problem.status >= 500:
            raise
        return {"findings": [{"code": problem.code, "node": "", "detail": problem.detail}], "lines": [], "entries": []}
    content = found["content"]
    return {"findings": found["findings"], "lines": outline(content), "entries": content.get("entries", [])}


def _content(known: dict[str, Any], version: str) -> dict[str, Any]:
    if version == "draft":
        return dict(known["drafted"]["content"])
    versions = known.get("versions", [])
    wanted = [one for one in versions if version == "current" or str(one["version"]) == version]
    if not wanted:
        raise Problem(404, "not_found", "There is no such version.")
    return dict(wanted[-1]["content"])


def _writes(viewer: Principal) -> bool:
    return viewer.may("scripts.write") and viewer.partners is None
