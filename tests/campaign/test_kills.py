"""Ctrl-C and ``kill -9`` lose nothing and leave nothing running."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager

import pytest
from campaigns import (
    RAISES_TOO,
    STRANDS,
    alive,
    cases,
    end,
    engine,
    fuzz,
    harness,
    raw,
    spawn,
    until,
    workers,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def campaign(tmp_path):
    """Starts endless campaigns, and ends what is left of them."""
    started = []

    def start(target, *more):
        command = ["fuzz", target, "--corpus", tmp_path / "corpus", *more]
        process = spawn(*command, cwd=tmp_path)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def interrupt(process):
    os.kill(process.pid, signal.SIGINT)
    return end(process)


@pytest.mark.parametrize("json", [False, True])
def test_ctrl_c_ends_a_campaign_with_its_summary(campaign, tmp_path, json):
    process = campaign(f"{engine(tmp_path)}:Raises", *(["--json"] if json else []))
    until(lambda: cases(tmp_path / "corpus"), "a saved case")
    (worker,) = workers(process.pid)
    ended = interrupt(process)
    assert ended.code == 1
    assert ended.err == ""
    assert len(cases(tmp_path / "corpus")) == 1
    if json:
        assert ended.json["interrupted"] is True
        assert len(ended.json["findings"]) == 1
    else:
        assert "harness show" in ended.out
    until(lambda: not alive(worker), "the end of the worker")


def test_what_was_found_before_the_engine_was_edited_stays(campaign, tmp_path):
    path = engine(tmp_path)
    process = campaign(f"{path}:Raises")
    until(lambda: cases(tmp_path / "corpus"), "a saved case")
    path.write_text(path.read_text().replace("raise ValueError", "print"))
    ended = interrupt(process)
    assert (ended.code, ended.err) == (1, "")
    assert len(cases(tmp_path / "corpus")) == 1


def test_ctrl_c_with_nothing_found_is_exit_code_0(campaign, tmp_path):
    process = campaign(f"{engine(tmp_path)}:Sound")
    until(lambda: list(tmp_path.glob("corpus/*/log/*/status-*.json")), "a first status")
    ended = interrupt(process)
    assert (ended.code, ended.err) == (0, "")
    assert "nothing found" in ended.out


@contextmanager
def interrupting(monkeypatch, when):
    """Ctrl-C between two runs of minimising, as often as ``when`` says of the progress."""
    from harness.campaign.campaign import Campaign

    plain = Campaign._between_runs

    def impatient(self):
        for _ in range(when(self.progress)):
            os.kill(os.getpid(), signal.SIGINT)
        plain(self)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(Campaign, "_between_runs", impatient)
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_before_any_run_came_to_an_end_is_no_clean_result(campaign, tmp_path):
    body = """
class Spins(Sound):
    def arrive(self, request):
        open("spinning", "w").close()
        while True:
            pass
