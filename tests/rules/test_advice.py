"""Advice is given where nothing of the kind is done, and only there: the ways in which programs do it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainlint.cli.main import main

SCRIPT = """
import argparse, copy, math
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
{option}
args = parser.parse_args()
{seed}
images, labels = torch.load("digits.pt")
train_set = TensorDataset(images[:5000], labels[:5000])
val_set = TensorDataset(images[5000:], labels[5000:])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)
model = {model}
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
criterion = {criterion}
best = math.inf


def evaluate():
    model.eval()
    with torch.no_grad():
        return sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)


{before}
for epoch in range(args.epochs):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        {loss}
        loss.backward()
        {gradients}
        optimizer.step()
    scheduler.step()
    val_loss = evaluate()
    print(epoch, loss.item(), val_loss)
    {kept}
    torch.save(model.state_dict(), "last.pt")
"""
USUAL = {
    "option": "pass",
    "seed": "torch.manual_seed(0)",
    "model": "nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4608, 10))",
    "criterion": "nn.CrossEntropyLoss()",
    "before": "pass",
    "loss": "pass",
    "gradients": "pass",
    "kept": "pass",
}
UNSEEDED = {"seed": "pass"}
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5)
        self.last = nn.Linear(4608, 10)
    def forward(self, x):
        hidden = torch.relu(self.conv(x))
        {watch}
        return self.last(hidden.flatten(1))
"""


def net(watch: str) -> dict[str, str]:
    return {"seed": "torch.manual_seed(0)\n" + NET.format(watch=watch), "model": "Net()"}


SILENT: list[tuple[str, dict[str, str]]] = [
    ("TL302", {"before": "print('untrained', evaluate())"}),
    ("TL302", {"criterion": "nn.MSELoss()"}),
    ("TL302", {"before": "model.load_state_dict(torch.load('pretrained.pt'))"}),
    ("TL302", {"model": "torch.hub.load('some/where', 'net')"}),
    ("TL303", {"seed": "np.random.seed(0)"}),
    ("TL303", {**UNSEEDED, "option": "parser.add_argument('--seed', type=int)"}),
    ("TL303", {**UNSEEDED, "before": "generator = torch.Generator().manual_seed(3)"}),
    ("TL401", {"option": "parser.add_argument('--overfit', action='store_true')"}),
    (
        "TL802",
        {"kept": "if val_loss < best:\n        best = val_loss\n        torch.save(model.state_dict(), 'best.pt')"},
    ),
    ("TL802", {"kept": "if val_loss < best:\n        best, state = val_loss, copy.deepcopy(model.state_dict())"}),
    ("TL802", {"kept": "if val_loss > 2 * best:\n        break"}),
    ("TL802", {"before": "from stopping import stopper", "kept": "stopper.watch(val_loss, model)"}),
    (
        "TL802",
        {
            "option": "parser.add_argument('--patience', type=int, default=0)",
            "kept": "if args.patience and val_loss > best: break",
        },
    ),
    ("TL803", {"loss": "if not torch.isfinite(loss): raise ValueError(loss)"}),
    ("TL803", {"loss": "if math.isnan(loss.item()): continue"}),
    ("TL803", {"loss": "if loss.isnan().any(): break"}),
    ("TL803", {"loss": "assert loss < 1e4"}),
    ("TL803", {"loss": "if loss != loss: break"}),
    ("TL803", {"loss": "value = loss.item()\n        if value == float('inf'): value = 1e4"}),
    ("TL803", {"loss": "if loss.item() > 1e4: raise RuntimeError('diverged')"}),
    ("TL803", {"before": "torch.autograd.set_detect_anomaly(True)"}),
    ("TL803", {"gradients": "nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)"}),
    ("TL803", {"before": "from checks import guard", "loss": "guard(loss)"}),
    ("TL804", {"gradients": "norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)"}),
    ("TL804", {"gradients": "print(nn.utils.clip_grad_norm_(model.parameters(), 1.0))"}),
    ("TL804", {"gradients": "print([p.grad.norm().item() for p in model.parameters()])"}),
    ("TL804", {"before": "import wandb\nwandb.watch(model)"}),
    ("TL804", {"before": "for p in model.parameters(): p.register_hook(print)"}),
    ("TL804", {"before": "from plots import plot_flow", "gradients": "plot_flow(model.named_parameters())"}),
    ("TL805", {"before": "model[1].register_forward_hook(print)"}),
    ("TL805", net("self.hidden = hidden")),
    ("TL805", net("writer.add_histogram('hidden', hidden)")),
    ("TL805", {"model": "nn.Sequential(nn.Conv2d(1, 8, 5), nn.GELU(), nn.Flatten(), nn.Linear(4608, 10))"}),
    ("TL805", {"model": "nn.Sequential(nn.Flatten(), nn.Linear(784, 1), nn.Sigmoid())", "criterion": "nn.BCELoss()"}),
    ("TL806", {"kept": "import matplotlib.pyplot as plt\n    plt.imshow(model[0].weight[0, 0].detach())"}),
    ("TL806", {"kept": "from pictures import show\n    show(model[0].weight.detach().cpu().numpy())"}),
    (
        "TL806",
        {
            "before": "from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter()",
            "kept": "w = model[0].weight.detach()\n    writer.add_images('filters', (w - w.min()) / (w.max() - w.min()))",
        },
    ),
    ("TL806", {"before": "model.load_state_dict(torch.load('pretrained.pt'))"}),
    ("TL806", {"model": "nn.Sequential(nn.Conv2d(1, 8, 1), nn.Flatten(), nn.Linear(6272, 10))"}),
    ("TL806", {"model": "nn.Sequential(nn.Flatten(), nn.Linear(784, 10))"}),
]
SPEAKS: list[tuple[str, dict[str, str]]] = [
    ("TL302", {}),
    ("TL303", UNSEEDED),
    ("TL401", {}),
    ("TL802", {}),
    ("TL802", {"kept": "best = min(best, val_loss)"}),
    ("TL803", {}),
    ("TL803", {"before": "for x, y in train_loader: assert not torch.isnan(x).any()"}),
    ("TL803", {"gradients": "nn.utils.clip_grad_norm_(model.parameters(), 1.0)"}),
    ("TL804", {}),
    ("TL804", {"gradients": "nn.utils.clip_grad_norm_(model.parameters(), 1.0)"}),
    ("TL805", {}),
    ("TL805", net("pass")),
    ("TL806", {}),
    ("TL806", {"before": "nn.init.orthogonal_(model[0].weight)"}),
]


