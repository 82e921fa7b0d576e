"""All workloads up to a bound, one of those that differ only in the numbers of threads."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from engines_for_tests import RightQueue, TrylockPool, TwoServers

from harness import Int
from harness.model.workload import Op, Topology, Workload
from harness.verify.workloads import Bound, BoundError, left_out, renumbered, workloads


def spec(cls):
    return cls.spec("engine", "engine")


def shape(workload: Workload):
    """What is the same for workloads that differ only in the numbers of threads."""
    threads = range(workload.topology.threads)
    own = [tuple((o.name, o.args) for o in workload.ops if o.thread == t) for t in threads]
    return workload.topology, tuple(sorted(own))


def test_every_shape_is_there_once():
    bound = Bound(threads=3, requests=3, topology={"size": 1})
    found = [shape(w) for w in workloads(spec(TrylockPool), bound)]
    topology = Topology({"threads": 3, "size": 1})
    all_of_them = set()
    for count in (1, 2, 3):
        for threads in product(range(3), repeat=count):
            ops = tuple(Op(t, "arrive") for t in sorted(threads))
            all_of_them.add(shape(Workload(topology, ops)))
    assert len(found) == len(set(found))
    assert set(found) == all_of_them


def test_arguments_take_all_their_values():
    bound = Bound(threads=1, requests=1, topology={"servers": 2, "slots": 1})
    found = {w.ops[0].args for w in workloads(wide(), bound)}
    assert found == set(product((-1, 0, 1), range(3, 10)))


def wide():
    """``TwoServers`` may have one thread."""
    cls = type("Wide", (TwoServers,), {"topology": {"threads": Int(1, 2), **TwoServers.topology}})
    return spec(cls)


def test_a_request_is_aborted_only_after_it_arrived_on_the_thread():
    bound = Bound(2, 2, operations=1, names=("abort",), topology={"size": 1})
    aborts = 0
    for workload in workloads(spec(RightQueue), bound):
        arrived = [0, 0]
        for op in workload.ops:
            if op.name == "arrive":
                arrived[op.thread] += 1
            else:
                assert op.args[0] < arrived[op.thread]
                aborts += 1
    assert aborts


def test_a_field_takes_its_lowest_value_unless_more_is_asked_for():
    def sizes(topology):
        return {
            w.topology.size for w in workloads(spec(TrylockPool), Bound(2, 1, topology=topology))
        }

    assert sizes({}) == sizes({"size": 1}) == {1}
    assert sizes({"size": None}) == {1, 2}


def test_what_is_outside_the_bound_is_told():
    bound = Bound(2, 1, operations=1, names=("abort",), topology={"size": None})
    assert left_out(spec(RightQueue), bound) == []
    words = left_out(spec(RightQueue), Bound(2, 1))
    assert "size" in words[0] and "abort" in words[1]


def test_small_ones_come_first():
    sizes = [w.requests for w in workloads(spec(TrylockPool), Bound(2, 3, topology={"size": None}))]
    assert sizes == sorted(sizes)


def test_renumbering_gives_all_of_one_shape():
    bound = Bound(2, 3, topology={"size": 1})
    for workload in workloads(spec(TrylockPool), bound):
        ordered = {
            Workload(
                workload.topology,
                tuple(
                    Op(new, op.name, op.args)
                    for new, old in enumerate(order)
                    for op in workload.ops
                    if op.thread == old
                ),
            )
            for order in permutations(range(workload.topology.threads))
        }
        assert sorted([workload, *renumbered(workload)], key=repr) == sorted(ordered, key=repr)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bound(9, 1), "allows threads from 2 to 3, not 9"),
        (Bound(2, 1, topology={"size": 5}), "allows size from 1 to 2, not 5"),
        (Bound(2, 1, topology={"sise": 1}), "'sise' is no topology field"),
        (Bound(2, 1, operations=1, names=("fly",)), "no operation 'fly'"),
    ],
)
def test_what_the_engine_does_not_know_is_said(bound, words):
    with pytest.raises(BoundError, match=words):
        workloads(spec(TrylockPool), bound)
