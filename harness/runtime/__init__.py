"""Controlled execution on one OS thread: virtual threads, scheduling points, decisions.

Knows nothing of queues, requests or findings; those are told to it as activities and hooks.
"""
