"""Results, tables, page and document of trials that are made up, so that every figure is known."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.bench.charts import Line, chart, steps
from harness.bench.curves import bugs_found, pairs_seen
from harness.bench.document import document
from harness.bench.page import page
from harness.bench.results import Results
from harness.bench.selecting import SelectionError, selected
from harness.bench.tables import sections
from harness.bench.trial import Job, Trial

BUDGET = 100
COVERAGE = tuple((1 << i, i + 1) for i in range(7))
TIMES = {
    ("reorder_100", "fast"): [1, 2, 3, 4, 5, 6],
    ("reorder_100", "slow"): [90, None, 91, None, 92, 93],
    ("easy", "fast"): [2, 2, 2, 2, 2, 2],
    ("easy", "slow"): [8, 8, 8, 8, 8, 8],
    ("never", "fast"): [None] * 6,
    ("never", "slow"): [None] * 6,
}


def trials(times):
    return [
        Trial(Job(subject, strategy, seed, BUDGET), first, first or BUDGET, COVERAGE, 0.001)
        for (subject, strategy), firsts in times.items()
        for seed, first in enumerate(firsts, 1)
    ]


@pytest.fixture
def results():
    return Results(trials(TIMES), BUDGET, ["reorder_100", "easy", "never"], ["slow", "fast"])


def printed(results):
    console = Console(width=150)
    with console.capture() as captured:
        for section in sections(results):
            console.print(section.title, section.table, section.note, sep="\n", soft_wrap=True)
    return captured.get()


def row(text, name):
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [name])


def test_what_was_not_found_counts_as_the_budget(results):
    assert results.cell("reorder_100", "slow").found == 4
    assert results.cell("reorder_100", "slow").mean.value == (90 + 91 + 92 + 93 + 2 * 100) / 6
    assert results.cell("never", "fast").mean.interval() == (100, 100, 100)


def test_the_median_is_unknown_where_most_did_not_find_it(results):
    assert results.cell("reorder_100", "slow").median == 92
    assert results.cell("never", "slow").median is None


def test_the_geometric_mean_is_over_subjects(results):
    mean = results.geomean("fast", results.subjects)
    assert isclose(mean.value, (3.5 * 2 * 100) ** (1 / 3))
    assert results.geomean("fast", []) is None


def test_only_what_all_strategies_always_solve_is_solved_by_all(results):
    assert results.solved_by_all() == ["easy"]


def test_the_best_has_the_lowest_geometric_mean(results):
    assert results.best() == "fast"


def test_the_comparison_counts_subjects_that_differ(results):
    c = results.compare("fast", "slow")
    assert (c.better, c.worse) == (2, 0)
    assert c.ratio.value < c.ratio.high < 1
    assert isclose(c.a12, (1 + 1 + 0.5) / 3)
    back = results.compare("slow", "fast")
    assert (back.better, back.worse) == (0, 2)
    assert isclose(back.ratio.value * c.ratio.value, 1)


def test_subjects_that_a_strategy_has_no_trial_of_are_left_out():
    part = {key: times for key, times in TIMES.items() if key != ("easy", "slow")}
    results = Results(trials(part), BUDGET, ["easy", "never"], ["slow", "fast"])
    assert results.subjects == ["never"]


def test_the_same_trials_in_another_order_give_the_same_figures(results):
    again = Results(trials(TIMES)[::-1], BUDGET, ["reorder_100", "easy", "never"], ["slow", "fast"])
    assert document(again) == document(results)


def test_the_tables_show_means_and_how_many_found_it(results):
    text = printed(results)
    assert row(text, "reorder_100") == ["reorder_100", "94", "4/6", "4"]
    assert row(text, "easy") == ["easy", "8", "2"]
    assert row(text, "never") == ["never", "–", "–"]
    assert row(text, "fast")[1:3] == ["2/3", "12/18"]


def test_published_figures_are_shown_with_their_source(results):
    text = printed(results)
    assert row(text, "RFF") == ["RFF", "6"]
    assert row(text, "PCT-3")[:3] == ["PCT-3", "7,447", "(1/20)"]
    assert "authors of RFF and SURW" in text


def test_they_are_left_out_where_no_subject_has_any():
    results = Results(trials(TIMES), BUDGET, ["easy"], ["fast", "slow"])
    assert "RFF" not in printed(results)


def test_the_document_is_json_and_has_every_trial(results):
    d = json.loads(json.dumps(document(results)))
    assert len(d["trials"]) == 36
    assert {t["first"] for t in d["trials"] if t["subject"] == "never"} == {None}
    assert d["strategies"]["fast"]["bugs_found"] == 2
    assert len(d["comparisons"]) == 2


# --------------------------------------------------------------------------- page


class Outline(HTMLParser):
    """Tags, attributes and text of a page; fails on tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole_and_loads_nothing(results):
    outline = Outline(page(results))
    assert outline.open == []
    assert outline.links == []
    assert "script" not in outline.tags
    assert outline.tags.count("svg") == 2 + 3


