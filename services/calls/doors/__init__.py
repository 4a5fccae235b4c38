"""How telephony comes in: each way that a delivery takes, and what stands at its door."""
