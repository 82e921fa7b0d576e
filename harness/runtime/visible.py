"""Do the positions and the locals of a stack tell its whole state?

Two visits to one place are only proven equal where nothing else is left that may differ: nothing
lies hidden on the value stack of a frame, and no function written in C is on its way between two
frames, as ``any(map(...))`` is, whose progress nobody sees.

Of what a ``with`` block leaves on the value stack we know what it is: the way out of the lock that
it was entered with.
"""

from __future__ import annotations

from inspect import getattr_static
from types import FrameType, FunctionType, MemberDescriptorType, MethodType
from typing import Final

from harness.runtime.valuestack import Path, doing, variables

ACCESSES: Final = frozenset(
    (
        *("acquire", "add", "clear", "compare_exchange", "exchange", "fetch_add", "fetch_and"),
        *("fetch_or", "fetch_sub", "is_set", "load", "lock", "notify", "notify_all", "read"),
        *("read_lock", "read_unlock", "relax", "release", "set", "sleep", "store", "try_acquire"),
        *("trylock", "unlock", "wait", "write", "write_lock", "write_unlock"),
        *("__enter__", "__exit__"),
    )
)
"""What the functions and methods of ``harness.sync`` are called."""

_OWN = tuple(f"harness.{layer}." for layer in ("engine", "execute", "oracles", "runtime", "sync"))
"""Code that hides nothing which could differ."""

_SYNC = "harness.sync"


def module_of(frame: FrameType) -> str:
    """The name of the module whose code ``frame`` executes."""
    name = frame.f_globals.get("__name__", "")
    return name if isinstance(name, str) else ""


def tells_all(frame: FrameType, above: FrameType | None) -> bool:
    """Whether position and locals of ``frame`` say all about it.

    Args:
        frame: a frame that has called something.
        above: the frame that it has called, in the end; None when it makes an access.
    """
    if module_of(frame).startswith(_OWN):
        return True  # where it is compiled there is no frame, and both have to come to the same
    now = doing(frame)
    if now.beneath > sum(_is_lock(frame, path) for path in now.managers):
        return False
    return _direct(frame, now.callee, above)


def _direct(frame: FrameType, callee: Path, above: FrameType | None) -> bool:
    """Whether what ``frame`` calls is ``above`` itself, or the access."""
    if len(callee) == 1:
        return _is(_variable(frame, callee[0]), above)
    if not callee:
        return False
    name = callee[-1]
    return name in ACCESSES if above is None else name == above.f_code.co_name


def _is(called: object, above: FrameType | None) -> bool:
    if isinstance(called, MethodType):
        called = called.__func__
    if above is None:
        owner = getattr(called, "__self__", called)
        return type(owner).__module__.startswith(_SYNC)
    if isinstance(called, type):
        return above.f_code.co_name in ("__init__", "__new__")
    return isinstance(called, FunctionType) and called.__code__ is above.f_code


def _variable(frame: FrameType, name: str) -> object:
    for names in (variables(frame), frame.f_globals, frame.f_builtins):
        if name in names:
            return names[name]
    return None


def _is_lock(frame: FrameType, path: Path) -> bool:
    """Whether ``path`` leads to a lock that somebody holds, without any code that is run for it."""
    if not path or not path[0]:
        return False
    found = _variable(frame, path[0])
    for name in path[1:]:
        instance = getattr(found, "__dict__", None)
        if isinstance(instance, dict) and name in instance:
            found = instance[name]
        elif isinstance(getattr_static(type(found), name, None), MemberDescriptorType):
            found = getattr(found, name, None)
        else:
            return False
    lock = getattr(found, "mutex", found) if type(found).__module__.startswith(_SYNC) else None
    return getattr(lock, "holder", None) is not None
