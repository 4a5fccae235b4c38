"""Orders beyond our own walls: what providers tell and are told, and what falls due."""
