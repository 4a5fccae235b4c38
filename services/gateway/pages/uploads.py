"""The file that a form brings."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.gateway.views.words import _
from shared.http import Problem, chunks_of
from shared.http.bodies import AROUND_A_FILE

MOST_FIELDS = 40
"""Beside the file: of one whose columns are told by hand, one each."""


class Upload:
    """A file that a form brought. It was in memory alone: customers' numbers stand in it, which lie on no disk in the
    clear. 413 above `most` bytes, 422 where there is no file."""

    def __init__(self, name: str, content: bytes, fields: dict[str, str]) -> None:
        self.name = name
        self.content = content
        self.fields = fields

    @classmethod
    async def of(cls, request: Request, most: int) -> Upload:
        """Read the form."""
        most += AROUND_A_FILE
        parser = MultiPartParser(request.headers, chunks_of(request, most), max_files=1, max_fields=MOST_FIELDS)
        parser.spool_max_size = most
        try:
            form = await parser.parse()
        except MultiPartException as wrong:
            raise Problem(422, "no_form", wrong.message) from None
        except Problem as refused:
            raise Problem(refused.status, refused.code, _("The file is too large.")) from None
        found = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        if found is None or not found.filename:
            raise Problem(422, "no_file", _("Choose a file first."))
        content = await found.read()
        await form.close()
        return cls(found.filename, content, fields)
