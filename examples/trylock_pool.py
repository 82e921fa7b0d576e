"""A connection pool in which whoever loses the race for the lock goes home."""

from harness import ADMITTED, QUEUED, Atomic, Engine, Int, Outcome, Request, SpinLock, Topology


class TrylockPool(Engine):
    """At most ``size`` connections; requests beyond that wait in line."""

    topology = {"size": Int(1, 2)}

    def setup(self, topology: Topology) -> None:
        self.size = topology.size
        self.served = Atomic("served", 0)
        self.lock = SpinLock("lock")
        self.line: list[Request] = []
        self.resource("pool", capacity=self.size)
        self.publish_in_service(self.served)

    def take_slot(self) -> bool:
        served = self.served.load()
        while served < self.size:
            if self.served.compare_exchange(served, served + 1):
                return True
            served = self.served.load()
        return False

    def arrive(self, request: Request) -> Outcome:
        with self.lock:
            if self.take_slot():
                return ADMITTED
            self.line.append(request)
        return QUEUED

    def finish(self, request: Request) -> None:
        self.served.fetch_sub(1)
        if not self.lock.trylock():
            return  # somebody else holds the lock and will look at the line. Will they?
        while self.line and self.take_slot():
            first = self.line.pop(0)
            self.dispatch(first)
            self.wake(first)
        self.lock.unlock()
