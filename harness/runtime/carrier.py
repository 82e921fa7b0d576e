"""A carrier: a greenlet on which virtual threads execute their activities, one at a time.

A virtual thread needs a stack only while it is inside an activity. So carriers are not tied to
threads, as in the virtual threads of Java: between two activities a thread has none, and handing on
from there to another one that has none takes no switch, the carrier just goes on with that one.
With a greenlet for every thread a run made up to twice as many switches.

Making a greenlet costs 12 µs, so carriers are reused for as long as their scheduler lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, greenlet

from harness.runtime import watched
from harness.runtime.errors import Unwind

if TYPE_CHECKING:
    from harness.runtime.scheduler import Scheduler


class Carrier:
    """One greenlet.

    Attributes:
        greenlet: the greenlet.
        resume: switches to it; returns when somebody switches back to the caller.
    """

    __slots__ = ("greenlet", "resume", "scheduler")
    __deletable__ = ("greenlet", "resume")  # tells the compiler

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.greenlet: Any = greenlet(self._main, scheduler.main)
        self.resume: Any = self.greenlet.switch

    def end(self) -> None:
        """Let go of the greenlet, which is between activities; that ends it."""
        del self.greenlet, self.resume

    def _main(self) -> None:
        # The loop never ends: a carrier that is not needed rests where control left it, and
        # whoever takes it from the spare ones has said before which thread is the current one.
        s = self.scheduler
        thread = s.current
        inside = retired = False
        while True:
            try:
                if retired:
                    inside = retired = False
                    s.retire(self)
                while True:
                    thread = s.current
                    s.carrier = self
                    other = thread.carrier
                    if other is not None:
                        # It is inside an activity, on another stack.
                        s.spare.append(self)
                        other.resume()
                        continue
                    ready = thread.ready
                    if not ready:
                        # Another one runs until something is.
                        thread.idle = True
                        s.enabled &= ~thread.bit
                        s.leave()
                        continue
                    if s.left:
                        s.left -= 1
                        n = len(ready)
                        activity = ready.pop() if n == 1 else ready.pop(s.free % n)
                    else:
                        picked = s.pick(thread)
                        if picked is None:
                            continue
                        activity = picked
                    thread.activity = activity
                    thread.carrier = self
                    thread.tag = s.tag = activity.tag
                    s.inside += 1
                    if s.observer is not None:
                        s.observer.began(activity)
                    inside = True
                    activity.run()
                    inside = False
                    thread.activity = thread.carrier = None
                    s.inside -= 1
                    if s.watched:
                        watched.ended(s)
                    if s.tag is not None:
                        s.feedback.ended(activity)
                    if s.open and not s.inside and not s.pending:
                        s.hooks.idle_point()
            except Unwind:
                # Otherwise a run was ended here, between activities, and another one has begun.
                retired = inside or s.unwinding
            except BaseException as error:  # whatever the engine raised is a finding
                if isinstance(error, GreenletExit) and not inside:
                    return  # it was let go of, see ``end``
                s.crash(error)
                retired = True
