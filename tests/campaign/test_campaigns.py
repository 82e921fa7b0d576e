"""What a campaign finds, saves, recognises and says."""

from __future__ import annotations

import tomllib

from campaigns import FIXED, STRANDS, cases, engine, fuzz, harness, raw

from harness.campaign import collector


def test_a_sound_engine_gives_nothing_and_exit_code_0(tmp_path):
    ended = fuzz(f"{engine(tmp_path)}:Sound", tmp_path / "corpus")
    assert ended.code == 0
    assert "nothing found" in ended.out
    assert "1,000 runs" in ended.out
    assert ended.err == ""
    assert cases(tmp_path / "corpus") == []


def test_a_finding_is_minimised_saved_and_gives_exit_code_1(tmp_path):
    ended = fuzz(f"{engine(tmp_path)}:Raises", tmp_path / "corpus")
    assert ended.code == 1
    assert ended.err == ""
    (path,) = cases(tmp_path / "corpus")
    case = tomllib.loads(path.read_text())
    (operation,) = case["workload"]
    assert operation.endswith(" arrive A")
    assert case["finding"] == "exception"
    assert case["title"].endswith("no luck")
    assert f"harness show {path}" in ended.out
    assert raw(tmp_path / "corpus") == []


def test_many_inputs_with_one_cause_are_one_case(tmp_path):
    ended = fuzz(f"{engine(tmp_path)}:Raises", tmp_path / "corpus", "--json")
    assert ended.json["seen"]["exception ValueError in finish"] > 100
    assert ended.findings == [("exception", True, False)]


def test_a_lost_race_is_found(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=1500)
    assert "stranded" in {kind for kind, _, _ in ended.findings}


def test_a_campaign_begins_with_the_cases_of_those_before(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    first, second = (fuzz(target, tmp_path / "corpus", "--json", runs=1500) for _ in range(2))
    assert first.json["known"] == 0
    assert second.json["known"] == len(first.findings)
    third = fuzz(target, tmp_path / "corpus", runs=20)
    assert f"began with {len(cases(tmp_path / 'corpus'))} case" in " ".join(third.out.split())


def test_what_is_only_a_warning_is_said_to_be_one(tmp_path):
    lazy = STRANDS.replace("capacity=1", "capacity=2")
    ended = fuzz(f"{engine(tmp_path, lazy)}:Pool", tmp_path / "corpus", runs=300)
    assert "idle-capacity queue (warning, not saved)" in " ".join(ended.out.split())
    assert not [path for path in cases(tmp_path / "corpus") if "idle-capacity" in path.name]


def test_one_run_is_no_runs(tmp_path):
    ended = fuzz(f"{engine(tmp_path)}:Sound", tmp_path / "corpus", runs=1)
    assert ": 1 run in" in " ".join(ended.out.split())


def test_a_known_finding_is_not_new_but_still_open(tmp_path):
    target = f"{engine(tmp_path)}:Raises"
    fuzz(target, tmp_path / "corpus", runs=100)
    before = {path: path.read_bytes() for path in cases(tmp_path / "corpus")}
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=100)
    assert ended.code == 1
    assert ended.findings == [("exception", False, False)]
    assert {path: path.read_bytes() for path in cases(tmp_path / "corpus")} == before


def test_an_accepted_finding_gives_exit_code_0(tmp_path):
    target = f"{engine(tmp_path)}:Raises"
    fuzz(target, tmp_path / "corpus", runs=100)
    (path,) = cases(tmp_path / "corpus")
    assert harness("accept", path, "--engine", target).code == 0
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=100)
    assert ended.code == 0
    assert ended.findings == [("exception", False, True)]


def test_what_is_accepted_of_one_engine_outlives_the_same_finding_on_another(tmp_path):
    path = engine(tmp_path)
    fuzz(f"{path}:Raises", tmp_path / "corpus", runs=100)
    (case,) = cases(tmp_path / "corpus")
    harness("accept", case, "--engine", f"{path}:Raises")
    again = f"{tmp_path}/./engines.py:Raises"  # another name
    assert fuzz(again, tmp_path / "corpus", runs=100).code == 1
    expect = tomllib.loads(case.read_text())["expect"]
    assert expect == {f"{path}:Raises": "exception", again: "ok"}


