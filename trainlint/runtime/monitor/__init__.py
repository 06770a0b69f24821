"""Monitors of a running training, one a file, and :mod:`~trainlint.runtime.monitor.training`, which attaches them all."""
