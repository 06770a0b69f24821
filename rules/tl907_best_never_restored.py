"""TL907: the best weights are kept, and the last ones are tested."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_best import tests_of_last


class BestNeverRestored(Rule):
    """The best weights are kept during the training, and the final test is of the last ones.

    ## What it finds

    A training that saves or copies the weights where a metric is better than before, followed by an evaluation of the
    same network on test data, with nothing loaded in between.

    ## Why it hurts

    Which epoch is best was told by the validation set, which stands in for the test set ("Common Practices, Part 1,
    P17"); intermediate models are saved so that they can be tested ("P20"). The last weights may be overfitted: the
    reported number is not of the model that is kept.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x_train, x_val, x_test = torch.randn(96, 6), torch.randn(32, 6), torch.randn(32, 6)
    train_loader = DataLoader(TensorDataset(x_train, (x_train[:, 0] > 0).long()), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(x_val, (x_val[:, 0] > 0).long()), batch_size=32)
    test_loader = DataLoader(TensorDataset(x_test, (x_test[:, 0] > 0).long()), batch_size=32)


    def evaluate(model, loader):
        model.eval()
        with torch.no_grad():
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
    best = 0.0
    for epoch in range(6):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        accuracy = evaluate(model, val_loader)
        print(epoch, loss.item(), accuracy)
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), "best.pt")

    print("test", evaluate(model, test_loader))  # expect: TL907
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x_train, x_val, x_test = torch.randn(96, 6), torch.randn(32, 6), torch.randn(32, 6)
    train_loader = DataLoader(TensorDataset(x_train, (x_train[:, 0] > 0).long()), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(x_val, (x_val[:, 0] > 0).long()), batch_size=32)
    test_loader = DataLoader(TensorDataset(x_test, (x_test[:, 0] > 0).long()), batch_size=32)


    def evaluate(model, loader):
        model.eval()
        with torch.no_grad():
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
    best = -1.0
    for epoch in range(6):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        accuracy = evaluate(model, val_loader)
        print(epoch, loss.item(), accuracy)
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), "best.pt")

    model.load_state_dict(torch.load("best.pt"))
    print("test", evaluate(model, test_loader))
    ```

    ## When it keeps silent

    Where anything is loaded after the training began, or unknown code is called that may do so; where another network is
    tested; where the data is not known to be test data, or decided itself which weights are best; and for frameworks.

    ## Remedy

    `model.load_state_dict(torch.load("best.pt"))` before the final test. `trainlint.runtime.Checkpointer` keeps the best
    and restores it.
    """

    code = "TL907"
    name = "best-never-restored"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for tested in tests_of_last(run):
                yield self.finding(
                    tested.place,
                    f"The final test is of the last weights: the best ones, kept where `{tested.guard.text}`, are never"
                    " loaded. Load them before this.",
                    related=[(tested.kept.place, "the best weights are kept here")],
                )
