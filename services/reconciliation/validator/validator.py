"""What others ask: is this document valid, and which document does this PDF carry."""

from __future__ import annotations

from types import TracebackType
from typing import Self, get_args

from services.reconciliation.invoices.invoice import Unreadable
from services.reconciliation.invoices.validation import Failure, Validation
from services.reconciliation.validator.worker import Worker, WorkerFailed

VALIDATE_S, EMBEDDED_S = 20.0, 10.0
"""Time limits. Compiling the rules takes less than a second, an invoice some milliseconds."""


class Validator:
    """Two processes: one for the rules, one for PDF. To be closed."""

    def __init__(self, rules: Worker | None = None, pdf: Worker | None = None) -> None:
        self._rules = rules or Worker("validate", VALIDATE_S)
        self._pdf = pdf or Worker("embedded", EMBEDDED_S)

    async def validate(self, document: bytes) -> Validation:
        """What is wrong with a document. Where no verdict came, `failure` says why: that is never a pass."""
        try:
            answer = await self._rules.ask(document)
        except WorkerFailed as failed:
            return Validation(failure=_failure(failed))
        return answer.validation or Validation(failure="died")

    async def embedded_xml(self, pdf: bytes) -> bytes:
        """The XML that a PDF carries. Unreadable: those of `embedded`, and `unreadable_pdf` where its process did not
        come to an end with it."""
        try:
            answer = await self._pdf.ask(pdf)
        except WorkerFailed as failed:
            raise Unreadable("unreadable_pdf", f"opening it ended in: {failed.reason}") from None
        if answer.refusal is not None:
            raise Unreadable(*answer.refusal)
        if answer.document is None:
            raise Unreadable("unreadable_pdf", "nothing came of it")
        return answer.document

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End both processes."""
        await self._rules.close()
        await self._pdf.close()


def _failure(failed: WorkerFailed) -> Failure:
    known: tuple[Failure, ...] = get_args(Failure)
    return next(one for one in known if one == failed.reason)
