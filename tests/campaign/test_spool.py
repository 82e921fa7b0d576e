"""Raw findings on disk: whole or not there."""

from __future__ import annotations

import pytest

from harness.campaign import spool


def put(folder):
    spool.put(folder, b"data", [3, 5], "stranded queue", nth=2, runs=7, seconds=1.5)


def test_what_is_put_is_there(tmp_path):
    put(tmp_path)
    (raw,) = spool.waiting(tmp_path)
    assert (raw.data, raw.refused) == (b"data", [3, 5])
    assert (raw.signature, raw.nth) == ("stranded queue", 2)
    assert (raw.runs, raw.seconds) == (7, 1.5)


def test_what_is_torn_is_skipped(tmp_path):
    put(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text()[:20])
    assert list(spool.waiting(tmp_path)) == []


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        put(tmp_path)
    assert list(tmp_path.iterdir()) == []
