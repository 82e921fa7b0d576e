"""2026: the set of groups as an array, a wake-up that was not known, and streams counted."""

from __future__ import annotations

from typing import ClassVar

from harness import Int
from harness.engines.haproxy.revisions.y2025 import RES, TIMER, Reve9d34f991
from harness.engines.haproxy.state import Server, Stream

WORD = 2
"""Groups in a word of the set of 7e1fed4b7: 64 in reality, where 64 groups are needed."""


class Rev7e1fed4b7(Reve9d34f991):
    """The set of groups is an array of words; all but the first word are filled wrongly.

    No machine has enough groups. Here a word holds two, and there are up to four.
    """

    topology: ClassVar = {**Reve9d34f991.topology, "groups": Int(1, 2 * WORD)}

    def all_groups(self) -> set[int]:
        """Part of ``process_srv_queue``: the groups whose queues may hold something."""
        words: dict[int, int] = {}
        left = self.groups
        while left >= WORD:
            words[self.word_of(self.groups - left)] = (1 << WORD) - 1
            left -= WORD
        while left > 0:
            group = self.groups - left
            words[group // WORD] = words.get(group // WORD, 0) | 1 << group % WORD
            left -= 1
        return {g for g in range(self.groups) if words.get(g // WORD, 0) >> g % WORD & 1}

    def word_of(self, group: int) -> int:
        """The word to fill for ``group`` and those after it."""
        return group


class Rev624969884(Rev7e1fed4b7):
    """The words of the set of groups are filled in their places."""

    def word_of(self, group: int) -> int:
        """The word to fill for ``group`` and those after it."""
        return group // WORD


class Rev13c344516(Rev624969884):
    """A task knows that it was woken for a resource."""

    topology: ClassVar = Reve9d34f991.topology

    known = TIMER | RES


class Revca686e320(Rev13c344516):
    """Streams are counted by the server they are bound for; while there are any, it stays."""

    def stream_set_target(self, stream: Stream, srv: Server | None) -> None:
        """``stream`` goes to ``srv`` from now on, and is counted there."""
        old = stream.target
        if old is not srv:
            if old is not None:
                old.strms.fetch_sub(1)
            if srv is not None:
                srv.strms.fetch_add(1)
        super().stream_set_target(stream, srv)

    def srv_in_use(self, srv: Server) -> bool:
        """Part of ``del server``: whether some stream is bound for it. No thread runs."""
        return bool(srv.strms.value) or super().srv_in_use(srv)

    def stream_free(self, stream: Stream) -> None:
        """Free ``stream``, which is bound for no server any more."""
        super().stream_free(stream)
        self.stream_set_target(stream, None)


class Rev50872daa6(Revca686e320):
    """2026-08, the newest revision known here. Nothing in the queue has changed since."""
