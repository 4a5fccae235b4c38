"""One file a telephony platform: authenticate, split into items, read each, translate to observations."""
