"""Forgetting a customer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.calls.api.readers import ReadsOf
from shared.http import not_found, require_all_partners
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["customers"])


@router.delete(
    "/customers/{customer_ref}",
    status_code=204,
    summary="Erase a customer",
    description=(
        "Destroys the number and its key at once. Statistics stay, under a token that leads nowhere; what platforms "
        "sent about this customer's calls is never shown again, and is gone when the key of its month is destroyed. "
        "A later call from the same number belongs to a new customer."
    ),
    responses={204: {"description": "Erased."}, 404: {"description": "Nobody is known under this token."}},
)
async def erase(
    customer_ref: str, reads: ReadsOf, caller: Annotated[Principal, Depends(require_all_partners("admin"))]
) -> Response:
    """204 once it is done."""
    if not await reads.customers.erase_customer(customer_ref):
        raise not_found("customer")
    return Response(status_code=204)
