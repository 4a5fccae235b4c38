"""Invoices as they come: read apart, held against what is expected of their month, written into the books."""
