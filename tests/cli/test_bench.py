"""``harness bench`` on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from harness.bench.running import make_trial
from harness.bench.searchers import SEARCHERS
from harness.cli.main import main

QUICK = ["--strategies", "unguided,uniform", "--seeds", "2", "--budget", "50"]

SEARCHES = ",".join(SEARCHERS)


def bench(*arguments):
    return CliRunner().invoke(main, ["bench", *arguments])


def test_it_shows_subjects_and_strategies_and_writes_a_page(tmp_path):
    result = bench("stack", "cve_2015_*", *QUICK, "--html", str(tmp_path / "bench.html"))
    assert result.exit_code == 0, result.output
    for shown in ("stack", "cve_2015_7550", "unguided", "uniform"):
        assert shown in result.output
    assert (tmp_path / "bench.html").read_text().startswith("<!DOCTYPE html>")


def test_what_is_piped_has_every_column_on_one_line():
    table = bench("stack", "--strategies", SEARCHES, "--seeds", "1", "--budget", "20").stdout
    assert next(line for line in table.splitlines() if "subject" in line).split() == [
        "subject",
        *SEARCHES.split(","),
    ]


def test_json_is_a_document_and_nothing_else():
    result = bench("stack", *QUICK, "--json")
    document = json.loads(result.stdout)
    assert document["subjects"] == ["stack"]
    assert len(document["trials"]) == 4


def test_the_same_bench_gives_the_same_schedules_whatever_the_jobs():
    def firsts(jobs):
        document = json.loads(bench("stack", *QUICK, "--json", "--jobs", jobs).stdout)
        return [(t["strategy"], t["seed"], t["first"]) for t in document["trials"]]

    assert firsts("1") == firsts("2")


def test_ctrl_c_shows_what_there_is_and_exits_as_interrupted(monkeypatch):
    def some(jobs, processes):
        yield from map(make_trial, jobs[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.bench.make_trials", some)
    result = bench("stack", *QUICK)
    assert result.exit_code == 130
    assert "unguided against the others" in result.output or "uniform against" in result.output
    assert "interrupted after 3 of 4 trials" in result.output


@pytest.mark.parametrize(
    ("subject", "strategy", "said"),
    [
        ("haproxy@ddab05b98/stranded", "guided", True),
        ("haproxy@ddab05b98/stranded", "guided-no-cases", False),
        ("haproxy@ddab05b98/stranded", "unguided-with-cases", True),
        ("haproxy@ddab05b98/stranded", "unguided", False),
        ("stack", "guided", False),
    ],
)
def test_a_corpus_without_cases_is_said(tmp_path, subject, strategy, said):
    pytest.importorskip("atheris")
    quick = ["--seeds", "1", "--budget", "5", "--corpus", str(tmp_path)]
    result = bench(subject, "--strategies", strategy, *quick)
    assert (f"there are no cases in {tmp_path}" in result.output) == said


def test_list_names_what_there_is():
    result = bench("--list")
    assert result.exit_code == 0
    for name in ("reorder_100", "haproxy@ddab05b98/stranded", "guided-no-mutators"):
        assert name in result.output
    listed = json.loads(bench("--list", "--json").stdout)
    assert {"name": "deadlock01", "suite": "SCTBench", "bug": "deadlock"} in listed["subjects"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stak", *QUICK], "no subject is called 'stak'; did you mean stack"),
        (["stack", "--strategies", "nosuch"], "no strategy is called 'nosuch'"),
        (["stack", "--strategies", ""], "no strategy is named"),
        (["stack", "--seeds", "0"], "Invalid value"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(arguments, said):
    result = bench(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
