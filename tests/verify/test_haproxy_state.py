"""The HAProxy engine keeps what certificates assume of plain state."""

from __future__ import annotations

import pytest
from exploring import exploration
from helpers import workload
from plain_state import unordered

from harness import ADMITTED, Atomic, Engine, Int, Outcome, Request, Topology
from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.state import Pendconn, Proxy, Queue, Server, Stream

CONSTANT = {
    "Server.queues",
    "Server.dequeuing",
    "Server.self_served",
    "Server.last_other",
    "Proxy.queues",
}
"""Lists that are filled in ``setup`` and never again."""

OPERATIONS = {
    "abort A",
    "poke A",
    "queue_timeout A",
    "warm_up server=0",
    "server_down server=0",
    "server_up server=0",
    "set_maint server=0",
    "set_ready server=0",
    "set_maxconn server=0 value=2 agent=0",
    "delete_server server=0",
    "shutdown_sessions server=0",
}


def races(revision, *ops, runs=20, **topology):
    cls = HISTORY[revision]
    load = workload(cls, *ops, **topology)
    return unordered(cls, load, (Server, Proxy, Queue, Stream, Pendconn), CONSTANT, runs)


@pytest.mark.parametrize("revision", list(HISTORY))
def test_plain_state_is_touched_in_order(revision):
    found = set()
    known = {op.name for op in workload_spec(revision).operations}
    ops = ["T0 arrive A target=none", "T1 arrive B target=none", "T1 arrive C target=0"]
    found |= races(revision, *ops)
    for operation in sorted(OPERATIONS):
        if operation.split()[0] in known:
            found |= races(revision, *ops, f"T0 {operation}", runs=6)
    assert found == set()


def workload_spec(revision):
    from harness.engine.registry import find

    return find(f"haproxy@{revision}").spec


class Forgetful(Engine):
    """Counts arrivals beside its memory."""

    topology = {"threads": Int(1, 2)}  # noqa: RUF012

    def setup(self, topology: Topology) -> None:
        self.resource("slots", capacity=None)
        self.other = Atomic("other", 0)
        self.arrivals = 0

    def arrive(self, request: Request) -> Outcome:
        self.other.load()
        self.arrivals += 1
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.other.load()


def test_a_counter_beside_the_memory_is_seen():
    load = workload(Forgetful, "T0 arrive A", "T1 arrive B")
    assert unordered(Forgetful, load, (), set(), 10) == {"Forgetful.arrivals"}


@pytest.mark.parametrize(("revision", "loops"), [("b500e84e2", True), ("b8e3b0a18", False)])
def test_a_spin_until_no_other_thread_is_inside(revision, loops):
    cls = HISTORY[revision]
    ops = ("T0 arrive A target=0", "T0 shutdown_sessions server=0", "T1 shutdown_sessions server=0")
    it = exploration(cls, workload(cls, *ops))
    found = set()
    while not it.done:
        found |= {finding.kind.value for finding in it.next().findings}
    assert ("endless-loop" in found) == loops
    assert it.tally.traces and not it.tally.limited
