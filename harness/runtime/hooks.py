"""What the scheduler reports to the layer that knows what a run means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.runtime.thread import VirtualThread


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
