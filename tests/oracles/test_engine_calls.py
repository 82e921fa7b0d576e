"""What an engine may tell the ledger beside dispatching, and what it may ask."""

from __future__ import annotations

from engines_for_tests import RightQueue
from helpers import DEFAULT, deviate, executor, find, only, workload

from harness import ADMITTED, QUEUED, Atomic, Engine, Int, admitted, operation, queued
from harness.model.finding import Kind


class Base(Engine):
    def setup(self, topology):
        self.served = Atomic("served", 0)
        self.resource("slot", capacity=None)

    def arrive(self, request):
        self.served.fetch_add(1)
        return ADMITTED

    def finish(self, request):
        self.served.fetch_sub(1)


def run(cls, *ops, **topology):
    return executor(cls).run(workload(cls, *ops, **topology), DEFAULT)


# --------------------------------------------------------------------- dispatch


def test_a_dispatch_to_a_resource_that_was_not_declared_is_told_as_that():
    class Strays(Base):
        def arrive(self, request):
            self.dispatch(request, 7)

    finding = only(run(Strays, "T0 arrive A"))
    assert finding.where == "MisuseError in dispatch"
    assert "resource 7" in finding.message


# ------------------------------------------------------------------------- fail


class Complains(Base):
    def finish(self, request):
        super().finish(request)
        self.fail("the books", f"{request.name} is not in them")


def test_what_an_engine_says_is_wrong_is_a_finding_and_the_run_goes_on():
    finding = only(run(Complains, "T0 arrive A", "T0 arrive B", "T0 arrive C"))
    assert finding.kind is Kind.EXCEPTION
    assert (finding.where, finding.message) == ("the books", "A is not in them")


def test_it_does_not_end_the_run():
    class Goes(Complains):
        ended = 0

        def finish(self, request):
            super().finish(request)
            Goes.ended += 1

    run(Goes, "T0 arrive A", "T0 arrive B")
    assert Goes.ended == 2


# -------------------------------------------------------------------- give_back


class Fails(RightQueue):
    """The first connection of every queued request fails; it queues again."""

    fifo = False

    def resume(self, request):
        if request.data is not None:
            return None
        request.data = "failed once"
        self.give_back(request)
        with self.lock:
            self.served.fetch_sub(1)
            self.line.append(request)
            self.length.fetch_add(1)
            self.serve()
        return QUEUED


class Keeps(Fails):
    def give_back(self, request):
        """Wrong: the ledger is not told."""


def test_a_request_that_gives_its_slot_back_can_be_dispatched_again():
    load = workload(Fails, "T0 arrive A", "T0 arrive B", size=1)
    assert executor(Fails).run(load, DEFAULT).verdict == "ok"


def test_without_telling_the_second_dispatch_is_one_too_many():
    load = workload(Keeps, "T0 arrive A", "T0 arrive B", size=1)
    kinds = {f.kind for f in executor(Keeps).run(load, DEFAULT).findings}
    assert Kind.DOUBLE_DISPATCH in kinds


class Silent(Fails):
    """As above, but a task whose request is in line again does not say so."""

    def resume(self, request):
        super().resume(request)


def test_a_request_that_gave_its_slot_back_is_queued_again_without_saying_so():
    load = workload(Silent, "T0 arrive A", "T0 arrive B", size=1)
    assert executor(Silent).run(load, DEFAULT).findings == []


class Forgets(Silent):
    """Wrong: nobody looks at the line once the slot is given back."""

    def setup(self, topology):
        super().setup(topology)
        self.queue("other", served_by=[0])
        self.queue("line", served_by=[0])

    def arrive(self, request):
        return queued(1) if super().arrive(request) is QUEUED else ADMITTED

    def serve(self):
        if not self.line or self.line[0].data is None:
            super().serve()


def test_a_request_that_gave_its_slot_back_for_nobody_is_stranded_where_it_was():
    load = workload(Forgets, "T0 arrive A", "T0 arrive B", size=1)
    finding = only(executor(Forgets).run(load, DEFAULT))
    assert (finding.kind, finding.where) == (Kind.STRANDED, "line")
    assert finding.requests == ("B",)


