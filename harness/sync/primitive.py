"""What all primitives share."""

from __future__ import annotations

from typing import Any

from mypy_extensions import mypyc_attr

from harness.runtime.active import active


def shown(value: object) -> str:
    """A value as text, the same in every process.

    An object whose ``name`` is a text shows as that; one without as its type only, since its
    ``repr`` may be an address.
    """
    if isinstance(value, bool | int | float | str | bytes | None):
        return str(value)
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name
    if isinstance(value, tuple | list):
        return f"({', '.join(map(shown, value))})"
    return f"<{type(value).__name__}>"


@mypyc_attr(allow_interpreted_subclasses=True)
class Primitive:
    """A named shared object whose accesses are scheduling points.

    Attributes:
        name: identifies it in sites, e.g. ``s0.queue.lock``. Unique within an engine.
        value: its state, comparable and printable.
        scheduler: the scheduler of the run it was created in.
        writer: who wrote it last, for reads-from feedback; None since setup.
    """

    __slots__ = ("name", "scheduler", "writer")

    def __init__(self, name: str) -> None:
        self.name = name
        self.scheduler = active.scheduler
        self.writer: Any = None

    def shown(self) -> str:
        """Its value as a trace shows it: the same text in every process."""
        return shown(self.value)  # type: ignore[attr-defined]

    def frozen_state(self) -> tuple[object, ...]:
        """The part of it that can influence what happens next."""
        return (self.name, self.value)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"
