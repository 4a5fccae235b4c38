"""The loops: handle a command, relay public events, keep views, run process managers. One protocol on every store."""