def test_the_page_shows_what_the_tables_show(results):
    text = Outline(page(results)).text
    for shown in ("94 4/6", "reorder_100", "authors of RFF and SURW", "6 seeds"):
        assert shown in text


def test_names_are_escaped():
    odd = {("<b>&", "<i>"): [1, 2], ("<b>&", "fast"): [3, 4]}
    results = Results(trials(odd), BUDGET, ["<b>&"], ["<i>", "fast"])
    outline = Outline(page(results))
    assert "b" not in outline.tags and "i" not in outline.tags
    assert "<b>&" in outline.text


def test_the_bugs_found_rise_to_the_share_of_trials_that_found_them(results):
    slow, fast = bugs_found(results, results.subjects)
    assert fast.points[-1][1] == pytest.approx(2 / 3)
    assert slow.points[-1][1] == pytest.approx((4 / 6 + 1 + 0) / 3)
    assert dict(bugs_found(results, ["easy"])[0].points)[8] == pytest.approx(1)


def test_the_pairs_seen_are_a_share_of_the_most_that_are_seen():
    half = [replace(t, coverage=tuple((n, p // 2) for n, p in t.coverage)) for t in trials(TIMES)]
    mixed = [h if t.job.strategy == "slow" else t for h, t in zip(half, trials(TIMES), strict=True)]
    slow, fast = pairs_seen(Results(mixed, BUDGET, ["easy", "never"], ["slow", "fast"]))
    assert fast.points == [(n, pytest.approx(p / 7)) for n, p in COVERAGE]
    assert slow.points == [(n, pytest.approx((p // 2) / 7)) for n, p in COVERAGE]


@given(st.lists(st.integers(1, 1000), min_size=1, unique=True).map(sorted))
def test_a_step_function_only_goes_right_and_up(times):
    points = [(float(t), (i + 1) / len(times)) for i, t in enumerate(times)]
    corners = steps(points, 1000)
    assert corners == sorted(corners)
    assert corners[-1] == (1000, 1.0)
    assert set(points) <= set(corners)
    for (x1, y1), (x2, y2) in pairwise(corners):
        assert x1 == x2 or y1 == y2


@given(st.lists(st.tuples(st.floats(1, 1000), st.floats(0, 1)), min_size=1))
def test_lines_stay_inside_the_drawing(points):
    svg = chart([Line("line", points)], 1000, "x", "y")
    _, _, width, height = map(float, svg.get("viewBox").split())
    for polyline in svg.iter("polyline"):
        for corner in polyline.get("points").split():
            x, y = map(float, corner.split(","))
            assert 0 <= x <= width and 0 <= y <= height


# ---------------------------------------------------------------------- selecting


def test_patterns_select_in_the_order_of_the_names():
    names = ["reorder_3", "stack", "reorder_10"]
    assert selected(["stack", "reorder_*"], names, "subject") == names


def test_a_pattern_that_selects_nothing_is_told_what_is_like_it():
    with pytest.raises(SelectionError, match=r"no subject is called 'stak'; did you mean stack\?"):
        selected(["stak"], ["stack", "queue"], "subject")


def test_a_single_trial_has_no_interval():
    one = Results(trials({("easy", "fast"): [7]}), BUDGET, ["easy"], ["fast"])
    assert row(printed(one), "fast")[1:4] == ["1/1", "1/1", "7.0"]
