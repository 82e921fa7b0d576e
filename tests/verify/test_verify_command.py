"""``harness verify``: verdicts, exit codes, cases, going on after a stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from engines_for_tests import ROOT

from harness.cases.casefile import load
from harness.cases.replay import replay
from harness.cli.main import main
from harness.engine.registry import find
from harness.execute.opening import open_executor

WRONG = f"{ROOT}/examples/trylock_pool.py:TrylockPool"
RIGHT = f"{ROOT}/tests/engines_for_tests.py:RightQueue"


@pytest.fixture
def verify(tmp_path):
    def run(*words):
        words = ["verify", *words, "--corpus", str(tmp_path), "--json"]
        result = CliRunner().invoke(main, words)
        document = json.loads(result.stdout) if result.exit_code != 2 else None
        return result, document

    return run


def test_a_right_engine_is_verified(verify):
    result, document = verify(RIGHT, "--topology", "size=1")
    assert (result.exit_code, document["verdict"]) == (0, "verified")
    assert document["finished"] == document["workloads"] > 0
    assert document["assumptions"] and not document["reasons"]


def test_a_counterexample_is_a_case_that_replays(verify):
    result, document = verify(WRONG, "--topology", "size=1")
    assert (result.exit_code, document["verdict"]) == (1, "counterexample")
    (found,) = document["findings"]
    assert found["fewest"] and found["preemptions"] == 1
    case = load(Path(found["case"]))
    ref = find(WRONG)
    again = replay(open_executor(ref), case.workload(ref.spec), case.switches)
    assert again.verdict == found["finding"] == "stranded"


def test_what_is_cut_off_is_bounded_and_what_is_unfinished_inconclusive(verify):
    result, document = verify(RIGHT, "--preemptions", "0")
    assert (result.exit_code, document["verdict"]) == (0, "bounded")
    result, document = verify(RIGHT, "--threads", "3", "--requests", "4", "--time", "0.01s")
    assert (result.exit_code, document["verdict"]) == (3, "inconclusive")


def test_it_goes_on_where_it_was_stopped(verify, tmp_path):
    words = (RIGHT, "--requests", "3", "--topology", "size=2")
    _, whole = verify(*words)
    (file,) = tmp_path.rglob("verify/*.json")
    saved = json.loads(file.read_text())
    saved["explored"] = saved["explored"][:5]
    file.write_text(json.dumps(saved))
    _, resumed = verify(*words, "--resume")
    assert {**resumed, "seconds": 0} == {**whole, "seconds": 0}
    file.write_text(file.read_text()[:100])  # damaged: it starts anew
    _, anew = verify(*words, "--resume")
    assert {**anew, "seconds": 0} == {**whole, "seconds": 0}


def test_several_processes_prove_the_same(verify):
    words = (RIGHT, "--requests", "2")
    one, two = verify(*words)[1], verify(*words, "--jobs", "2")[1]
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


@pytest.mark.parametrize(
    "words",
    [
        (RIGHT, "--threads", "9"),
        (RIGHT, "--topology", "size"),
        (RIGHT, "--topology", "sise=1"),
        (RIGHT, "--ops", "fly"),
        ("nobody",),
    ],
)
def test_wrong_use_is_one_sentence(verify, words):
    result, _ = verify(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_stale_or_damaged_checkpoint_is_told(verify, tmp_path):
    words = (RIGHT, "--requests", "1")
    verify(*words)
    (file,) = tmp_path.rglob("verify/*.json")
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "key": "of other code"}))
    result, _ = verify(*words, "--resume")
    assert result.exit_code == 0 and "other code" in result.stderr
    file.write_text("{")
    result, _ = verify(*words, "--resume")
    assert result.exit_code == 0 and "damaged" in result.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_it_and_says_how_to_go_on(tmp_path, jobs):
    words = ("haproxy@b11495652", "--threads", "3", "--requests", "3", "--jobs", jobs)
    command = [sys.executable, "-m", "harness", "verify", *words, "--corpus", str(tmp_path)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.rglob("verify/*.json")):  # it has begun
        assert started.poll() is None
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "--resume" in told and "Traceback" not in told
