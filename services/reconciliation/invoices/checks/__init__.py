"""The checks of an invoice, one question a function; each gives what it found wrong, and nothing where all is well."""
