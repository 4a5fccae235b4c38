"""Invoices: read into one form, held against what was expected, written out for accounting. Pure."""
