"""TL505: train mode is not restored after an evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_evaluation import unrestored
from trainlint.trace.sequence import title


class TrainModeNotRestored(Rule):
    """Training goes on in eval mode after an evaluation.

    ## What it finds

    `eval()` for an evaluation inside the training, at an epoch's end or amid it, and no `train()` before the next update.

    ## Why it hurts

    From the first evaluation on the network trains without dropout and with frozen batch-norm statistics: what follows is
    another training than the one before it. Often it shows as overfitting that begins after the first epoch, or as a loss
    that jumps there ("Common Practices, Part 1", P18; PyTorch's documentation of `torch.nn.Module.eval`).

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()
    model.train()
    for epoch in range(4):
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        model.eval()  # expect: TL505
        with torch.no_grad():
            for inputs, targets in val_loader:
                val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()

    for epoch in range(4):
        model.train()
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        model.eval()
        with torch.no_grad():
            for inputs, targets in val_loader:
                val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    When the update itself chooses eval mode (`eval()` right before the training's forward pass, as for a frozen backbone
    under a probe); for another network than the one that is updated; and when the network is known to hold neither
    dropout nor batch norm.

    ## Remedy

    Call `model.train()` at the begin of each epoch, and again after an evaluation amid one.

    ## Fix safety

    Safe: `train()` is called before the next round of training, where both stand in one function.
    """

    code = "TL505"
    name = "train-mode-not-restored"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in unrestored(run):
                place = found.switch.place
                yield self.finding(
                    place,
                    f"{title(found.switch.model, 'The network')} stays in eval mode after this evaluation, and is trained"
                    " on in it. Call `train()` before the next update.",
                    related=[(found.forward.place, "the next training pass is here")],
                    fix=_restored(trace.edit, place, found.forward.place),
                )


def _restored(edit: Editor, switch: Place, forward: Place) -> Fix | None:
    """Back to train mode where the next round of training begins: before its loop over batches."""
    model = edit.receiver(switch)
    if model is None or not edit.same_function(switch, forward):
        return None
    around = set(edit.enclosing_loops(switch))
    own = [loop for loop in edit.enclosing_loops(forward) if loop not in around]
    place = own[-1] if own else forward
    return edit.fix("Switch back to train mode", SAFE, edit.insert_before(place, f"{model}.train()"))
