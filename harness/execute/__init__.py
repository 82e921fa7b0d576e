"""One run of one case gives a verdict, findings and, on request, a trace.

``Executor`` is that promise; ``PythonExecutor`` keeps it for engines written in Python. Whatever
executes engines another way implements the same promise and shares cases, oracles, replay,
minimiser and reports.
"""
