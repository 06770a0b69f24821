from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from trainlint.runtime import Checkpointer, CheckpointError, EarlyStopping


class Run:
    """A training with every kind of state: momentum, schedule, dropout, batch norm, a loader's own generator, numpy."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        torch.manual_seed(0)
        random.seed(0)
        numpy.random.seed(0)
        inputs = torch.randn(64, 6)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.01)
        self.scheduler = torch.optim.lr_scheduler.MultiStepLR(self.optimizer, [2, 4], gamma=0.3)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
        self.stopping = EarlyStopping(patience=9)
        self.generator = torch.Generator().manual_seed(5)
        data = TensorDataset(inputs, inputs[:, :3].argmax(1))
        self.loader = DataLoader(data, 16, shuffle=True, generator=self.generator)
        self.checkpointer = Checkpointer(
            folder,
            model=self.model,
            optimizer=self.optimizer,
            scheduler=self.scheduler,
            scaler=self.scaler,
            stopping=self.stopping,
            generator=self.generator,
            **settings,
        )
        self.losses: list[float] = []

    def train(self, first: int, last: int) -> None:
        for epoch in range(first, last):
            for inputs, targets in self.loader:
                noise = random.random() + float(numpy.random.rand())
                loss = nn.functional.cross_entropy(self.model(inputs + 0.01 * noise), targets)
                self.optimizer.zero_grad()
                self.scaler.scale(loss).backward()
                self.scaler.step(self.optimizer)
                self.scaler.update()
                self.losses.append(float(loss.detach()))
            self.scheduler.step()
            self.stopping.step(self.losses[-1])
            self.checkpointer.save(epoch=epoch, step=4 * (epoch + 1), metric=self.losses[-1])


def test_a_resumed_run_is_the_whole_run_to_the_last_bit(tmp_path: Path) -> None:
    whole = Run(tmp_path / "whole")
    whole.train(0, 6)
    Run(tmp_path / "parts").train(0, 3)
    resumed = Run(tmp_path / "parts")
    torch.rand(17), random.random()  # a new process stands elsewhere
    progress = resumed.checkpointer.resume()
    assert progress is not None
    assert (progress.epoch, progress.step) == (2, 12)
    resumed.train(progress.epoch + 1, 6)
    assert resumed.losses == whole.losses[12:]
    assert resumed.checkpointer.best_metric == whole.checkpointer.best_metric
    assert resumed.stopping.state_dict() == whole.stopping.state_dict()
    for a, b in zip(whole.model.state_dict().values(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_first_run_has_nothing_to_resume(tmp_path: Path) -> None:
    assert Run(tmp_path).checkpointer.resume() is None


def test_the_last_few_and_the_best_are_kept(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    checkpointer = Checkpointer(tmp_path, keep=2, model=model)
    metrics = [0.9, 0.3, 0.5, float("nan"), 0.4]
    for epoch, metric in enumerate(metrics):
        nn.init.constant_(model.weight, float(epoch))
        checkpointer.save(epoch=epoch, step=epoch, metric=metric)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.pt",
        "last.pt",
        "step-0000000003.pt",
        "step-0000000004.pt",
    ]
    assert checkpointer.best_metric == 0.3
    progress = checkpointer.restore_best()
    assert (progress.epoch, progress.metric) == (1, 0.3)
    assert float(model.weight[0, 0].detach()) == 1.0


def test_the_best_may_be_the_largest_and_is_remembered(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    Checkpointer(tmp_path, mode="max", model=model).save(epoch=0, step=0, metric=0.8)
    resumed = Checkpointer(tmp_path, mode="max", model=model)
    resumed.resume()
    resumed.save(epoch=1, step=1, metric=0.7)
    assert resumed.restore_best().epoch == 0


def test_a_missing_or_an_unknown_part_is_refused(tmp_path: Path) -> None:
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    Checkpointer(tmp_path, model=model).save(epoch=0, step=0)
    optimizer = torch.optim.Adam(model.parameters())
    with pytest.raises(CheckpointError, match="holds no optimizer"):
        Checkpointer(tmp_path, model=model, optimizer=optimizer).resume()
    with pytest.raises(CheckpointError, match=r"also holds model"):
        Checkpointer(tmp_path).resume()
    with pytest.raises(CheckpointError, match="model does not take its state"):
        Checkpointer(tmp_path, model=nn.Linear(3, 3)).resume()
    with pytest.raises(CheckpointError, match=r"holds no best\.pt"):
        Checkpointer(tmp_path, model=other).restore_best()


class Careless:
    """Keeps an object in its state that safe loading refuses."""

    def state_dict(self) -> dict[str, Any]:
        return {"path": Path("somewhere")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        raise AssertionError("never loaded")


def test_what_could_not_be_loaded_is_refused_when_it_is_saved(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    Checkpointer(tmp_path, model=model).save(epoch=0, step=0)
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(CheckpointError, match="Path"):
        Checkpointer(tmp_path, model=model, careless=Careless()).save(epoch=1, step=1)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_damaged_file_is_told_with_its_neighbours(tmp_path: Path) -> None:
    checkpointer = Checkpointer(tmp_path, model=nn.Linear(2, 2))
    checkpointer.save(epoch=0, step=0)
    checkpointer.save(epoch=1, step=1)
    (tmp_path / "last.pt").unlink()
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(CheckpointError, match=r"last\.pt cannot be read.*step-0000000001\.pt"):
        checkpointer.resume()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"keep": 0}, ValueError, "keep must be at least 1"),
        ({"mode": "least"}, ValueError, "mode must be"),
        ({"note": "text"}, TypeError, "note has no state_dict"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Checkpointer(tmp_path, **settings)


def write_for_ever(folder: Path, has_saved: Any) -> None:
    torch.set_num_threads(1)
    model = nn.Linear(256, 256)
    checkpointer = Checkpointer(folder, keep=2, model=model)
    progress = checkpointer.resume()
    step = progress.step if progress else 0
    while True:
        step += 1
        nn.init.constant_(model.weight, float(step))
        checkpointer.save(epoch=step, step=step, metric=-float(step))
        has_saved.set()


KILLS = 20


def test_a_writer_that_is_killed_leaves_the_last_good_file(tmp_path: Path) -> None:
    generator = random.Random(0)
    model = nn.Linear(256, 256)
    reached = 0
    context = multiprocessing.get_context("fork")
    for _ in range(KILLS):
        has_saved = context.Event()
        writer = context.Process(target=write_for_ever, args=(tmp_path, has_saved))
        writer.start()
        assert has_saved.wait(30)
        time.sleep(generator.uniform(0.0, 0.06))
        writer.kill()
        writer.join()
        progress = Checkpointer(tmp_path, model=model).resume()
        assert progress is not None
        assert progress.step >= reached
        assert bool((model.weight == progress.step).all())
        assert Checkpointer(tmp_path, model=model).restore_best().step >= progress.step - 1
        reached = progress.step
    assert reached >= KILLS
    Checkpointer(tmp_path, keep=2, model=model).save(epoch=0, step=reached + 1)
    assert [path.name for path in tmp_path.iterdir() if ".part-" in path.name] == []


def two_ranks(folder: Path, rank: int, answers: Any) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    model = nn.Linear(2, 2)
    nn.init.constant_(model.weight, 7.0)
    checkpointer = Checkpointer(folder / "runs", model=model)
    torch.manual_seed(rank)
    checkpointer.save(epoch=0, step=0, metric=1.0)
    expected = torch.rand(2).tolist()
    torch.manual_seed(99)
    progress = checkpointer.resume()
    answers.put((rank, progress is not None, torch.rand(2).tolist() == expected))
    torch.distributed.destroy_process_group()


def test_each_rank_gets_its_own_randomness_back_and_one_writes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    ranks = [context.Process(target=two_ranks, args=(tmp_path, rank, answers)) for rank in range(2)]
    for process in ranks:
        process.start()
    assert sorted(answers.get(timeout=60) for _ in ranks) == [(0, True, True), (1, True, True)]
    for process in ranks:
        process.join()
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["best.pt", "last.pt", "step-0000000000.pt"]
