"""One byte string is a case: totally, locally, and there and back."""

from __future__ import annotations

from random import Random

import pytest
from engines_for_tests import ALL, RightQueue, TwoServers
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.subjects.scaled import reorder
from harness.codec.codec import DENSE, MAX_OPS, Codec, CodecError
from harness.codec.tail import DENSE_GAPS, DENSE_LENGTH, LENGTH, MEAN_GAPS, tail
from harness.execute.plan import Plan
from harness.model.params import Index, Int, OwnRequest
from harness.model.schedule import Schedule, Thinning
from harness.model.spec import EngineSpec, OperationSpec
from harness.model.workload import Op, Topology, Workload
from harness.runtime.scheduler import Scheduler

WIDE = EngineSpec(
    "wide",
    "wide",
    {
        "threads": Int(1, 12),
        "servers": Int(1, 4),
        "spare": Index("servers", optional=True),
        "offset": Int(-100, 155),
    },
    (
        OperationSpec("arrive", {"server": Index("servers", optional=True), "n": Int(-3, 3)}, 6),
        OperationSpec("abort", {"request": OwnRequest()}),
        OperationSpec("move", {"request": OwnRequest(), "to": Index("servers")}, 3),
        OperationSpec("tick", {}, 2),
    ),
)
PLAIN = EngineSpec(
    "plain", "plain", {"threads": Int(2, 3)}, (OperationSpec("arrive", {"n": Int(0, 255)}),)
)
PROGRAM = reorder(10).spec("e", "e")
SPECS = {cls.__name__: cls.spec("e", "e") for cls in ALL}
SPECS |= {"wide": WIDE, "plain": PLAIN, "program": PROGRAM}
EACH_SPEC = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
DATA = st.binary(max_size=200)


def check(spec: EngineSpec, load: Workload) -> None:
    """Every value of ``load`` is one that ``spec`` allows."""
    assert list(load.topology) == list(spec.topology)
    for name, param in spec.topology.items():
        low, count = param.bounds(load.topology)
        assert low <= load.topology[name] < low + count
    assert 1 <= len(load.ops) <= MAX_OPS
    arrived = [0] * load.topology.threads
    for op in load.ops:
        assert 0 <= op.thread < load.topology.threads
        operation = spec.operation(op.name)
        assert len(op.args) == len(operation.params)
        for value, param in zip(op.args, operation.params.values(), strict=True):
            if isinstance(param, OwnRequest):
                assert 0 <= value < arrived[op.thread]
            else:
                low, count = param.bounds(load.topology)
                assert low <= value < low + count
        arrived[op.thread] += op.name == "arrive"


def check_schedule(schedule: Schedule) -> None:
    assert len(schedule.gaps) == len(schedule.choices)
    assert 0 <= schedule.explicit <= len(schedule.gaps)
    assert all(gap >= 0 for gap in schedule.gaps)


# -------------------------------------------------------------------------- total


def test_a_hundred_thousand_random_byte_strings_are_valid_cases():
    random = Random(20240229)
    codecs = [Codec(spec) for spec in (WIDE, PLAIN, SPECS["TwoServers"], SPECS["RightQueue"])]
    for i in range(25_000):
        data = random.randbytes(random.randrange(1, 24) if i % 3 else random.randrange(120))
        for codec in codecs:
            load, schedule = codec.decode(data)
            if i % 10 == 0:
                check(codec.spec, load)
                check_schedule(schedule)


@EACH_SPEC
@given(data=DATA)
def test_every_byte_string_is_a_valid_case(spec, data):
    load, schedule = Codec(spec).decode(data)
    check(spec, load)
    check_schedule(schedule)


@EACH_SPEC
def test_the_empty_string_and_every_single_byte_are_cases(spec):
    codec = Codec(spec)
    for data in [b"", *(bytes([i]) for i in range(256))]:
        check(spec, codec.decode(data)[0])


@given(data=DATA)
def test_a_decoded_case_can_be_planned_for_execution(data):
    load, _ = Codec(WIDE).decode(data)
    plan = Plan(Scheduler(), WIDE, load)
    assert len(plan.requests) == load.requests


@EACH_SPEC
@given(data=DATA)
def test_decoding_is_a_function_of_the_bytes_alone(spec, data):
    assert Codec(spec).decode(data) == Codec(spec).decode(data)


def test_the_cache_does_not_mix_up_workloads():
    random = Random(3)
    codec = Codec(WIDE)
    for _ in range(5000):
        data = random.randbytes(30)
        assert codec.decode(data) == Codec(WIDE).decode(data)


# --------------------------------------------------------------------- invertible


