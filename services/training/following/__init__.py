"""Agents followed: counts read from the views for the methods, and effects of coaching looked at in their time."""
