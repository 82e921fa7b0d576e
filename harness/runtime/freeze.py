"""Turns live state into a comparable value, so that "the same state again" is a proof.

Structure is followed through containers, instances and primitives; identity is kept by
numbering objects in the order of their first visit. Anything whose state can not be read
(an open generator of C code, a file, a socket) makes the whole state unprovable: better no
verdict than a guess.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any
from weakref import WeakKeyDictionary

from harness.runtime.valuestack import instruction

_PLAIN = (int, float, complex, str, bytes, bool, range, type(None), type(Ellipsis))
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, ModuleType, type, CodeType)


class UnprovableError(Exception):
    """Some part of the state can not be read."""


def freeze(*roots: object) -> object:
    """A hashable value, equal for two states exactly when nothing readable differs.

    An object whose class defines ``frozen_state`` speaks for itself through it.

    Raises:
        UnprovableError: something reachable can not be read.
    """
    return _Freezer().all(roots)


def freeze_frames(frames: Iterable[FrameType]) -> object:
    """The position and the locals of each frame. See ``valuestack`` for what that leaves out.

    Raises:
        UnprovableError: something reachable can not be read.
    """
    freezer = _Freezer()
    return tuple(freezer.frame(frame) for frame in frames)


class _Freezer:
    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._keep: list[object] = []  # ids stay unique while their objects live

    def all(self, objs: Iterable[object]) -> tuple[object, ...]:
        return tuple(self.one(obj) for obj in objs)

    def one(self, obj: Any) -> object:
        kind = type(obj)
        if kind in _PLAIN:
            return (kind.__name__, obj)
        if isinstance(obj, _BY_IDENTITY):
            return ("identity", id(obj))
        number = self._seen.get(id(obj))
        if number is not None:
            return ("again", number)
        self._seen[id(obj)] = len(self._seen)
        self._keep.append(obj)
        if hasattr(kind, "frozen_state"):
            return (kind.__name__, self.all(obj.frozen_state()))
        if kind in (tuple, list, deque):
            return (kind.__name__, self.all(obj))
        if isinstance(obj, dict):
            return (kind.__name__, tuple((self.one(k), self.one(v)) for k, v in obj.items()))
        if isinstance(obj, set | frozenset):
            return (kind.__name__, tuple(sorted(self.all(obj), key=repr)))
        if isinstance(obj, bytearray):
            return (kind.__name__, bytes(obj))
        if isinstance(obj, MethodType):
            return ("method", id(obj.__func__), self.one(obj.__self__))
        if isinstance(obj, GeneratorType):
            frame = obj.gi_frame
            return ("generator", None if frame is None else self.frame(frame))
        if hasattr(obj, "__next__"):
            return self._iterator(obj)
        return self._instance(obj)

    def frame(self, frame: FrameType) -> object:
        # Sorted: the order of a frame's locals depends on when they were looked at before.
        variables = sorted(frame.f_locals.items())
        return (id(frame.f_code), instruction(frame), tuple((n, self.one(v)) for n, v in variables))

    def _iterator(self, obj: Any) -> object:
        try:
            reduced = obj.__reduce__()
        except Exception:
            raise UnprovableError(f"an iterator of type {type(obj).__name__}") from None
        return ("iterator", type(obj).__name__, self.one(reduced))

    def _instance(self, obj: Any) -> object:
        kind = type(obj)
        layout = _layouts.get(kind)
        if layout is None:
            layout = _layouts[kind] = _Layout(kind)
        parts: list[object] = []
        for slot, name in layout.slots:
            if hasattr(obj, name):
                parts.append((slot, self.one(getattr(obj, name))))
        if layout.has_dict:
            parts.append(self.one(vars(obj)))
        for base in layout.bases:
            if base in (int, str):
                parts.append(base(obj))
            elif base not in (dict, set):
                parts.append(self.all(obj))
        if not layout.readable:
            raise UnprovableError(f"an object of type {kind.__name__}")
        return (kind.__module__, kind.__qualname__, tuple(parts))


class _Layout:
    """Where the instances of a class keep their state.

    Attributes:
        slots: each slot's name as it was declared and as the attribute is called.
        has_dict: whether they have a ``__dict__``.
        bases: the builtin classes it inherits from.
        readable: whether that is all there is.
    """

    def __init__(self, kind: type) -> None:
        self.slots: list[tuple[str, str]] = []
        for base in kind.__mro__:
            declared = base.__dict__.get("__slots__", ())
            for slot in (declared,) if isinstance(declared, str) else declared:
                if slot not in ("__dict__", "__weakref__"):
                    private = slot.startswith("__") and not slot.endswith("__")
                    name = f"_{base.__name__.lstrip('_')}{slot}" if private else slot
                    self.slots.append((slot, name))
        self.has_dict = kind.__dictoffset__ != 0
        self.bases = [
            base for base in (list, dict, set, tuple, deque, int, str) if issubclass(kind, base)
        ]
        self.readable = bool(self.slots or self.has_dict or self.bases or kind is object)


_layouts: WeakKeyDictionary[type, _Layout] = WeakKeyDictionary()
