"""harness: a fuzzing and regression harness for queue engines.

This module is what engine authors import; see ``harness.engine`` and ``harness.sync``.
"""

from harness.compiled import COMPILED
from harness.engine import Engine, Request, invariant, operation, takes
from harness.model.outcome import ADMITTED, QUEUED, REJECTED, Outcome, admitted, queued
from harness.model.params import Index, Int, OwnRequest
from harness.model.workload import Topology
from harness.sync import (
    Atomic,
    Cell,
    Condition,
    Event,
    Ghost,
    Mutex,
    RWLock,
    Semaphore,
    SpinLock,
    Statistic,
    relax,
    sleep,
)

__all__ = [
    "ADMITTED",
    "COMPILED",
    "QUEUED",
    "REJECTED",
    "Atomic",
    "Cell",
    "Condition",
    "Engine",
    "Event",
    "Ghost",
    "Index",
    "Int",
    "Mutex",
    "Outcome",
    "OwnRequest",
    "RWLock",
    "Request",
    "Semaphore",
    "SpinLock",
    "Statistic",
    "Topology",
    "admitted",
    "invariant",
    "operation",
    "queued",
    "relax",
    "sleep",
    "takes",
]
