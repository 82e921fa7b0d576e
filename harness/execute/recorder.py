"""Records a run: every step with its values, every event, every deviation with its anchor."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from typing import Any

from harness.model.schedule import Anchor, Schedule, Switch
from harness.model.trace import Event, Step, Trace
from harness.runtime.frames import calling_function
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity, VirtualThread

IDLE = "idle"
"""What a thread is doing between two activities, in an anchor."""


class Recorder:
    """Observes a run and builds its trace.

    A step's value after the access is read when the next thing happens: nothing else has
    executed in between.

    Attributes:
        anchor: the decision just reached.
        anchors: all decisions reached, in order.
    """

    anchor: Anchor

    def __init__(self, scheduler: Scheduler) -> None:
        self._s = scheduler
        self.anchors: list[Anchor] = []
        self._steps: list[Step] = []
        self._events: list[Event] = []
        self._gaps: list[int] = []
        self._choices: list[int] = []
        self._switches: list[Switch] = []
        self._decisions: list[int] = []
        self._last = 0
        self._started: Counter[tuple[int, str]] = Counter()
        self._op: dict[int, str] = {}
        self._reached: dict[int, Counter[str]] = {}
        self._standing: dict[int, Anchor] = {}
        self._open: tuple[Anchor, Any, str] | None = None

    # ------------------------------------------------- called by the scheduler

    def reached(self, obj: Any, kind: str) -> None:
        """The current thread stands before an access to ``obj``."""
        self._close()
        function = calling_function(sys._getframe(2))
        self._arrive_at(f"{function}: {kind} {obj.name}" if obj else f"{function}: {kind}")
        self._standing[self._s.current.index] = self.anchor

    def passed(self, obj: Any) -> None:
        """The current thread makes the access now."""
        self._close()
        anchor = self._standing[self._s.current.index]
        self._decisions.append(self._s.index)
        self._open = (anchor, obj, obj.shown() if obj is not None else "")

    def boundary(self) -> None:
        """The current thread stands before its next activity."""
        self._close()
        self._arrive_at(f"before {self._s.current.ready[0].label}")

    def leaving(self) -> None:
        """The current thread can not go on."""
        self._close()
        thread = self._s.current
        if thread.activity is None:
            why = "at rest"
        elif thread.blocked_on is not None:
            why = f"blocked on {thread.blocked_on.name}"
        else:
            why = "spinning"
        self._arrive_at(why)

    def began(self, activity: Activity) -> None:
        """The current thread enters ``activity``."""
        self._close()
        index = self._s.current.index
        self._started[index, activity.label] += 1
        times = self._started[index, activity.label]
        self._op[index] = activity.label if times == 1 else f"{activity.label} ({times})"
        self._reached[index] = Counter()
        self.event(f"begins {self._op[index]}")

    def ended(self) -> None:
        """The current thread has left its activity."""
        self._close()
        index = self._s.current.index
        self.event(f"ends {self._op.pop(index)}")

    def deviated(self, choice: int, to: VirtualThread, activity: str) -> None:
        """The schedule takes alternative ``choice`` at the decision just reached."""
        index = self._s.index
        self._gaps.append(index - self._last - 1)
        self._choices.append(choice)
        self._last = index
        self._switches.append(Switch(self.anchor, to.index, activity))

    def event(self, text: str) -> None:
        """Something worth telling happened."""
        self._close()
        self._events.append(Event(len(self._steps), self._s.current.index, text))

    # ------------------------------------------------------------------ result

    def trace(self) -> Trace:
        """What was recorded so far."""
        self._close()
        return Trace(self._steps, self._events)

    def steps_before(self, decision: int) -> int:
        """How many steps had been executed after so many decisions."""
        return bisect_right(self._decisions, decision)

    def schedule(self) -> Schedule:
        """The choices made so far, as a schedule without a tail."""
        return Schedule(tuple(self._gaps), tuple(self._choices), len(self._gaps))

    def switches(self) -> tuple[Switch, ...]:
        """The choices made so far, anchored."""
        return tuple(self._switches)

    # ------------------------------------------------------------------- parts

    def _arrive_at(self, site: str) -> None:
        index = self._s.current.index
        op = self._op.get(index, IDLE)
        counter = self._reached.setdefault(index, Counter()) if op != IDLE else self._idle(index)
        counter[site] += 1
        self.anchor = Anchor(index, op, site, counter[site])
        self.anchors.append(self.anchor)

    def _idle(self, index: int) -> Counter[str]:
        return self._reached.setdefault(-1 - index, Counter())

    def _close(self) -> None:
        if self._open is None:
            return
        anchor, obj, before = self._open
        self._open = None
        after = obj.shown() if obj is not None else ""
        self._steps.append(
            Step(
                len(self._steps),
                anchor.thread,
                anchor.op,
                anchor.site,
                anchor.occurrence,
                before,
                after,
            )
        )
