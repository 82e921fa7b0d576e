"""Durations on the command line."""

from __future__ import annotations

import re

import click

_LONGEST = 2**31
"""Seconds, exclusive: libFuzzer's options are C integers."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """Seconds, or a number with s, m or h."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """``90``, ``90s``, ``1.5m``, ``8h`` as seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value))
        if match is None:
            self.fail(f"{value!r} is no duration; write 90, 90s, 1.5m or 8h", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if not seconds:
            self.fail(f"{value!r} is no time at all; write 90, 90s, 1.5m or 8h", param, ctx)
        if seconds >= _LONGEST:
            self.fail(f"{value!r} is longer than 68 years", param, ctx)
        return seconds
