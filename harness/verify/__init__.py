"""Proof: every behaviour of an engine up to a stated bound, and what that proves.

Where a campaign samples, this layer explores: each workload within the bound, and of its
interleavings one from every class of those that differ only in the order of independent steps.
"""
