"""Which files to lint, and which of them can matter."""

from trainlint.discover.files import PathError, find_files

__all__ = ["PathError", "find_files"]
