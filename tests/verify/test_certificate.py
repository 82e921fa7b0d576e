"""Who may say ``verified``, and when."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import pytest
from engines_for_tests import ROOT

from harness.model.finding import Kind
from harness.verify.certificate import Verdict, issue
from harness.verify.dpor import Tally
from harness.verify.results import Explored, Witness
from harness.verify.workloads import Bound

BOUND = Bound(2, 2)
CLEAN = Explored(0, Tally(traces=3), done=True)
STRANDED = Witness(Kind.STRANDED, "stranded queue", "B is queued", [(0, "arrive A")])
LATE = Witness(Kind.IDLE_CAPACITY, "idle-capacity queue", "B waits", [(0, "arrive A")])


def verdict(*explored, total=None):
    return issue("engine", BOUND, [], len(explored) if total is None else total, explored)


def test_all_explored_and_nothing_found_is_verified():
    certificate = verdict(CLEAN)
    assert certificate.verdict is Verdict.VERIFIED
    assert not certificate.reasons
    assert set(certificate.absent) == set(Kind)
    assert certificate.assumptions


@pytest.mark.parametrize(
    ("explored", "total", "expected"),
    [
        (replace(CLEAN, done=False), 1, Verdict.INCONCLUSIVE),
        (replace(CLEAN, trouble="it went astray"), 1, Verdict.INCONCLUSIVE),
        (CLEAN, 2, Verdict.INCONCLUSIVE),
        (replace(CLEAN, tally=Tally(traces=3, limited=1)), 1, Verdict.BOUNDED),
        (replace(CLEAN, tally=Tally(limited=3)), 1, Verdict.INCONCLUSIVE),
        (replace(CLEAN, tally=Tally()), 1, Verdict.INCONCLUSIVE),
        (replace(CLEAN, cut=True), 1, Verdict.BOUNDED),
        (replace(CLEAN, witnesses={"s": STRANDED}), 1, Verdict.COUNTEREXAMPLE),
        (replace(CLEAN, witnesses={"s": LATE}), 1, Verdict.VERIFIED),
    ],
)
def test_whatever_was_left_out_changes_the_verdict(explored, total, expected):
    certificate = verdict(explored, total=total)
    assert certificate.verdict is expected
    if expected not in (Verdict.VERIFIED, Verdict.COUNTEREXAMPLE):
        assert certificate.reasons
        assert not certificate.absent


def test_a_trouble_that_many_workloads_have_is_told_once():
    certificate = verdict(*(replace(CLEAN, number=n, trouble="no setup") for n in (4, 2, 3)))
    assert certificate.reasons == ["workload 2 and 2 more: no setup"]


def test_no_workload_proves_nothing():
    assert verdict().verdict is Verdict.INCONCLUSIVE


def test_what_was_found_is_not_proven_absent():
    certificate = verdict(replace(CLEAN, witnesses={"s": STRANDED}))
    assert Kind.STRANDED not in certificate.absent
    assert Kind.DEADLOCK in certificate.absent


def test_a_finding_is_shown_by_its_smallest_workload():
    one = replace(CLEAN, number=5, witnesses={"s": STRANDED})
    two = replace(CLEAN, number=2, witnesses={"s": STRANDED})
    assert [number for number, _ in verdict(one, two).found] == [2]


def test_only_one_function_says_verified():
    users = set()
    for path in (ROOT / "harness").rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute) and node.attr == "VERIFIED":
                        users.add((path.name, function.name))
    assert users == {("certificate.py", "issue")}


def test_what_is_written_down_reads_back():
    explored = replace(CLEAN, witnesses={"s": STRANDED})
    assert Explored.from_data(json.loads(json.dumps(explored.as_data()))) == explored
