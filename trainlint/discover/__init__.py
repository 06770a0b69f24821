"""Which files to lint, and which of them can matter."""

from trainlint.discover.files import MissingPathError, find_files

__all__ = ["MissingPathError", "find_files"]
