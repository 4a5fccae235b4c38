"""Requests made of the OpenAPI document, good and bad, against a running system."""
