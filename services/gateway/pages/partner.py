"""A partner's pages: what it is and where it can go, its evaluation, its interface, its issues and its months."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.asking import Ask, Asker, everything
from services.gateway.api.partner_files import each, health_of, look, months_of, tried
from services.gateway.pages.acting import OVER, Fields, Form, back, part, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_of
from services.gateway.pages.partners import SeesPartners, days_in_stage, languages_of
from services.gateway.pages.partners import health_of as marked
from services.gateway.pages.site import page
from services.gateway.views.attention import home_of
from services.gateway.views.attention import over as past
from services.gateway.views.codes.money import MONTH_STAGES
from services.gateway.views.codes.partners import INTERFACE_STATES, PARTNER_STAGES, PARTNER_WORK, PRIORITIES, SEVERITIES
from services.gateway.views.words import UNKNOWN, _, percent
from shared.clock import now
from shared.http import Problem, not_found
from shared.rights import Right
from shared.security import Principal

router = APIRouter()
Said = Annotated[str, Query(max_length=500)]
Doc = Mapping[str, Any]
PER_PAGE = 500
EDITS = {"stage": "stage", "owner": "owner", "next": "next_action", "next-done": "next_action"}
"""What of a partner's file is written over."""
DECISIONS = {"take": _("taken further"), "leave": _("left"), "": _("not decided")}
LATE_S = 300
"""What came in this time is as good as now; older than that, the last event is said to be old."""

TABS: tuple[tuple[str, str, Right, bool], ...] = (
    ("", _("Overview"), "partners.read", False),
    ("evaluation", _("Evaluation"), "pipeline.read", True),
    ("contract", _("Contract"), "contracts.read", False),
    ("transition", _("Transition"), "partners.read", False),
    ("interface", _("Interface"), "sources.read", False),
    ("issues", _("Issues"), "partners.read", False),
    ("months", _("Months"), "reconciliation.read", False),
)
"""A tab's path, name, the right that it asks for, and whether only those who see all partners have it."""


class Head(msgspec.Struct, frozen=True):
    """What stands above every tab: the partner's file, its days in the stage, and the tabs that the viewer may see."""

    id: str
    doc: Doc
    days: int | None
    languages: list[str]
    tabs: list[tuple[str, str]]


async def head_of(ask: Ask, viewer: Principal, partner: str) -> Head:
    """404 for a partner that there is not, or not for the viewer."""
    doc = await ask(f"/api/v1/partners/{part(partner)}")
    if doc is None or not doc["name"]:
        raise not_found("partner")
    tabs = [
        (home_of(partner, path), name)
        for path, name, right, company in TABS
        if viewer.may(right) and not (company and viewer.partners is not None)
    ]
    return Head(partner, doc, days_in_stage(doc, now()), languages_of(doc), tabs)


def shown(
    request: Request, template: str, head: Head, said: str, wrong: str, status: int = 200, **more: Any
) -> Response:
    """The page of a tab, whose template is named after it."""
    here_tab = home_of(head.id, template.removesuffix(".html").partition("_")[2])
    return page(
        request, template, status, head=head, here_tab=here_tab, stages=PARTNER_STAGES, said=said, wrong=wrong, **more
    )


@router.get("/partners/{partner}")
async def overview(
    request: Request, ask: Asker, viewer: SeesPartners, partner: str, said: Said = "", wrong: Said = ""
) -> Response:
    """What it is, why somebody should look at it, and where it can go."""
    head = await head_of(ask, viewer, partner)
    home = f"/api/v1/partners/{part(partner)}"
    looked, gates, stays = await asyncio.gather(
        look(ask, viewer, now(), partner), ask(f"{home}/gates"), ask(f"{home}/stages")
    )
    looked.reasons.sort(key=lambda one: (not one.urgent, one.says))
    return shown(
        request,
        "partner.html",
        head,
        said,
        wrong,
        reasons=looked.reasons,
        work_words=PARTNER_WORK,
        unread=looked.unread,
        mark=marked(looked.reasons),
        gates=gates or {"ways": []},
        stays=stays["items"] if stays else [],
        may_run=viewer.may("partners.run"),
        over={what: state_of(head.doc[name]) for what, name in EDITS.items()},
        today=now().date().isoformat(),
    )


