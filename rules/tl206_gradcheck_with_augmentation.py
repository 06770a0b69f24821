"""TL206: gradients are checked on augmented data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_gradchecks import augmented


class GradcheckWithAugmentation(Rule):
    """Gradients are checked on a batch that comes from data with random augmentation.

    ## What it finds

    `gradcheck`, or a hand-written difference quotient, on a batch of a loader or data set whose samples go through a random
    transform.

    ## Why it hurts

    The check compares differences of evaluations: whatever is random between two of them counts as a difference of the
    function. Even on one batch that is kept, no run of the check can be repeated, and a failure can't be looked at twice. "Common
    Practices, Part 1", P11: turn data augmentation and dropout off while checking.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset


    class Waves(Dataset):
        def __init__(self, transform=None):
            self.samples = torch.randn(32, 3, dtype=torch.float64)
            self.transform = transform

        def __len__(self):
            return len(self.samples)

        def __getitem__(self, index):
            sample = self.samples[index]
            return sample if self.transform is None else self.transform(sample)


    def jitter(sample):
        return sample + 0.1 * torch.randn_like(sample)


    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).double()
    x = next(iter(DataLoader(Waves(transform=jitter), batch_size=2, shuffle=True)))
    print(torch.autograd.gradcheck(layer, (x.requires_grad_(),)))  # expect: TL206
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset


    class Waves(Dataset):
        def __init__(self, transform=None):
            self.samples = torch.randn(32, 3, dtype=torch.float64)
            self.transform = transform

        def __len__(self):
            return len(self.samples)

        def __getitem__(self, index):
            sample = self.samples[index]
            return sample if self.transform is None else self.transform(sample)


    def jitter(sample):
        return sample + 0.1 * torch.randn_like(sample)


    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).double()
    x = next(iter(DataLoader(Waves(), batch_size=2)))
    print(torch.autograd.gradcheck(layer, (x.requires_grad_(),)))
    ```

    ## When it keeps silent

    Where the inputs are drawn for the check, where nothing is known of the transforms, and where the random transform is switched
    off.

    ## Remedy

    Check on data without augmentation: a second data set with the evaluation transform, or a few drawn samples.
    `trainlint.runtime.check_gradients` proves that the forward pass gives the same result twice.
    """

    code = "TL206"
    name = "gradcheck-with-augmentation"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event, step in augmented(run):
                yield self.finding(
                    event.place,
                    f"Gradients are checked on data that is augmented at random (`{step.name}`). Check on samples as they are.",
                    related=[(step.place, "the random transform")],
                )
