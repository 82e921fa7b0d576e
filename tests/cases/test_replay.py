"""Replay on an engine that has changed: exact, resynchronised or stale, and never a silent pass."""

from __future__ import annotations

import pytest
from engines_for_tests import ALL, StrandingPool, TrylockPool
from helpers import DEFAULT, executor, find, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import ADMITTED, QUEUED, Cell, Engine, Int, operation
from harness.cases.casefile import SavedCase
from harness.cases.reading import CaseFileError
from harness.cases.replay import Fidelity, replay, replay_saved
from harness.codec.codec import Codec
from harness.model.finding import Kind
from harness.model.schedule import Anchor, Switch
from harness.model.wording import describe_workload

OPS = ("T0 arrive A", "T1 arrive B", "T1 arrive C")


@pytest.fixture(scope="module")
def stranding():
    """A workload on ``StrandingPool`` and the switches that strand a request."""
    load = workload(StrandingPool, *OPS, size=1)
    schedule = find(StrandingPool, load, Kind.STRANDED)
    recorded = executor(StrandingPool).record(load, schedule)
    assert recorded.switches
    return load, recorded


def test_on_the_same_engine_it_is_exact_and_gives_the_same_trace(stranding):
    load, recorded = stranding
    again = replay(executor(StrandingPool), load, recorded.switches)
    assert again.fidelity is Fidelity.EXACT
    assert again.verdict == "stranded"
    assert again.recorded.trace.digest() == recorded.trace.digest()


@pytest.mark.parametrize("cls", ALL, ids=lambda c: c.__name__)
@given(data=st.binary(max_size=120))
@settings(max_examples=25)
def test_any_recorded_run_replays_exactly(cls, data):
    ex = executor(cls)
    load, schedule = Codec(ex.spec).decode(data)
    recorded = ex.record(load, schedule)
    again = replay(ex, load, recorded.switches)
    assert again.fidelity is Fidelity.EXACT
    assert again.recorded.trace.digest() == recorded.trace.digest()


class Harmless(StrandingPool):
    """One more access here and there, which changes nothing."""

    def setup(self, topology):
        super().setup(topology)
        self.statistic = Cell("statistic", 0)

    def arrive(self, request):
        self.statistic.read()
        answer = super().arrive(request)
        self.statistic.read()
        return answer

    def finish(self, request):
        self.statistic.write(1)
        super().finish(request)


def test_harmless_accesses_do_not_disturb_a_replay(stranding):
    load, recorded = stranding
    again = replay(executor(Harmless), load, recorded.switches)
    assert again.verdict == "stranded"
    assert again.fidelity in (Fidelity.EXACT, Fidelity.RESYNCHRONISED)


def test_one_more_access_of_the_same_sort_before_the_switch_is_found_again(stranding):
    class OneMore(StrandingPool):
        def arrive(self, request):
            with self.lock:
                pass
            return super().arrive(request)

    load, recorded = stranding
    again = replay(executor(OneMore), load, recorded.switches)
    assert again.fidelity is not Fidelity.STALE


class Renamed(StrandingPool):
    """``arrive`` and ``finish`` do their work in functions of another name."""

    def arrive(self, request):
        return self.admit_or_queue(request)

    def admit_or_queue(self, request):
        with self.lock:
            if self.served.load() < self.size:
                self.served.fetch_add(1)
                return ADMITTED
            self.line.append(request)
        return QUEUED

    def finish(self, request):
        self.give_back(request)

    def give_back(self, request):
        self.served.fetch_sub(1)
        if not self.lock.trylock():
            return
        if self.line and self.served.load() < self.size:
            following = self.line.pop(0)
            self.served.fetch_add(1)
            self.dispatch(following)
            self.wake(following)
        self.lock.unlock()


def test_switches_in_a_renamed_function_are_found_again(stranding):
    load, recorded = stranding
    again = replay(executor(Renamed), load, recorded.switches)
    assert again.fidelity is Fidelity.RESYNCHRONISED
    assert again.verdict == "stranded"
    assert again.moved
    assert list(again.lost) == []


def test_a_fixed_engine_replays_to_ok(stranding):
    class Fixed(StrandingPool):
        def finish(self, request):
            with self.lock:
                self.served.fetch_sub(1)
                if self.line and self.served.load() < self.size:
                    following = self.line.pop(0)
                    self.served.fetch_add(1)
                    self.dispatch(following)
                    self.wake(following)

    load, recorded = stranding
    again = replay(executor(Fixed), load, recorded.switches)
    assert again.recorded.run.findings == []
    assert again.verdict in ("ok", "stale")
    assert (again.verdict == "stale") == (again.fidelity is Fidelity.STALE)


def test_an_engine_that_does_without_the_operation_can_not_bind_the_workload():
    with pytest.raises(CaseFileError, match="can not do 'T0 look'"):
        workload(TrylockPool, "T0 look", "T1 arrive A", size=1)


def lost_switch(load, recorded):
    """The switches with one at a place that no run reaches."""
    nowhere = Switch(Anchor(1, "look", "look: exchange gone", 1), 0)
    return [*recorded.switches, nowhere]


