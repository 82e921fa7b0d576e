"""Who runs at each scheduling point.

Decisions are taken in place, on the greenlet that reached the point, and control goes straight
from virtual thread to virtual thread. The common case, "go on", costs one counter: ``left``
says how many decisions pass before the scheduler must be asked, and primitives test it inline.

A *decision* is any place where the schedule could deviate: an access to shared state, the
boundary between two activities, and a thread that can not go on. All are counted in
``index``, so a deviation is a (gap, choice) pair whatever it turns out to be.

``point``, ``pick`` and ``leave`` exist twice: a fast version, and in ``watched`` a full one
that also serves observers, guides and proofs. Asking for those in the fast one made a run a
third slower. A property test holds the two versions to the same decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from greenlet import getcurrent
from mypy_extensions import mypyc_attr

from harness.model.schedule import Schedule
from harness.runtime import watched
from harness.runtime.carrier import Carrier
from harness.runtime.errors import Unwind
from harness.runtime.hooks import Feedback, Hooks
from harness.runtime.housekeeping import CHECK_EVERY, look
from harness.runtime.spinning import Probe, Spinners
from harness.runtime.thread import Activity, ThreadSets, VirtualThread
from harness.runtime.unwinding import refuse, unwind

if TYPE_CHECKING:
    from harness.runtime.cycle import CycleProof
    from harness.runtime.watched import Guide, Observer

FOREVER: Final = 1 << 60


@mypyc_attr(allow_interpreted_subclasses=True)
class Scheduler:
    """Runs virtual threads under a schedule.

    Attributes:
        left: decisions that pass before the scheduler must be asked.
        index: decisions granted so far; ``index - left`` have been executed.
        current: the virtual thread that executes.
        carrier: at a boundary, the one that executes it.
        spare: carriers that no thread needs at the moment.
        enabled: bit mask of threads that can run. A blocked thread is never in it.
        free: what free choices go by, 0 for the default policy. Those are choices that are no
            deviation: which ready activity a thread takes, who runs after a thread that can
            not go on. In the random tail of a schedule they are random too.
        timed: bit mask of threads whose wait may time out: they can run, by timing out.
        inside: threads inside an activity, those in a wait left out.
        pending: wake-ups that have not been taken yet.
        open: how many things an idle point must be judged for; 0 spares the call.
        now: virtual time in milliseconds.
        tag: who executes, for reads-from feedback; None when there is no feedback.
        runs: executions so far.
        sets: for each bit mask its threads, ascending.
        setting_up: whether the engine's setup runs, which takes no decisions.
        over: why the run ended early ("crash", "limit", "loop", "stubborn"), or None.
        proof: drives the run since it has stalled, to see whether it loops.
        stubborn: threads that swallowed whatever was to end them.
        watched: whether decisions take the full path: somebody observes or proves, a probe
            runs, a spinner is parked, or the run is being unwound.
    """

    __slots__ = (
        "alive",
        "carrier",
        "check",
        "choice",
        "choices",
        "count",
        "current",
        "enabled",
        "explicit",
        "feedback",
        "free",
        "free_slice",
        "gaps",
        "guide",
        "held",
        "hooks",
        "index",
        "inside",
        "interrupted",
        "left",
        "limit",
        "main",
        "mark",
        "mark_activity",
        "mark_progress",
        "next",
        "now",
        "observer",
        "open",
        "over",
        "pending",
        "probe",
        "proof",
        "runs",
        "sets",
        "setting_up",
        "slice",
        "spare",
        "spinners",
        "stubborn",
        "swallowed",
        "tag",
        "thinning",
        "threads",
        "timed",
        "unwinding",
        "waiting",
        "watched",
    )

    current: VirtualThread
    carrier: Carrier

    def __init__(self) -> None:
        self.threads: list[VirtualThread] = []
        self.spare: list[Carrier] = []
        self.sets = ThreadSets(self.threads, 0)
        self.spinners = Spinners(self)
        self.stubborn: list[VirtualThread] = []
        self.feedback = Feedback()
        self.observer: Observer | None = None
        self.proof: CycleProof | None = None
        self.guide: Guide | None = None
        self.probe: Probe | None = None
        self.left = self.alive = self.open = self.runs = self.index = self.swallowed = 0
        self.main = getcurrent()
        self.tag: object = None
        self.unwinding = self.watched = self.interrupted = self.setting_up = False
        self.over: str | None = None

    # ------------------------------------------------------------------ a run

    def execute(
        self,
        first: Sequence[Activity | None],
        schedule: Schedule,
        hooks: Hooks,
        *,
        limit: int,
        observer: Observer | None = None,
        guide: Guide | None = None,
    ) -> None:
        """Run the activities to the end under ``schedule``.

        Args:
            first: for each virtual thread the activity ready at the start, if any.
            schedule: the choices.
            hooks: told of idle points and crashes.
            limit: decisions after which the run ends with ``over == "limit"``.
            observer: records the run; costs about ten times the speed.
            guide: decides instead of the schedule; needs an observer.

        Afterwards ``over`` says why the run ended early, or is None; threads that are still
        inside an activity are blocked, and stay so until they are unwound.
        """
        self.hooks = hooks
        self.observer = observer
        self.guide = guide
        self.limit = limit
        self._begin(first, schedule)
        self.current = self.threads[0]
        self.spare_carrier().resume()
        if self.over == "interrupt":
            self.interrupted = False
            unwind(self)
            raise KeyboardInterrupt

    def _begin(self, first: Sequence[Activity | None], schedule: Schedule) -> None:
        # Apart from ``execute``, where ``over`` would be None to the type checker from here on:
        # the compiler believes it.
        count = len(first)
        self.main = getcurrent()
        self.runs += 1
        self.probe = self.proof = None
        self.alive = count
        self.enabled = (1 << count) - 1
        self.timed = self.inside = self.pending = self.waiting = self.now = 0
        self.index = self.next = self.mark = 0
        self.mark_progress: object = None
        self.mark_activity: Activity | None = None
        self.gaps = schedule.gaps
        self.choices = schedule.choices
        self.explicit = schedule.explicit
        self.thinning = schedule.thinning
        self.count = len(self.gaps)
        self.watched = self.observer is not None
        self.slice = self.free_slice = 0 if self.watched else FOREVER
        self.check = CHECK_EVERY
        self.over = None
        if self.spinners.parked:
            self.spinners.parked.clear()
        threads = self.threads
        for i in range(count):
            thread = threads[i]
            activity = first[i]
            if thread.ready:
                thread.ready.clear()
            if activity is not None:
                thread.ready.append(activity)
            thread.idle = False
        self.draw()

    @property
    def executed(self) -> int:
        """Decisions executed so far."""
        return self.index - self.left

    def frozen_state(self) -> tuple[object, ...]:
        """Nothing: engines reach it through their primitives, but it is not their state."""
        return ()

    def live(self) -> list[VirtualThread]:
        """The threads of this run."""
        return self.threads[: self.alive]

    def crash(self, error: BaseException) -> None:
        """The activity of the current thread raised ``error``: the run is over."""
        if self.unwinding:
            return
        if isinstance(error, KeyboardInterrupt) and self.interrupted:
            self.over = "interrupt"  # the user's doing, not the engine's
        else:
            self.over = "crash"
            self.hooks.crashed(self.current, error)

    def retire(self, carrier: Carrier) -> None:
        """The current thread takes no further part in this run.

        Returns when ``carrier`` is needed again.
        """
        thread = self.current
        thread.activity = thread.carrier = thread.blocked_on = None
        thread.idle = True
        self.spare.append(carrier)
        self.main.switch()

    def hand_back(self) -> None:
        """The run is over: whoever started it goes on.

        Returns when the carrier is needed again; from inside an activity only by raising
        ``Unwind``.
        """
        if self.current.carrier is None:
            self.spare.append(self.carrier)
        self.main.switch()
        if self.unwinding:
            refuse(self)

    def ghost(self, name: str, writes: bool) -> None:
        """The current thread touches a ghost variable; nothing depends on it here."""

    def stop(self, why: str) -> None:
        """End the run here; returns only by raising ``Unwind``."""
        self.over = why
        self.hand_back()
        raise Unwind

    def close(self) -> None:
        """Let go of the threads and carriers; no run can follow.

        A greenlet that is dropped inside an activity would stay for ever with all that its frames
        refer to: no garbage collector looks into them.
        """
        for carrier in self.spare:
            carrier.end()
        self.spare.clear()
        self.threads.clear()

    # -------------------------------------------------------------- decisions

    def point(self, obj: Any, kind: str) -> None:
        """The scheduling point before an access, when ``left`` has run out."""
        if self.watched:
            watched.point(self, obj, kind)
            return
        self.index = index = self.index + 1
        if index >= self.check:
            look(self)
        if self.held:
            self.grant(self.held - 1)
            return
        choice = self.choice
        others = (self.enabled | self.timed) & ~self.current.bit
        taken = others != 0 and not self.refuses(obj, kind)
        self.draw()
        if taken:
            self.switch(self.sets[others][choice % others.bit_count()])

    def pick(self, thread: VirtualThread) -> Activity | None:
        """The boundary before an activity, when ``left`` has run out.

        Returns:
            The activity to take, or None when another thread ran first.
        """
        if self.watched:
            return watched.pick(self, thread)
        ready = thread.ready
        self.index = index = self.index + 1
        if index >= self.check:
            look(self)
        mine = len(ready) - 1
        others = (self.enabled | self.timed) & ~thread.bit
        total = mine + others.bit_count()
        held, taken = self.held, self.free % len(ready)
        if held:
            self.grant(held - 1)
            return ready.pop(taken)
        if total and self.refuses(None, "begin"):
            self.draw()
            return ready.pop(taken)
        choice = self.choice
        self.draw()
        if not total:
            return ready.pop(0)
        choice %= total
        if choice < mine:
            return ready.pop(choice + 1)
        self.switch(self.sets[others][choice - mine])
        return None

    def leave(self) -> None:
        """The current thread can not go on (its bit is cleared): another one runs.

        Ends the run when there is none. Inside an activity it returns when the current thread
        is chosen again, between activities at once.
        """
        if self.watched:
            watched.leave(self)
            return
        if not (self.enabled or self.timed or self.hooks.exhausted()):
            self.hand_back()
            return
        following = self.successors() if self.timed else self.current.after[self.enabled]
        chosen = self.free
        if self.left:
            self.left -= 1
        else:
            self.index = index = self.index + 1
            if index >= self.check:
                look(self)
            if self.held:
                self.grant(self.held - 1)
            else:
                if len(following) > 1:
                    chosen = 1 + self.choice % (len(following) - 1)
                self.draw()
        self.switch(following[chosen % len(following)])

    def refuses(self, obj: Any, kind: str) -> bool:
        """Whether the deviation that is due here is thinned out."""
        i, thinning = self.next - 1, self.thinning
        return thinning is not None and i >= self.explicit and not thinning.takes(i, obj, kind)

    def draw(self) -> None:
        """Load the next deviation of the schedule."""
        i = self.next
        self.next = i + 1
        if i < self.count:
            gaps, choices = self.gaps, self.choices
            if isinstance(gaps, bytes) and isinstance(choices, bytes):
                gap, choice = gaps[i], choices[i]  # as it is decoded: quicker, compiled
            else:
                gap, choice = gaps[i], choices[i]
            self.choice = choice
            self.free = choice >> 3 if i >= self.explicit else 0
            if gap < self.check - self.index and self.slice:
                self.left = gap
                self.index += gap
                self.held = 0
            else:
                self.grant(gap)
        else:
            self.free = 0
            self.grant(FOREVER)

    def grant(self, gap: int) -> None:
        """Let up to ``gap`` decisions pass unasked; the rest is held until asked again."""
        n = self.check - 1 - self.index
        if gap < n:
            n = gap
        if n > self.slice:
            n = self.slice
        self.left = n
        self.index += n
        self.held = gap - n

    def successors(self) -> tuple[VirtualThread, ...]:
        """Who can run instead of the current thread: in cyclic order, timeouts last."""
        return self.current.after[self.enabled] + self.sets[self.timed]

    def switch(self, thread: VirtualThread) -> None:
        """Run ``thread``. Inside an activity it returns when the current one is chosen again.

        Between activities it returns at once, and ``thread`` is the current one.
        """
        if self.probe is not None:
            self.probe.end()
        before = self.current
        if thread is before:
            return
        self.current = thread
        self.tag = thread.tag
        if before.carrier is None:
            return  # its carrier goes on with ``thread``
        carrier = thread.carrier
        if carrier is None:
            carrier = self.spare_carrier()
        carrier.resume()
        if self.unwinding:
            refuse(self)

    def spare_carrier(self) -> Carrier:
        """A carrier for a thread that has none."""
        return self.spare.pop() if self.spare else Carrier(self)

    # ----------------------------------------------------------- housekeeping

    def start_probe(self) -> None:
        """Look whether the current thread only repeats itself."""
        if self.proof is not None:
            return
        self.probe = Probe(self)
        self.slice = 0
        self.watched = True
        # Give back what was granted: the probe must see every point.
        self.held += self.left
        self.index -= self.left
        self.left = 0

    def wake(self, thread: VirtualThread, activity: Activity) -> None:
        """Make ``activity`` ready on ``thread``."""
        thread.ready.append(activity)
        if thread.idle:
            thread.idle = False
            self.enabled |= thread.bit
