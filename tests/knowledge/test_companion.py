"""The trace knows the companion: using a name that a rule's page recommends silences the rule."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from trainlint.cli.main import main
from trainlint.knowledge.companion import TABLE
from trainlint.knowledge.watching import FIXTURES, WATCHES
from trainlint.testing import builtin_rules

PAGES = {entry.code: entry.page for entry in builtin_rules()}
SCRIPT = """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import CIFAR10
from trainlint.runtime import *

{seed}
data, test_set = CIFAR10("data", train=True), CIFAR10("data", train=False)
train_set, val_set = {split}
model = nn.Sequential(nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Flatten(), nn.Linear(12544, 10))
optimizer = torch.optim.SGD(model.parameters(), lr={rate}, momentum=0.9)
{schedule}
criterion = nn.CrossEntropyLoss()
{before}
for epoch in range(10):
    model.train()
    for x, y in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        {watch}
    {step}
    model.eval()
    with torch.no_grad():
        for x, y in DataLoader(val_set, batch_size=32):
            val_loss = criterion(model(x), y).item()
    {save}
{after}
"""
USUAL = {
    "seed": "torch.manual_seed(0)",
    "split": "random_split(data, [0.9, 0.1], generator=torch.Generator().manual_seed(0))",
    "rate": "0.1",
    "schedule": "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)",
    "before": "pass",
    "watch": "print(loss.item())",
    "step": "scheduler.step()",
    "save": "torch.save(model.state_dict(), 'model.pt')",
    "after": "pass",
}
MONITORED = {"before": "monitor = TrainingMonitor(model, optimizer).attach()", "watch": "monitor.step(loss)"}
KEPT = {"before": "checkpointer = Checkpointer('runs', model=model, optimizer=optimizer, scheduler=scheduler)"}
DISTRIBUTED = "torch.distributed.init_process_group('gloo')\nmodel = nn.parallel.DistributedDataParallel(model)"
OPENED = "with TestVault(test_set).open('the report') as data, torch.no_grad():\n    print(model(next(iter(data))[0]))"

# Code and name, the script with the name, the script without it.
CURES: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    ("TL101", "TestVault", {"after": OPENED}, {"split": "data, test_set", "save": "best(val_loss)"}),
    ("TL102", "TestVault", {"after": OPENED}, {"split": "data, TestVault(test_set)"}),
    ("TL102", "split_dataset", {"split": "split_dataset(data, [0.9, 0.1], seed=0)"}, {"split": "data, test_set"}),
    (
        "TL105",
        "split_dataset",
        {"split": "split_dataset(data, [0.9, 0.1], seed=0)"},
        {},
    ),
    (
        "TL109",
        "split_dataset",
        {"seed": "pass", "split": "split_dataset(data, [0.9, 0.1], seed=0)"},
        {"seed": "pass", "split": "random_split(data, [0.9, 0.1])"},
    ),
    *(
        ("TL701", "schedules", {"schedule": f"scheduler = schedules.{made}"}, {"schedule": "pass", "step": "pass"})
        for made in ("step(optimizer, 3)", "exponential(optimizer, 0.9)", "inverse_time(optimizer, 0.1)")
    ),
    (
        "TL701",
        "schedules",
        {"schedule": "scheduler = schedules.plateau(optimizer)", "step": "pass", "save": "scheduler.step(val_loss)"},
        {"schedule": "pass", "step": "pass"},
    ),
    (
        "TL709",
        "find_learning_rate",
        {
            "before": "found = find_learning_rate(model, DataLoader(train_set, 32), criterion)",
            "rate": "found.suggestion",
        },
        {"rate": "12"},
    ),
    ("TL801", "TrainingMonitor", MONITORED, {"watch": "pass"}),
    (
        "TL801",
        "TrainingMonitor",
        {"before": "TrainingMonitor(model, optimizer, criterion=criterion).attach()", "watch": "pass"},
        {"watch": "pass"},
    ),
    (
        "TL801",
        "LossMonitor",
        {"before": "monitor = LossMonitor()", "watch": "monitor.observe(epoch, loss.item())"},
        {"watch": "pass"},
    ),
    (
        "TL802",
        "EarlyStopping",
        {"before": "stopper = EarlyStopping(3)", "save": "if stopper.step(val_loss): break"},
        {},
    ),
    ("TL802", "Checkpointer", {**KEPT, "save": "checkpointer.save(epoch=epoch, step=epoch, metric=val_loss)"}, {}),
    ("TL803", "LossMonitor", {"before": "monitor = LossMonitor()", "watch": "monitor.observe(epoch, loss.item())"}, {}),
    ("TL804", "UpdateMonitor", {"before": "monitor = UpdateMonitor(dict(model.named_parameters()))"}, {}),
    ("TL804", "GradientMonitor", {"before": "monitor = GradientMonitor(dict(model.named_parameters()))"}, {}),
    ("TL805", "ActivationMonitor", {"before": "monitor = ActivationMonitor()"}, {}),
    ("TL806", "FilterMonitor", {"before": "monitor = FilterMonitor(model)"}, {}),
    *((code, "TrainingMonitor", MONITORED, {}) for code in ("TL803", "TL804", "TL805", "TL806")),
    ("TL302", "check_initial_loss", {"before": "check_initial_loss(model, images, labels, criterion).assert_ok()"}, {}),
    ("TL401", "check_overfit", {"before": "check_overfit(model, images, labels, criterion).assert_ok()"}, {}),
    (
        "TL901",
        "Checkpointer",
        {**KEPT, "save": "checkpointer.save(epoch=epoch, step=epoch)"},
        {"save": "pass"},
    ),
    (
        "TL903",
        "Checkpointer",
        {**KEPT, "save": "checkpointer.save(epoch=epoch, step=epoch, metric=val_loss)"},
        {"before": "best = 9.0", "save": "if val_loss < best: best, best_state = val_loss, model.state_dict()"},
    ),
    (
        "TL906",
        "Checkpointer",
        {"before": KEPT["before"] + "\ncheckpointer.resume()"},
        {"before": "model.load_state_dict(torch.load('model.pt', weights_only=False))"},
    ),
    (
        "TL907",
        "Checkpointer",
        {
            **KEPT,
            "save": "checkpointer.save(epoch=epoch, step=epoch, metric=val_loss)",
            "after": f"checkpointer.restore_best()\n{OPENED}",
        },
        {},
    ),
    *((code, "TestVault", {"after": OPENED}, {}) for code in ("TL113", "TL114")),
    *(
        (code, "split_dataset", {"split": "split_dataset(data, [0.9, 0.1], seed=0)"}, {})
        for code in ("TL101", "TL104", "TL113")
    ),
    (
        "TL905",
        "Checkpointer",
        {**KEPT, "save": "checkpointer.save(epoch=epoch, step=epoch)"},
        {"save": "pass", "after": "torch.save(model.state_dict(), 'model.pt')"},
    ),
    (
        "TL908",
        "Checkpointer",
        {"before": f"{DISTRIBUTED}\n{KEPT['before']}", "save": "checkpointer.save(epoch=epoch, step=epoch)"},
        {"before": DISTRIBUTED},
    ),
    ("TL902", "Checkpointer", {"before": KEPT["before"] + "\nprogress = checkpointer.resume()"}, {}),
    ("TL909", "Checkpointer", {"before": KEPT["before"] + "\nprogress = checkpointer.resume()"}, {}),
]
# Pages whose example shows the mistake better than the script above.
SHOWN_ON_THE_PAGE = {"TL101", "TL104", "TL105", "TL113", "TL114", "TL902", "TL907", "TL909"}

GRADIENTS = """
import torch
from torch import nn
from trainlint.runtime import check_gradients

block = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2))
print(check_gradients(block, torch.randn(4, 3, requires_grad=True), step=1e-5))
"""

CUBE = """
import torch

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x**2
"""

# These find the mistake in a run; the code must be mended all the same, and so the rule goes on speaking.
TELLS = [
    *((code, "check_splits") for code in ("TL103", "TL105", "TL107", "TL108")),
    *((code, "check_overfit") for code in ("TL601", "TL607")),
    *((code, "check_initial_loss") for code in ("TL301", "TL304")),
    *((code, "TrainingMonitor") for code in ("TL104", "TL504")),
    *((code, "gradient_noise_scale") for code in ("TL706", "TL707")),
    ("TL510", "GradientMonitor"),
    ("TL705", "plot_schedule"),
    *((code, "check_schedule") for code in ("TL705", "TL710", "TL714")),
    *((code, "check_model") for code in ("TL514", "TL527")),
    *((code, "ModeMonitor") for code in ("TL504", "TL505")),
    *((code, "ValidationMonitor") for code in ("TL802", "TL104")),
    ("TL709", "OscillationMonitor"),
    ("TL709", "LearningRateMonitor"),
    ("TL103", "subset"),
]


def codes(folder: Path, capsys: pytest.CaptureFixture[str], code: str, script: str, *others: tuple[str, str]) -> bool:
    """Whether a rule finds anything in a script, with other files beside it."""
    (folder / "train.py").write_text(script, encoding="utf-8")
    for name, text in others:
        (folder / name).write_text(text, encoding="utf-8")
    status = main(["check", "--select", code, str(folder)])
    found = f"[{code}]" in capsys.readouterr().out
    assert status == (1 if found else 0)  # 2 where a program can't be read
    return found


def filled(parts: dict[str, str]) -> str:
    return SCRIPT.format(**{**USUAL, **parts})


@pytest.mark.parametrize(("code", "name", "using", "lacking"), CURES, ids=[f"{case[0]}-{case[1]}" for case in CURES])
def test_using_a_name_silences_the_rule(
    code: str,
    name: str,
    using: dict[str, str],
    lacking: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert name in filled(using)
    assert not codes(tmp_path, capsys, code, filled(using))
    without = PAGES[code].bad if code in SHOWN_ON_THE_PAGE else filled(lacking)
    assert codes(tmp_path, capsys, code, without)


@pytest.mark.parametrize("code", ["TL201", "TL202", "TL203", "TL204", "TL205", "TL206", "TL207", "TL208", "TL209"])
def test_the_companions_gradient_check_needs_no_rule(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It copies the network to double precision, turns its dropout off and takes central differences by itself."""
    assert not codes(tmp_path, capsys, code, GRADIENTS)
    assert codes(tmp_path, capsys, code, PAGES[code].bad)


