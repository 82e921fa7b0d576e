"""What proofs take for an access: all that the engine's primitives offer, and nothing else."""

from __future__ import annotations

import inspect

import harness
from harness.runtime.visible import ACCESSES
from harness.sync.primitive import Primitive

ASIDE = {"shown", "blocks", "frozen_state", "release_to_wait"}
"""Of primitives, what an engine does not call."""


def offered():
    """The names of all functions and methods of the primitives that ``harness`` offers."""
    for thing in map(harness.__dict__.get, harness.__all__):
        if inspect.isclass(thing) and issubclass(thing, Primitive):
            yield from (
                n for n in dir(thing) if not n.startswith("_") and callable(getattr(thing, n))
            )
        elif inspect.isfunction(thing) and thing.__module__.startswith("harness.sync"):
            yield thing.__name__


def test_every_access_that_primitives_offer_is_known():
    assert {"__enter__", "__exit__"} | set(offered()) - ASIDE == ACCESSES
