"""Case files are tests, and suites of users get two fixtures."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import smallest_found

from harness.cases import casefile
from harness.cases.casefile import SavedCase, load, save
from harness.engine.registry import find
from harness.model.wording import describe_workload
from harness.pytest_plugin import plugin

pytest_plugins = ["pytester"]

SOURCE = Path(__file__).parent.parent / "report" / "strand_engines.py"


@pytest.fixture(scope="session")
def stranded() -> SavedCase:
    """A minimal case that strands a request in ``Strands``; expects nothing yet."""
    name = f"{SOURCE}:Strands"
    ref = find(name)
    found = smallest_found(ref)
    return SavedCase(
        ref.family,
        name,
        "stranded",
        found.finding.message,
        dict(found.workload.topology),
        describe_workload(found.workload, ref.spec),
        found.switches,
        {},
        found.finding.signature,
    )


@pytest.fixture
def pool(pytester):
    """Puts the engines into ``pool.py``."""
    pytester.path.joinpath("pool.py").write_text(SOURCE.read_text())


@pytest.fixture
def write(pytester, pool, stranded):
    """Writes the case with expectations, and the engines next to it."""

    def write(expect, name="stranded-1a2b3c"):
        case = stranded
        for engine, verdict in expect.items():
            case = case.expecting(engine, verdict)
        path = pytester.path / "corpus" / f"{name}.case.toml"
        save(case, path)
        return path

    return write


ALLOW = "--harness-engine=pool.py:Strands"


def test_the_suffix_is_that_of_case_files():
    assert plugin.SUFFIX == casefile.SUFFIX


def test_a_case_is_an_item_for_each_engine_it_expects_something_of(pytester, write):
    write({"pool.py:Strands": "stranded", "pool.py:Sound": "ok"})
    result = pytester.runpytest("--collect-only", "-q")
    result.stdout.fnmatch_lines(
        [
            "corpus/stranded-1a2b3c.case.toml::pool.py:Sound",
            "corpus/stranded-1a2b3c.case.toml::pool.py:Strands",
        ]
    )


def test_a_known_finding_that_still_shows_passes(pytester, write):
    write({"pool.py:Strands": "stranded"})
    pytester.runpytest(ALLOW).assert_outcomes(passed=1)


def test_a_new_finding_is_red_and_explained(pytester, write):
    write({"pool.py:Strands": "ok"})
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "pool.py:Strands was expected to give no finding, but it shows 'stranded'.",
            "*verdict*stranded",
            "*nobody is left to*",
            "*PREEMPTED*",
            "*the last moment at which someone was still obliged to dequeue*",
            "  harness show corpus/stranded-1a2b3c.case.toml *",
            "  harness accept corpus/stranded-1a2b3c.case.toml *",
            "  harness fixed corpus/stranded-1a2b3c.case.toml *",
            "FAILED corpus/stranded-1a2b3c.case.toml::pool.py:Strands - pool.py:Str*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_known_finding_that_is_gone_is_red_and_says_fixed(pytester, write):
    write({"pool.py:Sound": "stranded"})
    result = pytester.runpytest("--harness-engine=pool.py:Sound")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*was expected to give the verdict 'stranded', but *"])
    assert "harness fixed" in result.stdout.str() or "no longer applies" in result.stdout.str()


def test_a_bug_that_comes_back_after_it_was_fixed_is_red(pytester, write):
    path = write({"pool.py:Strands": "ok"})
    save(load(path).following("pool.py:Strands", []), path)
    pytester.runpytest(ALLOW).assert_outcomes(failed=1)


@pytest.mark.parametrize("of_fix", [True, False])
def test_a_fixed_engine_passes_by_its_own_schedule(pytester, write, of_fix):
    path = write({"pool.py:Strands": "ok"})
    gone_from(path)
    if of_fix:
        save(load(path).following("pool.py:Strands", []), path)
    pytester.runpytest(ALLOW).assert_outcomes(**{"passed" if of_fix else "failed": 1})


def test_the_replay_fixture_takes_the_schedule_of_a_fixed_class_of_the_same_name(pytester, write):
    path = write({"pool.py:Strands": "ok"})
    gone_from(path)
    save(load(path).following("pool.py:Strands", []), path)
    pytester.makepyfile(
        test_mine="""
        from pool import Strands

        def test_it(harness_replay):
            assert harness_replay("corpus", Strands).verdicts == {"ok": 1}
        """
    )
    pytester.syspathinsert()
    pytester.runpytest("test_mine.py").assert_outcomes(passed=1)


def gone_from(path: Path) -> None:
    """Make the case's schedule one that no engine can follow."""
    text = path.read_text()
    path.write_text(re.sub(r'"(T\d+) in \w+', r'"\1 in vanish', text))