@pytest.mark.parametrize(
    "test",
    [
        "from cube import Cube\nfrom trainlint.runtime import check_gradients\n\nprint(check_gradients(Cube.apply, 1.0))\n",
        "from cube import Cube\n\ndef test_cube(preflight):\n    preflight.gradients(Cube.apply, 1.0)\n",
    ],
)
def test_a_backward_pass_that_the_companion_checks_is_checked(
    test: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not codes(tmp_path, capsys, "TL203", "", ("cube.py", CUBE), ("test_cube.py", test))
    assert codes(tmp_path, capsys, "TL203", "", ("cube.py", CUBE), ("test_cube.py", "from cube import Cube\n"))


@pytest.mark.parametrize(("code", "method"), [("TL302", "initial_loss"), ("TL401", "overfit")])
def test_a_test_of_the_project_counts(
    code: str, method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = f"from train import model\n\ndef test_net(preflight):\n    preflight.{method}(model, None, None)\n"
    assert not codes(tmp_path, capsys, code, filled({}), ("test_train.py", test))
    silent = "def test_net():\n    assert True\n"
    assert codes(tmp_path, capsys, code, filled({}), ("test_train.py", silent))


@pytest.mark.parametrize(("code", "name"), TELLS)
def test_a_check_that_only_tells_silences_nothing(
    code: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codes(tmp_path, capsys, code, f"from trainlint.runtime import {name}\n\n{name}()\n{PAGES[code].bad}")


def test_the_vault_is_for_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for code in ("TL101", "TL102", "TL103", "TL113"):
        assert not codes(tmp_path, capsys, code, filled({"after": OPENED}))
    watched = filled({"split": "data, TestVault(val_data)", "save": "if val_loss < 1: break"})
    assert codes(tmp_path, capsys, "TL101", watched)


@pytest.mark.parametrize(
    ("framework", "code"),
    [(name, code) for name in ("lightning", "huggingface") for code in ("TL804", "TL805")],
)
def test_the_callbacks_watch(framework: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    callback = f"from trainlint.runtime.integrations.{framework} import TrainlintCallback\n"
    assert codes(tmp_path, capsys, code, filled({}))
    assert not codes(tmp_path, capsys, code, callback + filled({"before": "TrainlintCallback()"}))


def test_every_name_that_a_page_recommends_has_a_script() -> None:
    named = {
        name for page in PAGES.values() for name in re.findall(r"`trainlint\.runtime\.(\w+)", page.sections["Remedy"])
    }
    assert len(named) > 15
    assert named - {case[1] for case in CURES} - {name for _, name in TELLS} == {"check_gradients"}


@pytest.mark.parametrize(
    "dotted",
    sorted(
        {
            *(name for name in {**TABLE, **WATCHES} if name.startswith("trainlint.")),
            *(target for methods in FIXTURES.values() for target in methods.values()),
        }
    ),
)
def test_every_name_of_the_tables_exists(dotted: str) -> None:
    if ".integrations." in dotted:  # needs a framework to be imported; tests/runtime tries them where they are
        module, _, name = dotted.rpartition(".")
        spec = importlib.util.find_spec(module)
        assert spec is not None and spec.origin is not None
        assert f"class {name}(" in Path(spec.origin).read_text(encoding="utf-8")
    else:
        assert resolved(dotted) is not None


def resolved(dotted: str) -> object:
    """What a dotted name stands for, with the modules on the way imported."""
    first, *rest = dotted.split(".")
    path, found = first, importlib.import_module(first)
    for name in rest:
        path = f"{path}.{name}"
        found = getattr(found, name, None) or importlib.import_module(path)
    return found


def test_the_fixtures_are_those_of_the_plugin() -> None:
    from trainlint.runtime.pytest_plugin import Preflight

    methods = {name for name in vars(Preflight) if not name.startswith("_")} - {"require"}
    assert set(FIXTURES["preflight"]) == methods
