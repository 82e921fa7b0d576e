"""Saved cases: their files, their replay on changed engines, their minimisation."""
