"""What earlier runs of a workload have taught."""

from __future__ import annotations

from typing import Generic, TypeVar

from harness.model.workload import Workload

T = TypeVar("T")

_MOST = 1024


class Learned(Generic[T]):
    """One value for each workload; the oldest are forgotten."""

    def __init__(self) -> None:
        self._values: dict[Workload, T] = {}

    def get(self, workload: Workload) -> T | None:
        """What is known of ``workload``."""
        return self._values.get(workload)

    def put(self, workload: Workload, value: T) -> None:
        """From now on this is known of ``workload``."""
        values = self._values
        if workload not in values and len(values) >= _MOST:
            del values[next(iter(values))]
        values[workload] = value
