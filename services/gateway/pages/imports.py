"""The pages of files that are taken in: leads, customers, past orders, and registers of those who may not be called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, Gateway, allowed_partner
from services.gateway.pages.acting import Form, Short, Shown, back, part, went_wrong
from services.gateway.pages.campaigns import names_seen
from services.gateway.pages.site import page
from services.gateway.pages.uploads import Upload
from services.gateway.views import words
from services.gateway.views.codes.calls import (
    IMPORT_CAUSES,
    IMPORT_FIELDS,
    IMPORT_KINDS,
    IMPORT_REASONS,
    IMPORT_STANDINGS,
)
from services.gateway.views.inputs import Names
from services.gateway.views.words import _, link
from shared.http import MAX_FILE_BYTES, Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Runs = Annotated[Principal, Depends(require("selling.run"))]
HERE, API = "/imports", "/api/v1"
OF_THE_COMPANY = "do_not_call"
"""The kind that is no partner's: for those who see all partners."""
EVERYWHERE = "*"
PER_PAGE = 50
COLUMN = "column."
"""How a field of the form begins that says which column something is in."""
UNTOLD = "\0"
"""No heading of any file."""
ENCODINGS = ("utf-8", "cp1250", "cp1252", "iso-8859-2")
UNFINISHED = ("waiting", "running")


