"""What the scheduler reports, to who knows what a run means and to who guides a search."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from harness.runtime.thread import Activity, VirtualThread


class Hooks(ABC):
    """What the scheduler reports to the layer that knows what a run means."""

    @abstractmethod
    def idle_point(self) -> None:
        """``open`` is set, no thread is inside an activity and no wake-up is pending."""

    @abstractmethod
    def exhausted(self) -> bool:
        """Nothing can run any more; True if that made something ready after all."""

    @abstractmethod
    def progress(self) -> object:
        """Equal to its last value unless something happened that counts as progress."""

    @abstractmethod
    def crashed(self, thread: VirtualThread, error: BaseException) -> None:
        """An activity raised ``error``; the run ends."""

    @abstractmethod
    def state(self) -> object:
        """The root of all shared state, for proofs of repetition."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Feedback:
    """Told of what a run does, to guide a search. This one asks for nothing."""

    def tag(self, thread: int, kind: str) -> object:
        """Who executes, for ``Primitive.writer``: a thread in a kind of activity.

        Where it is None nothing more is told.
        """
        return None

    def reads(self, obj: Any, kind: str) -> None:
        """The current thread makes access ``kind`` to ``obj``, which another tag wrote last."""

    def ended(self, activity: Activity) -> None:
        """An activity has ended."""
