"""Steps whose order matters although they touch no memory in common, one by one."""

from __future__ import annotations

import pytest
from agreeing import same
from helpers import workload

from harness import (
    ADMITTED,
    Cell,
    Engine,
    Outcome,
    Request,
    Topology,
)

# ------------------------------------------------------------------------ the ledger


class Leaving(Engine):
    """Everybody is served; clients may leave."""

    def setup(self, topology: Topology) -> None:
        self.log: Cell[tuple[str, ...]] = Cell("log", ())
        self.resource("slot", capacity=1)

    def arrive(self, request: Request) -> Outcome:
        return ADMITTED

    def finish(self, request: Request) -> None:
        self.log.write((*self.log.read(), f"{request.name} served"))

    def abort(self, request: Request) -> None:
        self.log.write((*self.log.read(), f"{request.name} left"))

    def result(self):
        return self.log.value


@pytest.mark.parametrize("other", [(), ("T1 arrive B",), ("T1 arrive B", "T1 abort B")])
def test_a_client_that_leaves_might_have_been_served_before(other):
    load = workload(Leaving, "T0 arrive A", "T0 abort A", *other)
    same(Leaving, load, most=3000, traces=False)
