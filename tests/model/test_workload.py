"""Workloads as values."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

from harness.model.workload import Op, Topology, Workload

LOAD = Workload(Topology({"threads": 2, "size": 3}), (Op(0, "arrive"), Op(1, "abort", (0,))))


def test_a_copy_is_equal():
    assert copy.copy(LOAD.topology) == copy.deepcopy(LOAD.topology) == LOAD.topology
    assert copy.copy(LOAD) == copy.deepcopy(LOAD) == LOAD


def test_a_workload_that_comes_from_another_process_is_found_by_its_hash():
    made = (
        "import pickle, sys; from test_workload import LOAD; pickle.dump(LOAD, sys.stdout.buffer)"
    )
    for seed in ("1", "2"):
        sent = subprocess.run(
            [sys.executable, "-c", made],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.path.dirname(__file__)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        assert pickle.loads(sent) in {LOAD}
