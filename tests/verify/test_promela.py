"""The verifier and Spin, on a Promela model written independently, say the same.

``promela/queue.pml`` is written from a description of HAProxy's queue; the revisions in
``harness/engines/haproxy`` are another reading of it, the verifier another explorer. Compared are
all states that the queue can come to rest in, and what is wrong with them.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from exploring import exploration
from helpers import workload

from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.state import State

MODEL = Path(__file__).parent / "promela" / "queue.pml"
MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)}: apt-get install {' '.join(MISSING)}"
)

REVISIONS = {
    "16fbdda3c": ["BLOCKING"],
    "ddab05b98": ["TRYLOCK"],
    "5541d4995": ["TRYLOCK", "RECHECK"],
    "b11495652": ["FLAG", "RECHECK"],
    "b11495652-no-recheck": ["FLAG"],
}
"""Revision → what the model has to have of it."""

SHAPES = {
    "two threads, both balanced": (2, 2, 0b00),
    "two threads, one bound": (2, 2, 0b01),
    "two threads, both bound": (2, 2, 0b11),
    "one thread, both balanced": (2, 1, 0b00),
    "one thread, the first bound": (2, 1, 0b01),
    "one thread, the second bound": (2, 1, 0b10),
    "one thread, both bound": (2, 1, 0b11),
    "one balanced": (1, 1, 0b0),
    "one bound": (1, 1, 0b1),
}
"""All workloads of up to two requests on up to two threads: streams, threads, who is bound."""


def spin(folder, revision, shape, *, loops=False):
    """What Spin prints of the model: exhaustive, without its own reduction."""
    streams, threads, bound = shape
    defines = [f"-D{name}" for name in REVISIONS[revision]]
    defines += [f"-DSTREAMS={streams}", f"-DTHREADS={threads}", f"-DBOUND={bound}"]
    kind = "-DNP" if loops else "-DSAFETY"
    run = ["./pan", "-m1000000", "-E", *(["-l", "-f"] if loops else [])]
    for command in (
        ["spin", "-a", *defines, str(MODEL)],
        ["gcc", "-O1", "-w", "-DNOREDUCE", "-DMEMLIM=2000", kind, *defines, "-o", "pan", "pan.c"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    assert "cycle (" in done.stdout or "Search not completed" not in done.stdout, done.stdout
    return done.stdout


def rest_of_model(printed):
    """The states at rest: of each stream its life and its place, then the counters."""
    return {
        tuple(map(int, line.split()[1:]))
        for line in printed.splitlines()
        if line.startswith("REST")
    }


@cache
def explored(revision, shape):
    """The same of the revision, and the signatures of what the verifier found."""
    streams, threads, bound = shape
    cls = HISTORY[revision]
    ops = [
        f"T{i if threads > 1 else 0} arrive {'AB'[i]} target={'0' if bound >> i & 1 else 'none'}"
        for i in range(streams)
    ]
    it = exploration(cls, workload(cls, *ops, threads=threads))
    states, found = set(), set()
    while not it.done:
        run = it.next()
        signatures = {f.signature for f in run.findings}
        found |= signatures
        if it.driver.complete:
            engine = it.session._engine
            srv, px = engine.servers[0], engine.px
            lives = []
            for request in it.session._plan.requests:
                stream = request.data
                if stream.state is State.CLO:
                    lives += [4, stream.age]
                else:
                    lives += [2 if stream.pend_pos.queue.sv is None else 3, stream.age]
            over = any(s.startswith("over-admission") for s in signatures)
            counters = (srv.served, px.served, srv.cur_sess, px.beconn)
            lengths = (srv.queue.length.value, px.queue.length.value)
            states.add((*lives, *(c.value for c in counters), *lengths, int(over)))
    return states, found


def verdicts_of(states):
    """What is wrong with states at rest, as the verifier names it."""
    found = set()
    for *lives, _, _, _, _, _, _, over in states:
        found |= {"stranded px.queue"} if 2 in lives[::2] else set()
        found |= {"stranded s#.queue"} if 3 in lives[::2] else set()
        found |= {"over-admission s#"} if over else set()
    return found


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
@pytest.mark.parametrize("revision", list(REVISIONS))
def test_the_same_states_at_rest_and_the_same_verdicts(tmp_path, revision, shape):
    model = rest_of_model(spin(tmp_path, revision, shape))
    states, found = explored(revision, shape)
    assert states == model
    assert found == verdicts_of(model)


@pytest.mark.parametrize("shape", [(2, 2, 0b00), (2, 2, 0b01), (2, 2, 0b11)])
@pytest.mark.parametrize("revision", list(REVISIONS))
def test_two_streams_never_loop(tmp_path, revision, shape):
    assert "non-progress cycle (" not in spin(tmp_path, revision, shape, loops=True)
    assert not any("loop" in signature for signature in explored(revision, shape)[1])


def test_three_streams_loop_in_b11495652(tmp_path):
    revision = "b11495652"
    assert "non-progress cycle (" in spin(tmp_path, revision, (3, 3, 0b000), loops=True)
    ops = [f"T{i} arrive {'ABC'[i]} target=none" for i in range(3)]
    cls = HISTORY[revision]
    it = exploration(cls, workload(cls, *ops, threads=3), preemptions=1)
    kinds = set()
    while not it.done and "endless-loop" not in kinds:
        kinds |= {f.kind.value for f in it.next().findings}
    assert "endless-loop" in kinds
