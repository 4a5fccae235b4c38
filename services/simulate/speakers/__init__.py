"""How each simulated platform tells of a day: one module a platform."""
