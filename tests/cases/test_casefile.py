"""The case file: there and back, data and only data, and never an unexpected error."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import tomli_w
from engines_for_tests import ALL, StrandingPool, TwoServers
from helpers import executor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cases.casefile import FORMAT, MAX_BYTES, SavedCase, load, save
from harness.cases.reading import CaseFileError, read_switch, read_workload
from harness.codec.codec import Codec
from harness.model.schedule import Anchor, Switch
from harness.model.wording import describe_switch, describe_workload

SPEC = TwoServers.spec("engine", "engine")
FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30)


def saved(**changes) -> SavedCase:
    values = {
        "family": "engine",
        "found_on": "engine@1",
        "finding": "stranded",
        "title": "B is queued\nand nobody looks",
        "topology": {"threads": 2, "servers": 1, "slots": 1},
        "ops": ["T0 arrive A server=none cost=3", "T1 arrive B server=0 cost=9", "T0 abort A"],
        "switches": [
            Switch(Anchor(0, "arrive A server=none cost=3", "arrive: lock lock", 1), 1),
            Switch(Anchor(1, "idle", "before finish B", 2), 1, "abort A"),
        ],
        "expect": {"engine@1": "stranded", "engine@2": "ok"},
        "cause": "stranded line#",
    }
    return SavedCase(**(values | changes))


def test_what_was_saved_is_loaded(tmp_path):
    path = tmp_path / "x.case.toml"
    save(saved(), path)
    assert load(path) == saved()


def test_the_schedules_of_fixed_engines_are_loaded(tmp_path):
    path = tmp_path / "x.case.toml"
    case = saved().following("engine@2", saved().switches[:1]).following("engine@1", [])
    save(case, path)
    assert load(path) == case


@pytest.mark.parametrize("case", ["fixed", "not fixed"])
def test_saving_a_loaded_case_changes_no_byte(tmp_path, case):
    one, two = tmp_path / "1.case.toml", tmp_path / "2.case.toml"
    save(saved().following("engine@2", saved().switches) if case == "fixed" else saved(), one)
    save(load(one), two)
    assert one.read_bytes() == two.read_bytes()


def test_the_file_does_not_depend_on_the_order_of_expectations(tmp_path):
    one, two = tmp_path / "1.case.toml", tmp_path / "2.case.toml"
    save(saved(expect={"a": "ok", "b": "stranded"}), one)
    save(saved(expect={"b": "stranded", "a": "ok"}), two)
    assert one.read_bytes() == two.read_bytes()


@given(title=st.text(st.characters(exclude_categories=("Cs",))), cause=LINE, engine=LINE)
@FILES
def test_any_text_survives(tmp_path, title, cause, engine):
    case = saved(title=title.replace("\r", ""), cause=cause, expect={engine: "ok"})
    path = tmp_path / "x.case.toml"
    save(case, path)
    assert load(path) == case


@pytest.mark.parametrize("cls", ALL, ids=lambda c: c.__name__)
@given(data=st.binary(max_size=150))
def test_a_workload_reads_back_from_its_text(cls, data):
    spec = cls.spec("engine", "engine")
    work, _ = Codec(spec).decode(data)
    assert read_workload(work.topology, describe_workload(work, spec), spec) == work


@pytest.mark.parametrize("cls", ALL, ids=lambda c: c.__name__)
@given(data=st.binary(max_size=150))
@settings(max_examples=30)
def test_the_switches_of_a_run_read_back_from_their_text(cls, data):
    ex = executor(cls)
    recorded = ex.record(*Codec(ex.spec).decode(data))
    for switch in recorded.switches:
        assert read_switch(describe_switch(switch)) == switch


@given(
    thread=st.integers(0, 99),
    site=LINE,
    occurrence=st.integers(1, 10**6),
    to=st.integers(0, 99),
    activity=st.sampled_from(["", "finish A", "resume B1", "look server=0"]),
)
def test_a_switch_at_any_site_reads_back_from_its_text(thread, site, occurrence, to, activity):
    switch = Switch(Anchor(thread, "arrive A server=1", site, occurrence), to, activity)
    assert read_switch(describe_switch(switch)) == switch


@pytest.mark.parametrize(
    "site", ["f: lock room at home", "f: lock x #1 -> T1", "f: lock x #1 -> T1 takes finish A"]
)
def test_a_site_may_look_like_the_syntax_around_it(site):
    switch = Switch(Anchor(0, "arrive A", site, 3), 1)
    assert read_switch(describe_switch(switch)) == switch


# ------------------------------------------------------------ damaged and malicious


def document() -> dict[str, object]:
    return {
        "format": FORMAT,
        "title": "t",
        "finding": "stranded",
        "cause": "c",
        "family": "engine",
        "found_on": "engine@1",
        "workload": ["T0 arrive A server=0 cost=3"],
        "schedule": ["T0 in arrive A at f: lock x #1 -> T1"],
        "topology": {"threads": 2, "servers": 1, "slots": 1},
        "expect": {"engine@1": "stranded"},
    }


def use(path: Path) -> SavedCase | None:
    """Load a file and bind it; None where it is refused in the proper way."""
    try:
        case = load(path)
        case.workload(SPEC)
    except CaseFileError:
        return None
    return case


def test_the_document_of_these_tests_is_a_good_one(tmp_path):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document()))
    assert use(path) is not None


@given(data=st.binary(max_size=400))
@FILES
def test_garbage_is_refused_properly(tmp_path, data):
    path = tmp_path / "x.case.toml"
    path.write_bytes(data)
    assert use(path) is None


def test_a_good_file_with_random_damage_is_refused_properly_or_still_good(tmp_path):
    path = tmp_path / "x.case.toml"
    save(saved(), path)
    good = path.read_bytes()
    random = Random(11)
    results = set()
    for _ in range(600):
        data = bytearray(good)
        for _ in range(random.choice((1, 1, 2, 5))):
            at = random.randrange(len(data))
            match random.randrange(3):
                case 0:
                    data[at] = random.randrange(256)
                case 1:
                    del data[at : at + random.randrange(1, 20)]
                case 2:
                    data[at:at] = random.choice((b'"', b"9" * 30, b"\xff", b"[", b"\n", b"-1"))
        path.write_bytes(bytes(data))
        results.add(use(path) is None)
    assert results == {True, False}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LINE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINE, inner, max_size=3),
    max_leaves=6,
).filter(lambda v: v is not None)


def without_none(value):
    if isinstance(value, list):
        return [without_none(v) for v in value if v is not None]
    if isinstance(value, dict):
        return {k: without_none(v) for k, v in value.items() if v is not None}
    return value


@given(key=st.sampled_from(sorted(document())), value=VALUES)
@FILES
def test_a_field_of_any_other_type_is_refused_properly(tmp_path, key, value):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {key: without_none(value)}))
    case = use(path)
    assert case is None or isinstance(value, str | list | dict)


@pytest.mark.parametrize("key", sorted(document()))
def test_a_missing_field_is_refused(tmp_path, key):
    rest = document()
    del rest[key]
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(rest))
    with pytest.raises(CaseFileError, match=key):
        load(path)


BAD_LINES = {
    "workload": [
        "",
        "T0",
        "T9 arrive A server=0 cost=3",
        "T0 arrive B server=0 cost=3",
        "T0 arrive A server=5 cost=3",
        "T0 arrive A server=0 cost=3 more=1",
        "T0 arrive A server=0 server=0",
        "T0 arrive A cost=3 server=0",
        "T0 arrive A server=0 cost=",
        "T0 arrive A server=zero cost=3",
        "T0 abort A",
        "T0 __init__",
        "T0 setup",
        "T0 look server=none",
        f"T{'9' * 5000} arrive A server=0 cost=3",
        f"T0 arrive A server={'9' * 5000} cost=3",
    ],
    "schedule": [
        "",
        "T0 in arrive A at f: lock x #1",
        "T0 in  at f #1 -> T1",
        "T0 in arrive A at f: lock x #one -> T1",
        f"T{'9' * 5000} in a at b #1 -> T1",
        "T0 in" + " a at" * 20_000 + " #1 -> ",
        "T0 in a at b #1 -> T1 takes",
    ],
}


@pytest.mark.parametrize(
    ("key", "line"),
    [(key, line) for key, lines in BAD_LINES.items() for line in lines],
    ids=lambda v: v[:40],
)
def test_a_line_that_says_nothing_is_refused(tmp_path, key, line):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {key: [line]}))
    assert use(path) is None


@pytest.mark.parametrize(
    "fixed",
    [
        *([line] for line in BAD_LINES["schedule"]),
        "T0 in arrive A at f: lock x #1 -> T1",
        [7],
        {"engine@1": []},
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_schedule_of_a_fixed_engine_that_says_nothing_is_refused(tmp_path, fixed):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {"fixed": {"engine@1": fixed}}))
    assert use(path) is None


@pytest.mark.parametrize("fixed", [7, "x", [], ["x"]])
def test_fixed_engines_that_are_no_table_are_refused(tmp_path, fixed):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {"fixed": fixed}))
    assert use(path) is None


@pytest.mark.parametrize(
    "topology",
    [
        {},
        {"servers": 1, "slots": 1},
        {"threads": 2, "more": 1},
        {"threads": 2, "servers": 1, "slots": 1, "more": 1},
        {"threads": 0, "servers": 1, "slots": 1},
        {"threads": 10**30, "servers": 1, "slots": 1},
        {"threads": 2, "servers": 4, "slots": 1},
    ],
)
def test_a_topology_the_engine_does_not_take_is_refused(tmp_path, topology):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {"topology": topology}))
    assert use(path) is None


def test_a_number_too_long_to_read_is_refused_properly(tmp_path):
    path = tmp_path / "x.case.toml"
    path.write_text(f"format = {'1' * 5000}\n")
    assert use(path) is None


def test_deep_nesting_is_refused_properly(tmp_path):
    path = tmp_path / "x.case.toml"
    path.write_text("format = " + "[" * 50_000)
    assert use(path) is None


@pytest.mark.parametrize("version", [FORMAT + 1, True, 1.0])
def test_a_file_of_another_version_says_so(tmp_path, version):
    path = tmp_path / "x.case.toml"
    path.write_text(tomli_w.dumps(document() | {"format": version}))
    with pytest.raises(CaseFileError, match=f"format {version} is not the one"):
        load(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "x.case.toml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(CaseFileError, match="larger than any case file"):
        load(path)


def test_a_missing_file_and_a_folder_are_refused_properly(tmp_path):
    assert use(tmp_path / "none.case.toml") is None
    assert use(tmp_path) is None


def test_every_refusal_names_the_file(tmp_path):
    path = tmp_path / "x.case.toml"
    for text in ("format = ", "format = 7", tomli_w.dumps(document() | {"title": 1})):
        path.write_text(text)
        with pytest.raises(CaseFileError, match=r"x\.case\.toml"):
            load(path)


def test_loading_imports_and_runs_nothing_that_the_file_names(tmp_path, monkeypatch):
    (tmp_path / "trap.py").write_text("raise SystemExit('it was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    name = f"{tmp_path}/trap.py:Trap"
    path = tmp_path / "x.case.toml"
    for text in (name, "trap:Trap", "trap", "__import__('trap')"):
        case = saved(family=text, found_on=text, title=text, expect={text: "ok"}, cause=text)
        save(case, path)
        assert load(path) == case


def test_an_expectation_can_be_changed_without_touching_the_others():
    case = saved().expecting("engine@2", "stranded")
    assert case.expect == {"engine@1": "stranded", "engine@2": "stranded"}
    assert saved().expect["engine@2"] == "ok"


def test_the_stranding_pool_can_not_do_what_two_servers_can():
    spec = StrandingPool.spec("pool", "pool")
    with pytest.raises(CaseFileError, match="replay it on the engine it was made for"):
        saved().workload(spec)
