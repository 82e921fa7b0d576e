"""Hypothesis: the same examples every day, and no deadlines, since timing proves nothing."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "specification",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("specification")
