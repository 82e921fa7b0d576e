"""The primitives that engines are written against.

Each access is a scheduling point: the scheduler may run another thread just before it. Every
primitive has a name, which makes sites stable; create them in ``Engine.setup``.

Memory is sequentially consistent. Plain ``read``/``write`` differ from atomic accesses only in
name, so that a trace shows which accesses are racy.
"""

from harness.sync.atomic import Atomic, Statistic
from harness.sync.cell import Cell
from harness.sync.condition import Condition
from harness.sync.event import Event
from harness.sync.ghost import Ghost
from harness.sync.lock import Mutex, SpinLock
from harness.sync.relax import relax, sleep
from harness.sync.rwlock import RWLock
from harness.sync.semaphore import Semaphore

__all__ = [
    "Atomic",
    "Cell",
    "Condition",
    "Event",
    "Ghost",
    "Mutex",
    "RWLock",
    "Semaphore",
    "SpinLock",
    "Statistic",
    "relax",
    "sleep",
]
