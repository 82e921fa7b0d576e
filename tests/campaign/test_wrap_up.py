"""When a campaign is over, the user sees that it is, and what is still being done."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from campaigns import RAISES_TOO, engine
from rich.console import Console

from harness.campaign.campaign import Campaign, Options, Progress
from harness.campaign.display import live
from harness.engine.registry import find


def shown(progress):
    out = io.StringIO()
    Console(file=out, width=200, color_system=None).print(live("pool", progress))
    return " ".join(out.getvalue().split())


def displays(tmp_path, monkeypatch, **limits):
    """What the display is given, from the end of the workers on; nothing is looked at before."""
    given = []
    ref = find(f"{engine(tmp_path, RAISES_TOO)}:Both")
    campaign = Campaign(
        ref,
        Options(tmp_path / "corpus", **limits),
        lambda p: given.append(replace(p, collected=list(p.collected))),
    )
    monkeypatch.setattr(Campaign, "_take_one", lambda *_: None)
    monkeypatch.setattr("harness.campaign.campaign._POLL", 0.0)
    assert campaign.run().trouble == ""
    return given


def test_of_how_many_findings_which_one_is_minimised(tmp_path, monkeypatch):
    given = displays(tmp_path, monkeypatch, runs=500)
    busy = [p.busy for p in given if p.busy]
    last = int(busy[-1].split()[-2])
    assert last >= 2
    assert list(dict.fromkeys(busy)) == [
        f"minimising {n} of {last} findings" for n in range(1, last + 1)
    ]


@pytest.mark.parametrize(
    ("limits", "why"),
    [({"runs": 500}, "the workers have ended"), ({"seconds": 1.0}, "time is up")],
    ids=["runs", "time"],
)
def test_why_nothing_further_is_run(tmp_path, monkeypatch, limits, why):
    given = displays(tmp_path, monkeypatch, **limits)
    assert given[0].ending == ""
    assert {p.ending for p in given if p.busy} == {why}


def test_the_display_of_a_running_campaign_has_nothing_to_say_about_its_end():
    text = shown(Progress(busy="minimising stranded queue", waiting=3))
    assert "minimising stranded queue …" in text
    assert "3 to look at" in text
    assert "Ctrl-C" not in text


@pytest.mark.parametrize("why", ["time is up", "the workers have ended", "stopping"])
def test_the_display_says_that_it_is_over_what_is_done_and_what_ctrl_c_does(why):
    text = shown(Progress(ending=why, busy="minimising 2 of 5 findings", waiting=9))
    assert f"{why}: minimising 2 of 5 findings … Ctrl-C leaves the rest" in text
    assert "9 to look at" not in text


def test_the_display_says_that_workers_are_being_stopped():
    assert "time is up: waiting for the workers …" in shown(Progress(ending="time is up"))


TWO_WAYS = """
class Twice(Sound):
    @operation()
    def left(self):
        self.fail()
    @operation()
    def right(self):
        self.fail()
    def fail(self):
        raise ValueError("either way")
"""


def test_who_runs_out_of_patience_leaves_more_of_the_same_to_the_next_campaign(
    tmp_path, monkeypatch
):
    ref = find(f"{engine(tmp_path, TWO_WAYS)}:Twice")
    options = Options(tmp_path / "corpus", runs=300)
    monkeypatch.setattr(Campaign, "_take_one", lambda *_: None)
    monkeypatch.setattr("harness.campaign.campaign._PATIENCE", -1.0)
    first = Campaign(ref, options, lambda _: None).run()
    assert len(first.collected) == 1
    assert first.waiting > 0
    monkeypatch.undo()
    then = Campaign(ref, replace(options, runs=1), lambda _: None).run()
    assert then.waiting == 0
    saved = {found.path for found in (*first.collected, *then.collected)}
    assert len(saved) == 2
    assert all(path.exists() for path in saved)
