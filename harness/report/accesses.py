"""What does one step say: which function did what to which object, and what came of it?

A trace keeps a step as its site (``dequeue: trylock lock``) and the object's value before and
after as text. Here the site is taken apart and the effect put into words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.model.trace import Step

LOOKS = frozenset({"load", "read", "is_set"})
"""Accesses that only look."""

TAKES = frozenset({"lock", "read_lock", "write_lock"})
"""Accesses that take a lock, blocking until they have it."""

TRIES = frozenset({"trylock", "try_acquire", "compare_exchange"})
"""Accesses that may fail, which the caller sees."""

FREES = frozenset({"unlock", "read_unlock", "write_unlock"})
"""Accesses that give a lock back."""

LOCKS = TAKES | FREES | {"trylock"}
"""Accesses of locks: their values say who holds them."""

_TELLING_NOTHING = frozenset({"wake", "notify", "wait", "relax"})

FREE = "free"
"""How a lock that nobody holds reads."""

LONGEST = 40
"""Characters of a value that are shown."""

_HOLDER = re.compile(r"T\d+")


@dataclass(frozen=True, slots=True)
class Access:
    """A step's site, taken apart.

    Attributes:
        function: the engine's function.
        verb: the access, e.g. ``fetch_add``.
        subject: the name of the object; empty where there is none.
    """

    function: str
    verb: str
    subject: str

    @property
    def phrase(self) -> str:
        """Access and object, e.g. ``fetch_add served``."""
        return f"{self.verb} {self.subject}".rstrip()


def access_of(step: Step) -> Access:
    """What ``step`` did, and where in the engine."""
    return at_site(step.site)


def at_site(site: str) -> Access:
    """The access that a site names."""
    function, _, rest = site.partition(": ")
    verb, _, subject = rest.partition(" ")
    return Access(function, verb, subject)


def failed(step: Step) -> bool:
    """Whether the step tried something that did not work, or found a lock taken."""
    verb = access_of(step).verb
    if verb in ("lock", "trylock"):
        return step.before != FREE
    return verb in TRIES and step.before == step.after


def looks(step: Step) -> bool:
    """Whether the step told its thread something that others may change afterwards."""
    verb = access_of(step).verb
    return verb in LOOKS or (verb in TRIES and failed(step))


def effect(step: Step) -> str:
    """What the access saw or changed, in a few words: ``0 → 1``, ``fails: T1 holds it``."""
    verb = access_of(step).verb
    before, after = clip(step.before), clip(step.after)
    if verb in LOOKS:
        return f"= {after}"
    if verb in ("lock", "trylock"):
        if step.before == FREE:
            return "taken"
        holder = f"{before} holds it" if _HOLDER.fullmatch(before) else before
        return f"fails: {holder}" if verb == "trylock" else holder
    if verb == "unlock":
        return "released"
    if verb == "compare_exchange" and before == after:
        return f"fails: it is {before}"
    if verb == "try_acquire" and before == after:
        return "fails: none free"
    if before != after:
        return f"{before} → {after}"
    # Of a request that is woken, or a condition nobody waits on, the value says nothing.
    return "" if verb in _TELLING_NOTHING else f"stays {after}"


def sight(step: Step) -> str:
    """A look as part of a sentence, e.g. ``served = 0 (step 12)``."""
    access = access_of(step)
    if access.verb in LOOKS:
        return f"{access.subject} {effect(step)} (step {step.index})"
    words = effect(step).removeprefix("fails: ").replace(" it", "", 1)
    if access.verb == "trylock":
        return f"its trylock of {access.subject} fail because {words} it (step {step.index})"
    return f"its {access.phrase} fail ({effect(step).removeprefix('fails: ')}; step {step.index})"


def clip(value: str) -> str:
    """``value`` on one line, without control characters, shortened where it is long."""
    value = clean(value)
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def clean(text: str) -> str:
    """``text`` on one line and without characters that would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(map(_printable, text))


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else f"\\x{ord(char):02x}"
