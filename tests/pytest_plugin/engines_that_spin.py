"""Engines that never come back from an operation, as a source."""

SPINS = """
from harness import Atomic, Engine

class Strands(Engine):
    def setup(self, topology):
        self.count = Atomic("count", 0)
        self.resource("slot", capacity=1)

    def arrive(self, request):
        self.count.load()
        while True:
            pass
"""
