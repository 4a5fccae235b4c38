"""The page of a partner's staffing: what is promised to callers of each language, and how many people are committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.api.gateway import Door, Gateway, chosen_partner
from services.gateway.pages.acting import Fields, Form, back, part, went_wrong
from services.gateway.pages.campaigns import names_seen
from services.gateway.pages.meanwhile import STATUS, Meanwhile, both, state_of
from services.gateway.pages.site import page
from services.gateway.views.called import Called
from services.gateway.views.plain_yaml import from_yaml, to_yaml
from services.gateway.views.words import _, link
from shared.clock import now
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Taught = Annotated[Principal, Depends(require("training.read"))]
Planner = Annotated[Principal, Depends(require("staffing.run"))]
HERE, ROUTE = "/rota/staffing", "/api/v1/training/partners"
SHOWN = 400
"""Letters of what came of it."""
ACTS = ("staffing", "capacity")
LABELS = {"staffing": _("Staffing, as YAML"), "capacity": _("Committed people from a day on, as YAML")}
SAID = {"staffing": _("The partner is staffed as you said."), "capacity": _("The people are committed.")}
LINE: dict[str, Any] = {"language": "en", "queues": [], "share_percent": 80, "within_seconds": 20}
COMMITTED: dict[str, Any] = {"language": "en", "days": ["mon"], "opens": "08:00", "closes": "20:00", "people": 1}


@router.get(HERE)
async def staffing(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Taught,
    partner: Annotated[str, Query(max_length=200)] = "",
    said: Annotated[str, Query(max_length=SHOWN)] = "",
) -> Response:
    """Of the partner that is named, or the first one that the viewer may see."""
    return await _shown(request, gateway, ask, viewer, partner, said=said)


@router.post(HERE)
async def change(request: Request, gateway: Door, ask: Asker, viewer: Planner, form: Form) -> Response:
    """Say one of both anew, the whole of it. What is refused comes back with the text as it was written, and so does
    what would be written over words that its sender has not seen."""
    partner, act = form.text("partner"), form.text("act")
    if act not in ACTS:
        raise not_found("action")
    path = f"{ROUTE}/{part(partner)}/{act}"
    before = await ask(path)
    if (over := form.text("over")) and over != state_of(before):
        return await _shown(request, gateway, ask, viewer, partner, form, status=STATUS, late=True)
    try:
        called = Called(await names_seen(gateway, viewer))
        await ask.do(path, _with(from_yaml(form.text("content")), called.id), "PUT")
    except ValueError as wrong:
        return await _shown(request, gateway, ask, viewer, partner, form, str(wrong), 422)
    except Problem as problem:
        return await _shown(request, gateway, ask, viewer, partner, form, went_wrong(problem), problem.status)
    return back(HERE, SAID[act].format(), partner=partner)


async def _shown(
    request: Request,
    gateway: Gateway,
    ask: AsViewer,
    viewer: Principal,
    partner: str,
    filled: Fields | None = None,
    wrong: str = "",
    status: int = 200,
    said: str = "",
    late: bool = False,
) -> Response:
    names, campaigns = await gateway.calls.names(), await names_seen(gateway, viewer)
    partners, chosen = chosen_partner(viewer, names, partner)
    known = await ask(f"{ROUTE}/{part(chosen)}/staffing") if chosen else None
    committed = await ask(f"{ROUTE}/{part(chosen)}/capacity") if chosen else None
    words = committed["items"] if committed else []
    theirs = _texts(known, words, Called(campaigns))
    texts = theirs | ({filled.text("act"): filled.text("content")} if filled else {})
    over = {"staffing": state_of(known), "capacity": state_of(committed)}
    meanwhile = None
    if filled and late:
        label = {"content": LABELS[filled.text("act")]}
        found = both(label, {"content": filled.text("content")}, {"content": theirs[filled.text("act")]})
        said_last = known if filled.text("act") == "staffing" else max(words, key=lambda word: word["at"], default=None)
        by, at = (said_last["by"], said_last["at"]) if said_last else ("", None)
        meanwhile = Meanwhile(found, link(HERE, partner=chosen), by, at)
    elif filled and filled.text("over"):
        over[filled.text("act")] = filled.text("over")
    return page(
        request,
        "staffing.html",
        status,
        partners=partners,
        partner=chosen,
        known=known,
        words=words,
        campaigns=campaigns,
        texts=texts,
        over=over,
        meanwhile=meanwhile,
        saving=filled.text("act") if filled else "",
        may_plan=viewer.may("staffing.run") and bool(chosen),
        said=said,
        wrong=wrong,
    )


def _with(content: dict[str, Any], called: Callable[[str], str]) -> dict[str, Any]:
    """The content with its campaigns called otherwise; what is not as it has to be, the service refuses."""
    lines = content.get("lines")
    if not isinstance(lines, list):
        return content
    return content | {"lines": [_line(line, called) for line in lines]}


def _line(line: Any, called: Callable[[str], str]) -> Any:
    campaigns = line.get("campaigns") if isinstance(line, dict) else None
    if not isinstance(campaigns, list):
        return line
    return line | {"campaigns": [called(one) if isinstance(one, str) else one for one in campaigns]}


def _texts(known: Mapping[str, Any] | None, words: list[dict[str, Any]], called: Called) -> dict[str, str]:
    """What stands in both forms: what was said last, or a beginning."""
    lines = _with(dict(known or {"time_zone": "Europe/Zagreb", "lines": [LINE], "holidays": []}), called.label)
    last = words[-1] if words else {"committed": [COMMITTED], "clause": ""}
    return {
        "staffing": to_yaml({name: lines[name] for name in ("time_zone", "lines", "holidays") if name in lines}),
        "capacity": to_yaml(
            {"starts": now().date().isoformat(), "clause": last.get("clause", ""), "committed": last["committed"]}
        ),
    }
