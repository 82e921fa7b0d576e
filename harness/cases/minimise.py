"""Minimising a case on both axes: what is requested and how it is scheduled.

The order of value: fewer requests and operations, fewer threads, fewer context switches, then
smaller parameters, then later switches. Passes are deterministic; a pass may only make the case
smaller in that order, so repeating them ends; when a whole round changes nothing the case is
1-minimal: no single operation and no single switch can go, and no parameter can be smaller.
Schedules are carried from candidate to candidate by their anchors, so taking a request away does
not shift what is left.

The rounds follow Hypothesis' shrinker (shortlex order, passes to a fixed point).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from harness.cases.labels import relabelled
from harness.cases.reading import CaseFileError, read_workload
from harness.cases.sliding import progress, slid
from harness.cases.smaller import without_operation, without_thread
from harness.execute.run import Executor, RecordedRun, Run
from harness.model.finding import Finding
from harness.model.params import OwnRequest
from harness.model.schedule import Schedule, Switch
from harness.model.wording import describe_ops, describe_workload
from harness.model.workload import Workload
from harness.runtime.errors import StuckError

RUNS = 200_000
"""Runs spent on looking for other schedules; taking parts away and sliding are not limited."""

_STUCK = 4000
"""What a run costs that the watchdog had to end: it took seconds, not a fraction of one ms."""

_ROUND = 20
"""What a run costs that went round for ever: the proof takes as long as so many others."""

_SAMPLES = 50
"""Random schedules under which a smaller workload is run."""

_MOST, _SPREADS = 30, (2, 6, 20)
"""Deviations in one of them, and decisions between two, at the most."""

_LONGEST = 80
"""Decisions in a run up to which all pairs of deviations are tried."""


@dataclass(frozen=True, slots=True)
class Minimal:
    """The smallest case found.

    Attributes:
        recorded: its run.
        finding: the finding it shows.
        runs: executions spent.
        complete: False when the budget ended first: it is 1-minimal all the same, but there may
            be a smaller case with quite another schedule.
    """

    workload: Workload
    switches: Sequence[Switch]
    recorded: RecordedRun
    finding: Finding
    runs: int
    complete: bool


class _BudgetSpentError(Exception):
    pass


def minimise(
    executor: Executor,
    workload: Workload,
    switches: Sequence[Switch],
    wanted: Finding,
    *,
    budget: int = RUNS,
    progress: Callable[[int], None] | None = None,
    enough: Callable[[Finding, Workload, Sequence[Switch]], bool] | None = None,
    late: Callable[[], bool] | None = None,
) -> Minimal:
    """The smallest case that shows the same finding.

    Args:
        executor: the engine.
        workload, switches: a case that shows ``wanted``.
        wanted: the finding; the same signature counts as the same.
        budget: runs that may be spent on looking for other, shorter schedules.
        progress: told the number of runs spent so far, after each.
        enough: asked when the cheap passes have nothing left; True spares the dear ones.
        late: asked in these, before each run; True ends them as a spent budget does.

    Raises:
        ValueError: the case does not show the finding.
        EngineError: the engine can not be run.
    """
    search = _Search(executor, wanted, budget, progress, enough, late)
    if not search.accepts(workload, switches):
        raise ValueError("the case does not show the finding")
    complete = search.to_fixed_point()
    assert search.recorded is not None and search.finding is not None
    return Minimal(
        search.workload, search.switches, search.recorded, search.finding, search.runs, complete
    )


class _Search:
    """The best case so far, and the passes that look for a better one."""

    def __init__(
        self,
        executor: Executor,
        wanted: Finding,
        budget: int,
        progress: Callable[[int], None] | None,
        enough: Callable[[Finding, Workload, Sequence[Switch]], bool] | None,
        late: Callable[[], bool] | None,
    ) -> None:
        self._executor = executor
        self._spec = executor.spec
        self._signature = wanted.signature
        self._budget = budget
        self._progress = progress
        self._enough = enough
        self._late = late
        self.runs = self._spent = 0
        self.workload: Workload
        self.switches: Sequence[Switch] = ()
        self.recorded: RecordedRun | None = None
        self.finding: Finding | None = None

    def accepts(self, workload: Workload, switches: Sequence[Switch]) -> bool:
        """Try a candidate; keep it if it shows the finding and is not larger."""
        self._count()
        recorded, _ = self._executor.replay(workload, switches)
        self._charge(recorded.run)
        return self._keep(workload, recorded)

    def to_fixed_point(self) -> bool:
        """Repeat the passes until none changes anything; cheap ones first, and always last.

        Returns:
            False when ``enough`` or the budget ended it before.
        """
        complete = True
        while True:
            while (
                self._remove_operations()
                or self._remove_threads()
                or self._remove_switches()
                or self._lower_parameters()
                or self._slide_switches()
            ):
                pass
            if not complete or self._is_enough():
                return False
            try:
                if not (
                    self._sample_smaller()
                    or self._fewest_switches(below=2)
                    or self._remove_operations(deviations=2)
                    or self._fewest_switches(below=3)
                    or self._remove_operations(deviations=3)
                ):
                    return True
            except _BudgetSpentError:
                complete = False

    def _is_enough(self) -> bool:
        # Asked once: what is not known after the cheap passes deserves the dear ones.
        asked, self._enough = self._enough, None
        if asked is None or self.finding is None:
            return False
        return asked(self.finding, self.workload, self.switches)

    # ------------------------------------------------------------------- passes

    def _remove_operations(self, deviations: int = 0) -> bool:
        """Take one operation away, if need be with another schedule of few deviations."""
        for i in reversed(range(len(self.workload.ops))):
            smaller = without_operation(self.workload, self.switches, i, self._spec)
            if smaller is not None:
                if deviations:
                    if self._search_again(smaller[0], deviations):
                        return True
                elif self.accepts(*smaller):
                    return True
        return False

    def _sample_smaller(self) -> bool:
        """Take one operation away, with a random schedule: many bugs show under a good part."""
        for i in reversed(range(len(self.workload.ops))):
            smaller = without_operation(self.workload, self.switches, i, self._spec)
            if smaller is None:
                continue
            threads = smaller[0].topology.threads
            if any(self._shows(smaller[0], schedule) for schedule in _random_schedules(threads)):
                return True
        return False

    def _remove_threads(self) -> bool:
        threads = self.workload.topology.threads
        for gone in reversed(range(threads)):
            for heir in range(threads):
                if heir == gone:
                    continue
                smaller = without_thread(self.workload, self.switches, gone, heir, self._spec)
                if smaller is not None and self.accepts(*smaller):
                    return True
        return False

    def _remove_switches(self) -> bool:
        switches = self.switches
        size = len(switches)
        while size >= 1:
            for start in range(0, len(switches), size):
                rest = [*switches[:start], *switches[start + size :]]
                if self.accepts(self.workload, rest):
                    return True
            size //= 2
        return False

    def _slide_switches(self) -> bool:
        """Let each switch happen as late as it can; see ``sliding``."""
        changed = False
        for which in reversed(range(len(self.switches))):
            # Gallops: each try is a run as long as the way already gone.
            stride, found_end = 1, False
            while stride and which < len(self.switches):
                if self._slides(which, stride):
                    changed = True
                else:
                    found_end = True
                stride = stride // 2 if found_end else stride * 2
        return changed

    def _slides(self, which: int, by: int) -> bool:
        assert self.recorded is not None
        switches = slid(self.switches, self.recorded.anchors, which, by)
        if switches is None:
            return False
        self._count()
        recorded, _ = self._executor.replay(self.workload, switches)
        self._charge(recorded.run)
        if len(recorded.switches) < len(switches):
            return self._keep(self.workload, recorded)
        finding = self._wanted_of(recorded)
        if finding is None or len(recorded.switches) > len(switches):
            return False
        before = progress(self.switches[which], self.recorded.anchors)
        if progress(recorded.switches[which], recorded.anchors) <= before:
            return False
        self.switches, self.recorded, self.finding = recorded.switches, recorded, finding
        return True

    def _fewest_switches(self, below: int) -> bool:
        """Fewer switches than now, by trying all places for less than ``below`` of them."""
        return len(self.switches) > 1 and self._search_again(
            self.workload, min(below, len(self.switches))
        )

    def _search_again(self, workload: Workload, below: int) -> bool:
        """Look for the finding among all schedules of fewer than ``below`` deviations."""
        for deviations in range(below):
            for gaps, choices in self._schedules(workload, deviations):
                if self._shows(workload, Schedule(gaps, choices, len(gaps))):
                    return True
        return False

    def _shows(self, workload: Workload, schedule: Schedule) -> bool:
        """Run a schedule, for what it costs; keep it if it shows the finding and is smaller."""
        self._spend()
        run = self._executor.run(workload, schedule)
        self._charge(run)
        if not any(f.signature == self._signature for f in run.findings):
            return False
        return self._keep(workload, self._executor.record(workload, schedule))

    def _schedules(
        self, workload: Workload, deviations: int
    ) -> Iterator[tuple[list[int], list[int]]]:
        length = self._executor.run(workload, Schedule()).steps + 8 * deviations
        alternatives = workload.topology.threads
        if deviations > 1 and length > _LONGEST:
            return
        for places in combinations(range(length), deviations):
            gaps = [b - a - 1 for a, b in zip((-1, *places), places, strict=False)]
            for number in range(alternatives**deviations):
                yield gaps, [number // alternatives**i % alternatives for i in range(deviations)]

    def _lower_parameters(self) -> bool:
        spec = self._spec
        fields = dict(self.workload.topology)
        for name, param in spec.topology.items():
            if name == "threads" or isinstance(param, OwnRequest):
                continue
            low, _ = param.bounds(fields)
            for value in range(low, fields[name]):
                texts = describe_workload(self.workload, spec)
                try:
                    workload = read_workload({**fields, name: value}, texts, spec)
                except CaseFileError:
                    continue  # an operation speaks of something the smaller topology lacks
                if self.accepts(workload, self.switches):
                    return True
        for i, op in enumerate(self.workload.ops):
            operation = spec.operation(op.name)
            assert operation is not None
            for j, param in enumerate(operation.params.values()):
                if isinstance(param, OwnRequest):
                    continue
                low, _ = param.bounds(fields)
                for value in range(low, op.args[j]):
                    args = (*op.args[:j], value, *op.args[j + 1 :])
                    ops = list(self.workload.ops)
                    ops[i] = op._replace(args=args)
                    workload = Workload(self.workload.topology, tuple(ops))
                    old, new = describe_ops(self.workload, spec), describe_ops(workload, spec)
                    switches = relabelled(self.switches, old, new)
                    if self.accepts(workload, switches):
                        return True
        return False

    # -------------------------------------------------------------------- parts

    def _keep(self, workload: Workload, recorded: RecordedRun) -> bool:
        finding = self._wanted_of(recorded)
        if finding is None:
            return False
        if self.recorded is not None and _size(workload, recorded.switches) >= _size(
            self.workload, self.switches
        ):
            return False
        self.workload, self.switches = workload, recorded.switches
        self.recorded, self.finding = recorded, finding
        return True

    def _wanted_of(self, recorded: RecordedRun) -> Finding | None:
        return next((f for f in recorded.run.findings if f.signature == self._signature), None)

    def _charge(self, run: Run) -> None:
        if any(f.where.startswith(StuckError.__name__) for f in run.findings):
            self._spent += _STUCK
        elif run.went_round:
            self._spent += _ROUND

    def _spend(self) -> None:
        if self._spent >= self._budget or (self._late is not None and self._late()):
            raise _BudgetSpentError
        self._spent += 1
        self._count()

    def _count(self) -> None:
        self.runs += 1
        if self._progress is not None:
            self._progress(self.runs)


def _random_schedules(threads: int) -> Iterator[Schedule]:
    """Schedules of few and of many deviations, close together or not; each time the same ones."""
    random = Random(1)
    for _ in range(_SAMPLES):
        number, spread = random.randrange(1, _MOST), random.choice(_SPREADS)
        gaps = [random.randrange(spread) for _ in range(number)]
        yield Schedule(gaps, [random.randrange(threads) for _ in range(number)], number)


def _size(workload: Workload, switches: Sequence[Switch]) -> tuple[object, ...]:
    """The order in which cases are compared; smaller is better."""
    return (
        workload.requests,
        len(workload.ops),
        workload.topology.threads,
        len(switches),
        sum(workload.topology.values()),
        [op.args for op in workload.ops],
    )
