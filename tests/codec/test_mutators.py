"""Mutations: always decodable, never too long, and a switch changes without moving the others."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from random import Random

import pytest
from engines_for_tests import RightQueue, TwoServers
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.subjects.scaled import reorder
from harness.codec.codec import MAX_OPS, MOST_KINDS, Codec
from harness.codec.mutate import MAX_DEVIATIONS, MOST_RECALLED, Mutator, Parts

SPECS = [cls.spec("e", "e") for cls in (RightQueue, TwoServers, reorder(100))]
EACH_SPEC = pytest.mark.parametrize("spec", SPECS, ids=["RightQueue", "TwoServers", "program"])
EACH_WORKLOADS = pytest.mark.parametrize("spec", SPECS[:2], ids=["RightQueue", "TwoServers"])
SEEDS = st.integers(0, 2**32)
DEVIATIONS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=12)


@EACH_SPEC
@given(data=st.binary(max_size=300), seed=SEEDS)
def test_the_same_seed_changes_a_schedule_in_the_same_way(spec, data, seed):
    mutator = Mutator(Codec(spec))
    assert mutator.reschedule(data, Random(seed)) == mutator.reschedule(data, Random(seed))


@EACH_SPEC
def test_changing_the_schedule_changes_something_most_of_the_time(spec):
    mutator = Mutator(Codec(spec))
    data = mutator.fresh(Random(1))
    assert sum(mutator.reschedule(data, Random(i)) != data for i in range(200)) > 180


@EACH_WORKLOADS
@given(data=st.binary(max_size=300), seed=SEEDS)
def test_a_bred_input_is_decodable_and_walks_at_random(spec, data, seed):
    codec = Codec(spec)
    child = Mutator(codec).breed(data, Random(seed))
    assert 1 <= len(codec.decode(child)[0].ops) <= MAX_OPS
    assert child[0] != 0


@EACH_WORKLOADS
@given(seed=SEEDS)
def test_a_bred_input_keeps_most_of_the_workload(spec, seed):
    # At most four changes, each of which adds, replaces or swaps operations, or changes a field.
    codec, random = Codec(spec), Random(seed)
    mutator = Mutator(codec)
    data = mutator.fresh(random)
    parent, child = mutator.parse(data), mutator.parse(mutator.breed(data, random))
    fields = sum(a != b for a, b in zip(parent.topology, child.topology, strict=True))
    kept = Counter(map(bytes, parent.ops)) & Counter(map(bytes, child.ops))
    added = len(child.ops) - len(parent.ops)
    assert added >= 0
    assert fields + added + len(parent.ops) - kept.total() <= 4


@EACH_WORKLOADS
def test_breeding_changes_fields_and_operations_and_their_number(spec):
    mutator = Mutator(Codec(spec))
    data = mutator.fresh(Random(1))[: Codec(spec).header]
    parent = mutator.parse(data)
    children = [mutator.parse(mutator.breed(data, Random(i))) for i in range(100)]
    assert any(child.topology != parent.topology for child in children)
    assert any(child.ops != parent.ops for child in children)
    assert any(len(child.ops) > len(parent.ops) for child in children)


@EACH_SPEC
@given(seed=SEEDS)
def test_a_swarm_is_arrivals_and_a_few_other_operations(spec, seed):
    codec = Codec(spec)
    names = [op.name for op in spec.operations for _ in range(op.weight)]
    swarm = codec.swarm(Random(seed))
    chosen = {names[byte] for byte in swarm}
    assert spec.operations[0].name in chosen
    assert len(chosen) <= MOST_KINDS + 1
    assert swarm == [byte for byte, name in enumerate(names) if name in chosen]


@EACH_SPEC
def test_swarms_leave_out_and_take_in_every_operation_but_arrivals(spec):
    codec = Codec(spec)
    swarms = [frozenset(codec.swarm(Random(i))) for i in range(2000)]
    weights = [op.weight for op in spec.operations]
    assert frozenset().union(*swarms) == frozenset(range(sum(weights)))
    assert frozenset.intersection(*swarms) == frozenset(range(weights[0]))


@EACH_SPEC
@given(seed=SEEDS)
def test_a_fresh_input_has_a_random_tail(spec, seed):
    assert Mutator(Codec(spec)).fresh(Random(seed))[0] != 0


# ------------------------------------------------------------------- known workloads


def is_within(some, ops):
    """Whether ``some`` are among ``ops``, in their order."""
    left = iter(ops)
    return all(op in left for op in some)


@st.composite
def known_inputs(draw, spec, most):
    """Inputs without a schedule, of few operations."""
    codec = Codec(spec)
    fields = st.binary(min_size=codec.header - 2, max_size=codec.header - 2)
    record = st.binary(min_size=codec.record, max_size=codec.record)
    known = draw(
        st.lists(st.tuples(fields, st.lists(record, min_size=1, max_size=most)), min_size=1)
    )
    return [bytes([0, *top, len(ops) - 1]) + b"".join(ops) for top, ops in known]


def knowing_ten(spec):
    """A mutator that knows ten workloads of one operation, and the operations."""
    codec = Codec(spec)
    ops = [bytes([n] * codec.record) for n in range(246, 256)]
    return Mutator(codec, [bytes(codec.header) + op for op in ops]), ops


@EACH_WORKLOADS
@given(data=st.data(), seed=SEEDS)
def test_a_new_workload_has_the_operations_of_some_known_ones_in_their_order(spec, data, seed):
    known = data.draw(known_inputs(spec, most=MAX_OPS // MOST_RECALLED))
    mutator = Mutator(Codec(spec), known)
    ops = mutator.parse(mutator.fresh(Random(seed))).ops
    assert any(is_within(mutator.parse(one).ops, ops) for one in known)
    assert len(ops) <= MAX_OPS


@EACH_WORKLOADS
def test_one_known_workload_or_a_few_are_in_a_new_one(spec):
    mutator, known = knowing_ten(spec)
    within = Counter()
    for seed in range(300):
        ops = mutator.parse(mutator.fresh(Random(seed))).ops
        within[sum(op in ops for op in known)] += 1
    assert min(within[n] for n in range(1, MOST_RECALLED + 1)) > 20, within


@EACH_WORKLOADS
@given(data=st.data(), seed=SEEDS)
def test_of_a_known_workload_fields_are_taken_that_have_not_the_least_value(spec, data, seed):
    known = data.draw(known_inputs(spec, most=4))[:1]
    with_it, without = Mutator(Codec(spec), known), Mutator(Codec(spec))
    wanted = with_it.parse(known[0]).topology
    drawn = without.parse(without.fresh(Random(seed))).topology
    expected = [w or d for w, d in zip(wanted, drawn, strict=True)]
    assert list(with_it.parse(with_it.fresh(Random(seed))).topology) == expected


@EACH_WORKLOADS
def test_new_operations_come_before_between_and_after_known_ones(spec):
    codec = Codec(spec)
    known = bytes([0] * (codec.header - 1) + [1]) + b"\xfe" * codec.record + b"\xff" * codec.record
    mutator = Mutator(codec, [known])
    first, last = mutator.parse(known).ops
    where = Counter()
    for seed in range(200):
        ops = mutator.parse(mutator.fresh(Random(seed))).ops
        where["before"] += ops.index(first) > 0
        where["between"] += ops.index(last) > ops.index(first) + 1
        where["after"] += ops.index(last) < len(ops) - 1
    assert min(where[place] for place in ("before", "between", "after")) > 100


@EACH_WORKLOADS
def test_every_known_workload_is_recalled(spec):
    mutator, known = knowing_ten(spec)
    seen = {op for seed in range(100) for op in mutator.parse(mutator.fresh(Random(seed))).ops}
    assert set(known) <= seen


def test_where_there_is_but_one_workload_nothing_is_recalled():
    codec = Codec(SPECS[2])
    known, plain = Mutator(codec, [b"\0"]), Mutator(codec)
    assert known.fresh(Random(1)) == plain.fresh(Random(1))


@EACH_SPEC
@given(data=st.binary(min_size=1, max_size=300))
def test_taking_apart_and_putting_together_keeps_the_case(spec, data):
    codec = Codec(spec)
    mutator = Mutator(codec)
    whole = bytes([0]) + data[1:]
    load, schedule = codec.decode(whole)
    again, again_schedule = codec.decode(mutator.unparse(mutator.parse(whole)))
    assert again == load
    assert list(again_schedule.gaps) == list(schedule.gaps)[:MAX_DEVIATIONS]
    assert list(again_schedule.choices) == list(schedule.choices)[:MAX_DEVIATIONS]


@EACH_SPEC
@given(data=st.binary(max_size=200), seed=SEEDS)
def test_changing_only_the_schedule_keeps_the_workload(spec, data, seed):
    codec = Codec(spec)
    load, _ = codec.decode(data)
    assert codec.decode(Mutator(codec).reschedule(data, Random(seed)))[0] == load


# ------------------------------------------------------------ switches stay in place


def positions(deviations):
    """Absolute position and choice of each deviation."""
    places = accumulate(gap + 1 for gap, _ in deviations)
    return [(place - 1, choice) for place, (_, choice) in zip(places, deviations, strict=True)]


def apply(name, deviations, seed):
    mutator = Mutator(Codec(SPECS[0]))
    record = bytes(Codec(SPECS[0]).record)
    parts = Parts(0, bytearray(2), [record], list(deviations))
    getattr(mutator, name)(parts, Random(seed))
    # Through the bytes, as a run would see it.
    again = mutator.parse(mutator.unparse(parts))
    assert again.deviations == parts.deviations
    return positions(parts.deviations)


@given(deviations=DEVIATIONS, seed=SEEDS)
def test_inserting_a_switch_keeps_the_places_of_the_others(deviations, seed):
    before, after = positions(deviations), apply("_insert_switch", deviations, seed)
    assert len(after) == len(before) + 1
    assert any(after[:i] + after[i + 1 :] == before for i in range(len(after)))


@given(deviations=DEVIATIONS, seed=SEEDS)
def test_dropping_a_switch_keeps_the_places_of_the_others(deviations, seed):
    before, after = positions(deviations), apply("_drop_switch", deviations, seed)
    assert len(after) == max(0, len(before) - 1)
    assert not before or any(before[:i] + before[i + 1 :] == after for i in range(len(before)))


@given(deviations=DEVIATIONS, seed=SEEDS)
def test_moving_a_switch_keeps_the_places_of_the_others_unless_it_is_the_last(deviations, seed):
    before, after = positions(deviations), apply("_move_switch", deviations, seed)
    assert len(after) == len(before)
    assert sum(a != b for a, b in zip(after, before, strict=True)) <= 1


@given(deviations=DEVIATIONS, seed=SEEDS)
def test_retargeting_a_switch_keeps_all_places(deviations, seed):
    before, after = positions(deviations), apply("_retarget_switch", deviations, seed)
    assert [place for place, _ in after] == [place for place, _ in before]
    assert sum(a != b for a, b in zip(after, before, strict=True)) <= 1
