"""FACE: the one long-lived process. Offers every public method of the services as a route, and takes the platforms' hooks."""

from __future__ import annotations

from .app import BODY_BYTES, LOOPBACK, app_from_environment, make_app

__all__ = ["BODY_BYTES", "LOOPBACK", "app_from_environment", "make_app"]
