"""Alerts at work: figures are read and judged, people are called by mail, and rules are kept for those who may."""
