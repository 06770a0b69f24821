"""Checkpoints that a crash cannot spoil and that a run goes on from as if it had never stopped."""

from __future__ import annotations

import contextlib
import os
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch

FORMAT = 1
LAST, BEST = "last.pt", "best.pt"
_NUMBERED = re.compile(r"step-(\d{10,})\.pt")


class Stateful(Protocol):
    """Anything that keeps its state as torch's own classes do."""

    def state_dict(self) -> Any:
        """What must be kept."""

    def load_state_dict(self, state_dict: Any) -> Any:
        """Go on from it."""


class CheckpointError(RuntimeError):
    """A checkpoint cannot be written or read; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a checkpoint stands: ``epoch`` and ``step`` as they were given to ``save``, ``metric`` of this checkpoint,
    ``best_metric`` of the run so far."""

    epoch: int
    step: int
    metric: float | None
    best_metric: float | None
    path: Path


class Checkpointer:
    """Saves everything a training needs to go on, and goes on.

    ::

        checkpointer = Checkpointer("checkpoints", model=model, optimizer=optimizer, scheduler=scheduler)
        progress = checkpointer.resume()
        for epoch in range(progress.epoch + 1 if progress else 0, epochs):
            ...
            checkpointer.save(epoch=epoch, step=step, metric=validation_loss)
        checkpointer.restore_best()

    The keyword arguments are what is kept: anything with ``state_dict`` and ``load_state_dict`` (models, optimizers,
    schedulers, gradient scalers, early stopping, stateful loaders), and ``torch.Generator``. The random generators of
    Python, numpy and torch, on CPU and GPU, are always kept, of each rank its own; so a resumed run gives the same
    losses to the last bit, on CPU, if it is resumed where its loader begins anew.

    A file is written beside its place, forced to disk and then renamed: whatever happens, ``last.pt`` is a complete
    checkpoint. ``keep`` of the numbered files are kept, and ``best.pt``, by ``mode`` ``"min"`` or ``"max"`` of the
    metric. Files are read with ``weights_only``, which runs no code; what could not be read so is refused at saving.

    In a distributed run all ranks must call :meth:`save` and :meth:`resume`; the first one writes.

    Raises ``ValueError`` for ``keep`` below 1 or an unknown mode, ``TypeError`` for a part without ``state_dict``.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        keep: int = 3,
        mode: Literal["min", "max"] = "min",
        **parts: Stateful | torch.Generator | None,
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep must be at least 1, not {keep}")
        if mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", not {mode!r}')
        self._parts = {name: part for name, part in parts.items() if part is not None}
        for name, part in self._parts.items():
            if not isinstance(part, torch.Generator) and not hasattr(part, "state_dict"):
                raise TypeError(f"{name} has no state_dict, so it cannot be kept: {type(part).__name__}")
        self.folder = Path(folder)
        self._keep, self._mode = keep, mode
        self.best_metric: float | None = None

    # Saving

    def save(self, *, epoch: int, step: int, metric: float | None = None) -> Path:
        """Write a checkpoint and return its path. ``metric`` decides about ``best.pt``.

        Raises :class:`CheckpointError` where a part's state could not be loaded again with ``weights_only``, and
        ``OSError`` where the file cannot be written; what was there before stays.
        """
        value = None if metric is None else float(metric)
        improved = value is not None and self._improves(value)
        if improved:
            self.best_metric = value
        randomness = _gathered(random_state())
        path = self.folder / f"step-{step:010d}.pt"
        if _rank() == 0:
            content = self._content(epoch, step, value, randomness)
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: _save(content, file))
            _link(path, self.folder / LAST)
            if improved:
                _link(path, self.folder / BEST)
            self._prune()
        _barrier()
        return path

    def _improves(self, metric: float) -> bool:
        if metric != metric:  # NaN is never the best
            return False
        best = self.best_metric
        return best is None or (metric < best if self._mode == "min" else metric > best)

    def _content(self, epoch: int, step: int, metric: float | None, randomness: list[Any]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "epoch": epoch,
            "step": step,
            "metric": metric,
            "best_metric": self.best_metric,
            "random": randomness,
            "parts": {name: _state(part) for name, part in self._parts.items()},
        }

    def _prune(self) -> None:
        for path in self.numbered()[: -self._keep]:
            path.unlink(missing_ok=True)
        for left in self.folder.glob("*.part-*"):
            if not _is_alive(int(left.name.rpartition("-")[2])):
                left.unlink(missing_ok=True)

    def numbered(self) -> list[Path]:
        """The numbered checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if _NUMBERED.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.name[5:-3]))

    # Loading

    def resume(self, *, map_location: str | torch.device | None = "cpu") -> Progress | None:
        """Restore every part and the random generators from ``last.pt``; ``None``, and nothing changed, without one.

        Raises :class:`CheckpointError` where the file lacks a part, holds one that is not asked for, or is damaged.
        """
        path = self.folder / LAST
        if not path.exists():
            return None
        content = self._read(path, map_location)
        stored = content["parts"]
        missing, extra = sorted(self._parts.keys() - stored.keys()), sorted(stored.keys() - self._parts.keys())
        if missing:
            raise CheckpointError(f"{path} holds no {', '.join(missing)}: the run cannot go on as it was")
        if extra:
            raise CheckpointError(
                f"{path} also holds {', '.join(extra)}: pass it to Checkpointer, or start a new folder"
            )
        for name, part in self._parts.items():
            with _explained(path, name):
                _load(part, stored[name])
        self.best_metric = content["best_metric"]
        states = content["random"]
        set_random_state(states[min(_rank(), len(states) - 1)])
        return _progress(content, path)

    def restore_best(self, *parts: str, map_location: str | torch.device | None = "cpu") -> Progress:
        """Load the named parts (``"model"`` unless told) from ``best.pt`` and leave all else, for the final test.

        Raises :class:`CheckpointError` where there is none, or where it lacks a part.
        """
        path = self.folder / BEST
        if not path.exists():
            raise CheckpointError(f"{self.folder} holds no {BEST}: was a metric given to save()?")
        content = self._read(path, map_location)
        for name in parts or ("model",):
            if name not in self._parts or name not in content["parts"]:
                raise CheckpointError(f"{path} or this Checkpointer holds no {name}")
            with _explained(path, name):
                _load(self._parts[name], content["parts"][name])
        return _progress(content, path)

    def _read(self, path: Path, map_location: str | torch.device | None) -> dict[str, Any]:
        try:
            content = torch.load(path, map_location=map_location, weights_only=True)
        except Exception as error:
            others = [other.name for other in reversed(self.numbered())]
            hint = f"; also in this folder: {', '.join(others[:3])}" if others else ""
            raise CheckpointError(f"{path} cannot be read ({_first_line(error)}){hint}") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise CheckpointError(f"{path} was not written by this Checkpointer")
        return content


