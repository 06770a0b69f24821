"""Callbacks in the real frameworks, and sinks with the real writer of TensorBoard."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.runtime.monitor.conftest import Problem
from trainlint.runtime import MlflowSink, TensorBoardSink, WandbSink

LIGHTNING = """
import sys, torch
from torch import nn
import lightning.pytorch as L
from trainlint.runtime.integrations.lightning import TrainlintCallback

torch.manual_seed(0)
torch.set_num_threads(1)
inputs = torch.randn(256, 20)
data = torch.utils.data.TensorDataset(inputs, (inputs @ torch.randn(20, 5)).argmax(1))

class Net(L.LightningModule):
    def __init__(self, *last):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 5), *last)
    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self.network(batch[0]), batch[1])
    def validation_step(self, batch, index):
        self.log("val_loss", nn.functional.cross_entropy(self.network(batch[0]), batch[1]))
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)

for last, accumulate in (((), 1), ((), 4), ((nn.Softmax(dim=1),), 1)):
    callback = TrainlintCallback(html=sys.argv[1], print_report=False)
    trainer = L.Trainer(max_epochs=6, callbacks=[callback], logger=False, enable_checkpointing=False, accelerator="cpu",
                        enable_progress_bar=False, enable_model_summary=False, accumulate_grad_batches=accumulate)
    loader = torch.utils.data.DataLoader(data, 16, shuffle=True)
    trainer.fit(Net(*last), loader, torch.utils.data.DataLoader(data, 64))
    summary = callback.report.summary
    print("FOUND", [f.code for f in callback.report.findings], summary.steps, len(summary.loss), len(summary.validation))
"""

TRANSFORMERS = """
import sys, torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
from trainlint.runtime.integrations.huggingface import TrainlintCallback

torch.manual_seed(0)
torch.set_num_threads(1)
config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
                    num_labels=3, max_position_embeddings=16)
tokens = torch.randint(0, 50, (240, 8))
data = [{"input_ids": row, "labels": row[0] % 3} for row in tokens]
for accumulate, rate in ((4, 2e-3), (1, 1e-7)):
    callback = TrainlintCallback(html=sys.argv[1] + "/report.html", print_report=False)
    arguments = TrainingArguments(sys.argv[1], num_train_epochs=10, per_device_train_batch_size=16, use_cpu=True,
                                  gradient_accumulation_steps=accumulate, learning_rate=rate, eval_strategy="epoch",
                                  save_strategy="no", report_to=[], disable_tqdm=True, logging_strategy="no")
    model = BertForSequenceClassification(config)
    trainer = Trainer(model, arguments, train_dataset=data[:160], eval_dataset=data[160:], callbacks=[callback])
    trainer.train()
    summary = callback.report.summary
    names = [f.name for f in callback.report.findings if f.level.value != "advice"]
    print("FOUND", names[:1], summary.steps, len(summary.loss), len(summary.validation))
    assert not model._forward_hooks and not model._forward_pre_hooks
"""


def outcomes(script: str, argument: Path) -> list[str]:
    command = [sys.executable, "-W", "ignore", "-c", script, str(argument)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.removeprefix("FOUND ") for line in done.stdout.splitlines() if line.startswith("FOUND")]


@pytest.mark.frameworks
def test_lightning(tmp_path: Path) -> None:
    assert outcomes(LIGHTNING, tmp_path / "report.html") == [
        "[] 96 96 6",
        "[] 24 96 6",
        "['TL601'] 96 96 6",
    ]
    assert "softmax-before-cross-entropy" in (tmp_path / "report.html").read_text()


@pytest.mark.frameworks
def test_hugging_face_trainer(tmp_path: Path) -> None:
    assert outcomes(TRANSFORMERS, tmp_path) == [
        "[] 30 100 10",
        "['learning-rate-out-of-range'] 100 100 10",
    ]
    assert (tmp_path / "report.html").exists()


class Recorder:
    """Stands where the clients of Weights & Biases and MLflow stand."""

    def __init__(self) -> None:
        self.rows: list[tuple[dict[str, float], int | None]] = []

    def log(self, values: dict[str, float]) -> None:
        self.rows.append((values, None))

    def log_metrics(self, values: dict[str, float], step: int) -> None:
        self.rows.append((values, step))


def test_runs_and_experiments_get_the_curves(problem: Problem) -> None:
    run, experiment = Recorder(), Recorder()
    monitor = problem.watched(epochs=2, sinks=[WandbSink(run), MlflowSink(experiment)])
    assert {name for values, _ in experiment.rows for name in values} == {
        "loss/training",
        "learning_rate",
        "gradient_norm",
        "update_ratio",
        "validation/loss",
    }
    assert [step for _, step in experiment.rows] == sorted(step or 0 for _, step in experiment.rows)
    assert run.rows[-1][0]["trainlint_step"] == monitor.steps_made
    assert all(value == pytest.approx(value) for values, _ in experiment.rows for value in values.values())


@pytest.mark.frameworks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_what_was_written(problem: Problem, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    writer: Any = SummaryWriter(str(tmp_path))  # type: ignore[no-untyped-call]
    problem.watched(epochs=2, sinks=[TensorBoardSink(writer)])
    writer.close()
    events: Any = EventAccumulator(str(tmp_path))
    events.Reload()
    assert "gradient_norm" in events.Tags()["scalars"]
    assert [round(event.value, 6) for event in events.Scalars("learning_rate")][:3] == [0.1, 0.1, 0.1]
    assert len(events.Scalars("validation/loss")) == 2


def test_importing_the_companion_loads_no_framework() -> None:
    script = (
        "import sys, trainlint.runtime; assert 'torch' not in sys.modules; trainlint.runtime.TrainingMonitor;"
        "print([name for name in ('lightning', 'transformers', 'tensorboard', 'wandb', 'mlflow', 'matplotlib', 'numpy.testing')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_noise_scale_of_a_known_gradient() -> None:
    from trainlint.runtime import gradient_noise_scale

    # The loss w.x has the gradient x: mean (1, 0, ..., 0), covariance the identity, so the scale is the dimension.
    dimension, size = 8, 16
    weight = torch.nn.Linear(dimension, 1, bias=False)
    mean = torch.zeros(dimension)
    mean[0] = 1.0
    batches = [(mean + torch.randn(size, dimension), torch.zeros(size, 1)) for _ in range(400)]
    state = torch.get_rng_state()
    noise = gradient_noise_scale(weight, batches, lambda output, _: output.mean())
    assert noise.scale == pytest.approx(dimension, rel=0.1)
    assert noise.gradient_norm == pytest.approx(1.0, rel=0.05)
    assert (noise.batch_size, noise.batches) == (size, 400)
    assert weight.weight.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    assert "lies above" in str(noise)


def test_the_noise_scale_refuses_what_tells_nothing() -> None:
    from trainlint.runtime import gradient_noise_scale

    model = torch.nn.Linear(2, 1)
    batch = (torch.randn(4, 2), torch.zeros(4, 1))

    def loss(output: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (output - targets).square().mean()

    with pytest.raises(ValueError, match="at least 4 batches"):
        gradient_noise_scale(model, [batch] * 3, loss)
    with pytest.raises(ValueError, match="one size"):
        gradient_noise_scale(model, [batch, batch, batch, (torch.randn(5, 2), torch.zeros(5, 1))], loss)
    with pytest.raises(ValueError, match="no parameter"):
        gradient_noise_scale(torch.nn.ReLU(), [batch] * 4, loss)
    assert gradient_noise_scale(model, [batch] * 4, loss).noise == pytest.approx(0.0, abs=1e-9)
