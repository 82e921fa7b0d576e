"""What an engine declares about itself: all that the decoder and the case files need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model.params import Param
from harness.model.workload import Workload


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """An operation that a workload may contain.

    Attributes:
        name: the engine's method.
        params: parameter name → what may be drawn.
        weight: how often the decoder draws it, relative to the others.
    """

    name: str
    params: Mapping[str, Param]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """The declared shape of an engine's cases.

    Attributes:
        family: the folder its cases live in; revisions of one engine share it.
        name: how it is selected, e.g. ``haproxy@b11495652``.
        topology: field name → what may be drawn; ``threads`` first.
        operations: what a workload may contain; ``arrive`` first.
        blocking: whether ``arrive`` may block its thread, so that a thread has one request at
            a time: the next arrives when the last one has gone.
        program: the only workload there is, where nothing but the schedule is to be drawn;
            None where workloads are drawn as well.
    """

    family: str
    name: str
    topology: Mapping[str, Param]
    operations: tuple[OperationSpec, ...]
    blocking: bool = False
    program: Workload | None = None
    _by_name: Mapping[str, OperationSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {op.name: op for op in self.operations})

    def operation(self, name: str) -> OperationSpec | None:
        """The operation called ``name``, if there is one."""
        return self._by_name.get(name)
