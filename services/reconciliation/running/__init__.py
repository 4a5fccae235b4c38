"""Runs: a report is compared with our count in a process of its own, seen from outside, broken off, taken up again."""
