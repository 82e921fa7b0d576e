"""Steers a run by anchored switches: deviate where the anchors say, wherever that is by now."""

from __future__ import annotations

from collections.abc import Sequence

from harness.execute.recorder import Recorder
from harness.model.schedule import Anchor, Switch
from harness.runtime.scheduler import Scheduler
from harness.runtime.watched import Place


class AnchorGuide:
    """Takes each switch at its anchor, in order.

    A switch whose anchor never comes is passed over when a later one is met.

    Attributes:
        met: for each switch, whether its anchor was reached and its target could run.
    """

    def __init__(
        self, scheduler: Scheduler, recorder: Recorder, switches: Sequence[Switch]
    ) -> None:
        self._s = scheduler
        self._recorder = recorder
        self._switches = switches
        self._at: dict[Anchor, list[int]] = {}
        for i, switch in enumerate(switches):
            self._at.setdefault(switch.anchor, []).append(i)
        self._next = 0
        self.met = [False] * len(switches)

    def choice(self, place: Place) -> int | None:
        """The alternative that the switch anchored here takes, None when there is none."""
        anchor = self._recorder.anchor
        i = next((i for i in self._at.get(anchor, ()) if i >= self._next), None)
        if i is None:
            return None
        switch = self._switches[i]
        targets = self._targets(place)
        wanted = (switch.to, switch.activity)
        if wanted not in targets:
            return None
        self._next = i + 1
        self.met[i] = True
        position = targets.index(wanted)
        return position - 1 if position else None

    def _targets(self, place: Place) -> list[tuple[int, str]]:
        """The default and then the alternatives of the decision just reached."""
        s = self._s
        thread = s.current
        if place is Place.LEAVING:
            return [(t.index, "") for t in s.successors()]
        able = s.enabled | s.timed | s.spinners.revivable()
        others = [(t.index, "") for t in s.sets[able & ~thread.bit]]
        if place is Place.BOUNDARY:
            return [(thread.index, a.label) for a in thread.ready] + others
        return [(thread.index, ""), *others]
