"""What reaches a criterion, a person or a file."""

from __future__ import annotations

import pytest
from tracing import SETUP, walk

from trainlint.trace.events import LossComputed, Saved
from trainlint.trace.queries_losses import last_operation
from trainlint.trace.queries_monitoring import is_monitored
from trainlint.trace.queries_saving import aliased_bests, saves_model

PREDICTIONS = {
    "model(x)": "linear",
    "torch.softmax(model(x), dim=1)": "softmax",
    "model(x).softmax(1).clamp(1e-6, 1).view(-1, 3)": "softmax",
    "nn.functional.dropout(model(x).sigmoid(), 0.1)": "sigmoid",
    "torch.log(model(x).softmax(1) + 1e-9)": "log",
    "model(x) * model(x).softmax(1)": None,
    "model(x).softmax(1).sum(0)": None,
    "nn.Sequential(model, nn.LogSoftmax(1))(x)": "log_softmax",
    "nn.Sequential(model, nn.Softmax(1) if flag else nn.Identity())(x)": None,
}


@pytest.mark.parametrize(("prediction", "wanted"), PREDICTIONS.items())
def test_the_last_operation_before_a_loss(prediction: str, wanted: str | None) -> None:
    program = f"from settings import flag\nx, y = next(iter(train_loader))\nloss = criterion({prediction}, y)\n"
    (loss,) = walk(SETUP + program).run().of(LossComputed)
    operation = last_operation(loss)
    assert (operation.name if operation else None) == wanted


LOOP = """
best = float("inf")
losses = []
for epoch in range(9):
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        {batch}
    with torch.no_grad():
        val_loss = sum(criterion(model(x), y).item() for x, y in val_loader)
    if val_loss < best:
        best = val_loss
        {kept}
    print(val_loss)
"""

MONITORED = {
    "pass": False,
    "total += loss.item()": False,
    "losses.append(loss.item())": True,
    "print(f'{loss:.3f}')": True,
    "print(criterion(model(x), y).item())": True,
    "tracker.push(loss)": True,
}


@pytest.mark.parametrize(("batch", "wanted"), MONITORED.items())
def test_who_sees_the_training_loss(batch: str, wanted: bool) -> None:
    walked = walk(SETUP + "from lab import tracker\n" + LOOP.format(batch=batch, kept="pass"))
    assert is_monitored(walked.training) is wanted


KEPT = {
    "state = model.state_dict()": True,
    "state = {'epoch': epoch, 'model': model.state_dict()}": True,
    "state = {name: value for name, value in model.state_dict().items()}": True,
    "winner = model": True,
    "state = {name: value.clone() for name, value in model.state_dict().items()}": False,
    "import copy; state = copy.deepcopy(model.state_dict())": False,
    "state = model.state_dict(); torch.save(state, 'best.pt')": False,
}


@pytest.mark.parametrize(("kept", "wanted"), KEPT.items())
def test_kept_weights_that_go_on_changing(kept: str, wanted: bool) -> None:
    walked = walk(SETUP + LOOP.format(batch="pass", kept=kept))
    assert bool(aliased_bests(walked.run())) is wanted


HOLDS = {
    "torch.save(model, 'm.pt')": {"model"},
    "torch.save(nn.DataParallel(model).module, 'm.pt')": {"model"},
    "torch.save({'model': model.state_dict(), 'loss': criterion}, 'm.pt')": {"state", "data"},
    "torch.save(optimizer.state_dict(), 'o.pt')": {"optimizer"},
    "torch.save(pretrained.vocabulary, 'v.pt')": {"unknown"},
}


@pytest.mark.parametrize(("save", "wanted"), HOLDS.items())
def test_what_a_file_holds(save: str, wanted: set[str]) -> None:
    known = "import torchvision\npretrained = torchvision.models.resnet18()\n"
    (saved,) = walk(SETUP + known + save + "\n").run().of(Saved)
    assert saved.holds == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("from lab import save_checkpoint\nsave_checkpoint({'epoch': 3})", True),
        ("from lab import Checkpointer\nkeeper = Checkpointer(model)", True),
        ("from lab import save_figure\nsave_figure('loss.png')", False),
        ("torch.onnx.export(model, torch.zeros(1, 8), 'm.onnx')", True),
        ("torch.save(losses, 'losses.pt')", False),
    ],
)
def test_whether_a_run_keeps_its_model(line: str, wanted: bool) -> None:
    assert saves_model(walk(SETUP + LOOP.format(batch="pass", kept="pass") + line + "\n").run()) is wanted
