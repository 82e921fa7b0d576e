"""How fast is a run, and how soon is a bug found? See ``speed`` and ``find``."""

WIDTH = 110
"""Columns that tables take where there is no terminal."""