@st.composite
def cases(draw, spec: EngineSpec) -> tuple[Workload, Schedule]:
    """Any case of ``spec``, drawn without the codec."""
    fields: dict[str, int] = {}
    for name, param in spec.topology.items():
        low, count = param.bounds(fields)
        fields[name] = draw(st.integers(low, low + count - 1))
    ops, arrived = [], [0] * fields["threads"]
    for _ in range(draw(st.integers(1, MAX_OPS))):
        thread = draw(st.integers(0, fields["threads"] - 1))
        operation = draw(st.sampled_from(spec.operations))
        speaks_of_one = any(isinstance(p, OwnRequest) for p in operation.params.values())
        if speaks_of_one and not arrived[thread]:
            operation = spec.operations[0]
        args = []
        for param in operation.params.values():
            low, count = (
                (0, arrived[thread]) if isinstance(param, OwnRequest) else param.bounds(fields)
            )
            args.append(draw(st.integers(low, low + count - 1)))
        ops.append(Op(thread, operation.name, tuple(args)))
        arrived[thread] += operation.name == "arrive"
    pairs = draw(st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 255)), max_size=20))
    gaps, choices = [g for g, _ in pairs], [c for _, c in pairs]
    load = spec.program or Workload(Topology(fields), tuple(ops))
    return load, Schedule(gaps, choices, len(pairs))


def same(schedule: Schedule) -> tuple[list[int], list[int], int]:
    return list(schedule.gaps), list(schedule.choices), schedule.explicit


@EACH_SPEC
@given(data=st.data())
def test_what_was_encoded_decodes_to_the_same_case(spec, data):
    load, schedule = data.draw(cases(spec))
    codec = Codec(spec)
    again, as_decoded = codec.decode(codec.encode(load, schedule))
    assert again == load
    assert same(as_decoded) == same(schedule)


@EACH_SPEC
@given(data=DATA)
def test_encoding_what_was_decoded_is_stable(spec, data):
    codec = Codec(spec)
    load, schedule = codec.decode(b"\0" + data[1:] if data else b"\0" * codec.header)
    once = codec.encode(load, schedule)
    assert codec.encode(*codec.decode(once)) == once


@pytest.mark.parametrize("gap", [0, 1, 254, 255, 256, 509, 510, 511, 20_000])
def test_a_gap_of_any_length_can_be_encoded(gap):
    codec = Codec(PLAIN)
    load, _ = codec.decode(b"")
    schedule = Schedule([3, gap, 5], [1, 2, 3], 3)
    assert same(codec.decode(codec.encode(load, schedule))[1]) == same(schedule)