def test_a_stale_case_never_passes_silently(pytester, write):
    path = write({"pool.py:Strands": "ok"})
    gone_from(path)
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the schedule no longer applies*proves nothing*"])


def test_an_expected_stale_passes_only_when_stale(pytester, write):
    gone_from(write({"pool.py:Strands": "stale"}))
    write({"pool.py:Strands": "stale"}, "second")
    pytester.runpytest(ALLOW).assert_outcomes(passed=1, failed=1)


def test_an_engine_in_a_file_is_not_imported_unless_allowed(pytester, write):
    write({"pool.py:Strands": "ok"})
    pytester.path.joinpath("pool.py").write_text("raise SystemExit('imported')")
    result = pytester.runpytest("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*not imported unless you allow it: --harness-engine pool.py*"])


def test_allowing_one_class_does_not_allow_another(pytester, write):
    write({"pool.py:Sound": "ok"})
    write({"pool.py:Strands": "stranded"}, "allowed")
    pytester.runpytest(ALLOW).assert_outcomes(passed=1, skipped=1)


def test_the_ini_option_allows_engines(pytester, write):
    write({"pool.py:Strands": "stranded"})
    pytester.makeini("[pytest]\nharness_engines =\n    pool.py:Strands\n")
    pytester.runpytest().assert_outcomes(passed=1)


def test_the_same_file_may_be_spelled_otherwise(pytester, write):
    write({"pool.py:Strands": "stranded"})
    allowed = f"--harness-engine={pytester.path / 'pool.py'}:Strands"
    pytester.runpytest(allowed).assert_outcomes(passed=1)


@pytest.mark.parametrize("more", [(), ("-n", "2"), ("-k", "nothing"), ("-x",)])
def test_an_engine_on_the_command_line_that_no_case_uses_is_an_error(pytester, write, more):
    if "-n" in more:
        pytest.importorskip("xdist")
    write({"pool.py:Strands": "ok"})
    result = pytester.runpytest_subprocess("--harness-engine=pool.py:Strandss", *more)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    told = "--harness-engine names pool.py:Strandss, but no case uses that engine; did you mean *?"
    result.stdout.fnmatch_lines([told])


def test_an_engine_on_the_command_line_is_an_error_where_there_is_no_case(pytester, pool):
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*no case uses that engine; no case was collected"])


def ini(pytester, *engines):
    lines = "".join(f"    {engine}\n" for engine in engines)
    pytester.makeini(f"[pytest]\nharness_engines =\n{lines}")


def test_an_engine_in_the_configuration_that_leaves_cases_skipped_is_an_error(pytester, write):
    write({"pool.py:Strands": "ok"})
    ini(pytester, "pool.py:Sound")  # exists
    result = pytester.runpytest()
    result.assert_outcomes(skipped=1, failed=1)
    result.stdout.fnmatch_lines(["harness_engines names pool.py:Sound, but no case uses*"])


def test_an_engine_in_the_configuration_that_does_not_exist_is_an_error(pytester, write):
    write({"pool.py:Strands": "stranded"})
    ini(pytester, "pool.py:Strands", "pool.py:Gone")
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["harness_engines names pool.py:Gone, but *has no class 'Gone'*"])


def test_the_configuration_may_name_engines_of_cases_that_are_not_collected(pytester, write):
    path = write({"pool.py:Strands": "stranded"})
    write({"pool.py:Sound": "stale"}, "other")
    ini(pytester, "pool.py:Strands", "pool.py:Sound")
    pytester.runpytest(path).assert_outcomes(passed=1)
    pytester.makepyfile(test_mine="def test_it(): pass")
    pytester.runpytest("test_mine.py").assert_outcomes(passed=1)


def test_last_failed_reads_no_other_cases_so_they_may_be_the_ones_meant(pytester, write):
    write({"pool.py:Strands": "ok"}, "red")
    write({"pool.py:Sound": "stale"}, "other")
    both = ("--harness-engine=pool.py:Strands", "--harness-engine=pool.py:Sound")
    pytester.runpytest(*both)
    assert pytester.runpytest(*both, "--lf").ret == pytest.ExitCode.TESTS_FAILED


def test_an_engine_that_is_not_installed_is_a_clear_failure(pytester, write):
    write({"nowhere@1": "ok"})
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["nowhere@1 was expected to give 'ok', but there is no engine*"])
    assert "INTERNALERROR" not in result.stdout.str()


