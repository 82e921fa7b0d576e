"""What a campaign finds, saves, recognises and says; and that it survives any engine."""

from __future__ import annotations

import tomllib

import pytest
from campaigns import (
    FIXED,
    IMPATIENT,
    NO_ATHERIS,
    STRANDS,
    cases,
    end,
    engine,
    fuzz,
    harness,
    raw,
    shim,
    spawn,
)


def found(ended):
    return [(f["finding"], f["new"], f["accepted"]) for f in ended.json["findings"]]


# --------------------------------------------------------------- findings and exit codes


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
    assert found(ended) == [("exception", True, False)]


def test_a_lost_race_is_found(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=1500)
    assert "stranded" in {kind for kind, _, _ in found(ended)}


def test_a_known_finding_is_not_new_but_still_open(tmp_path):
    target = f"{engine(tmp_path)}:Raises"
    fuzz(target, tmp_path / "corpus", runs=100)
    before = {path: path.read_bytes() for path in cases(tmp_path / "corpus")}
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=100)
    assert ended.code == 1
    assert found(ended) == [("exception", False, False)]
    assert {path: path.read_bytes() for path in cases(tmp_path / "corpus")} == before


def test_an_accepted_finding_gives_exit_code_0(tmp_path):
    target = f"{engine(tmp_path)}:Raises"
    fuzz(target, tmp_path / "corpus", runs=100)
    (path,) = cases(tmp_path / "corpus")
    assert harness("accept", path, "--engine", target).code == 0
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=100)
    assert ended.code == 0
    assert found(ended) == [("exception", False, True)]


def test_what_is_accepted_of_one_engine_outlives_the_same_finding_on_another(tmp_path):
    path = engine(tmp_path)
    fuzz(f"{path}:Raises", tmp_path / "corpus", runs=100)
    (case,) = cases(tmp_path / "corpus")
    harness("accept", case, "--engine", f"{path}:Raises")
    again = f"{tmp_path}/./engines.py:Raises"  # another name
    assert fuzz(again, tmp_path / "corpus", runs=100).code == 1
    expect = tomllib.loads(case.read_text())["expect"]
    assert expect == {f"{path}:Raises": "exception", again: "ok"}


def test_one_seed_gives_the_same_campaign_twice(tmp_path):
    target = f"{engine(tmp_path, STRANDS)}:Pool"
    for corpus in ("one", "two"):
        fuzz(target, tmp_path / corpus, runs=500)
    one, two = (
        {path.name: path.read_text() for path in cases(tmp_path / corpus)}
        for corpus in ("one", "two")
    )
    assert one == two != {}


def test_a_damaged_case_in_the_corpus_does_not_stop_a_campaign(tmp_path):
    folder = tmp_path / "corpus" / "sound"
    folder.mkdir(parents=True)
    (folder / "bad.case.toml").write_text("[[[[")
    assert fuzz(f"{engine(tmp_path)}:Sound", tmp_path / "corpus", runs=50).code == 0


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


BESIDE = """
from beside import Beside
class Deferring(Beside, Sound):
    pass
"""

ELSEWHERE = """
class Beside:
    def arrive(self, request):
        for n in range(self.busy.load(), 3):
            if request.name in ("A", "C"):
                self.busy.load()
            elif n == 1:
                break
        return super().arrive(request)
"""


@pytest.mark.parametrize("target", ["file", "beside"])
def test_instrumented(tmp_path, target):
    pytest.importorskip("atheris")
    if target == "file":
        target, instrumented = f"{engine(tmp_path)}:Sound", "harness_engine_engines"
    else:
        (tmp_path / "beside.py").write_text(ELSEWHERE)
        target, instrumented = f"{engine(tmp_path, BESIDE)}:Deferring", "beside"
    plain = fuzz(target, tmp_path / "plain", "--json", runs=100)
    more = fuzz(target, tmp_path / "more", "--json", "--instrument", runs=100)
    assert {plain.code, more.code} <= {0, 1}  # what a hundred runs find is chance
    assert more.json["runs"] == 100
    assert more.json["inputs"] > plain.json["inputs"]
    assert plain.json["instrumented"] == []
    assert instrumented in more.json["instrumented"]


def test_all_modules_of_an_installed_engine_are_instrumented(tmp_path):
    pytest.importorskip("atheris")
    more = fuzz("haproxy@ddab05b98", tmp_path / "more", "--json", "--instrument", runs=100)
    modules = {"harness.engines.haproxy.state", "harness.engines.haproxy.revisions.y2024"}
    assert modules <= set(more.json["instrumented"])


def test_without_atheris_nothing_is_instrumented(tmp_path):
    path = shim(tmp_path / "shim", NO_ATHERIS)
    command = ["fuzz", f"{engine(tmp_path)}:Sound", "--instrument", "--runs", 20, "--json"]
    ended = end(spawn(*command, cwd=tmp_path, PYTHONPATH=path))
    assert ended.code == 0
    assert (ended.json["instrumented"], ended.json["runs"]) == ([], 20)


