"""How the values of primitives read in a trace: for people, and the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import DEFAULT, executor, record_threads, workload

from harness import ADMITTED, Atomic, Cell, Engine, SpinLock


class Server:
    """Something an engine may point to."""

    def __init__(self, name):
        self.name = name


class Slotted:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name


class Pair(NamedTuple):
    name: str
    size: int


class State(Enum):
    BUSY = "is busy"


class Nameless:
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Server("s0"), "s0"),
        (Slotted("s1"), "s1"),
        (Pair("s2", 3), "s2"),
        (State.BUSY, "BUSY"),
        ([Server("s0"), None, (1, Server("s1"))], "(s0, None, (1, s1))"),
        (Nameless(), "<Nameless>"),
        (Server(7), "<Server>"),
        (Server(None), "<Server>"),
        ([Nameless()], "(<Nameless>)"),
        (0, "0"),
        ("text", "text"),
        (None, "None"),
    ],
    ids=lambda v: v if isinstance(v, str) else "value",
)
@pytest.mark.parametrize("kind", [Cell, Atomic], ids=lambda k: k.__name__)
def test_a_value_is_shown_by_its_name_or_its_type(kind, value, text):
    recorded = record_threads(lambda: {"cell": kind("cell", value)}, lambda s: s.cell.read())
    (step,) = recorded.trace.steps
    assert (step.before, step.after) == (text, text)


class Picks(Engine):
    """Writes the server it picked, and where it came from, into cells."""

    def setup(self, topology):
        self.servers = [Server(f"s{i}") for i in range(2)]
        self.lock = SpinLock("lock")
        self.chosen = Cell("chosen", None)
        self.others = Cell("others", ())
        self.resource("slot", capacity=None)

    def arrive(self, request):
        with self.lock:
            self.chosen.write(self.servers[request.index % 2])
            self.others.write([request, self.lock, Nameless(), {self}])
        return ADMITTED

    def finish(self, request):
        self.chosen.read()


def picks():
    return executor(Picks).record(workload(Picks, "T0 arrive A", "T1 arrive B"), DEFAULT).trace


def test_the_steps_of_an_engine_name_its_objects():
    writes = [s for s in picks().steps if s.site == "arrive: write chosen"]
    assert [(s.before, s.after) for s in writes[:2]] == [("None", "s0"), ("s0", "s1")]


def test_a_trace_of_objects_has_one_digest_in_every_process():
    here = Path(__file__).parent
    code = (
        f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]; "
        "import test_shown; print(test_shown.picks().digest())"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True
        )
        for seed in ("1", "2")
    }
    assert digests == {picks().digest() + "\n"}
