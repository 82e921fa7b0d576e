"""Suites of users get two fixtures: one replays cases, one explores."""

from __future__ import annotations

import pytest
from engines_that_spin import SPINS

pytest_plugins = ["pytester"]


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
