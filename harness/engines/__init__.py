"""Engines that ship with the harness: queues of real programs, one package for each family."""