def found(folder: Path, capsys: pytest.CaptureFixture[str], code: str, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    status = main(["check", "--select", code, "--output-format", "concise", str(folder)])
    lines = [line for line in capsys.readouterr().out.splitlines() if f"[{code}]" in line]
    assert status == (1 if lines else 0)  # 2 where a program can't be read
    return lines


def filled(parts: dict[str, str]) -> str:
    return SCRIPT.format(**{**USUAL, **parts})


@pytest.mark.parametrize(("code", "parts"), SILENT)
def test_what_is_done_needs_no_advice(
    code: str, parts: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(tmp_path, capsys, code, train=filled(parts)) == []


@pytest.mark.parametrize(("code", "parts"), SPEAKS)
def test_what_is_not_done_is_advised_once(
    code: str, parts: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(found(tmp_path, capsys, code, train=filled(parts))) == 1


def test_a_function_called_overfit_elsewhere_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = "import torch\n\ndef test_overfits_one_batch():\n    assert torch.zeros(1) == 0\n"
    assert found(tmp_path, capsys, "TL401", train=filled({}), test_train=check) == []


LIGHTNING = """
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from torch import nn
from torchvision.datasets import MNIST
from trainlint.runtime.integrations.lightning import TrainlintCallback


class Digits(LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, index):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_loss", nn.functional.cross_entropy(self.net(x), y))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters())


train_set, val_set = torch.utils.data.random_split(MNIST("."), [50000, 10000])
trainer = Trainer(max_epochs=10, {settings})
trainer.fit(Digits(), torch.utils.data.DataLoader(train_set, 64), torch.utils.data.DataLoader(val_set, 64))
"""


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("TL401", "overfit_batches=10"),
        ("TL802", "callbacks=[EarlyStopping('val_loss')]"),
        ("TL802", "callbacks=[ModelCheckpoint(monitor='val_loss')]"),
        ("TL802", "callbacks=make_callbacks()"),
        ("TL803", "detect_anomaly=True"),
        ("TL803", "precision='16-mixed'"),
        ("TL803", "callbacks=[EarlyStopping('val_loss')]"),
        *((code, "callbacks=[TrainlintCallback()]") for code in ("TL803", "TL804", "TL805")),
    ],
)
def test_a_trainer_is_asked_for_it(
    code: str, settings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(tmp_path, capsys, code, train=LIGHTNING.format(settings=settings)) == []
    others = "callbacks=[LearningRateMonitor(), ModelCheckpoint()], precision='bf16-mixed'"
    assert len(found(tmp_path, capsys, code, train=LIGHTNING.format(settings=others))) == 1


SECOND_ORDER = """
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--lbfgs", action="store_true")
args = parser.parse_args()
torch.manual_seed(0)
data = TensorDataset(*torch.load("curve.pt"))
model = nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters())
{optimizer}
for epoch in range(20):
    for x, y in DataLoader(data, batch_size={size}, shuffle=True):
        def closure():
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            return loss

        print(optimizer.step(closure).item())
"""


@pytest.mark.parametrize(
    ("optimizer", "size", "count"),
    [
        ("optimizer = torch.optim.LBFGS(model.parameters())", "32", 1),
        ("optimizer = torch.optim.LBFGS(model.parameters())", "len(data)", 0),
        ("if args.lbfgs: optimizer = torch.optim.LBFGS(model.parameters())", "32", 0),
        ("pass", "32", 0),
    ],
)
def test_second_order_methods_are_for_all_samples_at_once(
    optimizer: str, size: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = SECOND_ORDER.format(optimizer=optimizer, size=size)
    assert len(found(tmp_path, capsys, "TL711", train=script)) == count
