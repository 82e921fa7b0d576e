"""Which bug did each commit mend, since when was it there, and how does it show here?

Facts are of the project's history and issue tracker, restated. A pair is the revision before a
fix, and the fix: what shows on the one and not on the other is the bug that was fixed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """A bug and its fix.

    Attributes:
        bug: the revision that shows it.
        clean: the one that does not: the fix, or the last one that did not have it yet.
        since: where it came from.
        signature: of the finding; a prefix is enough.
        story: what happens, in a few lines.
    """

    bug: str
    clean: str
    since: str
    signature: str
    story: str

    @property
    def kind(self) -> str:
        """Of the finding."""
        return self.signature.split()[0]

    @property
    def name(self) -> str:
        """How it is selected: both revisions and the kind of finding."""
        return f"{self.bug}..{self.clean}:{self.kind}"


PAIRS = (
    Pair(
        "1.8",
        "5cd4bbd7a",
        "1.8, the first release with threads",
        "exception UseAfterFreeError in pool_free",
        "Whoever picks a stream frees its pendconn, while the thread that owns the stream is "
        "about to do the same because the client has left. From 5cd4bbd7a on only the owner "
        "does.",
    ),
    Pair(
        "5cd4bbd7a",
        "a8694654b",
        "the first release with backup servers",
        "exception process_srv_queue",
        "A stream ends on a backup server after an active server has come back. The backup "
        "server takes the next one from the backend's queue, and so goes on for ever.",
    ),
    Pair(
        "0355dabd7",
        "deca26c45",
        "3ff577e16",
        "deadlock s#.lock",
        "A status change is acted on with the server's lock held. Redistribution takes that "
        "lock again. One thread is enough.",
    ),
    Pair(
        "deca26c45",
        "bff005ae5",
        "0355dabd7",
        "exception UseAfterFreeError in redistribute_queue",
        "The walk over the queue of a server that went looks for the next pendconn from the one "
        "it has just taken out. Its owner sees it unlinked and frees it.",
    ),
    Pair(
        "bff005ae5",
        "5e83d996c",
        "1.8",
        "deadlock px.lock -> s#.lock",
        "A server that comes up holds its own lock and takes the backend's. A stream that ends "
        "holds the backend's and takes the server's.",
    ),
    Pair(
        "5e83d996c",
        "9ada03069",
        "1.8",
        "accounting",
        "A client leaves: its stream sees itself linked. Before it has the lock, somebody picks "
        "it. It is taken out a second time, and the queue's length becomes -1.",
    ),
    Pair(
        "82cd5c13a",
        "fac0f645d",
        "1.8",
        "exception UseAfterFreeError in assign",
        "A client leaves while its stream is being picked: it sees itself unlinked, without a "
        "lock, takes that for the end of the matter, and is gone when the picker writes to it.",
    ),
    Pair(
        "fac0f645d",
        "ef71f0194",
        "5cd4bbd7a",
        "exception srv_update_status",
        "Streams are moved away from a server that went down, and the log says that none were.",
    ),
    Pair(
        "96bca33d7",
        "670119955",
        "b7ba1d901",
        "exception UseAfterFreeError in assign",
        "To spare a lock the look without one is back, and with it what fac0f645d had mended "
        "three weeks before.",
    ),
    Pair(
        "e558043e1",
        "79a88ba3d",
        "1.8",
        "deadlock s#.lock",
        "`set maxconn server` holds the server's lock while it dequeues, which takes that lock.",
    ),
    Pair(
        "79a88ba3d",
        "7867cebf3",
        "old, exposed by 82cd5c13a",
        "stranded px.queue",
        "A server comes up and grabs a stream from the backend's queue. Nothing says that the "
        "stream is assigned, so it is balanced again, finds that others wait, and queues again. "
        "The last one in service has looked already.",
    ),
    Pair(
        "7867cebf3",
        "0274286dd",
        "79a88ba3d",
        "deadlock s#.lock",
        "The change of `maxconn` takes the server's lock itself now. The agent check, which can "
        "ask for it too, holds it already.",
    ),
    Pair(
        "ae0b12ee0",
        "49667c14b",
        "ae0b12ee0",
        "stranded s#.queue",
        "The lock around dequeuing is only tried from here on. A stream that queues itself "
        "holds it too: whoever ends meanwhile fails to get it and goes home. Mended for good by "
        "b11495652, three years later.",
    ),
    Pair(
        "ae0b12ee0",
        "19c5581b4",
        "ae0b12ee0",
        "endless-loop",
        "`maxconn` is raised by more than wait. The queue is empty, there is room left, and the "
        "loop that looks again after each round never ends.",
    ),
    Pair(
        "19c5581b4",
        "87154e301",
        "49667c14b",
        "exception UseAfterFreeError in assign",
        "The backend's lock is given back as soon as a stream is unlinked. The stream's queue "
        "timer fires, its thread sees it unlinked and frees it; then the picker writes to it.",
    ),
    Pair(
        "87154e301",
        "ddab05b98",
        "ae0b12ee0",
        "exception process_srv_queue",
        "Who fails to get the lock goes serving, and its slot is found free by the one who has "
        "it. That thread dequeues for all others, without a bound.",
    ),
    Pair(
        "ddab05b98",
        "86207e782",
        "f99f77a50, servers added at run time",
        "stranded px.queue",
        "A server is added with a `maxconn` and no `minconn`. With little load its dynamic "
        "limit is 0: it is idle and admits nobody.",
    ),
    Pair(
        "86207e782",
        "5541d4995",
        "1.8",
        "stranded",
        "A stream finds the server full. Before it has queued itself the last one in service "
        "ends and looks at a queue that is still empty.",
    ),
    Pair(
        "5541d4995",
        "b11495652",
        "ae0b12ee0",
        "stranded s#.queue",
        "Issue #2711. A queued stream that is woken for nothing holds the queue's lock just to "
        "look whether it is still queued. The last one in service fails to get the lock, twice, "
        "and goes.",
    ),
    Pair(
        "5541d4995",
        "b11495652",
        "ae0b12ee0 with 5541d4995",
        "endless-loop",
        "Issue #2711 as it was reported. After that stranding a balanced stream finds that "
        "somebody waits for the server, queues on the backend, sees that nobody is in service, "
        "and tries again, for ever.",
    ),
    Pair(
        "b500e84e2",
        "b8e3b0a18",
        "b500e84e2",
        "endless-loop shutdown_sessions",
        "`shutdown sessions server` holds the server's lock and waits for all other threads to "
        "stop. One of them waits for that lock.",
    ),
    Pair(
        "b8e3b0a18",
        "1385e33eb",
        "1.8",
        "exception pendconn_redistribute",
        "A server is put in maintenance. Without `option redispatch` those who wait for it go on "
        "waiting for it, whatever other servers are idle.",
    ),
    Pair(
        "1d403caf8",
        "53f52e67a",
        "5541d4995",
        "endless-loop",
        "The last server goes while streams wait in the backend's queue, and comes back with "
        "one of them. The next stream finds others waiting and nobody in service, and tries for "
        "ever.",
    ),
    Pair(
        "53f52e67a",
        "ca275d99c",
        "5541d4995",
        "endless-loop",
        "A stream whose connection failed is balanced again while others wait and nobody is in "
        "service any more. It queues, sees that nobody will dequeue it, and tries again, alone, "
        "for ever.",
    ),
    Pair(
        "ca275d99c",
        "dc9ce9c26",
        "old",
        "stranded px.queue",
        "A stream is picked just as its client leaves. It gives its slot back after its only "
        "look at the queue.",
    ),
    Pair(
        "dc9ce9c26",
        "111ea83ed",
        "old",
        "over-admission",
        "Issue #2744. A server that comes up sends streams of the backend's queue to itself "
        "without giving them a slot, and admits others beside them.",
    ),
    Pair(
        "111ea83ed",
        "5b8899b6c",
        "111ea83ed",
        "exception srv_update_status",
        "A server that comes up takes streams, and the log says that it took none.",
    ),
    Pair(
        "5b8899b6c",
        "3372a2ea0",
        "1.8",
        "over-admission",
        "Two streams see the same free slot, and both take it.",
    ),
    Pair(
        "cda7275ef",
        "659d5f657",
        "cda7275ef",
        "accounting px.served",
        "The one more stream that is dequeued after a server has marked itself ready is not "
        "counted for the backend.",
    ),
    Pair(
        "9fe72bba3",
        "99f5be563",
        "cda7275ef",
        "double-dispatch",
        "That one more stream is picked without the queue's lock, by a thread that thinks it is "
        "done. Another one picks the same.",
    ),
    Pair(
        "99f5be563",
        "6be02d1c6",
        "9fe72bba3",
        "endless-loop",
        "`leastconn` scans its servers until it finds one with room. All are full, and it holds "
        "the lock that those who could change that wait for.",
    ),
    Pair(
        "6be02d1c6",
        "099c1b244",
        "583303c48",
        "accounting",
        "A stream's time in the queue is over. It is counted out of its queue, not out of the "
        "total of all queues.",
    ),
    Pair(
        "099c1b244",
        "e28e647fe",
        "9fe72bba3",
        "endless-loop",
        "Issues #3004 and #3014. The only server left is the one that a redispatched stream is "
        "to avoid. `leastconn` looks for another one, for ever.",
    ),
    Pair(
        "c24de077b",
        "021a0681b",
        "c24de077b",
        "exception AssertionError in connect_server",
        "A picked stream takes over its server, but not the pointer to that server's "
        "statistics. In C it crashes on a null pointer, or counts for another server.",
    ),
    Pair(
        "021a0681b",
        "0144426df",
        "cda7275ef",
        "exception UseAfterFreeError in touch",
        "Issue #3177. A server marks itself ready just after its mark was reset because it goes "
        "into maintenance. It is deleted, and the next stream takes the mark.",
    ),
    Pair(
        "0144426df",
        "e9d34f991",
        "cda7275ef",
        "deadlock px",
        "A stream takes the marked server, and finds that another one has picked it meanwhile. "
        "It leaves, and keeps the lock of the backend's queue.",
    ),
    Pair(
        "7e1fed4b7",
        "624969884",
        "7e1fed4b7",
        "stranded",
        "The set of thread groups that may have streams queued is filled wrongly where it takes "
        "more than one word. Streams of those groups are passed over. (A word is two groups "
        "wide here.)",
    ),
    Pair(
        "624969884",
        "13c344516",
        "604846010",
        "lost-wakeup",
        "Issue #3290. A stream is picked, and woken by a timer at the same time. It forgets "
        "that it was woken for a slot, and sleeps on, holding it.",
    ),
    Pair(
        "13c344516",
        "ca686e320",
        "f99f77a50, servers deleted at run time",
        "exception UseAfterFreeError in touch",
        "A server in maintenance is deleted: it serves nobody and nobody waits for it. A stream "
        "that was just moved away from it still points to it.",
    ),
)
"""In the order of the fixes."""

REGRESSIONS = (
    Pair(
        "cda7275ef",
        "3372a2ea0",
        "cda7275ef",
        "stranded px",
        "What 5541d4995 had mended is back for the backend's queue. A server marks itself ready "
        "where somebody looks into a queue, and nobody looks into one that seems empty: a "
        "stream that finds the server full, and queues itself after the last one has left, "
        "finds no mark.",
    ),
    Pair(
        "1385e33eb",
        "b8e3b0a18",
        "1385e33eb",
        "accounting",
        "The condition that decides whether a stream moved away from a server is left to "
        "balancing is the wrong way round: with `option redispatch` it keeps the server it was "
        "moved away from, and connects to it without a slot.",
    ),
)
"""What came with a commit, and is still there in the newest revision known: see ``OPEN``."""

GALLERY = (*PAIRS, *REGRESSIONS)
"""All of them."""