def test_an_allowed_engine_that_can_not_be_imported_is_a_clear_failure(pytester, write):
    write({"pool.py:Strands": "ok"})
    pytester.path.joinpath("pool.py").write_text("1 / 0")
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*can not be imported: ZeroDivisionError*"])


def test_a_case_that_does_not_fit_the_engine_is_a_clear_failure(pytester, write):
    path = write({"pool.py:Strands": "ok"})
    path.write_text(path.read_text().replace("size = ", "seize = "))
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the case's topology has*"])


def test_a_corrupt_case_file_fails_with_one_sentence_and_keeps_none_from_being_replayed(
    pytester, write
):
    pytester.path.joinpath("bad.case.toml").write_text("format = [")
    write({"pool.py:Strands": "stranded"})
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*bad.case.toml is damaged (*); restore it*"])
    assert "Traceback" not in result.stdout.str()


def test_a_case_that_expects_nothing_is_an_error(pytester, write):
    write({})
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expects nothing of any engine*"])


def test_cases_work_with_xdist(pytester, write):
    pytest.importorskip("xdist")
    for n in range(3):
        write({"pool.py:Strands": "stranded", "pool.py:Sound": "ok"}, f"case-{n}")
    write({"pool.py:Strands": "ok"}, "red")
    result = pytester.runpytest_subprocess("-n", "2", ALLOW)
    result.assert_outcomes(passed=3, skipped=3, failed=1)
    result.stdout.fnmatch_lines(["*was expected to give no finding, but it shows 'stranded'.*"])


def test_cases_are_selected_by_keyword_and_stop_at_the_first_failure(pytester, write):
    write({"pool.py:Strands": "ok"}, "first")
    write({"pool.py:Strands": "ok"}, "second")
    pytester.runpytest(ALLOW, "-k", "second").assert_outcomes(failed=1, deselected=1)
    pytester.runpytest(ALLOW, "-x").assert_outcomes(failed=1)


def test_last_failed_runs_only_what_failed(pytester, write):
    write({"pool.py:Strands": "ok"}, "red")
    write({"pool.py:Strands": "stranded"}, "green")
    pytester.runpytest(ALLOW).assert_outcomes(failed=1, passed=1)
    pytester.runpytest(ALLOW, "--lf").assert_outcomes(failed=1)


def test_a_project_without_cases_notices_nothing(pytester):
    pytester.makepyfile("def test_it(): pass")
    pytester.path.joinpath("other.toml").write_text("[")
    pytester.runpytest("--strict-config").assert_outcomes(passed=1)


def test_the_plugin_imports_no_lower_layer_by_itself():
    heavy = ("harness.cases", "harness.execute", "harness.report", "rich", "tomli_w")
    code = (
        f"import harness.pytest_plugin.plugin, sys; print([m for m in {heavy} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_replay_fixture_passes_when_all_is_as_expected(pytester, write):
    write({"pool.py:Strands": "stranded"})
    pytester.makepyfile(
        """
        from pool import Sound, Strands

        def test_known(harness_replay):
            assert harness_replay("corpus", Strands).verdicts == {"stranded": 1}

        def test_one_file(harness_replay):
            assert harness_replay("corpus/stranded-1a2b3c.case.toml", Strands).cases == 1
        """
    )
    pytester.syspathinsert()
    pytester.runpytest("test_replay_fixture_passes_when_all_is_as_expected.py").assert_outcomes(
        passed=2
    )


def failed_replay(pytester):
    pytester.makepyfile(
        test_mine="""
        def test_it(harness_replay):
            harness_replay("corpus", "pool.py:Strands")
        """
    )
    result = pytester.runpytest("test_mine.py")
    result.assert_outcomes(failed=1)
    return result


def test_replay_fixture_expects_ok_and_shows_the_interleaving(pytester, write):
    write({"other": "stranded"})
    result = failed_replay(pytester)
    result.stdout.fnmatch_lines(
        ["*AssertionError: *expected to give no finding*", "*PREEMPTED*", "*harness show *"]
    )
    assert "replaying.py" not in result.stdout.str()


def test_replay_fixture_never_passes_on_nothing(pytester, pool):
    pytester.mkdir("corpus")
    result = failed_replay(pytester)
    result.stdout.fnmatch_lines(["*there is no case file (*.case.toml) below corpus*"])


def test_explore_fixture_finds_minimises_and_explains(pytester, pool):
    pytester.makepyfile(
        test_mine="""
        def test_it(harness_explore):
            harness_explore("pool.py:Strands", runs=5000, seed=3)
        """
    )
    result = pytester.runpytest("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Strands shows 'stranded', found by run * of seed 3 and minimised.", "*PREEMPTED*"]
    )


