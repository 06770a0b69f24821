"""What git says about the files of a folder."""

from __future__ import annotations

import hashlib
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


def top_folder(folder: str) -> str | None:
    """The top of the work tree that a folder lies in; None where git cannot say."""
    output = _git(folder, "rev-parse", "--show-toplevel")
    return None if output is None else os.fsdecode(output.removesuffix(b"\n"))


def commit_of(folder: str, revision: str) -> str | None:
    """The full name of the commit that a revision names; None where there is none."""
    output = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return None if output is None else output.decode().strip()


def common_ancestor(folder: str, commit: str) -> str | None:
    """Where the current branch and another commit parted; None where the history at hand does not tell."""
    output = _git(folder, "merge-base", commit, "HEAD")
    return None if output is None else output.decode().strip()


def files_at(folder: str, commit: str) -> dict[str, str]:
    """The files of a commit, by their paths from the top of the work tree ``folder``, with the names of their blobs."""
    output = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit) or b""
    entries = [entry.partition(b"\t") for entry in output.split(b"\0") if entry]
    # An entry is "mode type name": links and submodules are none of ours.
    return {os.fsdecode(path): head.split()[2].decode() for head, _, path in entries if head.startswith(b"100")}


def blob(folder: str, name: str) -> bytes | None:
    """The bytes of a blob; None where the repository doesn't hold it (a partial clone)."""
    return _git(folder, "cat-file", "blob", name)


def blob_name(data: bytes, like: str) -> str:
    """What git calls a blob of these bytes, in the hash that the name ``like`` was made with."""
    kind = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


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
