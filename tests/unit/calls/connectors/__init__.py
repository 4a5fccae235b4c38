"""Tests of the telephony connectors."""
