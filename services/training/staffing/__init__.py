"""Method of staffing: a forecast of calls, the agents it needs, and shifts that cover them."""
