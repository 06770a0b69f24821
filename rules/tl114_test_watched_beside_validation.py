"""TL114: test data that is watched during training, beside validation data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.evaluations import Evaluation
from trainlint.trace.view import Training


class TestWatchedBesideValidation(Rule):
    """Test data is evaluated in the epoch loop, beside validation data.

    ## What it finds

    A run that evaluates validation data and test data in its epoch loop, and decides by the validation data.

    ## Why it hurts

    The program does not choose by the test numbers, but the person who reads them each epoch does: the next architecture is
    the one whose test curve looked better. Reporting the test result of the epoch that was best on validation data needs one
    evaluation at the end. "Common Practices, Part 1", P1: keep the test data in a vault until everything is decided.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(torch.randn(192, 8), torch.randn(192, 1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)
    test_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)


    @torch.no_grad()
    def mean_loss(loader):
        model.eval()
        return sum(criterion(model(x), y).item() for x, y in loader) / len(loader)


    best = float("inf")
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = mean_loss(val_loader)
        print(epoch, loss.item(), val_loss, mean_loss(test_loader))  # expect: TL114
        if val_loss < best:
            best = val_loss
            torch.save(model.state_dict(), "best.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(torch.randn(192, 8), torch.randn(192, 1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)
    test_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)


    @torch.no_grad()
    def mean_loss(loader):
        model.eval()
        return sum(criterion(model(x), y).item() for x, y in loader) / len(loader)


    best = float("inf")
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = mean_loss(val_loader)
        print(epoch, loss.item(), val_loss)
        if val_loss < best:
            best = val_loss
            torch.save(model.state_dict(), "best.pt")
    model.load_state_dict(torch.load("best.pt", weights_only=True))
    print("test", mean_loss(test_loader))
    ```

    ## When it keeps silent

    Where no validation data is evaluated in the loop (TL102 speaks), where something is decided by the test data
    (TL101 speaks), and where an option asks for the test evaluation. Tests are left alone.

    ## Remedy

    Load the weights that were best on validation data after the last epoch, and test once. `trainlint.runtime.TestVault`
    keeps the test data locked until then.
    """

    code = "TL114"
    name = "test-watched-beside-validation"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for training in run.trainings:
                tests = [found for found in training.evaluations if found.split == "test" and not found.event.offered]
                validated = any(found.split == "validation" for found in training.evaluations)
                if tests and validated and not any(decision.by_test_data for decision in run.decisions):
                    yield self._speak(training, tests[0])

    def _speak(self, training: Training, evaluation: Evaluation) -> Finding:
        source = evaluation.source
        assert source is not None
        return self.finding(
            evaluation.place_in(training.loop),
            f"Test data ({source.label}) is evaluated in each epoch, beside the validation data. Test once, after the last"
            " epoch, with the weights that were best on validation data.",
            related=[(source.place, "the test data is made here"), (training.place, "the epoch loop")],
        )
