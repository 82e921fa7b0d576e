"""Every bug and its fix: the committed cases tell the two apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cases.casefile import SavedCase, load
from harness.cases.replay import Fidelity, Replay, replay_saved
from harness.engine.registry import find
from harness.engines.haproxy import HISTORY
from harness.engines.haproxy.open_findings import NOT_HERE, OPEN
from harness.engines.haproxy.pairs import GALLERY, PAIRS, REGRESSIONS, Pair
from harness.execute.opening import open_executor

ROOT = Path(__file__).parent.parent.parent
ORDER = list(HISTORY)


CASES = [load(path) for path in sorted((ROOT / "corpus/haproxy").glob("*.case.toml"))]


def name(pair: Pair) -> str:
    return pair.name


def committed(pair: Pair) -> SavedCase:
    """Made on the bug's revision, with an expectation of the clean one."""
    for case in CASES:
        tells_apart = {f"haproxy@{pair.bug}", f"haproxy@{pair.clean}"} <= set(case.expect)
        if tells_apart and case.cause.startswith(pair.signature):
            return case
    raise AssertionError("no case is committed: python -m benchmarks.gallery --save")


@pytest.mark.parametrize("pair", GALLERY, ids=name)
def test_a_case_shows_the_bug_on_the_one_revision_only(pair: Pair) -> None:
    case = committed(pair)
    assert shows(pair, replayed(case, pair.bug))
    assert not shows(pair, replayed(case, pair.clean))


@pytest.mark.parametrize("pair", GALLERY, ids=name)
def test_the_revision_without_the_bug_can_follow_the_case(pair: Pair) -> None:
    assert replayed(committed(pair), pair.clean).fidelity is not Fidelity.STALE


def replayed(case: SavedCase, revision: str) -> Replay:
    return replay_saved(open_executor(find(f"haproxy@{revision}")), case)


def shows(pair: Pair, replay: Replay) -> bool:
    findings = replay.recorded.run.findings
    return any(finding.signature.startswith(pair.signature) for finding in findings)


@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_fix_comes_after_its_bug_unless_the_bug_is_undone_elsewhere(pair: Pair) -> None:
    after = ORDER.index(pair.clean) - ORDER.index(pair.bug)
    assert after > 0 or (pair.bug, pair.clean) == ("ae0b12ee0", "49667c14b")


@pytest.mark.parametrize("pair", REGRESSIONS, ids=name)
def test_what_is_still_there_was_not_there_before(pair: Pair) -> None:
    assert ORDER.index(pair.clean) < ORDER.index(pair.bug)


@pytest.mark.parametrize("still", OPEN, ids=lambda still: still.case)
def test_what_is_still_there_is_a_case_of_the_newest_revision(still) -> None:
    case = load(ROOT / "corpus/haproxy" / still.case)
    assert case.found_on == f"haproxy@{ORDER[-1]}"
    assert case.expect[case.found_on] == case.finding


def test_each_revision_is_selected_by_its_name() -> None:
    assert all(find(f"haproxy@{revision}").engine is cls for revision, cls in HISTORY.items())


def test_every_revision_is_part_of_a_pair_or_says_what_it_is_for() -> None:
    paired = {rev for pair in GALLERY for rev in (pair.bug, pair.clean)}
    alone = set(HISTORY) - paired
    # Changes that bring no bug of their own, and one that was only thought of.
    assert (
        alone
        == {
            *("3ff577e16", "b7ba1d901", "9cef43aca", "16fbdda3c", "b11495652-no-recheck"),
            *("1d403caf8", "583303c48", "26b3e5236", "604846010", "c880c32b1", "50872daa6"),
        }
        - paired
    )
    assert not {commit for commit, _ in NOT_HERE} & paired - {"1d403caf8"}
