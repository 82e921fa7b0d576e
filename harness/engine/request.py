"""A request as the engine sees it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.runtime.thread import Activity, VirtualThread


class Stage(Enum):
    """Where a request is in its life. Kept by the ledger."""

    NEW = "new"
    ARRIVING = "arriving"
    QUEUED = "queued"
    DISPATCHED = "dispatched"
    IN_SERVICE = "in service"
    ABORTING = "aborting"
    FINISHED = "finished"
    REJECTED = "rejected"
    ABORTED = "aborted"


_NEW: Final = Stage.NEW


class Request:
    """One request of a workload, handed to the engine's methods.

    Attributes:
        name: ``A``, ``B``, … in the order of the workload.
        index: its number, from 0.
        data: for the engine's own use; None at the start of each run.
        stage: where it is in its life, as the ledger has it. Read only for engines.
        waker: the activity that woke it last, None when it never was.
    """

    __slots__ = (
        "arrived_at",
        "data",
        "finish",
        "index",
        "name",
        "queue",
        "queued_at",
        "resource",
        "resume",
        "stage",
        "thread",
        "waker",
        "woken",
    )
    __deletable__ = ("finish", "resume")  # tells the compiler

    finish: Activity
    resume: Activity
    thread: VirtualThread
    arrived_at: int
    queued_at: int

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index
        self.queue = -1
        self.resource = -1
        self.reset()

    def reset(self) -> None:
        """Make it new again, for the next run."""
        self.data: Any = None
        self.stage = _NEW
        self.woken = False
        self.waker: Activity | None = None

    @property
    def value(self) -> str:
        """What a trace shows of it."""
        return self.stage.value

    def shown(self) -> str:
        """What a trace shows of it."""
        return self.stage.value

    def frozen_state(self) -> tuple[object, ...]:
        """Its part in what happens next."""
        return (self.name, self.stage.value, self.woken, self.data)

    def __repr__(self) -> str:
        return f"<Request {self.name} {self.stage.value}>"