def write_atomically(path: Path, write: Callable[[Any], None]) -> None:
    """Let ``write`` fill an open binary file that then takes ``path``'s place: before, the old content is there, after,
    all of the new one, on disk."""
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        with open(part, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _link(target: Path, name: Path) -> None:
    """Make ``name`` another name of ``target``'s content, at once; a copy where the file system knows no links."""
    part = name.with_name(f"{name.name}.part-{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        os.link(target, part)
    except OSError:
        content = target.read_bytes()
        write_atomically(name, lambda file: file.write(content))
        return
    os.replace(part, name)
    part.unlink(missing_ok=True)  # renaming onto another name of the same file does nothing
    _sync_folder(name.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _save(content: dict[str, Any], file: Any) -> None:
    torch.save(content, file)
    file.flush()
    unsafe = torch.serialization.get_unsafe_globals_in_checkpoint(file.name)
    if unsafe:
        raise CheckpointError(
            f"the state holds {', '.join(sorted(unsafe))}, which weights_only loading refuses: "
            "keep plain values in state_dict"
        )


def _state(part: Stateful | torch.Generator) -> Any:
    return part.get_state() if isinstance(part, torch.Generator) else part.state_dict()


def _load(part: Stateful | torch.Generator, state: Any) -> None:
    if isinstance(part, torch.Generator):
        part.set_state(state)
    else:
        part.load_state_dict(state)


@contextlib.contextmanager
def _explained(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise CheckpointError(f"{path}: {name} does not take its state: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _progress(content: Mapping[str, Any], path: Path) -> Progress:
    return Progress(content["epoch"], content["step"], content["metric"], content["best_metric"], path)


def random_state() -> dict[str, Any]:
    """The states of all global random generators, in types that ``weights_only`` loading allows."""
    state: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        kind, keys, *rest = numpy.random.get_state()
        state["numpy"] = (kind, torch.tensor(keys.astype("int64")), *rest)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Set all global random generators to what :func:`random_state` returned."""
    random.setstate(state["python"])
    torch.set_rng_state(state["torch"])
    if "numpy" in state:
        import numpy

        kind, keys, *rest = state["numpy"]
        numpy.random.set_state((kind, keys.numpy().astype("uint32"), *rest))
    if "cuda" in state and torch.cuda.is_available():
        if len(state["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda"])
        else:
            warnings.warn(
                "the checkpoint is of another number of GPUs: their generators go on unrestored", stacklevel=3
            )
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])


def _distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _rank() -> int:
    return torch.distributed.get_rank() if _distributed() else 0


def _gathered(value: Any) -> list[Any]:
    """``value`` of every rank, on rank 0; only the own one elsewhere."""
    if not _distributed():
        return [value]
    first = _rank() == 0
    everyone: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.gather_object(value, everyone if first else None)
    return everyone if first else [value]


def _barrier() -> None:
    if _distributed():
        torch.distributed.barrier()


def _is_alive(process: int) -> bool:
    if process == os.getpid() or os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