def test_a_request_dispatched_before_it_was_queued_comes_back_to_the_queue_of_its_answer():
    class Early(Base):
        def setup(self, topology):
            super().setup(topology)
            self.queue("other", served_by=[0])
            self.queue("line", served_by=[0])

        def arrive(self, request):
            self.dispatch(request)
            self.wake(request)
            return queued(1)

        def resume(self, request):
            self.give_back(request)

    finding = only(run(Early, "T0 arrive A"))
    assert (finding.kind, finding.where) == (Kind.STRANDED, "line")


def test_giving_back_what_was_never_given_changes_nothing():
    class Polite(Base):
        def arrive(self, request):
            self.give_back(request)
            return super().arrive(request)

    assert run(Polite, "T0 arrive A").verdict == "ok"


# ---------------------------------------------------------------- set_served_by


class TwoDesks(Engine):
    """Whoever waits is served at the first desk; an operation says that the second may, too."""

    topology = {"threads": Int(1, 2)}  # noqa: RUF012

    def setup(self, topology):
        self.served = Atomic("served", 0)
        self.line = []
        self.resource("first", capacity=1)
        self.resource("second", capacity=1)
        self.queue("line", served_by=[0])
        self.publish_in_service(self.served)

    def arrive(self, request):
        if self.served.load() == 0:
            self.served.store(1)
            return admitted(0)
        self.line.append(request)
        return queued(0)

    def finish(self, request):
        self.served.store(bool(self.line))
        if self.line:
            first = self.line.pop(0)
            self.dispatch(first, 0)
            self.wake(first)

    @operation()
    def second_takes_over(self):
        self.set_served_by(0, [1])


def test_who_waits_for_a_busy_desk_is_not_stranded():
    load = workload(TwoDesks, "T0 arrive A", "T0 arrive B", threads=1)
    assert executor(TwoDesks).run(load, DEFAULT).findings == []


def test_who_could_be_served_elsewhere_from_now_on_is_stranded():
    load = workload(TwoDesks, "T0 arrive A", "T0 arrive B", "T0 second_takes_over", threads=1)
    schedule = find(TwoDesks, load, Kind.STRANDED, deviations=1)  # before A ends
    finding = only(executor(TwoDesks).run(load, schedule))
    assert (finding.kind, finding.requests) == (Kind.STRANDED, ("B",))


# ------------------------------------------------------------ who runs, who else


class Asks(Engine):
    def setup(self, topology):
        self.seen = []
        self.point = Atomic("point", 0)
        self.resource("unused", capacity=None)

    @operation()
    def ask(self):
        self.point.load()
        self.seen.append((self.current_thread, self.others_inside))
        type(self).told = self.seen


def test_an_operation_learns_which_thread_runs_it_and_that_it_is_alone():
    run(Asks, "T0 ask", "T1 ask")
    assert Asks.told == [(0, 0), (1, 0)]


def test_who_is_interrupted_inside_an_operation_counts_as_inside():
    executor(Asks).run(workload(Asks, "T0 ask", "T1 ask"), deviate((1, 0)))
    assert (1, 1) in Asks.told


# ---------------------------------------------------------------- publish_queued


class TwoLines(Engine):
    """One counter for both lines; wrong by ``off``."""

    topology = {"off": Int(0, 1)}  # noqa: RUF012

    def setup(self, topology):
        self.waiting = Atomic("waiting", 0)
        self.off = topology.off
        self.resource("slot", capacity=1)
        self.busy = Atomic("busy", 0)
        self.line = []
        lines = [self.queue(name, served_by=[0]) for name in ("left", "right")]
        self.publish_queued(self.waiting, *lines)

    def arrive(self, request):
        if self.busy.fetch_add(1) == 0:
            return ADMITTED
        self.waiting.fetch_add(1 + self.off)
        self.line.append(request)
        return queued(len(self.line) % 2)

    def finish(self, request):
        self.busy.fetch_sub(1)
        if self.line:
            self.waiting.fetch_sub(1 + self.off)
            first = self.line.pop(0)
            self.dispatch(first)
            self.wake(first)


def test_a_counter_of_several_queues_is_held_to_their_sum():
    ops = ["T0 arrive A", "T0 arrive B", "T0 arrive C"]
    assert run(TwoLines, *ops, off=0).verdict == "ok"
    finding = only(run(TwoLines, *ops, off=1))
    assert (finding.kind, finding.where) == (Kind.ACCOUNTING, "waiting")
