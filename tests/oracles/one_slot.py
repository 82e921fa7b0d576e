"""What engines with one slot have in common, and the kinds of finding that an engine can show."""

from __future__ import annotations

from helpers import every_run, workload

from harness import Cell, Engine


class Base(Engine):
    def setup(self, topology):
        self.cell = Cell("cell", 0)
        self.resource("slot", capacity=1)

    def finish(self, request):
        self.cell.read()


def kinds(cls, *ops, **kw):
    return {f.kind for _, r in every_run(cls, workload(cls, *ops, **kw)) for f in r.findings}
