"""Which executor runs an engine."""

from __future__ import annotations

from harness.engine.registry import EngineRef
from harness.execute.python import PythonExecutor
from harness.execute.run import Steerable


def open_executor(ref: EngineRef) -> Steerable:
    """An executor for the engine, without feedback.

    Raises:
        EngineNotFoundError: the engine can not be imported.
    """
    return PythonExecutor(ref)
