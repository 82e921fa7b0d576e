"""``harness verify``: verdicts, exit codes, cases, going on after a stop."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from campaigns import IMPATIENT, end, engine, harness, shim, spawn, until
from engines_for_tests import ROOT

from harness.cases.casefile import load
from harness.cases.replay import replay
from harness.engine.registry import find
from harness.execute.opening import open_executor

WRONG = f"{ROOT}/examples/trylock_pool.py:TrylockPool"
RIGHT = f"{ROOT}/tests/engines_for_tests.py:RightQueue"


@pytest.fixture
def verify(tmp_path):
    """Runs the command on a corpus of the test's own."""

    def run(*words):
        return harness("verify", *words, "--corpus", tmp_path, "--json")

    return run


def lasting(ended):
    """What a second verification must say, too: everything but the time it took."""
    return {**ended.json, "seconds": 0}


def test_a_right_engine_is_verified(verify):
    ended = verify(RIGHT, "--topology", "size=1")
    document = ended.json
    assert (ended.code, document["verdict"]) == (0, "verified")
    assert document["finished"] == document["workloads"] > 0
    assert document["assumptions"] and not document["reasons"]


def test_a_counterexample_is_a_case_that_replays(verify):
    ended = verify(WRONG, "--topology", "size=1")
    assert (ended.code, ended.json["verdict"]) == (1, "counterexample")
    (found,) = ended.json["findings"]
    assert found["fewest"] and found["preemptions"] == 1
    case = load(Path(found["case"]))
    ref = find(WRONG)
    again = replay(open_executor(ref), case.workload(ref.spec), case.switches)
    assert again.verdict == found["finding"] == "stranded"


def test_a_case_of_before_with_a_larger_workload_is_named_as_such(verify, tmp_path):
    (found,) = verify(WRONG, "--topology", "size=1").json["findings"]
    path = Path(found["case"])
    assert found["case_workload"] is None
    path.write_text(path.read_text().replace("T1 arrive B", 'T1 arrive B","T1 arrive C'))
    (again,) = verify(WRONG, "--topology", "size=1").json["findings"]
    assert again["workload"] == ["T0 arrive A", "T1 arrive B"]
    assert again["case_workload"] == ["T0 arrive A", "T1 arrive B", "T1 arrive C"]
    told = harness("verify", WRONG, "--topology", "size=1", "--corpus", tmp_path).out
    assert "of before, with another workload" in " ".join(told.split())


def test_a_case_of_before_with_the_same_workload_is_named_without_more(verify):
    (found,) = verify(WRONG, "--topology", "size=1").json["findings"]
    assert verify(WRONG, "--topology", "size=1").json["findings"] == [found]


def test_a_case_of_before_that_can_not_be_read_is_left_for_who_can_restore_it(verify):
    (found,) = verify(WRONG, "--topology", "size=1").json["findings"]
    path = Path(found["case"])
    before = path.read_text()
    path.write_text("<<<<<<< ours")
    (again,) = verify(WRONG, "--topology", "size=1").json["findings"]
    assert path.read_text() == "<<<<<<< ours"
    assert Path(again["case"]).read_text() == before
    assert verify(WRONG, "--topology", "size=1").json["findings"] == [again]


def test_the_command_that_shows_the_case_is_on_a_line_of_its_own(tmp_path):
    ended = harness("verify", WRONG, "--topology", "size=1", "--corpus", tmp_path)
    (case,) = tmp_path.rglob("*.case.toml")
    assert f"see one:    harness show {case} --engine {WRONG}" in ended.out.splitlines()
    assert f"the cases are {case.parent}/<revision>-<finding>-<case>.case.toml" in ended.out
    assert case.name.removesuffix(".case.toml").rpartition("-")[2] in ended.out.split()


def test_one_preemption_is_no_preemptions(tmp_path):
    ended = harness("verify", RIGHT, "--preemptions", "1", "--corpus", tmp_path)
    assert "up to 1 preemption\n" in ended.out
    assert "at most 1 preemption were" in ended.out


