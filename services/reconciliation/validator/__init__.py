"""What strangers' documents are opened with, in processes of their own: the rules of EN 16931, and PDF.

The rules run in a native library that has brought down its process, and a PDF can be made to take for ever; either may
die or be killed here, and the next document gets a new process.
"""

from services.reconciliation.validator.reception import receive
from services.reconciliation.validator.validator import Validator

__all__ = ["Validator", "receive"]
