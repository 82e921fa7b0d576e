"""Guessing: an edit that leaves a bug in must not hide it, and none shows where it is mended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers import executor, workload

from harness import ADMITTED, Cell, Engine, operation
from harness.cases import guessing
from harness.cases.replay import Fidelity, replay
from harness.execute.run import RecordedRun, Run
from harness.model.finding import Finding, Kind
from harness.model.schedule import Anchor, Schedule, Switch
from harness.model.trace import Trace


class Looks(Engine):
    """Wrong: believes that what it has read is still so when it looks again."""

    name = "value"

    def setup(self, topology):
        self.value = Cell(self.name, 0)
        self.resource("unused", capacity=None)

    def arrive(self, request):
        before = self.value.read()
        self.believe(before)
        return ADMITTED

    def believe(self, before):
        assert self.value.read() == before

    def finish(self, request):
        pass

    @operation()
    def change(self):
        self.value.write(self.value.read() + 1)


class LooksOnceMore(Looks):
    def believe(self, before):
        self.value.read()
        super().believe(before)


class Inline(Looks):
    def arrive(self, request):
        before = self.value.read()
        assert self.value.read() == before
        return ADMITTED


class InlineOnceMore(Inline):
    def arrive(self, request):
        self.value.read()
        return super().arrive(request)


class Renamed(Looks):
    name = "amount"


class AllRenamed(Renamed):
    def believe(self, before):
        self.still(before)

    def still(self, before):
        assert self.value.read() == before


class Mended(Looks):
    def arrive(self, request):
        self.believe(0)
        return ADMITTED

    def believe(self, before):
        self.value.read()


class MendedAndRenamed(Mended):
    name = "amount"


def at(site: str, occurrence: int = 1) -> list[Switch]:
    """The schedule of the bug: T1 changes the value between the two looks."""
    return [Switch(Anchor(0, "arrive A", site, occurrence), 1)]


TWO_PLACES = at("believe: read value")
ONE_PLACE = at("arrive: read value", 2)
LOAD = ("T0 arrive A", "T1 change")


def replayed(cls, switches, wanted="exception"):
    return replay(executor(cls), workload(cls, *LOAD), switches, wanted)


@pytest.mark.parametrize(
    ("cls", "switches"), [(Looks, TWO_PLACES), (Inline, ONE_PLACE)], ids=["helper", "inline"]
)
def test_without_an_edit_nothing_is_guessed(cls, switches):
    again = replayed(cls, switches)
    assert (again.verdict, again.fidelity) == ("exception", Fidelity.EXACT)


@pytest.mark.parametrize(
    ("cls", "switches", "before"),
    [
        (InlineOnceMore, ONE_PLACE, "ok"),
        (Renamed, TWO_PLACES, "stale"),
        (AllRenamed, TWO_PLACES, "stale"),
    ],
    ids=["an access of the same sort before it", "a renamed object", "everything renamed"],
)
def test_a_bug_that_an_edit_has_left_is_found_again(cls, switches, before):
    assert replayed(cls, switches, wanted="").verdict == before
    again = replayed(cls, switches)
    assert (again.verdict, again.fidelity) == ("exception", Fidelity.RESYNCHRONISED)
    assert (list(again.moved), list(again.lost)) == (switches, [])
    repeated = replayed(cls, switches)
    assert repeated.recorded.trace.digest() == again.recorded.trace.digest()


def test_a_place_that_is_still_met_is_kept_where_it_shows_the_bug():
    again = replayed(LooksOnceMore, TWO_PLACES)
    assert (again.verdict, again.fidelity) == ("exception", Fidelity.EXACT)


def test_a_mended_engine_is_ok_under_the_schedule_that_was_saved():
    again = replayed(Mended, TWO_PLACES)
    assert (again.verdict, again.fidelity) == ("ok", Fidelity.EXACT)
    assert again.recorded.switches == tuple(TWO_PLACES)


def test_no_guess_makes_a_pass_of_a_stale_schedule():
    again = replayed(MendedAndRenamed, TWO_PLACES)
    assert (again.verdict, again.fidelity) == ("stale", Fidelity.STALE)


class Fake:
    """An executor whose runs reach hundreds of places and show what they are told to."""

    def __init__(self, *findings):
        self.findings = findings
        self.runs = 0

    def replay(self, load, switches):
        self.runs += 1
        anchors = [Anchor(0, "arrive A", f"arrive: read x{n}", 1) for n in range(300)]
        run = Run(self.findings, 1, False)
        return RecordedRun(run, Trace([], []), Schedule(), switches, anchors), [True] * len(
            switches
        )


@pytest.mark.parametrize(
    "switches", [[], at("gone: read y") * 3, at("arrive: read x0") * 5000], ids=len
)
def test_guessing_ends(switches):
    fake = Fake()
    assert guessing.guessed(fake, workload(Looks, *LOAD), switches, "exception") is None
    assert fake.runs <= guessing.RUNS


def test_an_engine_that_never_comes_back_is_waited_for_once():
    fake = Fake(Finding(Kind.EXCEPTION, 1, "StuckError in arrive", "it never comes back"))
    assert guessing.guessed(fake, workload(Looks, *LOAD), at("gone: read y"), "stranded") is None
    assert fake.runs == 1


class Leading(Fake):
    """Only a switch of T0 at its second place leads to what T1 does; that is what matters."""

    def replay(self, load, switches):
        first, second = (s.anchor for s in switches)
        recorded, _ = super().replay(load, switches)
        there = [Anchor(0, "arrive A", "arrive: read x1", 1), Anchor(1, "change", "change: go", 1)]
        leads = first == there[0]
        anchors = [Anchor(0, "arrive A", "arrive: read x0", 1), *there[: 1 + leads]]
        shown = leads and second == there[1]
        found = [Finding(Kind.STRANDED, 1, "queue", "it waits")] if shown else []
        return replace(recorded, run=Run(found, 1, False), anchors=anchors), [
            first in anchors,
            second in anchors,
        ]


def test_guessing_goes_on_where_the_nearest_place_leads_nowhere():
    gone = [*at("arrive: read gone"), Switch(Anchor(1, "change", "change: gone", 1), 0)]
    found = guessing.guessed(Leading(), workload(Looks, *LOAD), gone, "stranded")
    assert found is not None
    assert [s.anchor.site for s in found[1]] == ["arrive: read x1", "change: go"]
