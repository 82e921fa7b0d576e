"""What strategies are measured on: published small programs, and the HAProxy revisions.

The programs are written from their published descriptions; their names are those of SCTBench,
ConVul and the other sources, so that figures can be compared. They are not the same code: our
threads all exist from the start, and a scheduling point precedes every access to shared state.
"""

from __future__ import annotations

from harness.bench.subjects import atomicity, deadlocks, lockfree, scaled, vulnerabilities
from harness.bench.subjects.gallery import gallery
from harness.bench.subjects.program import Program
from harness.bench.subjects.subject import Subject

SIZES = (3, 10, 20, 50, 100)
PHILOSOPHERS = range(2, 8)
WRONGLOCKS = (1, 3, 7)

_SINGLE: dict[str, dict[str, type[Program]]] = {
    "SCTBench": {
        "lazy01": atomicity.Lazy01,
        "account": atomicity.Account,
        "stack": atomicity.Stack,
        "queue": atomicity.Queue,
        "circular_buffer": atomicity.CircularBuffer,
        "token_ring": atomicity.TokenRing,
        "bluetooth_driver": atomicity.BluetoothDriver,
        "deadlock01": deadlocks.Deadlock01,
        "carter01": deadlocks.Carter01,
        "safestack": lockfree.SafeStack,
        "work_steal_queue": lockfree.WorkStealQueue,
    },
    "textbook": {
        "accumulate": atomicity.Accumulate,
        "airline": atomicity.Airline,
        "singleton": atomicity.Singleton,
        "read_write_lock": atomicity.ReadWriteLock,
        "bounded_buffer": deadlocks.BoundedBuffer,
        "lost_signal": deadlocks.LostSignal,
        "aba_stack": lockfree.AbaStack,
    },
    "ConVul": {
        "cve_2009_3547": vulnerabilities.Cve20093547,
        "cve_2013_1792": vulnerabilities.Cve20131792,
        "cve_2015_7550": vulnerabilities.Cve20157550,
        "cve_2016_1973": vulnerabilities.Cve20161973,
        "cve_2016_7911": vulnerabilities.Cve20167911,
        "cve_2016_9806": vulnerabilities.Cve20169806,
        "cve_2017_6346": vulnerabilities.Cve20176346,
        "cve_2017_15265": vulnerabilities.Cve201715265,
    },
}


def _scaled() -> dict[str, type[Program]]:
    return {
        **{f"reorder_{n}": scaled.reorder(n) for n in SIZES},
        **{f"twostage_{n}": scaled.twostage(n) for n in SIZES},
        **{f"wronglock_{n}": scaled.wronglock(n) for n in WRONGLOCKS},
        **{f"din_phil_{n}": scaled.din_phil(n) for n in PHILOSOPHERS},
    }


def programs() -> list[Subject]:
    """The plain programs."""
    suites = {"SCTBench": {**_scaled(), **_SINGLE["SCTBench"]}}
    suites |= {suite: found for suite, found in _SINGLE.items() if suite not in suites}
    return [
        Subject.of(name, suite, program)
        for suite, found in suites.items()
        for name, program in found.items()
    ]


def subjects() -> dict[str, Subject]:
    """All subjects, by name."""
    return {subject.name: subject for subject in [*programs(), *gallery()]}


__all__ = ["Program", "Subject", "programs", "subjects"]
