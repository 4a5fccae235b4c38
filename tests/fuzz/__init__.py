"""Bytes that nobody would think of, led by what they reach: for whatever reads what others send."""
