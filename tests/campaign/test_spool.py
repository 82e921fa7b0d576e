"""Raw findings on disk: each is looked at once, whoever is killed when."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from harness.campaign.spool import Notes, RawFinding, Spool

FOUND = RawFinding(b"data", [3, 5], "stranded queue", nth=2, runs=7, seconds=1.5)


def noted(folder, *findings):
    notes = Notes(folder)
    for raw in findings or [FOUND]:
        notes.put(raw)
    return notes


def nth(spool):
    return [raw.nth for raw in spool]


def test_what_is_noted_is_there(tmp_path):
    noted(tmp_path)
    assert list(Spool(tmp_path)) == [replace(FOUND, old=True)]


def test_what_is_noted_later_is_seen_at_the_next_look_and_not_old(tmp_path):
    notes, spool = noted(tmp_path), Spool(tmp_path)
    notes.put(replace(FOUND, nth=4))
    assert nth(spool) == [2]
    spool.look()
    assert [(raw.nth, raw.old) for raw in spool] == [(2, True), (4, False)]


def test_the_first_of_each_sort_come_first(tmp_path):
    found = [replace(FOUND, nth=n, signature=s) for n, s in [(4, "b"), (1, "b"), (16, "a")]]
    noted(tmp_path, *found)
    noted(tmp_path, replace(FOUND, nth=2, signature="c"))
    assert nth(Spool(tmp_path)) == [1, 2, 4, 16]


def test_what_was_taken_waits_no_longer_nor_for_the_next_one(tmp_path):
    noted(tmp_path, FOUND, replace(FOUND, nth=4))
    spool = Spool(tmp_path)
    spool.take(next(iter(spool)))
    assert nth(spool) == nth(Spool(tmp_path)) == [4]


def test_what_two_workers_have_seen_alike_waits_once(tmp_path):
    noted(tmp_path)
    noted(tmp_path)
    assert len(Spool(tmp_path)) == 1


def test_what_is_torn_is_skipped(tmp_path):
    noted(tmp_path, FOUND, replace(FOUND, nth=4))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[20:])
    assert nth(Spool(tmp_path)) == [4]


def test_a_line_is_read_when_it_is_whole(tmp_path):
    noted(tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    spool = Spool(tmp_path)
    assert len(spool) == 0
    path.write_bytes(whole)
    spool.look()
    assert len(spool) == 1


def test_a_full_disk_keeps_nothing_of_what_does_not_fit(tmp_path, monkeypatch):
    notes, write = noted(tmp_path), os.write
    with monkeypatch.context() as patched:
        patched.setattr("os.write", lambda file, data: write(file, data[:10]))
        with pytest.raises(OSError, match="No space left"):
            notes.put(replace(FOUND, nth=4))
    notes.put(replace(FOUND, nth=8))
    assert nth(Spool(tmp_path)) == [2, 8]


def test_a_tidy_spool_is_one_file_with_what_waits(tmp_path):
    for n in (1, 2, 4):
        noted(tmp_path, replace(FOUND, nth=n))
    spool = Spool(tmp_path)
    spool.take(next(iter(spool)))
    spool.tidy()
    assert len(list(tmp_path.iterdir())) == 1
    assert nth(spool) == nth(Spool(tmp_path)) == [2, 4]


def test_a_tidy_spool_in_which_nothing_waits_is_empty(tmp_path):
    noted(tmp_path)
    spool = Spool(tmp_path)
    spool.take(FOUND)
    spool.tidy()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_campaign_has_taken_waits_when_it_is_noted_again(tmp_path):
    notes, killed = noted(tmp_path), Spool(tmp_path)
    killed.take(FOUND)
    spool = Spool(tmp_path)
    spool.tidy()
    notes.put(FOUND)
    spool.look()
    assert list(spool) == [FOUND]


def test_what_is_old_stays_old_when_it_is_tidied(tmp_path):
    noted(tmp_path)
    spool = Spool(tmp_path)
    spool.tidy()
    spool.look()
    assert list(spool) == [replace(FOUND, old=True)]


@pytest.mark.parametrize("torn", [b"00000002-88", b"\xff\xfe\x00", b""])
def test_of_what_was_taken_what_is_torn_is_skipped(tmp_path, torn):
    noted(tmp_path, FOUND, replace(FOUND, nth=4))
    (tmp_path / "taken").write_bytes(torn)
    spool = Spool(tmp_path)
    spool.take(next(iter(spool)))
    assert nth(spool) == nth(Spool(tmp_path)) == [4]


def test_tidying_keeps_what_came_since_the_last_look(tmp_path):
    notes, spool = noted(tmp_path), Spool(tmp_path)
    notes.put(replace(FOUND, nth=4))
    spool.tidy()
    assert nth(Spool(tmp_path)) == [2, 4]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_tidying_that_is_cut_short_loses_nothing_and_brings_nothing_back(
    tmp_path, monkeypatch, left
):
    for n in (1, 2):
        noted(tmp_path, replace(FOUND, nth=n))
    spool = Spool(tmp_path)
    spool.take(next(iter(spool)))
    unlink, files = Path.unlink, []

    def cut(path, **how):
        files.append(path)
        if len(files) > left:
            raise OSError(5, "Input/output error")
        unlink(path, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", cut)
        with pytest.raises(OSError, match="Input/output"):
            spool.tidy()
    assert nth(Spool(tmp_path)) == [2]