@router.post("/partners/{partner}/{what}")
async def act(request: Request, ask: Asker, viewer: SeesPartners, partner: str, what: str, form: Form) -> Response:
    """Move the partner on, give it to somebody, or say what is next; why it can't be is told."""
    home, path = home_of(partner), f"/api/v1/partners/{part(partner)}"
    asked: dict[str, tuple[str, str, dict[str, Any], str]] = {
        "stage": ("POST", "/stage", _move(form), _("Moved.")),
        "owner": ("PUT", "/owner", form.some("owner"), _("Given to {name}.").format(name=form.text("owner"))),
        "next": ("PUT", "/next-action", form.some("action", "owner", "due"), _("The next step is planned.")),
        "next-done": ("POST", "/next-action/done", {}, _("Done.")),
    }
    if what not in asked:
        raise not_found("action")
    method, below, body, told = asked[what]

    def edited(doc: Doc | None) -> object:
        if doc is None:
            raise not_found("partner")
        return doc[EDITS[what]]

    try:
        await over(
            ask,
            path,
            form.text(OVER),
            edited,
            lambda tag: ask.do(path + below, body, method, tag),
        )
    except Overtaken as found:
        fields, theirs = _other(what, found.now)
        return asked_again(request, form, fields, theirs, found.state, home)
    except Problem as problem:
        return back(home, wrong=went_wrong(problem))
    return back(home, told)


def _other(what: str, doc: Doc) -> tuple[dict[str, Field], dict[str, str]]:
    """How the fields of a form are called, and what somebody else wrote into them."""
    if what == "stage":
        return {"target": Field(_("Stage"), PARTNER_STAGES)}, {"target": doc["stage"]}
    if what == "owner":
        return {"owner": Field(_("Owner"))}, {"owner": doc["owner"] or ""}
    typed = None if what == "next" else PARTNER_STAGES
    fields = {"action": Field(_("Next step"), typed), "owner": Field(_("Who"), typed), "due": Field(_("Due"), typed)}
    return fields, {name: (doc["next_action"] or {}).get(name, "") for name in fields}


@router.get("/partners/{partner}/evaluation")
async def evaluation(
    request: Request, ask: Asker, viewer: SeesPartners, partner: str, said: Said = "", wrong: Said = ""
) -> Response:
    """Criteria with weight, points and mean, and the weighted score; for those who see all partners."""
    head = await head_of(ask, viewer, partner)
    found = await everything(ask, "/api/v1/evaluations", partner=partner, limit=PER_PAGE)
    return shown(
        request,
        "partner_evaluation.html",
        head,
        said,
        wrong,
        evaluations=found,
        reader=viewer.name,
        may_run=viewer.may("partners.run"),
        decided_over={one["evaluation_id"]: state_of(_decided(one)) for one in found},
        score_of=score_of,
    )


@router.post("/partners/{partner}/evaluation/{what}")
async def evaluate(request: Request, ask: Asker, viewer: SeesPartners, partner: str, what: str, form: Form) -> Response:
    """Begin an evaluation, give one's scores, or decide; why it can't be is told."""
    home, name = home_of(partner, "evaluation"), form.text("evaluation")
    path = f"/api/v1/evaluations/{part(name)}"
    asked: dict[str, tuple[str, str, dict[str, Any], str]] = {
        "begin": ("POST", "/api/v1/evaluations", {"partner_id": partner} | form.some("name"), _("Begun.")),
        "scores": ("PUT", f"{path}/scores", {"scores": _scores(form)}, _("Your scores are in.")),
        "decide": ("POST", f"{path}/decision", form.some("decision", "reason"), _("Decided.")),
    }
    if what not in asked or (what != "begin" and name.partition(":")[0] != partner):
        raise not_found("action")
    method, route, body, told = asked[what]
    try:
        if what == "decide":
            await over(ask, path, form.text(OVER), _decided, lambda tag: ask.do(route, body, method, tag))
        else:
            await ask.do(route, body, method)
    except Overtaken as found:
        fields = {"score": Field(_("Weighted score"), {}), "decision": Field(_("Decision"), DECISIONS)}
        decided = found.now["decided"] or {"decision": ""}
        theirs = {"score": score_of(found.now), "decision": decided["decision"]}
        return asked_again(request, form, fields, theirs, found.state, home)
    except Problem as problem:
        return back(home, wrong=went_wrong(problem))
    return back(home, told)


