"""Compiled modules: used while they are of these very sources, and with the same results."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from engines_for_tests import ROOT

from harness import COMPILED
from harness.compiled import SWITCH, sources

RUNS = """
import sys
from random import Random
from zlib import crc32
from harness import COMPILED
from harness.codec.codec import Codec
from harness.codec.mutate import Mutator
from harness.engine.registry import find
from harness.execute.opening import open_executor
from itertools import islice

for name in sys.argv[1:]:
    executor = open_executor(find(name))
    codec, random = Codec(executor.spec), Random(1)
    for data in islice(Mutator(codec).walks(random), 300):
        case = codec.decode(data)
        run, recorded = executor.run(*case), executor.record(*case)
        found = [(f.signature, f.step, f.message, sorted(f.through)) for f in run.findings]
        print(name, run.verdict, run.steps, found, recorded.trace.digest())
"""
"""Prints what random runs of some engines show."""

LOOPS = """
from pathlib import Path
from harness.cases.casefile import load
from harness.cases.replay import replay_saved
from harness.engine.registry import find
from harness.execute.opening import open_executor

for path in sorted(Path("corpus/haproxy").glob("*-endless-loop-*")):
    case = load(path)
    replayed = replay_saved(open_executor(find(case.found_on)), case)
    print(path, replayed.verdict, replayed.recorded.trace.digest())
"""
"""Prints what the cases of endless loops show: their proofs look at frames, compiled ones apart."""

needs_compiled = pytest.mark.skipif(not COMPILED, reason="nothing is compiled here")


def python(code, *args, path=ROOT, **environment):
    """What code prints, in a process that imports harness from ``path``."""
    kept = {name: value for name, value in os.environ.items() if name != SWITCH}
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=path,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_compiled_module_has_a_source():
    assert all(path.is_file() for path in sources().values())


@needs_compiled
def test_compiled_code_and_its_sources_give_the_same_runs():
    engines = ["haproxy@5541d4995", "haproxy@50872daa6", "examples/trylock_pool.py:TrylockPool"]
    shows = "import harness; print(harness.COMPILED)"
    assert (python(shows), python(shows, **{SWITCH: "1"})) == ("True\n", "False\n")
    compiled = python(RUNS, *engines)
    assert compiled.count("\n") == 300 * len(engines)
    assert compiled == python(RUNS, *engines, **{SWITCH: "1"})


@needs_compiled
def test_compiled_code_and_its_sources_prove_the_same_loops_at_the_same_step():
    compiled = python(LOOPS)
    assert compiled.count(" endless-loop ") == compiled.count("\n") > 5
    assert compiled == python(LOOPS, **{SWITCH: "1"})


@needs_compiled
def test_a_source_that_was_edited_since_counts_at_once(tmp_path):
    shutil.copytree(ROOT / "harness", tmp_path / "harness")
    edited = tmp_path / "harness" / "runtime" / "housekeeping.py"
    edited.write_text(edited.read_text() + "\nEDITED = 'yes'\n")
    shows = "import harness, harness.runtime.housekeeping as h; print(harness.COMPILED, h.EDITED)"
    assert python(shows, path=tmp_path) == "False yes\n"
