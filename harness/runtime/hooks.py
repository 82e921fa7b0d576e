"""What the scheduler reports to the layer that knows what a run means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.runtime.thread import VirtualThread


class Hooks(Protocol):
    """What the scheduler reports to the layer that knows what a run means."""

    def idle_point(self) -> None:
        """``open`` is set, no thread is inside an activity and no wake-up is pending."""

    def exhausted(self) -> bool:
        """Nothing can run any more; True if that made something ready after all."""

    def progress(self) -> object:
        """Equal to its last value unless something happened that counts as progress."""

    def crashed(self, thread: VirtualThread, error: BaseException) -> None:
        """An activity raised ``error``; the run ends."""

    def state(self) -> object:
        """The root of all shared state, for proofs of repetition."""