LOAD = Workload(Topology({"threads": 2}), (Op(0, "arrive", (7,)),))
BAD = {
    "a random tail": (LOAD, Schedule([1, 2], [0, 0], 1)),
    "no operation": (Workload(LOAD.topology, ()), Schedule()),
    "too many operations": (Workload(LOAD.topology, LOAD.ops * (MAX_OPS + 1)), Schedule()),
    "a thread that is not there": (Workload(LOAD.topology, (Op(2, "arrive", (0,)),)), Schedule()),
    "an unknown operation": (Workload(LOAD.topology, (Op(0, "dance", ()),)), Schedule()),
    "a parameter too many": (Workload(LOAD.topology, (Op(0, "arrive", (1, 2)),)), Schedule()),
    "a value out of bounds": (Workload(LOAD.topology, (Op(0, "arrive", (256,)),)), Schedule()),
    "too many threads": (Workload(Topology({"threads": 9}), LOAD.ops), Schedule()),
    "another topology": (Workload(Topology({"threads": 2, "x": 1}), LOAD.ops), Schedule()),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_what_can_not_be_written_is_refused(case):
    with pytest.raises(CodecError):
        Codec(PLAIN).encode(*case)


def test_an_operation_on_a_request_that_has_not_arrived_is_refused():
    load = Workload(
        Topology({"threads": 1, "servers": 1, "spare": 0, "offset": 0}), (Op(0, "abort", (0,)),)
    )
    with pytest.raises(CodecError, match="before any arrived"):
        Codec(WIDE).encode(load, Schedule())


# -------------------------------------------------------------------------- local


def full_input(random: Random, codec: Codec, ops: int, deviations: int) -> bytes:
    header = bytes([0]) + random.randbytes(codec.header - 2) + bytes([ops - 1])
    pairs = b"".join(
        bytes([random.randrange(255), random.randrange(256)]) for _ in range(deviations)
    )
    return header + random.randbytes(ops * codec.record) + pairs


def differences(a, b):
    return [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]


def test_a_changed_byte_of_an_operation_changes_that_operation_only():
    random = Random(5)
    codec = Codec(PLAIN)
    for _ in range(300):
        data = full_input(random, codec, 5, 6)
        at = random.randrange(codec.header, codec.header + 5 * codec.record)
        changed = data[:at] + random.randbytes(1) + data[at + 1 :]
        (one, schedule), (other, other_schedule) = codec.decode(data), codec.decode(changed)
        touched = (at - codec.header) // codec.record
        assert one.topology == other.topology
        assert set(differences(one.ops, other.ops)) <= {touched}
        assert schedule == other_schedule


def test_a_changed_byte_of_a_switch_changes_that_gap_or_choice_only():
    random = Random(6)
    codec = Codec(PLAIN)
    for _ in range(300):
        data = full_input(random, codec, 3, 8)
        start = codec.header + 3 * codec.record
        at = random.randrange(start, len(data))
        changed = data[:at] + bytes([random.randrange(255)]) + data[at + 1 :]
        (one, schedule), (other, changed_schedule) = codec.decode(data), codec.decode(changed)
        assert one == other
        gaps = differences(schedule.gaps, changed_schedule.gaps)
        choices = differences(schedule.choices, changed_schedule.choices)
        assert len(gaps) + len(choices) <= 1
        assert set(gaps + choices) <= {(at - start) // 2}


def test_a_changed_byte_of_the_topology_changes_that_field_only():
    random = Random(7)
    spec = EngineSpec(
        "f",
        "f",
        {"threads": Int(2, 3), "size": Int(1, 9), "depth": Int(0, 99)},
        PLAIN.operations,
    )
    codec = Codec(spec)
    for _ in range(300):
        data = full_input(random, codec, 4, 4)
        at = random.randrange(2, codec.header - 1)
        changed = data[:at] + random.randbytes(1) + data[at + 1 :]
        (one, schedule), (other, other_schedule) = codec.decode(data), codec.decode(changed)
        assert set(differences(one.topology.values(), other.topology.values())) <= {at - 1}
        assert one.ops == other.ops
        assert schedule == other_schedule


def test_a_changed_tail_byte_changes_only_what_follows_the_explicit_switches():
    random = Random(8)
    codec = Codec(PLAIN)
    for rate in range(1, 256):
        data = full_input(random, codec, 4, 5)
        (one, schedule), (other, tailed) = (
            codec.decode(data),
            codec.decode(bytes([rate]) + data[1:]),
        )
        assert one == other
        assert list(tailed.gaps[: tailed.explicit]) == list(schedule.gaps)
        assert list(tailed.choices[: tailed.explicit]) == list(schedule.choices)


def test_each_operation_is_drawn_as_often_as_it_weighs():
    codec = Codec(WIDE)
    header = bytes([0, 0, 0, 0, 0, 1])  # one thread, two operations
    names = []
    for drawn in range(12):
        record = bytes([0, 0, 0, 0]) + bytes([0, drawn, 0, 0])
        names.append(codec.decode(header + record)[0].ops[-1].name)
    assert [names.count(n) for n in ("arrive", "abort", "move", "tick")] == [6, 1, 3, 2]


# --------------------------------------------------------------------------- tail


ALL_GAPS = (*MEAN_GAPS, *DENSE_GAPS)


def test_a_tail_is_as_long_as_promised_and_has_no_filler_gaps():
    lengths = [LENGTH] * len(MEAN_GAPS) + [DENSE_LENGTH] * len(DENSE_GAPS)
    for rate, length in enumerate(lengths):
        gaps, choices = tail(rate, 0xDEADBEEF)
        assert len(gaps) == len(choices) == length
        assert max(gaps) <= 254


@pytest.mark.parametrize("rate", range(len(ALL_GAPS)))
def test_the_mean_gap_of_a_tail_is_about_the_one_chosen(rate):
    gaps = [g for seed in range(200) for g in tail(rate, seed * 300)[0]]
    assert ALL_GAPS[rate] * 0.8 <= sum(gaps) / len(gaps) <= ALL_GAPS[rate] * 1.2


def test_only_dense_tails_are_thinned_out():
    codec = Codec(PLAIN)
    codec.thinning = Thinning()
    thinned = [byte for byte in range(9) if codec.decode(bytes([byte]) + bytes(40))[1].thinning]
    assert thinned == list(DENSE)


def test_the_last_four_bytes_seed_the_tail():
    codec = Codec(PLAIN)
    base = bytes([1]) + bytes(40)
    tails = {bytes(codec.decode(base + bytes([i, 0, i, 0]))[1].gaps) for i in range(50)}
    assert len(tails) == 50


def test_specs_of_engines_put_threads_and_arrive_first():
    for cls in (RightQueue, TwoServers):
        spec = cls.spec("e", "e")
        assert next(iter(spec.topology)) == "threads"
        assert spec.operations[0].name == "arrive"
