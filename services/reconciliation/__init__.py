"""The partner's monthly report against our own count, and the invoice that follows from it."""
