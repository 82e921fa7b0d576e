"""What the runtime raises through engine code."""

from __future__ import annotations


class Unwind(BaseException):
    """Ends a virtual thread whose run is over. Engine code must let it pass."""


class MisuseError(Exception):
    """Engine code used a primitive in a way that is an error on any real platform."""


class StuckError(BaseException):
    """Raised by the watchdog inside engine code that runs on without a scheduling point."""