def test_explore_fixture_takes_a_search_strategy(pytester, pool):
    pytester.makepyfile(
        test_mine="""
        import pytest

        def test_it(harness_explore):
            harness_explore("pool.py:Strands", runs=5000, strategy="surw")

        def test_unknown(harness_explore):
            with pytest.raises(ValueError, match="no search strategy 'best'; take one of .*surw"):
                harness_explore("pool.py:Strands", strategy="best")
        """
    )
    result = pytester.runpytest("test_mine.py")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*Strands shows 'stranded', found by run *", "*PREEMPTED*"])


def test_explore_fixture_counts_what_it_ran(pytester, pool):
    pytester.makepyfile(
        test_mine="""
        from pool import Sound

        def test_it(harness_explore):
            explored = harness_explore(Sound, runs=300)
            assert explored.runs == 300
            assert explored.verdicts == {"ok": 300}
            assert explored == harness_explore(Sound, runs=300)
        """
    )
    pytester.syspathinsert()
    pytester.runpytest("test_mine.py").assert_outcomes(passed=1)


def test_explore_fixture_never_passes_where_no_run_came_to_a_verdict(pytester):
    pytester.makepyfile(
        test_mine="""
        from harness import ADMITTED, Atomic, Engine

        class Counts(Engine):
            def setup(self, topology):
                self.count = Atomic("count", 0)
                self.resource("slot", capacity=1)

            def arrive(self, request):
                while self.count.fetch_add(1) >= 0:
                    pass
                return ADMITTED

        def test_it(harness_explore):
            harness_explore(Counts, runs=2)
        """
    )
    result = pytester.runpytest("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing could be judged: all 2 runs ended at the step limit"])


SPINS = """
from harness import Atomic, Engine

class Strands(Engine):
    def setup(self, topology):
        self.count = Atomic("count", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        self.count.load()
        while True:
            pass
"""


@pytest.fixture
def impatient(monkeypatch):
    """Makes the watchdog look twenty times a second."""
    monkeypatch.setattr("harness.runtime.watchdog.PERIOD", 0.05)


def test_an_operation_that_never_comes_back_is_stopped_in_a_case(pytester, write, impatient):
    path = write({"pool.py:Strands": "ok"})
    path.write_text(path.read_text().replace("size = 1", ""))
    pytester.path.joinpath("pool.py").write_text(SPINS)
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*it shows 'exception'.", "*StuckError*"])


@pytest.mark.parametrize("call", ["replay('corpus', Strands)", "explore(Strands, runs=1)"])
def test_an_operation_that_never_comes_back_is_stopped_in_a_fixture(
    pytester, write, impatient, call
):
    path = write({"other": "ok"})
    path.write_text(path.read_text().replace("size = 1", ""))
    pytester.path.joinpath("pool.py").write_text(SPINS)
    fixture = f"harness_{call.partition('(')[0]}"
    pytester.makepyfile(
        test_mine=f"from pool import Strands\n\ndef test_it({fixture}):\n    harness_{call}\n"
    )
    pytester.syspathinsert()
    result = pytester.runpytest("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*StuckError*"])


def test_cases_that_are_skipped_are_spoken_of_at_the_end(pytester, write):
    write({"pool.py:Strands": "ok"})
    result = pytester.runpytest()
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["1 case was NOT replayed: *--harness-engine*"])
    assert "NOT replayed" not in pytester.runpytest(ALLOW).stdout.str()


def test_the_commands_that_come_next_can_be_typed(pytester, write):
    write({"pool.py:Strands": "ok"})
    printed = pytester.runpytest(ALLOW).stdout.str()
    assert "harness show corpus/stranded-1a2b3c.case.toml --engine pool.py:Strands" in printed


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("harness_explore(object)", "no engine; give a subclass of harness.Engine"),
        ("harness_explore(Strands())", "no engine; give a subclass of harness.Engine"),
        ("harness_explore('nowhere')", "there is no engine called 'nowhere'"),
        ("harness_explore(Strands, runs=0)", "make 1 or more"),
    ],
)
def test_a_wrong_argument_of_a_fixture_is_told_without_our_code(pytester, pool, call, told):
    pytester.makepyfile(f"from pool import Strands\n\ndef test_it(harness_explore):\n    {call}\n")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    printed = result.stdout.str()
    assert told in printed
    assert "registry.py" not in printed
