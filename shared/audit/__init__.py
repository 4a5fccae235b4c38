"""The audit log: who asked for what, when, and what came of it, in chains whose every entry names the one before."""
