"""Which scheduler the primitives created now belong to."""

from __future__ import annotations

from typing import NoReturn

from harness.runtime.errors import MisuseError
from harness.runtime.scheduler import Scheduler


class _Active:
    """One slot, so that creating a primitive costs one attribute read."""

    __slots__ = ("scheduler",)

    scheduler: Scheduler

    def __getattr__(self, name: str) -> NoReturn:
        # Reached only while the slot is empty.
        raise MisuseError(
            "controlled primitives exist only inside a run; create them in Engine.setup"
        )


active = _Active()
