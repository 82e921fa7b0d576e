"""Turns live state into a comparable value, so that "the same state again" is a proof.

Structure is followed through containers, instances, closures and primitives; identity is kept by
numbering objects in the order of their first visit, the shared state first and then every
frame, so that what a local variable shares with the rest is part of the state, and read once.
Anything whose state can not be read (an open generator of C code, a file, a socket) makes the
whole state unprovable: better no verdict than a guess.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from copyreg import dispatch_table
from enum import Enum
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from harness.runtime.valuestack import hidden_values, instruction

_PLAIN = frozenset((int, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented)))
_BY_TEXT = frozenset((float, complex, range))
"""Equality says less of these than their text: ``0.0 == -0.0``, ``range(0) == range(1, 1)``."""

_BY_IDENTITY = (ModuleType, type, CodeType, Enum)


class UnprovableError(Exception):
    """Some part of the state can not be read."""


def freeze(state: object, *stacks: Iterable[FrameType]) -> tuple[object, ...]:
    """Hashable values; where those of two states are equal, nothing readable differs.

    The reverse does not hold: the order of a set counts, which equality of sets passes over, and
    so does the sharing of immutable containers. A proof may be missed, none is false.

    An object whose class defines ``frozen_state`` speaks for itself through it.

    Args:
        state: what the threads share.
        stacks: for each thread its frames; see ``valuestack`` for what their locals leave out.

    Returns:
        The state, as it would be frozen alone, and for each stack the positions and locals.

    Raises:
        UnprovableError: something reachable can not be read.
    """
    freezer = _Freezer()
    try:
        return (freezer.one(state), *(tuple(map(freezer.frame, frames)) for frames in stacks))
    except RecursionError:
        raise UnprovableError("a structure that is too deep") from None


class _Freezer:
    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._keep: list[object] = []  # ids stay unique while their objects live
        self._ways: dict[type, _Way | None] = {}  # quicker to ask than weak references

    def all(self, objs: Iterable[object]) -> tuple[object, ...]:
        return tuple(map(self.one, objs))

    def one(self, obj: Any) -> object:
        kind = type(obj)
        if kind in _PLAIN:
            return (kind, obj)
        if kind in _BY_TEXT:
            return (kind, repr(obj))
        number = self._seen.get(id(obj))
        if number is not None:
            return ("again", number)
        try:
            way = self._ways[kind]
        except KeyError:
            way = self._ways[kind] = _way(kind)
        if way is None:
            return ("identity", id(obj))
        self._seen[id(obj)] = len(self._seen)
        self._keep.append(obj)
        return (kind, way(self, obj))

    def frame(self, frame: FrameType) -> object:
        # Sorted: the order of a frame's locals depends on when they were looked at before.
        variables = sorted(frame.f_locals.items())
        return (id(frame.f_code), instruction(frame), tuple((n, self.one(v)) for n, v in variables))


_Way: TypeAlias = Callable[[_Freezer, Any], object]
"""Freezes the instances of a class."""

_ways: WeakKeyDictionary[type, _Way | None] = WeakKeyDictionary()


def _way(kind: type) -> _Way | None:
    """How instances of ``kind`` are frozen; None where they are what they are, for ever."""
    try:
        return _ways[kind]
    except KeyError:
        way = _ways[kind] = _choose(kind)
        return way


def _choose(kind: type) -> _Way | None:
    if issubclass(kind, _BY_IDENTITY):
        return None
    if hasattr(kind, "frozen_state"):
        return lambda freezer, obj: freezer.all(obj.frozen_state())
    way = _EXACTLY.get(kind)
    if way is not None:
        return way
    layout = _Layout(kind)
    if layout.whole:
        return layout.freeze
    return lambda freezer, obj: (layout.freeze(freezer, obj), _reduced(freezer, obj))


def _mapping(freezer: _Freezer, obj: dict[Any, Any]) -> object:
    one = freezer.one
    return tuple((one(k), one(v)) for k, v in obj.items())


def _function(freezer: _Freezer, obj: FunctionType) -> object:
    parts = (obj.__closure__, obj.__defaults__, obj.__kwdefaults__, vars(obj))
    return (id(obj.__code__), freezer.all(parts))


def _cell(freezer: _Freezer, obj: CellType) -> object:
    try:
        return (freezer.one(obj.cell_contents),)
    except ValueError:
        return ()


def _method(freezer: _Freezer, obj: MethodType) -> object:
    return (freezer.one(obj.__func__), freezer.one(obj.__self__))


def _generator(freezer: _Freezer, obj: GeneratorType[Any, Any, Any]) -> object:
    frame = obj.gi_frame
    if frame is None:
        return None
    if hidden_values(frame) > 0:
        raise UnprovableError(f"{obj.__qualname__}, of which not all can be seen")
    return freezer.frame(frame)


def _reduced(freezer: _Freezer, obj: Any) -> object:
    """What code in C keeps to itself: only pickling tells, if anything does."""
    try:
        reduce = dispatch_table.get(type(obj))
        reduced = obj.__reduce_ex__(2) if reduce is None else reduce(obj)
    except Exception:
        reduced = ""
    if isinstance(reduced, str):  # at best a name, which says nothing of its state
        raise UnprovableError(f"an object of type {type(obj).__name__}")
    return freezer.one(reduced)


_EXACTLY: dict[type, _Way] = {
    tuple: _Freezer.all,
    list: _Freezer.all,
    deque: lambda freezer, obj: (obj.maxlen, freezer.all(obj)),
    dict: _mapping,
    set: _Freezer.all,
    frozenset: _Freezer.all,
    bytearray: lambda _, obj: bytes(obj),
    FunctionType: _function,
    CellType: _cell,
    BuiltinFunctionType: lambda freezer, obj: (obj.__name__, freezer.one(obj.__self__)),
    MethodType: _method,
    GeneratorType: _generator,
}
"""How the instances of these are frozen, and what instances of their subclasses contain."""

_VALUES: dict[type, _Way] = {
    int: lambda _, obj: int.__int__(obj),
    float: lambda _, obj: float.__repr__(obj),
    str: lambda _, obj: str.__str__(obj),
}
"""What instances of subclasses of these contain."""

_WORD = tuple.__itemsize__


class _Layout:
    """Where the instances of a class keep their state.

    Attributes:
        whole: whether that is all there is. A class written in C may keep more, of which
            neither slots nor a dictionary tell, but the size of its instances does.
    """

    def __init__(self, kind: type) -> None:
        self._slots: list[str] = []
        for base in kind.__mro__:
            declared = base.__dict__.get("__slots__", ())
            for slot in (declared,) if isinstance(declared, str) else declared:
                if slot not in ("__dict__", "__weakref__"):
                    private = slot.startswith("__") and not slot.endswith("__")
                    self._slots.append(f"_{base.__name__.lstrip('_')}{slot}" if private else slot)
        self._has_dict = kind.__dictoffset__ != 0
        inherited = {**_EXACTLY, **_VALUES}
        known = next((base for base in kind.__mro__ if base in inherited), object)
        self._content = inherited.get(known)
        # Offsets below 0 lie outside of it: in front, or (3.11) behind what is of variable length,
        # where the size counts them nevertheless: such instances are pickled as well.
        words = len(self._slots) + (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
        self.whole = kind.__basicsize__ <= known.__basicsize__ + words * _WORD

    def freeze(self, freezer: _Freezer, obj: Any) -> object:
        """The state of an instance."""
        one = freezer.one
        parts = [(name, one(getattr(obj, name))) for name in self._slots if hasattr(obj, name)]
        attributes = one(vars(obj)) if self._has_dict else None
        content = None if self._content is None else self._content(freezer, obj)
        return (tuple(parts), attributes, content)
