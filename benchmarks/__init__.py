"""How fast is a run, and how soon is a bug found? See ``speed`` and ``find``."""
