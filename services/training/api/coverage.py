"""The route of coverage: who is trained for what at each partner, against what was agreed."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.training.api import coverage_examples as examples
from services.training.api.callers import Anyone, Service
from services.training.domain.coverage import Asked, Coverage, coverage_of
from services.training.views.agreed import agreed
from services.training.views.certificates import certificates
from services.training.views.courses import courses
from services.training.views.people import people
from shared.contracts.training import AgentCertified
from shared.http import json_response, must_see

router = APIRouter(tags=["certificates"])


@router.get("/coverage", summary="Who is trained for what", responses=examples.COVERAGE)
async def show_coverage(
    deps: Service,
    who: Anyone,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    product: Annotated[str | None, Query(description="Only certificates for this product (SKU).")] = None,
) -> Response:
    """By partner and certificate: how many hold it, how many back-ups there are against what the contract asks, and how
    many lapse in 30 days. A certificate that nobody holds is told where a contract asks for it."""
    if partner is not None:
        must_see(who, partner)
    equal: dict[str, str | int] = {} if partner is None else {"partner": partner}
    now = deps.clock()
    holders: dict[tuple[str, str], list[AgentCertified]] = defaultdict(list)
    for _, one in await deps.reads.find(certificates, {**equal, "held": 1}):
        if one.certified is not None and who.sees(one.partner):
            holders[one.partner, one.certified.certificate].append(one.certified)
    registered = Counter(person.partner for _, person in await deps.reads.find(people, equal))
    asked = {
        key: [Asked(certificate=of.name, agents=of.agents, backups=of.backups) for of in doc.asked(now)]
        for key, doc in await deps.reads.find(agreed, {})
        if who.sees(key) and partner in (None, key)
    }
    products: dict[str, set[str]] = defaultdict(set)
    for _, known in await deps.reads.find(courses, {}):
        if known.described is not None and known.described.product:
            products[known.described.certificate].add(known.described.product)
    pairs = holders.keys() | {(key, of.certificate) for key, said in asked.items() for of in said}
    items: list[Coverage] = [
        coverage_of(
            key,
            name,
            sorted(products[name]),
            registered[key],
            holders.get((key, name), ()),
            asked.get(key, ()),
            now.date(),
        )
        for key, name in sorted(pairs)
        if product is None or product in products[name]
    ]
    return json_response({"items": items, "next": None})
