"""TL903: the best weights are kept without a copy."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_saving import aliased_bests


class BestStateAliased(Rule):
    """The best weights are kept by reference, and go on changing with the model.

    ## What it finds

    Under a condition on a metric, `best = model.state_dict()` or `best = model` (alone or inside a tuple or dict)
    without a copy, in a loop that goes on training the same model.

    ## Why it hurts

    PyTorch's documentation ("Saving and Loading Models"): `model.state_dict()` returns a reference to the state and
    not its copy; without `deepcopy` the best state "will keep getting updated by the subsequent training iterations",
    and what is restored at the end is the last, perhaps overfitted, model. Keeping intermediate models ("Common
    Practices, Part 1, P20") only helps if they stay what they were.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    words, unseen = torch.randint(0, 20, (160, 6)), torch.randint(0, 20, (40, 6))
    train_loader = DataLoader(TensorDataset(words, words[:, 0] % 2), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(unseen, unseen[:, 0] % 2), batch_size=40)
    model = nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(24, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.3)
    best_loss, best_state = float("inf"), None

    for epoch in range(6):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader)
        print(epoch, loss.item(), val_loss)
        if val_loss < best_loss:
            best_loss = val_loss
            best_state = model.state_dict()  # expect: TL903

    model.load_state_dict(best_state)
    torch.save(model.state_dict(), "best.pt")
    ```

    ## Good

    ```python
    import copy

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    words, unseen = torch.randint(0, 20, (160, 6)), torch.randint(0, 20, (40, 6))
    train_loader = DataLoader(TensorDataset(words, words[:, 0] % 2), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(unseen, unseen[:, 0] % 2), batch_size=40)
    model = nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(24, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.3)
    best_loss, best_state = float("inf"), None

    for epoch in range(6):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader)
        print(epoch, loss.item(), val_loss)
        if val_loss < best_loss:
            best_loss = val_loss
            best_state = copy.deepcopy(model.state_dict())

    model.load_state_dict(best_state)
    torch.save(model.state_dict(), "best.pt")
    ```

    ## When it keeps silent

    Where the state is copied (`copy.deepcopy`, `clone` of each tensor), where it is written to disk before the next
    update, and where each candidate is a model of its own (a search over settings).

    ## Remedy

    `best = copy.deepcopy(model.state_dict())`, or save it to a file at once. `trainlint.runtime.Checkpointer` keeps the
    best and the last state on disk.

    ## Fix safety

    Safe: the state is copied, and `copy` imported.
    """

    code = "TL903"
    name = "best-state-aliased"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for kept in aliased_bests(run):
                yield self.finding(
                    kept.place,
                    f"`{kept.target}` shares its weights with the model that goes on training: at the end it holds the"
                    " last weights, not the best. Keep `copy.deepcopy(model.state_dict())`, or save them to a file.",
                    fix=_copied(trace.edit, kept.place),
                )


def _copied(edit: Editor, place: Place) -> Fix | None:
    value = edit.assigned(place)
    if value is None:
        return None
    name = edit.imported_as(place.path, "copy")
    copied = edit.replace(value, f"{name or 'copy'}.deepcopy({edit.text(value)})")
    imports = [] if name else [edit.import_module(place.path, "copy")]
    return edit.fix("Keep a deep copy", SAFE, copied, *imports)
