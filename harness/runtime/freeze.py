"""Turns live state into a comparable value, so that "the same state again" is a proof.

Structure is followed through containers, instances, closures and primitives; identity is kept by
numbering objects in the order of their first visit, the shared state first and then every
frame, so that what a local variable shares with the rest is part of the state, and read once.
Anything whose state can not be read (an open generator of C code, a file, a socket) makes the
whole state unprovable: better no verdict than a guess.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
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
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from harness.runtime.valuestack import hidden_values, instruction, variables

_PLAIN = frozenset((int, str, type(None), type(Ellipsis), type(NotImplemented)))
_BY_TEXT = frozenset((bool, bytes, float, complex, range))
"""Equality says less of these than their text: ``1 == True``, ``0.0 == -0.0``. With bytes it may
raise a warning."""

_BY_IDENTITY = (ModuleType, type, CodeType, Enum)

LARGEST: Final = 1_000_000
"""Values of the largest state that is read: some speak of themselves without end."""


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
    frozen = [freezer.read([state])]
    for frames in stacks:
        frozen.append(freezer.read([_frame(frame) for frame in frames]))
    return tuple(frozen)


class _Again:
    """Stands before the number of an object that has been read before."""


class _Itself:
    """Stands before the identity of what is what it is, for ever."""


class _Unset:
    """Stands for a slot that has no value."""


class _Freezer:
    """Writes down what objects consist of.

    A list of objects is written as their number and a word or two on each: the value itself, of
    what is plain, or its type, whose parts are written as such a list once this one is finished,
    those of the last object first. So what is written can be read in one way only.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._keep: list[object] = []  # ids stay unique while their objects live
        self._ways: dict[type, _Way | None] = {}  # quicker to ask than weak references

    def read(self, objs: Sequence[object]) -> tuple[object, ...]:
        """All there is to say of ``objs`` that has not been said before."""
        written: list[object] = []
        todo: list[object] = []
        seen, ways = self._seen, self._ways
        parts = objs
        while True:
            written.append(len(parts))
            for obj in parts:
                kind: type = type(obj)
                if kind in _PLAIN:
                    written.append(obj)
                    continue
                if kind in _BY_TEXT:
                    written.append(kind)
                    written.append(repr(obj))
                    continue
                number = seen.get(id(obj))
                if number is not None:
                    written.append(_Again)
                    written.append(number)
                    continue
                if kind not in ways:
                    ways[kind] = _way(kind)
                if ways[kind] is None:
                    written.append(_Itself)
                    written.append(id(obj))
                    continue
                seen[id(obj)] = len(seen)
                if len(seen) > LARGEST:
                    raise UnprovableError("a structure without end")
                self._keep.append(obj)
                written.append(kind)
                todo.append(obj)
            if not todo:
                return tuple(written)
            obj = todo.pop()
            way = ways[type(obj)]
            assert way is not None
            parts = way(obj)


def _frame(frame: FrameType) -> list[object]:
    parts: list[object] = [id(frame.f_code), instruction(frame)]
    # Sorted: the order of a frame's locals depends on when they were looked at before.
    for variable in sorted(variables(frame).items()):
        parts += variable
    return parts


_Way: TypeAlias = Callable[[Any], Sequence[object]]
"""The parts of which an instance of a class consists."""

_ways: WeakKeyDictionary[type, _Way | None] = WeakKeyDictionary()


def _way(kind: type) -> _Way | None:
    """How instances of ``kind`` are taken apart; None where they are what they are, for ever."""
    if kind in _ways:
        return _ways[kind]
    way = _ways[kind] = _choose(kind)
    return way


def _choose(kind: type) -> _Way | None:
    if issubclass(kind, _BY_IDENTITY):
        return None
    if hasattr(kind, "frozen_state"):
        return _spoken
    way = _EXACTLY.get(kind)
    if way is not None:
        return way
    layout = _Layout(kind)
    return layout.visible if layout.whole else layout.pickled


def _spoken(obj: Any) -> Sequence[object]:
    return tuple(obj.frozen_state())


def _mapping(obj: dict[Any, Any]) -> Sequence[object]:
    parts: list[object] = []
    for item in obj.items():
        parts += item
    return parts


def _function(obj: FunctionType) -> Sequence[object]:
    return (id(obj.__code__), obj.__closure__, obj.__defaults__, obj.__kwdefaults__, vars(obj))


def _cell(obj: CellType) -> Sequence[object]:
    try:
        return (obj.cell_contents,)
    except ValueError:
        return ()


def _generator(obj: GeneratorType[Any, Any, Any]) -> Sequence[object]:
    frame = obj.gi_frame
    if frame is None:
        return ()
    if hidden_values(frame) > 0:
        raise UnprovableError(f"{obj.__qualname__}, of which not all can be seen")
    return _frame(frame)


def _reduced(obj: Any) -> object:
    """What code in C keeps to itself: only pickling tells, if anything does."""
    try:
        reduce = dispatch_table.get(type(obj))
        reduced = obj.__reduce_ex__(2) if reduce is None else reduce(obj)
    except Exception:
        reduced = ""
    if isinstance(reduced, str):  # at best a name, which says nothing of its state
        raise UnprovableError(f"an object of type {type(obj).__name__}")
    return reduced


_EXACTLY: dict[type, _Way] = {
    tuple: tuple,
    list: tuple,
    deque: lambda obj: (obj.maxlen, *obj),
    dict: _mapping,
    set: tuple,
    frozenset: tuple,
    bytearray: lambda obj: (bytes(obj),),
    FunctionType: _function,
    CellType: _cell,
    BuiltinFunctionType: lambda obj: (obj.__name__, obj.__self__),
    MethodType: lambda obj: (obj.__func__, obj.__self__),
    GeneratorType: _generator,
}
"""How the instances of these are taken apart, and what instances of their subclasses contain."""

_VALUES: dict[type, _Way] = {
    int: lambda obj: (int.__int__(obj),),
    float: lambda obj: (float.__repr__(obj),),
    str: lambda obj: (str.__str__(obj),),
}
"""What instances of subclasses of these contain."""

_WORD: Final = tuple.__itemsize__


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

    def visible(self, obj: Any) -> list[object]:
        """What Python code can see of an instance."""
        parts: list[object] = [getattr(obj, slot, _Unset) for slot in self._slots]
        if self._has_dict:
            parts.append(vars(obj))
        if self._content is not None:
            parts += self._content(obj)
        return parts

    def pickled(self, obj: Any) -> list[object]:
        """The same, and what pickling tells beyond it."""
        return [*self.visible(obj), _reduced(obj)]
