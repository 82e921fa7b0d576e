"""A campaign survives any engine, and says what is wrong with it."""

from __future__ import annotations

import pytest
from campaigns import IMPATIENT, cases, end, engine, fuzz, harness, shim, spawn


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
    assert finding["title"].endswith("without reaching a scheduling point")


def test_an_engine_that_waits_for_a_real_lock(tmp_path):
    """The scheduling point inside lets somebody else in, who then blocks the whole process."""
    body = """
class Waits(Sound):
    def setup(self, topology):
        super().setup(topology)
        self.real = threading.Lock()
    def arrive(self, request):
        with self.real:
            return super().arrive(request)
"""
    path = shim(tmp_path / "shim", IMPATIENT)
    target = f"{engine(tmp_path, body)}:Waits"
    ended = end(spawn("fuzz", target, "--runs", 30, "--json", cwd=tmp_path, PYTHONPATH=path))
    assert (ended.code, ended.json["runs"]) == (1, 30), ended.err
    assert "waited for something outside of harness.sync" in ended.json["findings"][0]["title"]
    ended = end(spawn("verify", target, "--time", 1, "--json", cwd=tmp_path, PYTHONPATH=path))
    assert ended.code == 1, ended.err


def test_endless_recursion_is_found_and_saved(tmp_path):
    body = """
class Recurses(Sound):
    def arrive(self, request):
        self.busy.load()
        return self.arrive(request)
"""
    target = f"{engine(tmp_path, body)}:Recurses"
    ended = fuzz(target, tmp_path / "corpus", "--json", runs=3)
    assert ended.findings == [("exception", True, False)]
    (path,) = cases(tmp_path / "corpus")
    (row,) = harness("replay", path, "--engine", target, "--runs", 3, "--json").json
    assert (row["verdict"], row["fidelity"], len(row["trace"])) == ("exception", "exact", 1)


def test_an_engine_whose_runs_all_end_at_the_step_limit_can_not_be_judged(tmp_path):
    body = """
class Counts(Sound):
    def arrive(self, request):
        while self.busy.fetch_add(1) >= 0:
            pass
"""
    ended = fuzz(f"{engine(tmp_path, body)}:Counts", tmp_path / "corpus", runs=20)
    assert ended.code == 3
    assert "nothing could be judged" in ended.out
    assert "nothing found" not in ended.out


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
    assert ended.findings == [("exception", True, False)]


@pytest.mark.parametrize("end_it", ["os._exit(3)", "os._exit(0)", "ctypes.string_at(0)"])
def test_an_engine_that_takes_the_worker_down(tmp_path, end_it):
    body = f"class Bad(Sound):\n    def arrive(self, request):\n        {end_it}\n"
    told = trouble(fuzz(f"{engine(tmp_path, body)}:Bad", tmp_path / "corpus"))
    assert "log" in told


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


# ------------------------------------------------------------- engines that are not deterministic


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


def test_an_engine_that_does_otherwise_in_another_process(tmp_path):
    # As one that goes by the order of a set of texts, but not by chance.
    body = """
class Ordered(Sound):
    def finish(self, request):
        self.busy.store(0)
        assert os.environ.get("PYTHONHASHSEED") in ("1", "2")
"""
    ended = fuzz(f"{engine(tmp_path, body)}:Ordered", tmp_path / "corpus", runs=100)
    assert "a case of 'exception' runs otherwise in another process" in trouble(ended, code=1)
    assert cases(tmp_path / "corpus") == []


def test_an_engine_that_prints_when_its_case_is_run_in_another_process(tmp_path):
    body = """
print("loaded")
class Loud(Raises):
    def finish(self, request):
        print("finish")
        super().finish(request)
"""
    ended = fuzz(f"{engine(tmp_path, body)}:Loud", tmp_path / "corpus", runs=100)
    assert len(cases(tmp_path / "corpus")) == 1
    assert ended.code == 1


def test_files_that_are_called_like_modules_of_python(tmp_path, monkeypatch):
    """They may lie where a campaign is started; an engine of a queue is likely a ``queue.py``."""
    engine(tmp_path, name="queue.py")
    for name in ("random.py", "signal.py"):
        (tmp_path / name).write_text("raise ImportError('not that one')")
    monkeypatch.chdir(tmp_path)
    ended = fuzz("queue.py:Raises", tmp_path / "corpus", "--json", runs=100)
    assert (ended.code, ended.err, ended.json["runs"]) == (1, "", 100)
    covered = harness("coverage", "queue.py:Raises", "--json")
    assert (covered.code, covered.json["cases"]) == (0, 1)
    explored = harness("verify", "queue.py:Raises", "--jobs", 2, "--json")
    assert (explored.code, explored.err) == (1, "")


def test_an_engine_that_ends_the_processes_of_a_verification(tmp_path):
    body = """
class Ends(Sound):
    def arrive(self, request):
        if request.name == "B":
            os._exit(7)
        return super().arrive(request)
"""
    target = f"{engine(tmp_path, body)}:Ends"
    ended = harness("verify", target, "--jobs", 2, "--corpus", tmp_path / "corpus")
    assert "a process ended early, or was killed" in trouble(ended, code=3)


def test_an_engine_that_prints_half_a_line(tmp_path):
    """What it says in the other process is not taken for a part of what that answers."""
    body = """
class Prints(Raises):
    def arrive(self, request):
        print("no line end", end="")
        os.write(1, b"past Python")
        return super().arrive(request)
"""
    ended = fuzz(f"{engine(tmp_path, body)}:Prints", tmp_path / "corpus", "--json", runs=50)
    assert ended.findings == [("exception", True, False)]
    assert len(cases(tmp_path / "corpus")) == 1
