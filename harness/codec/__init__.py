"""Byte strings to cases and back, and mutations that know what the bytes mean."""
