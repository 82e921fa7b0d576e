"""Case files are tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from engines_that_spin import SPINS

from harness.cases import casefile
from harness.cases.casefile import load, save
from harness.pytest_plugin import plugin

pytest_plugins = ["pytester"]


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


def test_an_operation_that_never_comes_back_is_stopped_in_a_case(pytester, write, impatient):
    path = write({"pool.py:Strands": "ok"})
    path.write_text(path.read_text().replace("size = 1", ""))
    pytester.path.joinpath("pool.py").write_text(SPINS)
    result = pytester.runpytest(ALLOW)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*it shows 'exception'.", "*StuckError*"])


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
