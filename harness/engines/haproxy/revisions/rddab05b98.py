"""``haproxy@ddab05b98`` (2022-07): what if whoever does not get the lock goes home?"""

from __future__ import annotations

from harness.engines.haproxy.engine import HaproxyQueue
from harness.engines.haproxy.state import Server


class Revddab05b98(HaproxyQueue):
    """A trylock in place of the lock; a bound on how much one thread dequeues in a row.

    The trylock is of ae0b12ee0, with its follow-ups 19c5581b4 (the loop ends when the queues
    are empty) and 87154e301 (``del_lock``). See ``HaproxyQueue`` for what is left out.
    """

    def process_srv_queue(self, srv: Server) -> None:
        """Give the free slots away, unless somebody holds the lock: that one will do it.

        Not everybody who holds it dequeues, though, and who does may have looked already.
        """
        done = 0
        stop = False
        while not stop and (done < self.maxpollevents or not srv.served.read()):
            maxconn = self.srv_dynamic_maxconn(srv)
            if srv.served.read() >= maxconn:
                break
            if not srv.queue.lock.trylock():
                break
            while srv.served.read() < maxconn:
                stop = not self.pendconn_process_next_strm(srv)
                if stop:
                    break
                srv.served.fetch_add(1)
                done += 1
                if done >= self.maxpollevents:
                    break
            srv.queue.lock.unlock()
        self.count_dequeued(done)
