"""Each subject has the bug it says, under a schedule given here, and runs without it as well."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, deviate

from harness.bench.subjects import PHILOSOPHERS, SIZES, WRONGLOCKS, programs, subjects
from harness.cases.reading import read_workload
from harness.codec.codec import Codec, CodecError
from harness.execute.python import PythonExecutor
from harness.model.schedule import Schedule
from harness.model.wording import describe_workload

SAFESTACK = Schedule(
    [11, 10, 0, 1, 3, 6, 1, 1, 2, 0, 6, 3, 1, 0, 1, 4, 0, 4, 0, 1, 1, 2, 4, 1, 0, 0, 0, 1, 5, 1, 0],
    [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0],
    31,
)
"""Found by a random walk in 136,655 runs."""

# For each subject, the switches that show its bug: (decisions before it, which other thread).
BUGGY = {
    **{f"reorder_{n}": deviate((2, n - 1)) for n in SIZES},
    **{f"twostage_{n}": deviate((4, n - 1)) for n in SIZES},
    **{f"wronglock_{n}": deviate((4, 0)) for n in WRONGLOCKS},
    **{f"din_phil_{n}": deviate(*[(2, i) for i in range(n - 1)]) for n in PHILOSOPHERS},
    "lazy01": DEFAULT,
    "account": DEFAULT,
    "stack": deviate((6, 0)),
    "queue": deviate((0, 0), (4, 0)),
    "circular_buffer": deviate((0, 0), (4, 0)),
    "token_ring": deviate((5, 0)),
    "bluetooth_driver": deviate((2, 0)),
    "deadlock01": deviate((2, 0)),
    "carter01": deviate((7, 0)),
    "safestack": SAFESTACK,
    "work_steal_queue": deviate((0, 0), (4, 0)),
    "accumulate": deviate((2, 0)),
    "airline": deviate((2, 0)),
    "singleton": deviate((2, 0)),
    "read_write_lock": deviate((12, 0), (12, 0), (14, 0)),
    "bounded_buffer": deviate((0, 0), (1, 1)),
    "lost_signal": deviate((2, 0)),
    "aba_stack": deviate((3, 0)),
    "cve_2009_3547": deviate((2, 0)),
    "cve_2013_1792": deviate((3, 0)),
    "cve_2015_7550": deviate((2, 0)),
    "cve_2016_1973": deviate((2, 0)),
    "cve_2016_7911": deviate((2, 0)),
    "cve_2016_9806": deviate((3, 0)),
    "cve_2017_6346": deviate((4, 0)),
    "cve_2017_15265": deviate((4, 0)),
}

# Without a switch the bug does not show, but for these.
CLEAN = {"lazy01": deviate((0, 1)), "account": deviate((0, 1))}

PROGRAMS = {subject.name: subject for subject in programs()}
EACH = pytest.mark.parametrize("name", PROGRAMS)


def run(name, schedule):
    ref = PROGRAMS[name].ref
    return PythonExecutor(ref).run(ref.spec.program, schedule)


@EACH
def test_the_bug_shows_under_a_known_schedule(name):
    found = run(name, BUGGY[name])
    assert PROGRAMS[name].shown_by(found.findings)
    assert not found.limited


@EACH
def test_there_is_a_run_without_any_finding(name):
    clean = run(name, CLEAN.get(name, DEFAULT))
    assert clean.verdict == "ok"


@EACH
def test_what_fails_is_an_assertion_or_a_deadlock_and_nothing_else(name):
    [finding] = run(name, BUGGY[name]).findings
    assert finding.signature.startswith(("exception AssertionError in ", "deadlock "))


@EACH
def test_the_recorded_bug_is_the_same_and_replays_from_its_switches(name):
    ref = PROGRAMS[name].ref
    executor = PythonExecutor(ref)
    recorded = executor.record(ref.spec.program, BUGGY[name])
    assert recorded.run.verdict == run(name, BUGGY[name]).verdict
    replayed, met = executor.replay(ref.spec.program, recorded.switches)
    assert all(met)
    assert replayed.trace.digest() == recorded.trace.digest()


@EACH
def test_the_buggy_run_goes_through_bytes_and_text(name):
    spec = PROGRAMS[name].ref.spec
    codec = Codec(spec)
    load, schedule = codec.decode(codec.encode(spec.program, BUGGY[name]))
    assert load == spec.program
    assert (list(schedule.gaps), list(schedule.choices)) == (
        list(BUGGY[name].gaps),
        list(BUGGY[name].choices),
    )
    texts = describe_workload(spec.program, spec)
    assert read_workload(dict(load.topology), texts, spec) == spec.program


def test_a_program_has_no_other_workload():
    small, large = PROGRAMS["reorder_3"].ref.spec, PROGRAMS["reorder_10"].ref.spec
    with pytest.raises(CodecError, match="one workload"):
        Codec(small).encode(large.program, DEFAULT)


def test_a_hundred_and_one_threads_run():
    spec = PROGRAMS["reorder_100"].ref.spec
    assert spec.program.topology.threads == 101
    assert run("reorder_100", DEFAULT).verdict == "ok"


def test_a_clean_run_stays_clean_when_others_follow():
    ref = PROGRAMS["deadlock01"].ref
    executor = PythonExecutor(ref)
    clean = executor.run(ref.spec.program, DEFAULT)
    executor.run(ref.spec.program, BUGGY["deadlock01"])
    assert clean.verdict == "ok"


def test_names_are_unique_and_every_suite_is_there():
    every = subjects()
    assert {s.suite for s in every.values()} == {"SCTBench", "textbook", "ConVul", "HAProxy"}
    assert set(PROGRAMS) < set(every)
