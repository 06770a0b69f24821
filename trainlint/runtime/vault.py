"""Test data under seal: a dataset that cannot be read until it is opened on purpose, and a ledger of every opening."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import torch
from torch.utils.data import Dataset

from trainlint.findings import Level

from .findings import RuntimeFinding

PROBES = 8
"""Samples that tell one dataset from another of the same type and length."""

GIT_SECONDS = 10


class VaultSealed(RuntimeError):
    """The data was asked for before the vault was opened."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One line of the ledger. ``time`` is UTC in ISO 8601, ``revision`` the git commit of the working directory and
    ``changes`` a hash of what was not committed, both ``None`` outside a repository."""

    vault: str
    time: str
    reason: str
    revision: str | None
    changes: str | None
    host: str
    process: int


class TestVault(Dataset[Any]):
    """Holds ``dataset`` back until :meth:`open` is called with a reason, and writes each opening into ``ledger``.

    Test data is for the end of the analysis (Hastie and others, "The Elements of Statistical Learning", chapter 7;
    Common Practices, Part 1, P1): each further look makes its error a part of the training. The ledger, a file of JSON
    lines, outlives the run; keep it under version control. Openings of the same data are counted together, by
    ``name``, or without one by a hash of the data set's type, length and a few samples.

    Its length can be asked for; samples raise :class:`VaultSealed` while it is sealed. Works in a ``DataLoader``, also
    with worker processes that are started after the opening.
    """

    __test__ = False  # not a test case, whatever its name

    def __init__(
        self, dataset: Dataset[Any], ledger: str | os.PathLike[str] = "test-vault.jsonl", *, name: str | None = None
    ) -> None:
        self._dataset: Any = dataset
        self._ledger = Path(ledger)
        self._name = name or fingerprint(dataset)
        self._is_open = False

    @property
    def name(self) -> str:
        """What the ledger calls this data."""
        return self._name

    @property
    def is_open(self) -> bool:
        """Whether samples can be read now."""
        return self._is_open

    def open(self, reason: str) -> TestVault:
        """Unseal the data, after this opening is safely in the ledger. Use it as a context manager to seal it again.

        Raises ``ValueError`` for an empty reason, and ``OSError`` where the ledger cannot be written: the vault then
        stays sealed.
        """
        if not reason.strip():
            raise ValueError("say why the test data is opened")
        revision, changes = code_state()
        time = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        opening = Opening(self._name, time, reason, revision, changes, socket.gethostname(), os.getpid())
        _append(self._ledger, opening)
        self._is_open = True
        return self

    def seal(self) -> None:
        """Close the vault again."""
        self._is_open = False

    def openings(self) -> list[Opening]:
        """Every opening of this data that the ledger holds, also by other runs, oldest first.

        A line that cannot be read counts as an opening whose reason is unknown.
        """
        if not self._ledger.exists():
            return []
        with _locked(self._ledger, "rb") as file:
            lines = file.read().decode("utf-8", "replace").splitlines()
        entries = [_parse(line, self._name) for line in lines if line.strip()]
        return [entry for entry in entries if entry.vault == self._name]

    def findings(self) -> Iterator[RuntimeFinding]:
        """A finding where the data was opened more than once."""
        openings = self.openings()
        if len(openings) < 2:
            return
        states = {(opening.revision, opening.changes) for opening in openings}
        yield RuntimeFinding(
            "test-set-peeking",
            Level.WARNING,
            f"the test data was opened {len(openings)} times, with the code in {len(states)} states; the last reason: "
            f"{openings[-1].reason!r}",
            "choose by validation data, and open the test data once; report how often it was opened",
            code="TL102",
            evidence={"openings": [f"{opening.time} {opening.reason}" for opening in openings[-5:]]},
        )

    def __enter__(self) -> TestVault:
        if not self._is_open:
            raise VaultSealed(self._refusal())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.seal()

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: Any) -> Any:
        self._require_open()
        return self._dataset[index]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        self._require_open()
        many = getattr(self._dataset, "__getitems__", None)
        return list(many(indices)) if callable(many) else [self._dataset[index] for index in indices]

    def __iter__(self) -> Iterator[Any]:
        self._require_open()
        if hasattr(self._dataset, "__iter__"):
            return iter(self._dataset)
        return (self._dataset[index] for index in range(len(self._dataset)))

    def __repr__(self) -> str:
        return f"TestVault({self._name!r}, {'open' if self._is_open else 'sealed'})"

    def _require_open(self) -> None:
        if not self._is_open:
            raise VaultSealed(self._refusal())

    def _refusal(self) -> str:
        count = len(self.openings())
        before = f"; it was opened {count} times before" if count else ""
        return f"the test data {self._name!r} is sealed: call open(reason=...) at the end of the analysis{before}"


def fingerprint(dataset: Dataset[Any]) -> str:
    """A name for ``dataset``: its type, its length and a hash of up to :data:`PROBES` samples at regular places."""
    sized: Any = dataset
    try:
        length = len(sized)
    except TypeError:
        return type(dataset).__name__
    digest = hashlib.sha256()
    with torch.random.fork_rng(devices=[]):  # a random transform must not move the run's generator
        for place in range(min(PROBES, length)):
            _update(digest, sized[place * length // min(PROBES, length)])
    return f"{type(dataset).__name__}[{length}]-{digest.hexdigest()[:12]}"


def code_state() -> tuple[str | None, str | None]:
    """The git revision of the working directory and a hash of its uncommitted changes; ``None`` where there is none."""
    revision = _git("rev-parse", "HEAD")
    if revision is None:
        return None, None
    changed = (_git("diff", "HEAD") or "") + (_git("status", "--porcelain") or "")
    return revision.strip(), hashlib.sha256(changed.encode()).hexdigest()[:12] if changed else None


def _git(*arguments: str) -> str | None:
    # A repository's own settings must not start programs.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "diff.external=", *arguments]
    if arguments[0] == "diff":
        command[-len(arguments) + 1 : -len(arguments) + 1] = ["--no-ext-diff", "--no-textconv"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=GIT_SECONDS, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _update(digest: Any, sample: Any) -> None:
    if isinstance(sample, torch.Tensor):
        digest.update(str((sample.dtype, tuple(sample.shape))).encode())
        digest.update(sample.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    elif isinstance(sample, dict):
        for key in sorted(sample, key=str):
            digest.update(str(key).encode())
            _update(digest, sample[key])
    elif isinstance(sample, (tuple, list)):
        for entry in sample:
            _update(digest, entry)
    elif hasattr(sample, "tobytes"):
        digest.update(sample.tobytes())
    elif isinstance(sample, (str, bytes, int, float, bool, type(None))):
        digest.update(repr(sample).encode())
    else:
        digest.update(type(sample).__name__.encode())


def _parse(line: str, vault: str) -> Opening:
    try:
        return Opening(**json.loads(line))
    except (ValueError, TypeError):
        return Opening(vault, "unknown", "unknown (this line of the ledger is damaged)", None, None, "", 0)


def _append(ledger: Path, opening: Opening) -> None:
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with _locked(ledger, "ab+") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"  # a line that a crash cut short must not swallow the next
            file.seek(0, os.SEEK_END)
        else:
            torn = False
        file.write((b"\n" if torn else b"") + json.dumps(asdict(opening)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _locked(path: Path, mode: str) -> Iterator[IO[bytes]]:
    """``path`` open and locked against other processes."""
    with open(path, mode) as file:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
            try:
                yield file
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX if "a" in mode else fcntl.LOCK_SH)
            yield file
