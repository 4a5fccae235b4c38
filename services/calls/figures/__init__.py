"""Tallies into KPIs, tables and judgements of sources: sums in, figures out."""
