"""The gateway's own HTTP interface: the wallboard as JSON, and its live stream."""

from services.gateway.api.routes import router

__all__ = ["router"]
