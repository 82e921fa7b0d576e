"""A ghost variable: state of the model that the modelled program does not have."""

from __future__ import annotations

from typing import Generic, TypeVar

from harness.runtime.active import active

T = TypeVar("T")


class Ghost(Generic[T]):
    """What a model keeps beside the memory it models, and several threads touch.

    A mark that something was freed, the order in which threads arrived, the contents of a list
    whose links are modelled one by one. An access is no scheduling point: it belongs to the
    step of the access before it. Who explores all interleavings has to know of it nevertheless,
    since the order of such steps matters.

    Args:
        name: unique among the ghosts and primitives of an engine that exist at the same time.
        value: its initial value; it must not be changed in place.
    """

    __slots__ = ("_scheduler", "_value", "name")

    def __init__(self, name: str, value: T) -> None:
        self.name = name
        self._scheduler = active.scheduler
        self._value = value

    @property
    def value(self) -> T:
        """Its value."""
        self._scheduler.ghost(self.name, False)
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self._scheduler.ghost(self.name, True)
        self._value = value

    def frozen_state(self) -> tuple[object, ...]:
        """The part of it that can influence what happens next."""
        return (self.name, self._value)
