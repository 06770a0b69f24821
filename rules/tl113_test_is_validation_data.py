"""TL113: test data that was validated on."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_reuse import reuses


class TestIsValidationData(Rule):
    """The data reported as test is the data that was validated on.

    ## What it finds

    A `test_dataloader` that returns the validation loader or another loader over the same samples, a validation loader that
    is handed to Lightning's `trainer.test`, and a loader named for testing that reads what the validation loader reads.

    ## Why it hurts

    The best epoch, the learning rate and the architecture were chosen by this very data. The number that is reported as test
    is the largest of many, not an estimate of the error on unseen data. "Common Practices, Part 1", P1: keep the test data in
    a vault until everything is decided.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    test_loader = DataLoader(val_set, batch_size=64)  # expect: TL113

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

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set, test_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [160, 48, 48])
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

    Where both take different parts of one data set, where what they read is not known to be the same, and where a data
    set's own test part is validated on: that is TL101 or TL102. Tests are left alone.

    ## Remedy

    Split three parts off (`torch.utils.data.random_split`, `trainlint.runtime.split_dataset`), or report the number as what
    it is: the validation result. `trainlint.runtime.TestVault` keeps the test data locked until the end.
    """

    code = "TL113"
    name = "test-is-validation-data"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for reuse in reuses(run):
                yield self.finding(
                    reuse.place,
                    f"The test data is the validation data: {reuse.how}. Hold back samples that nothing is chosen by, or"
                    " report the result as one on validation data.",
                    related=[(reuse.validation_place, "the validation data is made here")],
                )