def test_the_schedule_that_showed_the_bug_of_another_engine_is_not_overwritten(tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    path = engine(mine, STRANDS)
    fuzz(f"{path}:Pool", tmp_path / "corpus", runs=1500)
    before = {case: case.read_text() for case in cases(tmp_path / "corpus")}
    # The same class, with the same bug in the same functions and another lock.
    path = engine(other, STRANDS.replace("self.lock", "self.gate").replace('"lock"', '"gate"'))
    assert fuzz(f"{path}:Pool", tmp_path / "corpus", runs=1500).code == 1
    for case, text in before.items():
        schedule = tomllib.loads(text)["schedule"]
        assert tomllib.loads(case.read_text())["schedule"] == schedule


def test_one_seed_runs_the_same_inputs_twice(tmp_path):
    # Which variants of a finding are looked at depends on when they are, so cases may differ.
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    one, two = (fuzz(target, tmp_path / corpus, "--json", runs=500) for corpus in ("one", "two"))
    assert one.json["seen"] == two.json["seen"] != {}


def test_a_damaged_case_in_the_corpus_does_not_stop_a_campaign(tmp_path):
    folder = tmp_path / "corpus" / "sound"
    folder.mkdir(parents=True)
    (folder / "bad.case.toml").write_text("[[[[")
    assert fuzz(f"{engine(tmp_path)}:Sound", tmp_path / "corpus", runs=50).code == 0


def test_a_case_of_a_newer_version_is_not_overwritten(tmp_path):
    target, corpus = f"{engine(tmp_path)}:Raises", tmp_path / "corpus"
    fuzz(target, corpus, runs=100)
    (path,) = cases(corpus)
    newer = path.read_text().replace("format = 1", "format = 2").replace('= "ok"', '= "exception"')
    path.write_text(newer)
    for new in (True, False):
        ended = fuzz(target, corpus, "--json", runs=100)
        assert ended.findings == [("exception", new, False)]
        assert path.read_text() == newer
        assert len(cases(corpus)) == 2


def test_a_deep_path_is_no_hindrance(tmp_path):
    folder = tmp_path / ("d" * 120) / ("e" * 120)
    folder.mkdir(parents=True)
    assert fuzz(f"{engine(folder)}:Raises", tmp_path / "corpus", runs=50).code == 1


def test_two_workers(tmp_path):
    ended = fuzz(f"{engine(tmp_path)}:Raises", tmp_path / "corpus", "--jobs", 2, "--json", runs=200)
    assert ended.code == 1
    assert ended.json["runs"] == 400
    assert len(cases(tmp_path / "corpus")) == 1


def test_a_time_limit_ends_it(tmp_path):
    target = f"{engine(tmp_path)}:Sound"
    ended = harness("fuzz", target, "--corpus", tmp_path / "corpus", "--time", "1s", "--json")
    assert ended.code == 0
    assert ended.json["runs"] > 0


# ------------------------------------------------------------------------------- the spool


def test_what_no_longer_shows_is_dropped_without_a_word(tmp_path, monkeypatch):
    from harness.campaign.campaign import Campaign

    target = f"{engine(tmp_path, STRANDS)}:Pool"
    with monkeypatch.context() as patched:
        patched.setattr(Campaign, "_take_one", lambda *_: None)
        patched.setattr(Campaign, "_wrap_up", lambda *_: None)
        fuzz(target, tmp_path / "corpus", runs=1000)
    assert raw(tmp_path / "corpus")
    engine(tmp_path, FIXED)
    ended = fuzz(target, tmp_path / "corpus", runs=1)
    assert (ended.code, ended.err) == (0, "")
    assert raw(tmp_path / "corpus") == []


def test_what_a_killed_campaign_has_saved_is_found_again_when_it_was_deleted(tmp_path, monkeypatch):
    target, corpus = f"{engine(tmp_path)}:Raises", tmp_path / "corpus"
    with monkeypatch.context() as killed:
        killed.setattr("harness.campaign.spool.Spool.tidy", lambda _: None)
        fuzz(target, corpus, runs=50)
    (path,) = cases(corpus)
    path.unlink()
    assert fuzz(target, corpus, runs=50).code == 1
    assert cases(corpus) == [path]


def test_a_disk_that_fills_up_leaves_raw_findings_for_the_next_campaign(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "x.case.toml")

    target = f"{engine(tmp_path)}:Raises"
    with monkeypatch.context() as patched:
        patched.setattr("harness.cases.casefile.write_atomically", full)
        ended = fuzz(target, tmp_path / "corpus", runs=50)
    assert ended.code == 2
    assert "No space left on device" in ended.complaint()
    assert cases(tmp_path / "corpus") == []
    assert raw(tmp_path / "corpus")
    assert fuzz(target, tmp_path / "corpus", runs=1).code == 1
    assert len(cases(tmp_path / "corpus")) == 1
    assert raw(tmp_path / "corpus") == []


def test_a_case_that_may_get_smaller_is_told_with_what_makes_it_so(tmp_path, monkeypatch):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    monkeypatch.setattr(collector, "BUDGET", 5)
    rough = fuzz(target, tmp_path / "rough")
    (path,) = cases(tmp_path / "rough")
    assert f"shrink one: harness minimize {path} --engine {target}" in rough.out.splitlines()
    monkeypatch.setattr(collector, "BUDGET", 100_000)
    assert "shrink one" not in fuzz(target, tmp_path / "done").out
