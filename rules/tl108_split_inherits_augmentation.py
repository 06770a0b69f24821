"""Parts of one data set share its random transform."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.datasets import makers
from trainlint.trace.survey import Sharing, label
from trainlint.trace.transforms import RandomStep


class SplitInheritsAugmentation(Rule):
    """A data set whose transform augments at random is split, and a part of it is evaluated.

    ## What it finds

    `random_split`, `Subset` or a `SubsetRandomSampler` over one data set with a random transform, where one part is
    trained on and another one is used for evaluation.

    ## Why it hurts

    The parts read their samples through the one data set, so the held-out part is augmented as well: its loss is that of
    distorted samples and differs each time. PyTorch's `random_split` and `Subset` hold indices, no transforms of their
    own.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset, random_split


    class RandomNoise:
        def __call__(self, signal):
            return signal + 0.1 * torch.randn_like(signal)


    class Scale:
        def __call__(self, signal):
            return signal / 2


    class Signals(Dataset):
        def __init__(self, size, transform):
            self.signals = torch.randn(size, 8)
            self.targets = torch.randn(size, 1)
            self.transform = transform

        def __len__(self):
            return len(self.signals)

        def __getitem__(self, index):
            return self.transform(self.signals[index]), self.targets[index]


    torch.manual_seed(0)
    dataset = Signals(256, RandomNoise())
    train_set, val_set = random_split(dataset, [192, 64])  # expect: TL108
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

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset, Subset


    class RandomNoise:
        def __call__(self, signal):
            return signal + 0.1 * torch.randn_like(signal)


    class Scale:
        def __call__(self, signal):
            return signal / 2


    class Signals(Dataset):
        def __init__(self, signals, targets, transform):
            self.signals = signals
            self.targets = targets
            self.transform = transform

        def __len__(self):
            return len(self.signals)

        def __getitem__(self, index):
            return self.transform(self.signals[index]), self.targets[index]


    torch.manual_seed(0)
    signals, targets = torch.randn(256, 8), torch.randn(256, 1)
    order = torch.randperm(256).tolist()
    train_set = Subset(Signals(signals, targets, RandomNoise()), order[:192])
    val_set = Subset(Signals(signals, targets, Scale()), order[192:])
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

    Where the transform is fixed or not known, where the program gives the part a data set or transform of its own, and
    where no part of the data set is evaluated. Tests are left alone.

    ## Remedy

    Make two data sets over the same files, one with the random transform and one without, and take the parts by the same
    indices; or wrap each part in a data set that applies its transform. `trainlint.runtime.check_splits` finds held-out
    samples that change from one access to the next.
    """

    code = "TL108"
    name = "split-inherits-augmentation"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            trained = [maker for training in run.trainings for maker in makers(training.sources)]
            for held in run.held_out_data:
                for sharing in run.survey.shared_parts(trained, held):
                    for step in list(run.survey.augmentations(sharing.dataset))[:1]:
                        yield self._speak(sharing, step)

    def _speak(self, sharing: Sharing, step: RandomStep) -> Finding:
        return self.finding(
            sharing.split,
            f"The held-out part of {label(sharing.dataset)} inherits its random transform (`{step.name}`): "
            "give the parts transforms of their own.",
            related=[(step.place, "the random transform")],
        )
