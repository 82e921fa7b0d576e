"""Campaigns with libFuzzer, instrumented ones too; and what is done without Atheris."""

from __future__ import annotations

import pytest
from campaigns import NO_ATHERIS, STRANDS, end, engine, fuzz, harness, raw, shim, spawn

# ------------------------------------------------------------------------ --instrument


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
    assert ("stranded", True, False) in ended.findings
    assert ended.json["runs"] == 1500


def test_without_atheris_libfuzzers_own_modes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.cli.fuzz.why_unavailable", lambda: "none")
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", "--", "-merge=1", "a", "b")
    assert ended.code == 2
    assert "needs Atheris" in ended.complaint()
