"""Tables that a page's script fills, as files: the page sends what stands in them, and gets it back as a file."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Response

from services.gateway.api.gateway import SignedIn
from services.gateway.pages.exports import value_of
from services.gateway.pages.tables import Form as As
from services.gateway.pages.tables import as_file
from shared.http import invalid

router = APIRouter()
MOST = 1_000_000
"""Bytes; what a form may bring at all."""


@router.post("/tables")
async def as_it_stands(
    viewer: SignedIn,
    name: Annotated[str, Form(max_length=100)],
    form: Annotated[As, Form()],
    rows: Annotated[str, Form(max_length=MOST)],
) -> Response:
    """The heading and the rows as a file; they are the reader's own, and nothing is kept."""
    del viewer
    try:
        heading, *body = msgspec.json.decode(rows, type=list[list[str]])
    except (msgspec.DecodeError, ValueError) as wrong:
        raise invalid("rows", str(wrong)) from None
    return as_file(form, name, heading, [[value_of(text, is_figure=True) for text in row] for row in body])