@router.get("/partners/{partner}/interface")
async def interface(request: Request, ask: Asker, viewer: SeesPartners, partner: str) -> Response:
    """Its sources: adapter, last event, how late things come, what was refused or could not be read."""
    head = await head_of(ask, viewer, partner)
    listed = await everything(ask, "/api/v1/sources", partner=partner, limit=PER_PAGE)
    mine = [one for one in listed if one["settings"]["partner"] == partner]
    names = [one["id"] for one in mine]
    answered = await asyncio.gather(
        tried(each(ask, [(name, health_of(name)) for name in names], days=1)),
        tried(each(ask, [(name, f"/api/v1/sources/{part(name)}/trust") for name in names], days=1)),
        tried(each(ask, [(name, f"/api/v1/sources/{part(name)}/conformance") for name in names])),
        tried(each(ask, [("", f"/api/v1/transitions/{part(partner)}")])),
    )
    healths, cards, checks, plan = (one or {} for one in answered)
    return shown(
        request,
        "partner_interface.html",
        head,
        "",
        "",
        sources=[(one, healths.get(one["id"]), cards.get(one["id"]), checks.get(one["id"])) for one in mine],
        unread=None in answered,
        interfaces=(plan.get("") or {}).get("interfaces", {}),
        states=INTERFACE_STATES,
        age=age,
        old=lambda at: (now() - datetime.fromisoformat(at)).total_seconds() > LATE_S,
    )


@router.get("/partners/{partner}/issues")
async def issues(
    request: Request, ask: Asker, viewer: SeesPartners, partner: str, said: Said = "", wrong: Said = ""
) -> Response:
    """What stands in the way: issues of the transition, and tickets that are not resolved."""
    head = await head_of(ask, viewer, partner)
    plan, tickets = await asyncio.gather(
        tried(each(ask, [("", f"/api/v1/transitions/{part(partner)}")])),
        tried(everything(ask, "/api/v1/tickets", partner=partner, limit=PER_PAGE)),
    )
    found = (plan or {}).get("", {}).get("issues", {})
    return shown(
        request,
        "partner_issues.html",
        head,
        said,
        wrong,
        issues=sorted(found.items(), key=lambda item: (item[1]["outcome"] is not None, item[1]["due"])),
        has_plan=bool(plan),
        tickets=[one for one in tickets or () if one["state"] in ("open", "waiting")],
        resolved=sum(one["state"] == "resolved" for one in tickets or ()),
        over=past,
        unread=plan is None or tickets is None,
        partner_home=home_of(partner),
        severities=SEVERITIES,
        priorities=PRIORITIES,
        may_run=viewer.may("partners.run"),
    )


@router.get("/partners/{partner}/months")
async def months(request: Request, ask: Asker, viewer: SeesPartners, partner: str) -> Response:
    """Its months, newest first, with what is due by when."""
    head = await head_of(ask, viewer, partner)
    found = await months_of(ask, partner)
    found.sort(key=lambda one: one["month"], reverse=True)
    return shown(
        request,
        "partner_months.html",
        head,
        "",
        "",
        months=found,
        stages_of_months=MONTH_STAGES,
        size=lambda value: value if isinstance(value, int) else len(value),
        today=now().date().isoformat(),
    )


def age(at: str | None) -> str | None:
    """How long ago something was, for people; None where it never was."""
    if at is None:
        return None
    length = max(now() - datetime.fromisoformat(at), timedelta(0))
    if length < timedelta(minutes=2):
        return _("{n} s ago").format(n=int(length.total_seconds()))
    if length < timedelta(hours=2):
        return _("{n} min ago").format(n=int(length.total_seconds() // 60))
    if length < timedelta(days=2):
        return _("{n} h ago").format(n=int(length.total_seconds() // 3600))
    return _("{n} days ago").format(n=length.days)


def score_of(evaluation: Doc) -> str:
    """The weighted score, and of whom it is made."""
    score, by = evaluation["standing"]["percent"], ", ".join(evaluation["scored_by"])
    return f"{percent(None if score is None else score / 10_000)} ({by})" if by else UNKNOWN


def _decided(evaluation: Doc | None) -> object:
    """What somebody decides upon."""
    return evaluation and [evaluation["decided"], evaluation["scored_by"], evaluation["standing"]["percent"]]


def _move(form: Fields) -> dict[str, Any]:
    passed = form.all("override")
    return form.some("target", "reason") | ({"override": passed} if passed else {})


def _scores(form: Fields) -> dict[str, Any]:
    """The points that were filled in, by criterion; `none`: it does not apply."""
    scores = {}
    for criterion in form.all("criterion"):
        points = form.text(f"points-{criterion}")
        if points:
            said = {"points": None if points == "none" else int(points) if points.isdigit() else points}
            scores[criterion] = said | {"comment": form.text(f"comment-{criterion}")}
    return scores
