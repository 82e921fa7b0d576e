"""What an engine has gained since a case was written takes its lowest value in that case."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from random import Random

import pytest
from campaigns import STRANDS, cases, engine, fuzz, harness
from engines_for_tests import ALL, TwoServers
from helpers import executor
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cases.casefile import SavedCase
from harness.cases.reading import CaseFileError, read_workload
from harness.cases.replay import Fidelity, replay_saved
from harness.codec.codec import Codec
from harness.model.params import OwnRequest
from harness.model.wording import describe_workload

SPEC = TwoServers.spec("engine", "engine")


def unmentioned(param, name):
    """How the lowest value of a parameter reads in an operation's text."""
    return f" {name}={'none' if param.lowest == -1 else param.lowest}"


def without(texts, spec, random):
    """The texts without some of the parameters that have their lowest value."""
    for text in texts:
        operation = spec.operation(text.split()[1])
        for name, param in operation.params.items():
            if not isinstance(param, OwnRequest) and random.random() < 0.7:
                start, found, end = text.partition(unmentioned(param, name))
                if found and end[:1] in ("", " "):
                    text = start + end
        yield text


def older(workload, spec, random):
    """Topology and texts of a workload before the engine gained what has its lowest value."""
    topology = {
        name: value
        for name, value in workload.topology.items()
        if name == "threads" or value != spec.topology[name].lowest or random.random() < 0.3
    }
    return topology, list(without(describe_workload(workload, spec), spec, random))


@pytest.mark.parametrize("cls", ALL, ids=lambda c: c.__name__)
@given(data=st.binary(max_size=150), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_a_workload_reads_the_same_without_what_has_its_lowest_value(cls, data, seed):
    spec = cls.spec("engine", "engine")
    work, _ = Codec(spec).decode(data)
    assert read_workload(*older(work, spec, Random(seed)), spec) == work


@given(data=st.binary(max_size=150), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_a_schedule_follows_the_operations_to_their_new_names(data, seed):
    ex = executor(TwoServers)
    recorded = ex.record(*Codec(SPEC).decode(data))
    work = Codec(SPEC).decode(data)[0]
    topology, ops = older(work, SPEC, Random(seed))
    full = [text.partition(" ")[2] for text in describe_workload(work, SPEC)]
    # Anchors of old speak of the operations by their old names.
    names = dict(zip(full, [op.partition(" ")[2] for op in ops], strict=True))
    switches = recorded.switches
    if len(set(names.values())) == len(names):
        switches = [renamed(switch, names) for switch in switches]
    case = SavedCase("engine", "engine", "ok", "t", topology, ops, switches, {}, "c")
    again = replay_saved(ex, case)
    assert again.fidelity is Fidelity.EXACT
    assert again.recorded.trace.digest() == recorded.trace.digest()


def renamed(switch, names):
    def text(label):
        before = "before " if label.startswith("before ") else ""
        bare, repeated, times = label.removeprefix(before).partition(" (")
        return before + names.get(bare, bare) + repeated + times

    anchor = replace(switch.anchor, op=text(switch.anchor.op), site=text(switch.anchor.site))
    return replace(switch, anchor=anchor, activity=text(switch.activity))


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("T0 arrive A", (-1, 3)),
        ("T0 arrive A server=0", (0, 3)),
        ("T0 arrive A cost=9", (-1, 9)),
        ("T0 look", (0,)),
    ],
)
def test_the_lowest_value_of_each_sort_of_parameter(text, args):
    (op,) = read_workload({"threads": 2}, [text], SPEC).ops
    assert op.args == args


def test_the_lowest_value_of_topology_fields():
    assert dict(read_workload({"threads": 3}, [], SPEC).topology) == {
        "threads": 3,
        "servers": 1,
        "slots": 1,
    }


@pytest.mark.parametrize(
    ("topology", "ops", "what"),
    [
        ({"servers": 1}, [], "takes threads, servers, slots"),
        ({"threads": 2, "racks": 1}, [], "has threads, racks"),
        ({"threads": 2}, ["T0 arrive A", "T0 abort"], "expected a request"),
        ({"threads": 2}, ["T0 look rack=1"], "what is 'rack=1'"),
        ({"threads": 2}, ["T0 arrive A price=1"], "what is 'price=1'"),
    ],
)
def test_what_the_engine_does_not_know_or_can_not_guess_is_refused(topology, ops, what):
    with pytest.raises(CaseFileError, match=what):
        read_workload(topology, ops, SPEC)


@given(data=st.binary(max_size=150), seed=st.integers(0, 10**6))
def test_a_case_that_lacks_anything_else_is_refused_properly_or_still_good(data, seed):
    random = Random(seed)
    work, _ = Codec(SPEC).decode(data)
    topology = {n: v for n, v in work.topology.items() if random.random() < 0.8}
    ops = []
    for text in describe_workload(work, SPEC):
        ops.append(" ".join(word for word in text.split(" ") if random.random() < 0.9))
    try:
        read = read_workload(topology, ops, SPEC)
    except CaseFileError:
        return
    assert read_workload(read.topology, describe_workload(read, SPEC), SPEC) == read


# --------------------------------------------------------------------- a whole edit


GAINED = STRANDS.replace(
    "class Pool(Engine):",
    """from harness import Int, takes

class Pool(Engine):
    topology = {"racks": Int(1, 4)}
""",
).replace(
    "    def arrive(self, request):\n        with",
    "    @takes(weight=Int(0, 3))\n    def arrive(self, request, weight):\n        with",
)
"""The pool with a topology field and a parameter more, which change nothing."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gained")
    target = f"{engine(folder, STRANDS)}:Pool"
    assert fuzz(target, folder / "corpus", runs=1500).code == 1
    engine(folder, GAINED)
    texts = {path.name: path.read_text() for path in cases(folder / "corpus")}
    return target, next(text for text in texts.values() if 'finding = "stranded"' in text)


@pytest.fixture
def case(tmp_path, found):
    path = tmp_path / "old.case.toml"
    path.write_text(found[1])
    return path, found[0]


def test_an_old_case_replays_exactly_on_the_engine_that_has_gained_something(case):
    path, target = case
    (row,) = harness("replay", path, "--engine", target, "--json").json
    assert (row["verdict"], row["fidelity"]) == ("stranded", "exact")


def test_showing_it_tells_what_was_run(case):
    path, target = case
    shown = harness("show", path, "--engine", target).out
    assert "racks 1" in shown
    assert "arrive A weight=0" in shown


def test_a_case_written_by_the_engine_lists_everything(case):
    path, target = case
    assert "racks" not in path.read_text()
    assert harness("minimize", path, "--engine", target, "--runs", 200).code == 0
    document = tomllib.loads(path.read_text())
    assert document["topology"]["racks"] == 1
    assert all("weight=0" in op for op in document["workload"])
    (row,) = harness("replay", path, "--engine", target, "--json").json
    assert (row["verdict"], row["fidelity"]) == ("stranded", "exact")
