"""Moves a whole system: one archive of everything that is true, and a new generation of topics made from it."""
