"""Decorators by which an engine declares what a workload may do to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.model.params import Param

F = TypeVar("F", bound=Callable[..., Any])

PARAMS = "__harness_params__"
WEIGHT = "__harness_weight__"
INVARIANT = "__harness_invariant__"


def takes(**params: Param) -> Callable[[F], F]:
    """Declare the parameters of ``arrive``, in the way of Hypothesis' rules.

    Saved cases that do not mention a parameter take its lowest value ("none" for an optional
    index): when you add one, let that mean "as before".

    Example: ``@takes(server=Index("servers", optional=True))``.
    """

    def declare(method: F) -> F:
        setattr(method, PARAMS, dict(params))
        return method

    return declare


def operation(*, weight: int = 1, **params: Param) -> Callable[[F], F]:
    """Declare a method as an operation that workloads may contain.

    Args:
        weight: how often the decoder draws it; ``arrive`` weighs 6, ``abort`` 1.
        params: parameter name → what may be drawn. As for ``takes``, the lowest value of one
            that was added later should mean "as before".

    Raises:
        ValueError: the weight is below 1.
    """
    if weight < 1:
        raise ValueError("an operation's weight must be at least 1")

    def declare(method: F) -> F:
        setattr(method, PARAMS, dict(params))
        setattr(method, WEIGHT, weight)
        return method

    return declare


def invariant(method: F) -> F:
    """Declare a method that asserts something true at every idle point."""
    setattr(method, INVARIANT, True)
    return method


def declared(cls: type, marker: str) -> Mapping[str, Any]:
    """The methods of ``cls`` that carry ``marker``, with its value; base classes first."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            if hasattr(member, marker):
                found[name] = getattr(member, marker)
            elif member is None:
                found.pop(name, None)  # a subclass takes it out
    return found
