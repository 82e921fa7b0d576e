"""Judging a run: the ledger of requests, and one file for each way a run can be wrong.

The ledger is kept from the calls that cross the engine boundary. What an engine says of itself
(its counters) is evidence to check, never the source of a verdict.
"""
