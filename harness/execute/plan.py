"""A workload made ready to run: its requests and calls, built once and reused for every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.engine.request import Request, Stage
from harness.execute.activities import Abort, Arrive, Call, Finish, Operate, Probe, Resume
from harness.model.params import OwnRequest
from harness.model.spec import EngineSpec
from harness.model.wording import describe_ops
from harness.model.workload import Workload, request_name
from harness.oracles.ledger import Ledger
from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import Activity, VirtualThread


class Plan:
    """The calls of a workload.

    Attributes:
        workload: what it was built from.
        requests: the workload's requests, by index.
        probe: the probe request, once it was sent in the current run.
        held: for each thread the arrival that waits for its last request to go.
        engine, ledger: those of the current run.
    """

    engine: Any  # not Engine: what its methods return is for the ledger to judge
    ledger: Ledger

    def __init__(self, scheduler: Scheduler, spec: EngineSpec, workload: Workload) -> None:
        self.scheduler = scheduler
        self.workload = workload
        self._spec = spec
        self._labels: Mapping[Call, str] | None = None
        self.held: dict[int, Call] = {}
        self.requests: list[Request] = []
        self.probe: Request | None = None
        self._probe: Probe | None = None
        self._calls: list[Call] = []
        threads = workload.topology.threads
        while len(scheduler.threads) < threads:
            scheduler.threads.append(VirtualThread(scheduler.threads, len(scheduler.threads)))
        self._first: list[Call | None] = [None] * threads
        last: list[Call | None] = [None] * threads
        own: list[list[Request]] = [[] for _ in range(threads)]
        for op in workload.ops:
            operation = spec.operation(op.name)
            assert operation is not None
            args = [
                own[op.thread][value] if isinstance(param, OwnRequest) else value
                for value, param in zip(op.args, operation.params.values(), strict=True)
            ]
            tag = self._tag(op.thread, op.name)
            call: Call
            if op.name == "arrive":
                call = Arrive(self, tag)
                call.request = self._request(len(self.requests), scheduler.threads[op.thread])
                self.requests.append(call.request)
                if spec.blocking and own[op.thread]:
                    call.previous = own[op.thread][-1]
                own[op.thread].append(call.request)
            elif op.name == "abort":
                call = Abort(self, tag)
                assert isinstance(args[0], Request)
                call.request = args[0]
            else:
                call = Operate(self, tag, op.name)
            call.args = tuple(args)
            self._calls.append(call)
            before = last[op.thread]
            if before is None:
                self._first[op.thread] = call
            else:
                before.following = call
            last[op.thread] = call

    def label_of(self, call: Call) -> str:
        """What an operation of the workload is called."""
        if self._labels is None:
            texts = describe_ops(self.workload, self._spec)
            self._labels = dict(zip(self._calls, texts, strict=True))
        return self._labels[call]

    def frozen_state(self) -> tuple[object, ...]:
        """Nothing: engines can not reach it."""
        return ()

    def reset(self) -> Sequence[Activity | None]:
        """Make all requests new; what each thread takes first, if anything."""
        for request in self.requests:
            request.reset()
        if self.probe is not None:
            self.probe = None
        if self.held:
            self.held.clear()
        return self._first

    def send_probe(self) -> None:
        """Make a probe request ready on the first thread."""
        if self._probe is None:
            request = self._request(len(self.requests), self.scheduler.threads[0])
            request.name = "probe"
            call = Probe(self, self._tag(0, "probe"))
            call.request = request
            arrive = next(c for c in self._calls if isinstance(c, Arrive))
            call.args = arrive.args
            self._probe = call
        self.probe = request = self._probe.request
        request.reset()
        self.scheduler.wake(request.thread, self._probe)

    def has_served_such(self) -> bool:
        """Whether a request that arrived in the way of the probe was served in the current run."""
        assert self._probe is not None
        return any(
            isinstance(call, Arrive)
            and call.request.stage is Stage.FINISHED
            and call.args == self._probe.args
            for call in self._calls
        )

    def close(self) -> None:
        """Break the cycles of references; it can not run any more.

        A campaign makes thousands of plans a second. Leaving them to the garbage collector cost
        a third of what running them did.
        """
        probe = [] if self._probe is None else [self._probe.request]
        for request in (*self.requests, *probe):
            request.data = request.waker = None
            del request.finish, request.resume
        self._probe = self._labels = None
        self._calls.clear()
        self._first.clear()
        self.held.clear()

    def _tag(self, thread: int, kind: str) -> object:
        return self.scheduler.feedback.tag(thread, kind)

    def _request(self, index: int, thread: VirtualThread) -> Request:
        request = Request(request_name(index), index)
        request.thread = thread
        finish = Finish(self, self._tag(thread.index, "finish"))
        resume = Resume(self, self._tag(thread.index, "resume"))
        finish.request = resume.request = request
        request.finish, request.resume = finish, resume
        return request
