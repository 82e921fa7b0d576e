"""A connection pool that dequeues under a trylock: whoever loses the race goes home."""

from harness import ADMITTED, QUEUED, Atomic, Engine, Int, Outcome, Request, SpinLock, Topology


class TrylockPool(Engine):
    """At most ``size`` connections; requests beyond that wait in line."""

    topology = {"size": Int(1, 2)}

    def setup(self, topology: Topology) -> None:
        self.size = topology.size
        self.served = Atomic("served", 0)
        self.length = Atomic("length", 0)
        self.lock = SpinLock("lock")
        self.line: list[Request] = []
        self.resource("pool", capacity=self.size)
        self.publish_in_service(self.served)

    def arrive(self, request: Request) -> Outcome:
        served = self.served.load()
        while served < self.size:
            if self.served.compare_exchange(served, served + 1):
                return ADMITTED
            served = self.served.load()
        with self.lock:
            self.line.append(request)
            self.length.fetch_add(1)
        self.dequeue()  # somebody may have left in the meantime
        return QUEUED

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
        self.dequeue()

    def dequeue(self) -> None:
        while self.length.load() and self.served.load() < self.size:
            if not self.lock.trylock():
                return  # the bug: the holder may have looked already
            if self.line and self.served.load() < self.size:
                request = self.line.pop(0)
                self.length.fetch_sub(1)
                self.served.fetch_add(1)
                self.dispatch(request)
                self.wake(request)
            self.lock.unlock()
