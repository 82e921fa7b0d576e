"""Search strategies: who decides at every scheduling point, and the loop that lets them.

Each is one small file that names its paper and where it differs. All drive the same runtime
and give schedules that save, replay and minimise like those that bytes give.
"""
