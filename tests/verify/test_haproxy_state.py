"""The HAProxy engine keeps what certificates assume of plain state."""

from __future__ import annotations

import pytest
from helpers import workload
from plain_state import unordered

from harness import ADMITTED, Atomic, Engine, Int, Outcome, Request, Topology
from harness.engine.registry import find
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

OPERATIONS = (
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
)


def races(revision, *ops, runs=20, **topology):
    cls = HISTORY[revision]
    load = workload(cls, *ops, **topology)
    return unordered(cls, load, (Server, Proxy, Queue, Stream, Pendconn), CONSTANT, runs)


@pytest.mark.parametrize("revision", list(HISTORY))
def test_plain_state_is_touched_in_order(revision):
    known = {op.name for op in find(f"haproxy@{revision}").spec.operations}
    ops = ["T0 arrive A target=none", "T1 arrive B target=none", "T1 arrive C target=0"]
    found = races(revision, *ops)
    for operation in OPERATIONS:
        if operation.split()[0] in known:
            found |= races(revision, *ops, f"T0 {operation}", runs=6)
    assert found == set()


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
