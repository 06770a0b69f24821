"""Test data in the place of validation data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.evaluations import Evaluation
from trainlint.trace.view import Training


class TestSetPeeking(Rule):
    """Test data stands in for validation data.

    ## What it finds

    A run that evaluates test data inside its epoch loop and no validation data there. Nothing in the program depends on
    the numbers; the person who reads them each epoch does.

    ## Why it hurts

    Epochs, learning rate and architecture get chosen by looking at these numbers, so the final test result is no longer
    one on unseen data. "Common Practices, Part 1", P1: keep the test data in a vault until everything is decided; P6:
    watch a validation set instead.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_set = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    test_set = TensorDataset(torch.randn(64, 8), torch.randn(64, 1))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)


    @torch.no_grad()
    def test():
        model.eval()
        return sum(criterion(model(x), y).item() for x, y in test_loader) / len(test_loader)


    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        torch.save(model.state_dict(), "last.pt")
        print(epoch, loss.item(), test())  # expect: TL102
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    test_set = TensorDataset(torch.randn(64, 8), torch.randn(64, 1))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    test_loader = DataLoader(test_set, batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)


    @torch.no_grad()
    def mean_loss(loader):
        model.eval()
        return sum(criterion(model(x), y).item() for x, y in loader) / len(loader)


    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        torch.save(model.state_dict(), "last.pt")
        print(epoch, loss.item(), mean_loss(val_loader))
    print("test", mean_loss(test_loader))
    ```

    ## When it keeps silent

    Where validation data is evaluated in the loop as well, where TL101 already speaks about the same data, where what
    is evaluated is not known to be test data, and where the evaluation comes after the last epoch. Tests are left
    alone.

    ## Remedy

    Split validation data off the training set (`torch.utils.data.random_split`, `trainlint.runtime.split_dataset`) and
    evaluate that each epoch. `trainlint.runtime.TestVault` keeps the test data locked until the end.
    """

    code = "TL102"
    name = "test-set-peeking"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for training in run.trainings:
                tests = [evaluation for evaluation in training.evaluations if evaluation.split == "test"]
                tests = [evaluation for evaluation in tests if not evaluation.event.offered]
                if tests and not training.may_validate and not any(decision.by_test_data for decision in run.decisions):
                    yield self._speak(training, tests[0])

    def _speak(self, training: Training, evaluation: Evaluation) -> Finding:
        source = evaluation.source
        assert source is not None
        return self.finding(
            evaluation.place_in(training.loop),
            f"Test data ({source.label}) is evaluated in the epoch loop and there is no validation data: "
            "watch a validation set split off the training data, and test once after the last epoch.",
            related=[(source.place, "the test data is made here"), (training.place, "the epoch loop")],
        )
