"""The plug-in API: what an engine is, how it declares itself, how it is found by name."""

from harness.engine.base import Engine
from harness.engine.operation import invariant, operation, takes
from harness.engine.request import Request

__all__ = ["Engine", "Request", "invariant", "operation", "takes"]