"""
    process = campaign(f"{engine(tmp_path, body)}:Spins")
    until((tmp_path / "spinning").exists, "the first operation")
    ended = interrupt(process)
    assert ended.code == 130
    assert "nothing could be judged" in ended.out


def left_behind(target, corpus, ended):
    """What was found and not saved waits for the next campaign."""
    assert ended.code == 1
    assert "the next campaign begins with them" in ended.complaint()
    assert ended.json["interrupted"] is True
    assert ended.json["waiting"] == len(raw(corpus)) > 0
    saved = cases(corpus)
    assert fuzz(target, corpus, runs=1).code == 1
    assert raw(corpus) == []
    assert set(saved) <= set(cases(corpus)) != set()


def test_ctrl_c_again_leaves_raw_findings_to_the_next_campaign(tmp_path, monkeypatch):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    with interrupting(monkeypatch, lambda progress: 2):
        ended = fuzz(target, tmp_path / "corpus", "--json", runs=1000)
    left_behind(target, tmp_path / "corpus", ended)


def test_ctrl_c_after_the_limits_leaves_raw_findings_at_once(tmp_path, monkeypatch):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    looks = []

    def when(progress):
        looks.append(progress.ending)
        return bool(progress.ending)

    monkeypatch.setattr("harness.campaign.campaign.Campaign._take_one", lambda *_: None)
    with interrupting(monkeypatch, when):
        ended = fuzz(target, tmp_path / "corpus", "--json", runs=1000)
    assert looks == ["the workers have ended"]  # not one run more
    left_behind(target, tmp_path / "corpus", ended)


def test_ctrl_c_after_the_limits_keeps_what_was_saved(tmp_path, monkeypatch):
    target = f"{engine(tmp_path, RAISES_TOO)}:Both"
    monkeypatch.setattr("harness.campaign.campaign.Campaign._take_one", lambda *_: None)
    with interrupting(monkeypatch, lambda progress: len(progress.collected)):
        ended = fuzz(target, tmp_path / "corpus", "--json", runs=1000)
    assert len(ended.json["findings"]) == len(cases(tmp_path / "corpus")) == 1
    left_behind(target, tmp_path / "corpus", ended)


def test_ctrl_c_with_nothing_saved_yet_is_not_called_nothing_found(tmp_path, monkeypatch):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    with interrupting(monkeypatch, lambda progress: 2):
        ended = fuzz(target, tmp_path / "corpus", runs=1000)
    assert "nothing was saved yet" in ended.out
    assert "nothing found" not in ended.out


def test_workers_of_a_killed_parent_end_and_the_next_campaign_has_their_findings(
    campaign, tmp_path
):
    target = f"{engine(tmp_path)}:Raises"
    process = campaign(target, "--jobs", 2)
    until(lambda: len(workers(process.pid)) == 2, "both workers")
    os.kill(process.pid, signal.SIGSTOP)  # it is to collect nothing further
    until(lambda: raw(tmp_path / "corpus"), "a raw finding")
    pids = workers(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not any(map(alive, pids)), "the end of the workers")
    assert raw(tmp_path / "corpus")
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=1)
    assert ended.code == 1
    assert len(ended.json["findings"]) == 1
    assert raw(tmp_path / "corpus") == []
    assert len(cases(tmp_path / "corpus")) == 1


def test_a_second_campaign_on_an_engine_is_refused_while_one_runs(campaign, tmp_path):
    target = f"{engine(tmp_path)}:Sound"
    campaign(target)
    until(lambda: list(tmp_path.glob("corpus/*/log/*/status-*.json")), "a first status")
    ended = fuzz(target, tmp_path / "corpus", runs=10)
    assert ended.code == 2
    assert f"another campaign on {target}" in ended.complaint()
    assert "--corpus" in ended.err


def test_campaigns_on_two_engines_share_a_corpus(campaign, tmp_path):
    campaign(f"{engine(tmp_path)}:Sound")
    until(lambda: list(tmp_path.glob("corpus/*/log/*/status-*.json")), "a first status")
    ended = fuzz(f"{tmp_path}/./engines.py:Sound", tmp_path / "corpus", "--json", runs=10)
    assert (ended.code, ended.json["runs"]) == (0, 10)


@pytest.mark.parametrize("json", [False, True])
def test_a_killed_worker_is_spoken_of(campaign, tmp_path, json):
    process = campaign(f"{engine(tmp_path)}:Sound", *(["--json"] if json else []))
    (worker,) = until(lambda: workers(process.pid), "the worker")
    os.kill(worker, signal.SIGKILL)
    ended = end(process)
    assert ended.code == 2
    assert "worker 0 was killed by SIGKILL" in ended.complaint()
    if json:
        assert "SIGKILL" in ended.json["trouble"]


def test_a_killed_worker_does_not_hide_what_was_found(campaign, tmp_path):
    process = campaign(f"{engine(tmp_path)}:Raises")
    until(lambda: cases(tmp_path / "corpus"), "a saved case")
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    ended = end(process)
    assert ended.code == 1
    assert "SIGKILL" in ended.complaint()
    assert "harness show" in ended.out


def test_a_worker_that_starts_after_its_parents_death_ends_at_once(tmp_path):
    """Whoever adopts it is not the parent it was told of."""
    from harness.campaign.worker import Task, die_with_parent

    assert Task("e", "s", "l", 1, 1, 1.0, True, False).parent == 0
    with pytest.raises(SystemExit):
        die_with_parent(1 if os.getppid() != 1 else 2)


def test_replay_after_a_kill_finds_whole_files_only(campaign, tmp_path):
    target = f"{engine(tmp_path)}:Raises"
    process = campaign(target)
    until(lambda: cases(tmp_path / "corpus"), "a saved case")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ended = harness("replay", tmp_path / "corpus", "--engine", target)
    assert ended.code == 1  # the finding, expected to be gone: not a damaged file
