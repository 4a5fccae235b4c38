"""Calls, their status, and the performance of agents."""