# --------------------------------------------------------------------- engines that misbehave


def trouble(ended, code=2):
    """The sentence with which a campaign that can not go on ends."""
    assert ended.code == code
    return ended.complaint()


def test_an_engine_that_raises_in_setup(tmp_path):
    body = """
class Bad(Sound):
    def setup(self, topology):
        raise RuntimeError("no\\nsetup")
"""
    told = trouble(fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus"))
    assert "setting up Bad failed: RuntimeError: no setup" in told


def test_an_engine_that_exits_in_setup(tmp_path):
    body = "class Bad(Sound):\n    def setup(self, topology):\n        sys.exit(0)\n"
    assert "SystemExit" in trouble(fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus"))


def test_an_engine_that_raises_in_setup_of_some_topologies(tmp_path):
    body = """
class Bad(Sound):
    def setup(self, topology):
        super().setup(topology)
        assert topology.threads != 3, "three"
"""
    assert "three" in trouble(fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus"))


def test_an_engine_that_lacks_everything(tmp_path):
    told = trouble(fuzz(f"{engine(tmp_path, 'class Bad(Engine): pass')}:Bad", tmp_path / "corpus"))
    assert "Bad must implement setup" in told


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("raise ValueError('x')", "ValueError in arrive"),
        ("sys.exit(3)", "SystemExit in arrive"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt in arrive"),
        ("return self.arrive(request)", "RecursionError in arrive"),
        ("return 5", "TypeError in answered"),
    ],
)
def test_whatever_arrive_raises_is_a_finding(tmp_path, statement, kind):
    body = f"class Bad(Sound):\n    def arrive(self, request):\n        {statement}\n"
    ended = fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus", "--json", runs=100)
    assert ended.code == 1
    assert ended.err == ""
    assert ended.json["runs"] == 100
    assert [f["cause"].split(" | ")[0] for f in ended.json["findings"]] == [f"exception {kind}"]


def test_an_engine_that_spins_without_a_scheduling_point(tmp_path):
    body = """
class Spins(Sound):
    def arrive(self, request):
        while request.name == "B":
            pass
        return super().arrive(request)
"""
    path = shim(tmp_path / "shim", IMPATIENT)
    command = ["fuzz", f"{engine(tmp_path, body)}:Spins", "--runs", 12, "--json"]
    ended = end(spawn(*command, cwd=tmp_path, PYTHONPATH=path))
    assert ended.code == 1, ended.err
    assert ended.json["runs"] == 12  # it went on
    (finding,) = ended.json["findings"]
    assert finding["finding"] == "exception"
    assert finding["title"].endswith("it ran on without reaching a scheduling point")


def test_an_engine_that_swallows_what_ends_a_run(tmp_path):
    body = """
class Swallows(Sound):
    def arrive(self, request):
        while True:
            try:
                with self.lock:
                    self.lock.lock()
            except BaseException:
                pass
"""
    told = trouble(fuzz(f"{engine(tmp_path, body)}:Swallows", tmp_path / "corpus"))
    assert "swallows the exception that ends a run" in told
    assert "catch Exception instead" in told


def test_an_engine_that_swallows_the_watchdog_too(tmp_path):
    body = """
def spin():
    while True:
        pass

class Swallows(Sound):
    def arrive(self, request):
        while True:
            try:
                self.busy.load()
                spin()
            except BaseException:
                pass
"""
    path = shim(tmp_path / "shim", IMPATIENT)
    command = ["fuzz", f"{engine(tmp_path, body)}:Swallows", "--runs", 12]
    told = trouble(end(spawn(*command, cwd=tmp_path, PYTHONPATH=path)))
    assert "swallows the exception that ends a run" in told


def test_an_engine_that_keeps_greenlets_alive(tmp_path):
    body = """
KEPT = []
class Keeps(Raises):
    def arrive(self, request):
        def aside():
            self.busy.load()
            greenlet.getcurrent().parent.switch()
        one = greenlet.greenlet(aside)
        one.switch()
        KEPT.append(one)
        return super().arrive(request)
"""
    ended = fuzz(f"{engine(tmp_path, body)}:Keeps", tmp_path / "corpus", "--json", runs=300)
    assert ended.code == 1
    assert ended.err == ""
    assert found(ended) == [("exception", True, False)]


@pytest.mark.parametrize("end_it", ["os._exit(3)", "os._exit(0)", "ctypes.string_at(0)"])
def test_an_engine_that_takes_the_worker_down(tmp_path, end_it):
    body = f"class Bad(Sound):\n    def arrive(self, request):\n        {end_it}\n"
    told = trouble(fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus"))
    assert "log" in told


# ------------------------------------------------------------------ engines that are not theirs


COUNTS = '''
COUNT = 0
class Counts(Sound):
    """Works differently from one run to the next."""
    def arrive(self, request):
        global COUNT
        COUNT += 1
        for _ in range(COUNT % 7):
            self.busy.load()
        return super().arrive(request)
    def finish(self, request):
        raise ValueError
'''

RARELY = '''
COUNT = 0
class Counts(Sound):
    """Breaks only after a while, which no other process sees."""
    def arrive(self, request):
        global COUNT
        COUNT += 1
        assert COUNT != 400
        return super().arrive(request)
'''

RANDOM = '''
class Counts(Sound):
    """Draws lots."""
    def arrive(self, request):
        for _ in range(random.randrange(1000)):
            self.busy.load()
        raise ValueError
'''


@pytest.mark.parametrize("body", [COUNTS, RARELY, RANDOM], ids=["counter", "rarely", "random"])
@pytest.mark.parametrize("json", [False, True])
def test_an_engine_that_is_not_deterministic_gives_that_verdict_and_no_case(tmp_path, body, json):
    more = ["--json"] if json else []
    ended = fuzz(f"{engine(tmp_path, body)}:Counts", tmp_path / "corpus", *more)
    told = trouble(ended, code=1)
    assert "nondeterministic engine" in told
    if body is not RARELY:
        assert "step" in told
    assert cases(tmp_path / "corpus") == []
    if json:
        assert told == f"harness: {ended.json['trouble']}"
    else:
        assert "nothing was saved" in ended.out


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


# ---------------------------------------------------------------------------- libFuzzer


def test_merging_inputs_is_libfuzzers(tmp_path):
    pytest.importorskip("atheris")
    for name, contents in (("one", b"\x01" * 40), ("two", b"\x02" * 90)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input").write_bytes(contents)
    (tmp_path / "merged").mkdir()
    command = ["fuzz", f"{engine(tmp_path)}:Sound", "--", "-merge=1", "merged", "one", "two"]
    ended = end(spawn(*command, cwd=tmp_path))
    assert ended.code == 0, ended.err
    assert list((tmp_path / "merged").iterdir())


def test_jobs_are_libfuzzers_and_the_next_campaign_saves_what_they_found(tmp_path):
    pytest.importorskip("atheris")
    target = f"{engine(tmp_path)}:Raises"
    ended = end(spawn("fuzz", target, "--", "-jobs=2", "-workers=2", "-runs=200", cwd=tmp_path))
    assert ended.code == 0, ended.err
    for number in (0, 1):
        assert "Done 200 runs" in (tmp_path / f"fuzz-{number}.log").read_text()
    assert raw(tmp_path / "corpus")
    assert fuzz(target, tmp_path / "corpus", runs=1).code == 1


def test_libfuzzers_own_modes_with_json(tmp_path):
    pytest.importorskip("atheris")
    ended = end(spawn("fuzz", f"{engine(tmp_path)}:Sound", "--json", "--", "-help=1", cwd=tmp_path))
    assert ended.code == 0
    assert ended.json["exit_code"] == 0


def test_its_options_pass_through(tmp_path):
    pytest.importorskip("atheris")
    ended = fuzz(f"{engine(tmp_path)}:Sound", tmp_path / "corpus", "--json", "--", "-runs=77")
    assert ended.json["runs"] == 77


# ----------------------------------------------------------------------- without Atheris


def test_without_atheris_it_says_so_and_finds_the_bug(tmp_path):
    path = shim(tmp_path / "shim", NO_ATHERIS)
    command = ["fuzz", f"{engine(tmp_path, STRANDS)}:Pool", "--runs", 1500, "--json"]
    ended = end(spawn(*command, cwd=tmp_path, PYTHONPATH=path))
    assert ended.code == 1
    assert "Atheris is not installed" in ended.complaint()
    assert "running unguided" in ended.err
    assert ("stranded", True, False) in found(ended)
    assert ended.json["runs"] == 1500


def test_without_atheris_libfuzzers_own_modes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.cli.fuzz.why_unavailable", lambda: "none")
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", "--", "-merge=1", "a", "b")
    assert ended.code == 2
    assert "needs Atheris" in ended.complaint()


@pytest.mark.parametrize("where", ["arrive", "finish"])
def test_an_engine_that_starts_an_os_thread(tmp_path, where):
    body = f"""
class Threads(Sound):
    def {where}(self, request):
        one = threading.Thread(target=self.busy.load)
        one.start()
        one.join()
        return super().{where}(request)
"""
    path = f"{engine(tmp_path, body)}:Threads"
    ended = end(spawn("fuzz", path, "--runs", 100, "--json", cwd=tmp_path))
    assert ended.code == 1
    assert ended.err == ""
    (finding,) = ended.json["findings"]
    assert "operating system thread" in finding["title"]
