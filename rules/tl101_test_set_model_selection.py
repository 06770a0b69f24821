"""Test data that decides."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.decisions import Decision

SETTLES = {
    "checkpoint": "which weights are kept",
    "stop": "when the training stops",
    "rate": "how the learning rate falls",
    "best": "which result counts as the best",
}


class TestSetModelSelection(Rule):
    """A loss or metric measured on the test data decides something.

    ## What it finds

    Test data whose loss or metric settles which checkpoint is kept, when the training stops, when a plateau scheduler
    lowers the learning rate, which hyper-parameters win, or which epoch is reported as the best. It does not matter
    what the data is called: `MNIST(train=False)` is the test set, also in a variable named `val_set`.

    ## Why it hurts

    Whoever picks the best of many models by the test data has fitted the choice to the test data: the reported number
    is too good, by an amount that nobody can tell afterwards. "Common Practices, Part 1" keeps the test data in a
    vault (P1) and chooses by validation data.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_set = TensorDataset(torch.randn(256, 8), torch.randint(0, 2, (256,)))
    test_set = TensorDataset(torch.randn(64, 8), torch.randint(0, 2, (64,)))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=64)

    model = nn.Linear(8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    best_acc = 0.0
    for epoch in range(3):
        model.train()
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()

        model.eval()
        correct = 0
        with torch.no_grad():
            for inputs, labels in test_loader:
                correct += (model(inputs).argmax(dim=1) == labels).sum().item()
        acc = correct / len(test_set)
        print(epoch, loss.item(), acc)
        if acc > best_acc:  # expect: TL101
            best_acc = acc
            torch.save(model.state_dict(), "best.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    dataset = TensorDataset(torch.randn(256, 8), torch.randint(0, 2, (256,)))
    train_set, val_set = random_split(dataset, [192, 64])
    test_set = TensorDataset(torch.randn(64, 8), torch.randint(0, 2, (64,)))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    test_loader = DataLoader(test_set, batch_size=64)

    model = nn.Linear(8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)


    @torch.no_grad()
    def accuracy(loader):
        model.eval()
        correct = sum((model(inputs).argmax(dim=1) == labels).sum().item() for inputs, labels in loader)
        return correct / len(loader.dataset)


    best_acc = 0.0
    for epoch in range(3):
        model.train()
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()

        acc = accuracy(val_loader)
        print(epoch, loss.item(), acc)
        if acc > best_acc:
            best_acc = acc
            torch.save(model.state_dict(), "best.pt")
    model.load_state_dict(torch.load("best.pt"))
    print("test", accuracy(test_loader))
    ```

    ## When it keeps silent

    Where the number decides nothing (TL102 speaks about test data that is only watched), where the deciding number was
    also computed from validation data, and where only an option that is off by default makes the choice. Tests are
    left alone.

    ## Remedy

    Split validation data off the training set (`torch.utils.data.random_split` with a seeded generator, or
    `trainlint.runtime.split_dataset`), choose by it, and evaluate the test data once, after the last choice.
    `trainlint.runtime.TestVault` refuses access to the test data before that.
    """

    code = "TL101"
    name = "test-set-model-selection"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if not run.trainings:
                continue
            for decision in run.decisions:
                if decision.by_test_data:
                    yield self._speak(decision)

    def _speak(self, decision: Decision) -> Finding:
        source = decision.source("test")
        assert source is not None
        deciding = f"The number in `{decision.text}`" if decision.text and "..." not in decision.text else "This number"
        return self.finding(
            decision.place,
            f"{deciding} is measured on test data ({source.label}) and decides {SETTLES[decision.what]}: "
            "decide by validation data, and touch the test data once, at the end.",
            related=[(source.place, "the test data is made here")],
        )
