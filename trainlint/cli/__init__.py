"""The command line, one module a command: arguments only, no logic."""

from trainlint.cli.main import main

__all__ = ["main"]
