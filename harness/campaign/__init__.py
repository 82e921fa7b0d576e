"""Campaigns: many runs, guided by feedback, whose findings become saved cases.

A campaign is one parent process, which the user sees, and worker processes, which run inputs.
A worker only notes what it found, at once and on disk; the parent confirms, minimises and saves.
So neither Ctrl-C nor ``kill -9`` of any of them loses a finding.
"""
