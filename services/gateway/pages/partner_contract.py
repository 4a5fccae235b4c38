"""The page of a partner's contracts: the terms that hold, what two versions say differently, what a draft says
otherwise than was agreed, and the way from the first round to a signature and on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import msgspec
import yaml
from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Ask, Asker, AsViewer, everything, nothing
from services.gateway.api.partner_files import each
from services.gateway.pages.acting import OVER, Fields, Form, back, part, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_of
from services.gateway.pages.partner import PER_PAGE, Doc, Said, head_of, shown
from services.gateway.pages.partners import SeesPartners, Short
from services.gateway.views.attention import home_of
from services.gateway.views.codes.partners import CONTRACT_STATES, DEVIATION_CHANGES, DEVIATION_EFFECTS
from services.gateway.views.terms import differences, sections
from services.gateway.views.words import _, link
from shared.clock import now
from shared.contracts.terms.values import shown as money
from shared.http import Problem, not_found
from shared.security import Principal

router = APIRouter()
ROUTE = "/api/v1/contracts"
SHEETS = "application/yaml"


class Sheet(msgspec.Struct, frozen=True):
    """One of a contract's term sheets: its key in addresses, its name for people, and where it is to be read."""

    key: str
    name: str
    path: str
    on: str | None = None


@router.get("/partners/{partner}/contract")
async def contract(
    request: Request,
    ask: Asker,
    viewer: SeesPartners,
    partner: str,
    contract: Short = "",
    old: Short = "",
    new: Short = "",
    said: Said = "",
    wrong: Said = "",
) -> Response:
    """The contract that was asked for, or the one signed last; `old` and `new`: two of its sheets side by side."""
    return await _shown(request, ask, viewer, partner, contract, (old, new), said=said, wrong=wrong)


@router.post("/partners/{partner}/contract/{what}")
async def act(request: Request, ask: Asker, viewer: SeesPartners, partner: str, what: str, form: Form) -> Response:
    """Put terms on the table, take in a draft, agree, accept, approve, attach, sign, amend, or give notice; why it
    can't be is told, and what was typed stays."""
    name = form.text("contract")
    if what == "propose" and not name:
        name = f"{partner}:{form.text('name')}"
    if name.partition(":")[0] != partner:
        raise not_found("contract")
    path = f"{ROUTE}/{part(name)}"
    try:
        told = await _carry_out(ask, path, what, form)
    except Overtaken as found:
        fields, theirs = _theirs(what, form, found.now)
        where = link(home_of(partner, "contract"), contract=name)
        return asked_again(request, form, fields, theirs, found.state, where)
    except Problem as problem:
        said = went_wrong(problem)
        return await _shown(request, ask, viewer, partner, name, ("", ""), form, wrong=said, status=problem.status)
    return back(home_of(partner, "contract"), told, contract=name)


async def _carry_out(ask: AsViewer, path: str, what: str, form: Fields) -> str:
    """What is told when it was done."""
    match what:
        case "propose":
            await ask.send(f"{path}/rounds", form.text("terms").encode(), SHEETS, **form.some("side", "note"))
            return _("The terms are on the table.")
        case "draft":
            await ask.send(f"{path}/drafts", form.text("terms").encode(), SHEETS)
            return _("The draft is in, and held against what was agreed.")
        case "agree":
            number = form.text("round")
            await ask.do(f"{path}/agreement", {"round": int(number) if number.isdigit() else 0}, "PUT")
            return _("Agreed.")
        case "accept":
            body = form.some("path", "reason")
            write = lambda tag: ask.do(f"{path}/deviations/accept", body, match=tag)  # noqa: E731
            await over(
                ask, f"{path}/deviations", form.text(OVER), lambda doc: _deviation(doc, form.text("path")), write
            )
            return _("Accepted. It shows for ever who did, and why.")
        case "approve":
            await over(ask, path, form.text(OVER), _approved, lambda tag: ask.do(f"{path}/approval", match=tag))
            return _("Approved: it may be signed.")
        case "attach":
            name, content = form.files.get("file", ("", b""))
            await ask.send(f"{path}/documents", content, "application/octet-stream", name=name[-200:] or "document")
            return _("The document is attached.")
        case "sign":
            await ask.do(f"{path}/signature", form.some("signed_on") | _signed(form))
            return _("Signed.")
        case "amend":
            body = form.some("effective", "reason", "signed_on") | _signed(form) | {"changes": _changes(form)}
            await ask.do(f"{path}/amendments", body)
            return _("Amended.")
        case "terminate":
            body = form.some("notice_on", "notice_by", "ends", "reason") | {"documents": form.all("documents")}
            await ask.do(f"{path}/termination", body | {"for_cause": "for_cause" in form})
            return _("Notice is given.")
        case _:
            raise not_found("action")


