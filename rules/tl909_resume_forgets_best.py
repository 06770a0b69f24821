"""TL909: a resumed run does not know the best metric so far."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_resuming import always_lost, forgotten_best


class ResumeForgetsBest(Rule):
    """A run that keeps the best model resumes without the best metric.

    ## What it finds

    A training that goes on from a checkpoint's weights and epoch, saves the model where a metric is better than the best
    so far, and restores no metric.

    ## Why it hurts

    The best value starts at zero or infinity again, so that the first epoch after the resume counts as the best, and a
    worse model overwrites the best file. Intermediate models are kept to be tested later ("Common Practices, Part 1,
    P20"); the one that mattered is lost.

    ## Bad

    ```python
    import os

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, unseen = torch.randn(96, 8), torch.randn(32, 8)
    train_loader = DataLoader(TensorDataset(x, (x[:, 0] > 0).long()), batch_size=16, shuffle=True)
    model = nn.Linear(8, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    start_epoch, best_loss = 0, float("inf")

    if os.path.exists("best-states.pt"):
        checkpoint = torch.load("best-states.pt")
        model.load_state_dict(checkpoint["model"])  # expect: TL909
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        start_epoch = checkpoint["epoch"] + 1

    for epoch in range(start_epoch, 5):
        model.train()
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.cross_entropy(model(unseen), (unseen[:, 0] > 0).long()).item()
        print(epoch, loss.item(), val_loss)
        if val_loss < best_loss:
            best_loss = val_loss
            torch.save({"epoch": epoch, **{name: part.state_dict() for name, part in parts.items()}}, "best-states.pt")
    ```

    ## Good

    ```python
    import os

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, unseen = torch.randn(96, 8), torch.randn(32, 8)
    train_loader = DataLoader(TensorDataset(x, (x[:, 0] > 0).long()), batch_size=16, shuffle=True)
    model = nn.Linear(8, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    start_epoch, best_loss = 0, float("inf")

    if os.path.exists("best-states-and-loss.pt"):
        checkpoint = torch.load("best-states-and-loss.pt")
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        start_epoch, best_loss = checkpoint["epoch"] + 1, checkpoint["best_loss"]

    for epoch in range(start_epoch, 5):
        model.train()
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.cross_entropy(model(unseen), (unseen[:, 0] > 0).long()).item()
        print(epoch, loss.item(), val_loss)
        if val_loss < best_loss:
            best_loss = val_loss
            states = {name: part.state_dict() for name, part in parts.items()}
            torch.save({"epoch": epoch, "best_loss": best_loss, **states}, "best-states-and-loss.pt")
    ```

    ## When it keeps silent

    For a warm start, where the epochs begin anew; where something that is named as a metric, a history or a best value
    is restored; where the restored weights are evaluated before the training goes on; and for runs that keep no best.

    ## Remedy

    Save the best metric in the checkpoint and restore it with the weights. `trainlint.runtime.Checkpointer` does.
    """

    code = "TL909"
    name = "resume-forgets-best"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for place, saved in always_lost(trace, forgotten_best):
            yield self.finding(
                place,
                "The run resumes here without the best metric so far: its first epoch counts as the best, and"
                " overwrites the best weights even if they were better. Save the best value and restore it here.",
                related=[(saved.place, "the best weights are saved here")],
            )