def test_a_switch_in_an_operation_that_has_gone_makes_the_replay_stale(stranding):
    load, recorded = stranding
    again = replay(executor(StrandingPool), load, lost_switch(load, recorded))
    assert again.fidelity is Fidelity.STALE
    assert [s.anchor.op for s in again.lost] == ["look"]


def test_a_stale_replay_that_finds_nothing_is_no_pass():
    load = workload(StrandingPool, "T0 arrive A", size=1)
    nowhere = Switch(Anchor(1, "look", "look: exchange gone", 1), 0)
    again = replay(executor(StrandingPool), load, [nowhere])
    assert again.recorded.run.verdict == "ok"
    assert again.verdict == "stale"


def test_a_stale_replay_that_finds_something_says_so(stranding):
    load, recorded = stranding
    again = replay(executor(StrandingPool), load, lost_switch(load, recorded))
    assert again.verdict == "stranded"


def test_an_anchor_whose_target_can_not_run_is_not_met(stranding):
    load, recorded = stranding
    anchor = recorded.anchors[1]
    again = replay(executor(StrandingPool), load, [Switch(anchor, 77)])
    assert again.fidelity is Fidelity.STALE


def test_without_switches_the_default_schedule_is_exact():
    load = workload(StrandingPool, *OPS, size=1)
    again = replay(executor(StrandingPool), load, [])
    assert again.fidelity is Fidelity.EXACT
    expected = executor(StrandingPool).record(load, DEFAULT)
    assert again.recorded.trace.digest() == expected.trace.digest()


class Three(Engine):
    """Reads x, y and x again on one thread; the other thread only looks."""

    topology = {"again": Int(0, 1)}  # noqa: RUF012

    def setup(self, topology):
        self.x, self.y = Cell("x", 0), Cell("y", 0)
        self.again = topology.again
        self.resource("unused", capacity=None)

    @operation()
    def work(self):
        self.x.read()
        self.y.read()
        if self.again:
            self.x.read()

    @operation()
    def look(self):
        self.y.read()


def test_thousands_of_switches_that_do_not_apply_are_given_up(stranding):
    load, _ = stranding
    ex = executor(StrandingPool)
    runs = 0

    class Counting:
        def replay(self, load, switches):
            nonlocal runs
            runs += 1
            return ex.replay(load, switches[-20:])[0], [False] * len(switches)

    nowhere = Switch(Anchor(0, "arrive A", "arrive: lock lock", 9), 0)
    again = replay(Counting(), load, [nowhere] * 3000)
    assert again.fidelity is Fidelity.STALE
    assert len(again.lost) == 3000
    assert runs < 1100


def test_a_switch_is_not_moved_before_one_that_would_then_be_passed_over():
    at_y = Switch(Anchor(0, "work", "work: read y", 1), 1)
    at_second_x = Switch(Anchor(0, "work", "work: read x", 2), 1)
    load = workload(Three, "T0 work", "T1 look", "T1 look", "T1 look", again=0)
    again = replay(executor(Three), load, [at_y, at_second_x])
    assert again.fidelity is Fidelity.STALE
    assert list(again.lost) == [at_second_x]
    assert [s.anchor.site for s in again.recorded.switches] == ["work: read y"]


# ------------------------------------------------- the schedule of an engine that was fixed

NOWHERE = Switch(Anchor(1, "look", "look: exchange gone", 1), 0)


def declared_fixed(load, switches, of_fix) -> SavedCase:
    """A case about a stranded request, with a schedule of its own for ``engine``."""
    ops = describe_workload(load, StrandingPool.spec("engine", "engine"))
    return SavedCase(
        "engine",
        "engine",
        "stranded",
        "t",
        load.topology,
        ops,
        switches,
        {},
        "c",
        {"engine": of_fix},
    )


def test_a_fixed_engine_follows_its_own_schedule_where_the_first_one_is_stale(stranding):
    load, _ = stranding
    again = replay_saved(executor(StrandingPool), declared_fixed(load, [NOWHERE], []))
    assert (again.verdict, again.fidelity) == ("ok", Fidelity.EXACT)


def test_the_first_schedule_counts_where_it_shows_the_finding_again(stranding):
    load, recorded = stranding
    case = declared_fixed(load, lost_switch(load, recorded), [])
    assert replay_saved(executor(StrandingPool), case).verdict == "stranded"


def test_a_finding_under_the_schedule_of_the_fixed_engine_counts_too(stranding):
    load, recorded = stranding
    again = replay_saved(executor(StrandingPool), declared_fixed(load, [], recorded.switches))
    assert again.verdict == "stranded"


def test_the_first_schedule_counts_where_it_is_exact(stranding):
    load, _ = stranding
    again = replay_saved(executor(StrandingPool), declared_fixed(load, [], [NOWHERE]))
    assert (again.verdict, again.fidelity) == ("ok", Fidelity.EXACT)


def test_where_neither_schedule_applies_the_replay_is_stale(stranding):
    load, _ = stranding
    again = replay_saved(executor(StrandingPool), declared_fixed(load, [NOWHERE], [NOWHERE]))
    assert again.verdict == "stale"


def test_other_engines_do_not_follow_the_schedule_of_a_fixed_one(stranding):
    load, recorded = stranding
    case = declared_fixed(load, [], recorded.switches)
    assert replay_saved(executor(StrandingPool, "other"), case).verdict == "ok"
