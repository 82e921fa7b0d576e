"""Which objects race: those that no lock protects, and the locks that order what is done to them.

An object is protected by the locks that are held at every access to it, its lockset (Savage,
Burrows, Nelson, Sobalvarro, Anderson, "Eraser: a dynamic data race detector for multithreaded
programs", TOCS 1997). Different here: accesses before those of any other thread count like all
others, and so do those that only read; what a trylock has taken is not held, because it may have
failed.

Where an object is accessed under one lock here and under another there, the order in which those
are taken says who reads from whom; to wait at the access itself, holding one, would only keep the
others out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.strategies.option import Option

_UNLOCKS = ("unlock", "read_unlock", "write_unlock")


class Locksets:
    """The locks held at the accesses to each object, in all runs seen."""

    def __init__(self) -> None:
        self._held: defaultdict[int, set[str]] = defaultdict(set)
        self._always: dict[str, frozenset[str]] = {}
        self._ever: defaultdict[str, set[str]] = defaultdict(set)
        self._bare: set[str] = set()  # accessed with no lock held at all
        self._threads: defaultdict[str, set[int]] = defaultdict(set)

    def begin(self) -> None:
        """A run begins."""
        self._held.clear()

    def executed(self, option: Option) -> None:
        """``option`` happens."""
        obj, kind, held = option.obj, option.event.kind, self._held[option.thread]
        if not obj:
            return
        self._threads[obj].add(option.thread)
        if option.locks:
            held.add(obj)
        elif kind in _UNLOCKS:
            held.discard(obj)
        else:
            self._always[obj] = self._always.get(obj, frozenset(held)) & held
            self._ever[obj] |= held
            if not held:
                self._bare.add(obj)

    def racing(self, objects: Sequence[str]) -> list[str]:
        """Those of ``objects`` that race, or all that several threads access if none does."""
        shared = [obj for obj in objects if len(self._threads[obj]) > 1]
        racing = {obj for obj in shared if obj in self._always and not self._always[obj]}
        locks = {lock for obj in racing - self._bare for lock in self._ever[obj]}
        return [obj for obj in shared if obj in racing or obj in locks] if racing else shared
