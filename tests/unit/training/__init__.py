"""Tests of the training service, without I/O."""
