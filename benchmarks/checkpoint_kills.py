"""Kill a process in the middle of writing checkpoints, many times: ``python benchmarks/checkpoint_kills.py [--kills N]``.

After each kill the last checkpoint must load, be whole, and be no older than the one before. The last line counts how
often an unfinished file was lying about, which shows that kills did hit the writing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainlint.runtime import Checkpointer


def write_for_ever(folder: Path, has_saved: Any) -> None:
    """Save checkpoints whose weights are all the number of their step."""
    torch.set_num_threads(1)
    model = nn.Linear(512, 512)
    checkpointer = Checkpointer(folder, keep=2, model=model)
    progress = checkpointer.resume()
    step = progress.step if progress else 0
    while True:
        step += 1
        nn.init.constant_(model.weight, float(step))
        checkpointer.save(epoch=step, step=step, metric=-float(step))
        has_saved.set()


def main() -> None:
    """Kill, load, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    torch.set_num_threads(1)
    generator = random.Random(0)
    model = nn.Linear(512, 512)
    reached = hits = 0
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(kills):
            has_saved = context.Event()
            writer = context.Process(target=write_for_ever, args=(folder, has_saved))
            writer.start()
            has_saved.wait()
            time.sleep(generator.uniform(0.0, 0.1))
            writer.kill()
            writer.join()
            hits += any(path.name.endswith(f".part-{writer.pid}") for path in folder.iterdir())
            progress = Checkpointer(folder, model=model).resume()
            if progress is None or progress.step < reached or not bool((model.weight == progress.step).all()):
                raise SystemExit(f"lost the last good checkpoint: {progress}")
            reached = progress.step
    print(f"{kills} kills, {hits} of them while a file was being written; {reached} checkpoints, none lost")


if __name__ == "__main__":
    main()
