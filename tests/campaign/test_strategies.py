"""Campaigns without libFuzzer: a search strategy decides, the rest is as always."""

from __future__ import annotations

import pytest
from campaigns import STRANDS, cases, engine, fuzz, harness

from harness.strategies.registry import STRATEGIES


def test_what_a_strategy_finds_is_saved_and_replays_exactly(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    ended = fuzz(target, tmp_path / "corpus", "--strategy", "pos", "--json", runs=3000)
    assert ended.code == 1, ended.err
    assert "stranded" in {f["finding"] for f in ended.json["findings"]}
    for path in cases(tmp_path / "corpus"):
        (row,) = harness("replay", path, "--engine", target, "--json").json
        assert row["fidelity"] == "exact"
        assert row["verdict"] in path.name


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_runs_as_often_as_it_is_told(tmp_path, name):
    target = f"{engine(tmp_path)}:Sound"
    ended = fuzz(target, tmp_path / "corpus", "--strategy", name, "--json", runs=100)
    assert ended.code == 0, ended.err
    assert ended.json["runs"] == 100


def test_the_same_seed_finds_the_same(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    options = ("--strategy", "urw", "--seed", 7, "--json")
    ended = [fuzz(target, tmp_path / str(i), *options, runs=1000) for i in (0, 1)]
    assert ended[0].json["seen"] == ended[1].json["seen"]


def test_it_stops_when_its_time_is_up(tmp_path):
    options = ("--strategy", "sticky", "--time", "1s", "--json")
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", "--corpus", tmp_path / "c", *options)
    assert ended.code == 0
    assert ended.json["runs"] > 0


@pytest.mark.parametrize(
    ("extra", "named"), [(("--instrument",), "--instrument"), (("--", "-merge=1"), "-merge=1")]
)
def test_what_is_for_libfuzzer_is_refused(tmp_path, extra, named):
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", "--strategy", "pos", *extra)
    assert ended.code == 2
    assert named in ended.complaint()


def test_an_unknown_strategy_is_told_which_there_are(tmp_path):
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", "--strategy", "best")
    assert ended.code == 2
    assert "surw" in ended.err
