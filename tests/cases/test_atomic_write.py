"""A file is there whole or not at all."""

from __future__ import annotations

import os

import pytest

from harness.cases.atomic_write import write_atomically, write_unforced
from harness.cases.casefile import SUFFIX


@pytest.mark.parametrize("write", [write_atomically, write_unforced])
def test_it_writes_and_replaces(tmp_path, write):
    path = tmp_path / "new" / "folder" / "x"
    write(path, b"one")
    assert path.read_bytes() == b"one"
    write(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["x"]


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, step, error
):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_the_data_reach_the_disk_before_the_name_does(tmp_path, monkeypatch):
    calls = []
    for step in ("fsync", "replace"):
        real = getattr(os, step)

        def noted(*args, step=step, real=real):
            calls.append(step)
            return real(*args)

        monkeypatch.setattr(os, step, noted)
    write_atomically(tmp_path / "x", b"data")
    assert calls == ["fsync", "replace"]


def test_one_that_is_not_forced_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    write_unforced(tmp_path / "x", b"data")
    assert calls == []


def test_a_half_written_file_is_not_taken_for_a_case(tmp_path, monkeypatch):
    seen = []

    def look(source, target):
        seen.extend(p.name for p in tmp_path.glob(f"*{SUFFIX}"))
        seen.append("looked")

    monkeypatch.setattr(os, "replace", look)
    write_atomically(tmp_path / f"x{SUFFIX}", b"data")
    assert seen == ["looked"]