def test_what_is_cut_off_is_bounded_and_what_is_unfinished_inconclusive(verify):
    ended = verify(RIGHT, "--preemptions", "0")
    assert (ended.code, ended.json["verdict"]) == (0, "bounded")
    ended = verify(RIGHT, "--threads", "3", "--requests", "4", "--time", "0.01s")
    assert (ended.code, ended.json["verdict"]) == (3, "inconclusive")


def test_it_goes_on_where_it_was_stopped(verify, tmp_path):
    words = (RIGHT, "--requests", "3", "--topology", "size=2")
    whole = lasting(verify(*words))
    (file,) = tmp_path.rglob("verify/*.json")
    saved = json.loads(file.read_text())
    saved["explored"] = saved["explored"][:5]
    file.write_text(json.dumps(saved))
    assert lasting(verify(*words, "--resume")) == whole
    file.write_text(file.read_text()[:100])  # damaged: it starts anew
    assert lasting(verify(*words, "--resume")) == whole


def test_several_processes_prove_the_same(verify):
    words = (RIGHT, "--requests", "2")
    assert lasting(verify(*words)) == lasting(verify(*words, "--jobs", "2"))


@pytest.mark.parametrize(
    "words",
    [
        (RIGHT, "--threads", "9"),
        (RIGHT, "--topology", "sise=1"),
        (RIGHT, "--ops", "fly"),
        ("nobody",),
    ],
)
def test_wrong_use_is_one_sentence(verify, words):
    ended = verify(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.complaint()


def test_a_field_without_a_value_is_wrong_use(verify):
    ended = verify(RIGHT, "--topology", "size")
    assert ended.code == 2
    assert "'size' is not of the form field=number or field=*" in ended.err


def test_a_stale_or_damaged_checkpoint_is_told(verify, tmp_path):
    words = (RIGHT, "--requests", "1")
    verify(*words)
    (file,) = tmp_path.rglob("verify/*.json")
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "key": "of other code"}))
    ended = verify(*words, "--resume")
    assert ended.code == 0 and "other code" in ended.complaint()
    file.write_text("{")
    ended = verify(*words, "--resume")
    assert ended.code == 0 and "damaged" in ended.complaint()


def test_endless_recursion_is_found(verify, tmp_path):
    body = """
class Recurses(Sound):
    def arrive(self, request):
        self.busy.load()
        return self.arrive(request)
"""
    ended = verify(f"{engine(tmp_path, body)}:Recurses", "--requests", "1")
    assert ended.code == 1
    (found,) = ended.json["findings"]
    assert found["signature"] == "exception RecursionError in arrive"
    assert ended.json["traces"] == 1


def test_an_operation_that_spins_without_a_scheduling_point_is_found(tmp_path):
    body = """
class Spins(Sound):
    def arrive(self, request):
        self.busy.load()
        while True:
            pass
"""
    words = (f"{engine(tmp_path, body)}:Spins", "--requests", "1", "--corpus", tmp_path, "--json")
    path = shim(tmp_path / "shim", IMPATIENT)
    ended = end(spawn("verify", *words, cwd=tmp_path, PYTHONPATH=path))
    assert ended.code == 1, ended.err
    (found,) = ended.json["findings"]
    assert found["signature"] == "exception StuckError in arrive"
    assert load(Path(found["case"])).finding == "exception"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_it_and_says_how_to_go_on(tmp_path, jobs):
    words = ("haproxy@b11495652", "--threads", "3", "--requests", "3", "--jobs", jobs)
    started = spawn("verify", *words, "--corpus", tmp_path, cwd=tmp_path)
    until(lambda: list(tmp_path.rglob("verify/*.json")), "the first workload")
    started.send_signal(signal.SIGINT)
    ended = end(started)
    assert ended.code == 130
    assert "--resume" in ended.complaint()
