"""Held-out data that is changed at random."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.datasets import makers
from trainlint.trace.transforms import RandomStep
from trainlint.trace.values import Instance, Library
from trainlint.trace.view import Run


class AugmentationInEvaluation(Rule):
    """Validation or test data is augmented at random.

    ## What it finds

    A random transform (a random crop, flip, rotation, noise) in the pipeline of a data set that is evaluated.

    ## Why it hurts

    The measured loss is that of distorted samples, mostly higher than the true one, and another one each time: two
    epochs, or two models, can't be compared. Augmentation enlarges the training data ("Common Practices, Part 1"); what
    is measured should be the data itself. torchvision's reference scripts use a fixed resize and centre crop there.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset


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
    train_loader = DataLoader(Signals(192, RandomNoise()), batch_size=32, shuffle=True)
    val_transform = RandomNoise()  # expect: TL107
    val_loader = DataLoader(Signals(64, val_transform), batch_size=64)

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
    from torch.utils.data import DataLoader, Dataset


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
    train_loader = DataLoader(Signals(192, RandomNoise()), batch_size=32, shuffle=True)
    val_loader = DataLoader(Signals(64, Scale()), batch_size=64)

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

    For sampling without which there is no input (points from a mesh, clips from a video), for transforms that are not
    known or switched off (`p=0`), and where one data set is split after the transform was given to it (TL108 speaks).
    Tests are left alone.

    ## Remedy

    Give the held-out data its own pipeline of fixed steps: `Resize`, `CenterCrop`, `ToTensor`, `Normalize`.
    `trainlint.runtime.check_splits` finds parts whose samples change from one access to the next.
    """

    code = "TL107"
    name = "augmentation-in-evaluation"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            trained = [maker for training in run.trainings for maker in makers(training.sources)]
            for held in run.held_out_data:
                if any(True for _ in run.survey.shared_parts(trained, held)) or _is_trained_on(run, trained, held):
                    continue
                for step in list(run.survey.augmentations(held))[:1]:
                    yield self._speak(held, step)

    def _speak(self, held: Library | Instance, step: RandomStep) -> Finding:
        split = held.source.split if held.source is not None else "held-out"
        return self.finding(
            step.place,
            f"`{step.name}` changes the {split} data at random: each evaluation measures other samples. "
            "Use fixed steps there.",
            related=[(held.place, f"the {split} data is made here")],
        )


def _is_trained_on(run: Run, trained: list[Library | Instance], held: Library | Instance) -> bool:
    """Whether the very data set is trained on: then it is not its transform that is wrong."""
    mine = run.survey.bases(held)
    return any(base is other for maker in trained for base in run.survey.bases(maker) for other in mine)
