"""A transform given to something that has none."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import AttributeSet
from trainlint.trace.values import Library

ATTRIBUTES = frozenset({"transform", "transforms", "target_transform"})


class SubsetTransformIgnored(Rule):
    """`transform` is assigned to what `random_split` or `Subset` returned.

    ## What it finds

    An assignment to `transform`, `transforms` or `target_transform` of a `Subset`.

    ## Why it hurts

    A `Subset` hands each index to the data set that it was taken from: it looks at no transform of its own, and Python
    makes the new attribute without a word. The data goes through the transform of the whole data set, or through none.
    The source of `torch.utils.data.Subset` shows it.

    ## Bad

    ```python
    import torch
    from torch.utils.data import Dataset, random_split


    class Signals(Dataset):
        def __init__(self, transform=None):
            self.signals = torch.randn(64, 8)
            self.transform = transform

        def __len__(self):
            return len(self.signals)

        def __getitem__(self, index):
            signal = self.signals[index]
            return self.transform(signal) if self.transform else signal


    def halve(signal):
        return signal / 2


    train_set, val_set = random_split(Signals(), [48, 16], generator=torch.Generator().manual_seed(0))
    train_set.transform = halve  # expect: TL115
    print(train_set[0], val_set[0])
    ```

    ## Good

    ```python
    import torch
    from torch.utils.data import Dataset, random_split


    class Signals(Dataset):
        def __init__(self, transform=None):
            self.signals = torch.randn(64, 8)
            self.transform = transform

        def __len__(self):
            return len(self.signals)

        def __getitem__(self, index):
            signal = self.signals[index]
            return self.transform(signal) if self.transform else signal


    def halve(signal):
        return signal / 2


    train_set, val_set = random_split(Signals(halve), [48, 16], generator=torch.Generator().manual_seed(0))
    print(train_set[0], val_set[0])
    ```

    ## When it keeps silent

    Where the transform is assigned to the data set behind the subset (`train_set.dataset.transform`), and for subset
    classes of the project's own.

    ## Remedy

    Make two data sets, each with its transform, and take `Subset(dataset, indices)` of each with the indices of one
    split; or wrap the subset in a data set that applies the transform.
    """

    code = "TL115"
    name = "subset-transform-ignored"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(AttributeSet):
                part = event.owner
                if event.attribute not in ATTRIBUTES or not isinstance(part, Library) or not _is_subset(part):
                    continue
                called = f"`{part.name}`" if part.name else "This"
                message = (
                    f"{called} is a `Subset`: it has no `{event.attribute}`, the assignment does nothing. Give the "
                    "transform to the data set, before it is split."
                )
                yield self.finding(event.place, message, related=[(part.place, "the subset is made here")])


def _is_subset(part: Library) -> bool:
    """Whether it is torch's own subset: a part of a random split, or `Subset` itself."""
    if part.dotted == "<part>":
        return part.source is not None and part.source.part == "random_split" and not part.source.certain
    return part.dotted == "torch.utils.data.Subset" or part.dotted == "torch.utils.data.dataset.Subset"
