"""What the newest revision still shows, and what of the history the model can not tell apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """What the newest revision shows.

    Attributes:
        case: file name of its case, in ``corpus/haproxy``.
        since: where it came from.
        story: what happens, in a few lines.
    """

    case: str
    since: str
    story: str


OPEN = (
    Open(
        "50872daa6-stranded-57d452.case.toml",
        "cda7275ef",
        "What 5541d4995 had mended is back for the backend's queue. Who finds the server full and "
        "queues itself looks for a server that has marked itself ready. A server marks itself at "
        "the end of `process_srv_queue`, and everybody who ends a stream calls that only if "
        "`may_dequeue_tasks` sees somebody queued. If the last one in service ends before the "
        "newcomer is counted, nobody marks anything, and nobody dequeues. Two requests, two "
        "threads, two switches; the next stream that ends on the server rescues it.",
    ),
    Open(
        "50872daa6-stranded-5db58b.case.toml",
        "3372a2ea0",
        "The server's queue, too, can be left alone. Who dequeues holds the flag, reads `served` "
        "and compares it with the limit. If a stream ends in between, it frees its slot, finds "
        "the flag taken and leaves, counting on a second look. There is none: that "
        "`pendconn_process_next_strm` found no slot is taken for an empty queue. Here the limit is "
        "a dynamic one, which falls with every stream that ends. With nobody else in service the "
        "server would mark itself and pick one more; so somebody is, on another server, whose end "
        "helps nobody here. (Or a mark of before still stands: then one server is enough, with 12 "
        "switches.) Four requests, two threads, two switches.",
    ),
    Open(
        "50872daa6-stranded-c1f2eb.case.toml",
        "cda7275ef",
        "Who queues himself takes the first slot of the marked server. If somebody has picked him "
        "meanwhile he gives that slot back, but does not look who waits for it: a stream that "
        "had to go to that server found it full, queued itself, and nobody is left to dequeue it. "
        "Here the marked server went into maintenance, or it would have picked him itself. Up to "
        "0144426df the same schedule ends in the deadlock that e9d34f991 mends. Three threads, "
        "seven switches.",
    ),
    Open(
        "50872daa6-over-admission-941a5b.case.toml",
        "1385e33eb",
        "The condition that decides whether a stream that is moved away from a server forgets "
        "that server is the wrong way round: with `option redispatch` it keeps it. It was given "
        "no slot, counts as assigned, and so connects to the server that went into maintenance, "
        "beyond its limit and uncounted. `shutdown sessions server` does the same to everybody "
        "who waits for that server. One thread is enough.",
    ),
    Open(
        "50872daa6-stranded-03fedd.case.toml",
        "backup servers",
        "The last active server goes, and a backup server stands in from then on. Nobody tells it "
        "of the streams in the backend's queue, which only who ends on a usable server looks "
        "into. They wait until some later stream has come to the backup server and ended. One "
        "thread is enough.",
    ),
    Open(
        "50872daa6-exception-720d41.case.toml",
        "cda7275ef",
        "A backup server comes up again and marks itself ready, although an active server is up. "
        "The next stream that finds the active one full takes the mark, and goes to the backup "
        "server. One thread and no switch are enough.",
    ),
)
"""What 50872daa6 shows, the newest revision known here."""

NOT_HERE = (
    (
        "5472aa50f",
        "a null pointer in C, between two commits of one day",
    ),
    (
        "b8e3b0a18, its other half",
        "a thread ends streams of other threads while those run: needs the stream's state machine",
    ),
    (
        "51611a5b7",
        "a stream shut down while it waits to try again: needs the stream's state machine",
    ),
    (
        "f9a7c442f",
        "a mitigation of 7867cebf3 whose condition is hardly ever met; modelled with it",
    ),
    (
        "1d403caf8",
        "helps after the fact; what it helps against happens in every revision",
    ),
    (
        "9cef43aca",
        "px.served is -1 for a moment: modelled, and no finding by itself; it is part of how "
        "b11495652 strands a third stream",
    ),
    (
        "store buffers, ARM",
        "the three store-then-load pairs of the queue are in order here: memory is "
        "sequentially consistent",
    ),
)
"""Entries of the history that the model can not tell apart, and why."""
