"""What git says about the files of a folder."""

from __future__ import annotations

import os
import subprocess

# A repository's own configuration must not run commands: fsmonitor is the one that listing files would start.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false")


def listed_files(folder: str) -> list[str] | None:
    """Files below a folder that git tracks or does not ignore, relative to it; a nested repository is one entry.

    None where git cannot say: no git, no repository, or one of dubious ownership.
    """
    output = _git(folder, "ls-files", "-z", "-co", "--exclude-standard", "--", ".")
    if output is None:
        return None
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def ignores(folder: str) -> bool:
    """Whether the folder itself is ignored by the repository around it."""
    return _git(folder, "check-ignore", "-q", ".") is not None


def _git(folder: str, *arguments: str) -> bytes | None:
    # Hooks set GIT_DIR and GIT_INDEX_FILE for their own repository, which need not be the linted one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the folder is an argument of it, not of a shell
            [*_GIT, "-C", folder, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
