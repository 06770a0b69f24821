"""Training without held-out data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_overlap import overlaps
from trainlint.trace.view import Training


class NoValidation(Rule):
    """No held-out data is evaluated while the run trains.

    ## What it finds

    An epoch loop in which only training data is seen, or a run that meets its test data after the last epoch and never
    before.

    ## Why it hurts

    The training loss falls whether the network learns or memorises: only data that it is not updated on tells the two
    apart, and only while the run goes on can it still be stopped. "Common Practices, Part 1", P6: monitor the loss of a
    validation set beside that of the training set.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_set = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):  # expect: TL104
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        print(epoch, loss.item())
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where what is called validation data is the training data (TL105 speaks then), where an option offers validation,
    where unknown code in the epoch loop may do it, where test data is evaluated in the loop (TL101 and TL102 speak
    then); in tests, benchmarks and overfitting checks, in a few steps on random tensors, in reinforcement learning,
    adversarial training, the optimisation of an input, self-supervised pre-training, and generative training that is
    judged by its samples.

    ## Remedy

    Hold back a part of the training data (`torch.utils.data.random_split`, `trainlint.runtime.split_dataset`) and
    evaluate it each epoch, with `model.eval()` and `torch.no_grad()`. `trainlint.runtime.TrainingMonitor` compares both
    losses and says when they part.
    """

    code = "TL104"
    name = "no-validation"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            # Validation data that is training data is the graver mistake: TL105 speaks about it.
            trainings = [] if any(overlaps(run)) else run.trainings
            for training in trainings:
                if run.complete and not training.exemptions and not training.may_evaluate:
                    yield self._speak(training)

    def _speak(self, training: Training) -> Finding:
        return self.finding(
            training.place,
            "The run trains without any held-out data: nothing tells learning from memorising. "
            "Hold back validation data and evaluate it each epoch.",
        )