def _theirs(what: str, form: Fields, known: Doc | None) -> tuple[dict[str, Field], dict[str, str]]:
    """What was looked at, and what is there now."""
    if what == "approve":
        fields = {"draft": Field(_("Draft"), {}), "deviations": Field(_("What it says otherwise"), {})}
        return fields, approving(known) if known else {}
    row = _deviation(known, form.text("path"))
    return {"draft": Field(form.text("path"), {})}, {"draft": str(row[1]) if row else ""}


def _approved(contract: Doc | None) -> object:
    """What is approved."""
    return contract and [len(contract["drafts"]), contract["agreed_round"], contract["open_deviations"]]


def approving(contract: Doc) -> dict[str, str]:
    """The same in words, as the form has it."""
    return {"draft": str(len(contract["drafts"])), "deviations": str(contract["open_deviations"])}


def _deviation(found: Doc | None, path: str) -> list[Any] | None:
    """What was agreed of a term, what the draft says, and whether somebody accepted that."""
    row = next((one for one in (found or {"items": []})["items"] if one["path"] == path), None)
    return row and [row.get("old"), row.get("new"), row.get("accepted")]


async def _shown(
    request: Request,
    ask: Ask,
    viewer: Principal,
    partner: str,
    wanted: str,
    two: tuple[str, str],
    form: Fields | None = None,
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    head = await head_of(ask, viewer, partner)
    listed = await everything(ask, ROUTE, partner=partner, limit=PER_PAGE)
    by_id = {one["contract_id"]: one for one in listed}
    one = by_id.get(wanted) or max(listed, key=lambda of: (bool(of["versions"]), of["contract_id"]), default=None)
    company = viewer.partners is None
    sheets = sheets_of(one, company) if one else {}
    whole = company and one is not None and bool(one["drafts"])
    terms, due, found = await asyncio.gather(
        _read(ask, sheets), ask(f"{ROUTE}/due"), ask(f"{_of(one)}/deviations") if one and whole else nothing()
    )
    pair = two if two[0] in terms and two[1] in terms else compared(sheets)
    current = _current(sheets, one)
    return shown(
        request,
        "partner_contract.html",
        head,
        said,
        wrong,
        status,
        contracts=listed,
        one=one,
        states=CONTRACT_STATES,
        sheets={key: sheet.name for key, sheet in sheets.items() if key in terms},
        current=sheets[current].name if current in terms else None,
        sections=sections(terms[current]) if current in terms else [],
        pair=pair,
        differences=differences(terms[pair[0]], terms[pair[1]]) if pair and set(pair) <= terms.keys() else [],
        due=[row for row in due["items"] if one and row["contract_id"] == one["contract_id"]],
        found=found,
        approving=approving(one) if one else {},
        over={"approve": state_of(_approved(one))}
        | {row["path"]: state_of(_deviation(found, row["path"])) for row in (found or {"items": []})["items"]},
        effects=DEVIATION_EFFECTS,
        changes=DEVIATION_CHANGES,
        money=lambda minor, currency: "–" if minor is None else money(minor, currency),
        may_run=viewer.may("contracts.run"),
        company=company,
        draft=yaml.safe_dump(terms[current], sort_keys=False, allow_unicode=True) if current in terms else "",
        today=now().date().isoformat(),
        form=form,
    )


def sheets_of(one: Doc, company: bool) -> dict[str, Sheet]:
    """The term sheets of a contract that a viewer may read, oldest first: rounds and drafts are our side's alone."""
    found: list[Sheet] = []
    if company:
        for of in one["rounds"]:
            name = _("Round {n} ({side})").format(
                n=of["round"], side=_("ours") if of["side"] == "ours" else _("theirs")
            )
            found.append(Sheet(f"round-{of['round']}", name, f"{_of(one)}/rounds/{of['round']}"))
        for of in one["drafts"]:
            n = of["draft"]
            found.append(Sheet(f"draft-{n}", _("Draft {n}").format(n=n), f"{_of(one)}/drafts/{n}"))
    for of in one["versions"]:
        name = _("Version {n}, from {day}").format(n=of["number"], day=of["effective"])
        found.append(Sheet(f"version-{of['number']}", name, f"{_of(one)}/terms", of["effective"]))
    return {sheet.key: sheet for sheet in found}


def compared(sheets: Mapping[str, Sheet]) -> tuple[str, str] | None:
    """The two sheets to begin with: the last two versions, else the last two of all."""
    versions = [key for key in sheets if key.startswith("version-")]
    pair = versions[-2:] if len(versions) > 1 else list(sheets)[-2:]
    return (pair[0], pair[1]) if len(pair) == 2 else None


def _current(sheets: Mapping[str, Sheet], one: Doc | None) -> str:
    """The sheet that holds today, else the last version, the round that was agreed, or the last of all."""
    if one is None or not sheets:
        return ""
    begun = [of["number"] for of in one["versions"] if date.fromisoformat(of["effective"]) <= now().date()]
    numbers = begun or [of["number"] for of in one["versions"]][:1]
    if numbers:
        return f"version-{max(numbers)}"
    agreed = f"round-{one['agreed_round']}"
    return agreed if agreed in sheets else list(sheets)[-1]


async def _read(ask: Ask, sheets: Mapping[str, Sheet]) -> dict[str, Doc]:
    """The terms of each sheet that is there."""
    dated = {key: sheet for key, sheet in sheets.items() if sheet.on}
    plain = await each(ask, [(key, sheet.path) for key, sheet in sheets.items() if not sheet.on])
    held = await asyncio.gather(*(ask(sheet.path, on=sheet.on) for sheet in dated.values()))
    found = plain | {key: doc for key, doc in zip(dated, held, strict=True) if doc is not None}
    return {key: found[key]["terms"] for key in sheets if key in found}


def _of(one: Doc) -> str:
    return f"{ROUTE}/{quote(one['contract_id'], safe=':')}"


def _signed(form: Fields) -> dict[str, Any]:
    """Who signed for both sides, and which documents."""
    signers = [
        {"name": form.text(f"{side}-name"), "position": form.text(f"{side}-position"), "side": side}
        for side in ("ours", "partner")
        if form.text(f"{side}-name")
    ]
    return {"signers": signers, "documents": form.all("documents")}


def _changes(form: Fields) -> dict[str, Any]:
    """Lines of `path: value` as amendments name them; a value is what YAML makes of it, and nothing takes a term out.
    422 for lines that are none."""
    try:
        told = yaml.safe_load(form.text("changes")) if form.text("changes") else {}
    except yaml.YAMLError:
        told = None
    if not isinstance(told, dict):
        raise Problem(422, "invalid", _("Changes are lines of a path, a colon and a value."))
    return {str(path): value.isoformat() if isinstance(value, date) else value for path, value in told.items()}