@router.get(HERE)
async def imports(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Runs,
    kind: Short = "",
    partner: Short = "",
    list: Short = "",
    cursor: Short = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """The form of a kind, and what was taken in of it, the newest first; `partner` and `list`: what is chosen in the
    form."""
    filled = {"kind": kind_of(viewer, kind), "partner": allowed_partner(viewer, partner) or "", "list": list}
    return await _shown(request, gateway, ask, viewer, filled, cursor=cursor, said=said, wrong=wrong)


@router.post(HERE)
async def take_in(request: Request, gateway: Door, ask: Asker, viewer: Runs) -> Response:
    """Have a file taken in, and go to how far it is; or, with `look`, say what its columns seem to be and keep nothing.
    What is refused comes back with the form as it was filled in: of a file whose columns were told by hand, nothing
    stands in an address."""
    filled: Mapping[str, str] = {}
    try:
        upload = await Upload.of(request, MAX_FILE_BYTES)
        filled = upload.fields
        kind = kind_of(viewer, filled.get("kind", ""))
        path, query = _place(kind, filled)
        told = {name.removeprefix(COLUMN): value for name, value in filled.items() if name.startswith(COLUMN) and value}
        encoding = filled.get("encoding") or None
        if "look" in filled:
            known = {"kind": kind} if kind in ("customers", "orders") else {}
            head = await ask.send(f"{path}/proposal", upload.content, encoding=encoding, **known)
            return await _shown(request, gateway, ask, viewer, filled, head=head)
        columns = msgspec.json.encode(told).decode() if told else None
        one = await ask.send(path, upload.content, columns=columns, encoding=encoding, **query)
    except Problem as problem:
        return await _shown(
            request, gateway, ask, viewer, filled, wrong=went_wrong(problem, 404), status=problem.status
        )
    return back(f"{HERE}/{one['id']}")


@router.post(HERE + "/lists")
async def begin_list(ask: Asker, viewer: Runs, form: Form) -> Response:
    """Begin a list of leads, into which files can be taken."""
    partner, chosen = form.text("partner"), f"{form.text('partner')}:{form.text('id')}"
    body = form.some("name", "country", "zone", "campaign")
    try:
        await ask.do(f"{API}/lead-lists/{part(chosen)}", body, "PUT")
    except Problem as problem:
        return back(HERE, wrong=went_wrong(problem, 404), kind="leads", partner=partner)
    return back(HERE, _("The list is begun: files can be taken into it."), kind="leads", partner=partner, list=chosen)


@router.get(HERE + "/{import_id}")
async def one(request: Request, gateway: Door, ask: Asker, viewer: Runs, import_id: str) -> Response:
    """How far it is, what its lines came to, and why some were rejected."""
    path = f"{API}/imports/{part(import_id)}"
    found = await ask(path)
    if found is None:
        raise not_found("import")
    unread, reasons = "", []
    if found["rejected"]:
        try:
            reasons = (await ask(f"{path}/reasons"))["items"]
        except Problem as problem:
            unread = went_wrong(problem)
    lists, names = await _lists(ask), await gateway.calls.names()
    return page(
        request,
        "import.html",
        one=found,
        kinds=IMPORT_KINDS,
        standings=IMPORT_STANDINGS,
        causes=IMPORT_CAUSES,
        fields=IMPORT_FIELDS,
        reasons=reasons,
        reason_told=reason_told,
        unread=unread,
        unfinished=found["standing"] in UNFINISHED,
        into=into(found, lists, names),
    )


def into(one: Mapping[str, Any], lists: Mapping[str, Mapping[str, Any]], names: Names) -> str:
    """What a file was taken into, as people call it."""
    match one["kind"]:
        case "leads":
            known = lists.get(one["target"])
            return f"{known['name'] if known else one['target']}, {names.partner(one['partner'])}"
        case "do_not_call":
            return _("everywhere") if one["target"] == EVERYWHERE else str(one["target"])
        case _:
            return names.partner(one["partner"])


def reason_told(reason: str) -> str:
    """Why a line was rejected; some reasons end with what they speak of, such as a country."""
    if reason in IMPORT_REASONS:
        return str(IMPORT_REASONS[reason])
    start, _space, of = reason.rpartition(" ")
    return f"{IMPORT_REASONS[start]} {of}" if start in IMPORT_REASONS else reason


def kind_of(viewer: Principal, kind: str) -> str:
    """One of those that the viewer may take in, the first where none is named. 404 where there is no such kind."""
    known = _kinds(viewer)
    if kind and kind not in known:
        raise not_found("kind")
    return kind or next(iter(known))


def _kinds(viewer: Principal) -> dict[str, str]:
    return {kind: said for kind, said in IMPORT_KINDS.items() if viewer.partners is None or kind != OF_THE_COMPANY}


def _place(kind: str, filled: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where a file of the kind is sent, and what has to be said with it."""
    said = {name: filled.get(name, "").strip() for name in ("list", "partner", "country", "zone", "scope")}
    match kind:
        case "leads":
            return f"{API}/lead-lists/{part(said['list'])}/imports", {}
        case "do_not_call":
            return f"{API}/do-not-call/imports", {"scope": said["scope"], "country": said["country"]}
        case _:
            query = {"kind": kind, "partner": said["partner"], "country": said["country"], "zone": said["zone"]}
            return f"{API}/customers/imports", query


async def _lists(ask: AsViewer) -> dict[str, dict[str, Any]]:
    return {known["list"]: known for known in await everything(ask, f"{API}/lead-lists", limit=500)}


async def _shown(
    request: Request,
    gateway: Gateway,
    ask: AsViewer,
    viewer: Principal,
    filled: Mapping[str, str],
    *,
    head: dict[str, Any] | None = None,
    cursor: str = "",
    said: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    names, lists, kinds = await gateway.calls.names(), await _lists(ask), _kinds(viewer)
    kind = filled["kind"] if filled.get("kind") in kinds else next(iter(kinds))
    known = await ask(f"{API}/imports", kind=kind, limit=PER_PAGE, cursor=cursor or None)
    return page(
        request,
        "imports.html",
        status,
        kind=kind,
        kinds=kinds,
        standings=IMPORT_STANDINGS,
        fields=IMPORT_FIELDS,
        rows=[(one, into(one, lists, names)) for one in known["items"]],
        older=link(HERE, kind=kind, cursor=known["next"]) if known["next"] else "",
        partners=names.choice(viewer.sees, filled.get("partner")),
        campaigns=await names_seen(gateway, viewer) if kind == "leads" else {},
        lists={id_: f"{one['name']}, {names.partner(one['partner'])}" for id_, one in lists.items()},
        encodings=ENCODINGS,
        filled={"country": "", "zone": words.zone(), "scope": "", "partner": "", "list": "", "encoding": "", **filled},
        head=head,
        columns=columns_told(head, filled) if head else {},
        said=said,
        wrong=wrong,
    )


def columns_told(head: Mapping[str, Any], filled: Mapping[str, str]) -> dict[str, str]:
    """Field -> what the column is called: as it was told, or where the file has no such column, or nothing was told, as
    proposed."""
    there = ("", *head["header"])
    told = {field: filled.get(f"{COLUMN}{field}", UNTOLD) for field in head["fields"]}
    return {field: said if said in there else head["columns"].get(field, "") for field, said in told.items()}
