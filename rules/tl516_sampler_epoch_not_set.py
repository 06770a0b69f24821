"""TL516: a distributed sampler that is not told the epoch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.queries_distributed import Unset, epochs_unset


class SamplerEpochNotSet(Rule):
    """A shuffling `DistributedSampler` is not told the epoch, so that each epoch has the same order.

    ## What it finds

    A `DistributedSampler` that shuffles the training data, and no `set_epoch` in the epoch loop; or one under a condition
    (`if args.distributed`) on which the sampler itself does not depend.

    ## Why it hurts

    The sampler draws its order from its seed and the epoch alone. Without `set_epoch` the epoch stays 0: each epoch goes
    over the same batches in the same order, as if nothing were shuffled ("Common Practices, Part 1", P26, asks for batches drawn
    anew). PyTorch's documentation of `torch.utils.data.distributed.DistributedSampler` warns of it.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(240, 6)
    train_set, val_set = TensorDataset(x[:200], x[:200].exp()), TensorDataset(x[200:], x[200:].exp())
    sampler = DistributedSampler(train_set, num_replicas=1, rank=0)
    train_loader = DataLoader(train_set, batch_size=20, sampler=sampler)
    val_loader = DataLoader(val_set, batch_size=40)
    model = nn.Sequential(nn.Linear(6, 24), nn.SiLU(), nn.Linear(24, 6))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)

    for epoch in range(4):  # expect: TL516
        model.train()
        for inputs, targets in train_loader:
            loss = nn.functional.smooth_l1_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.smooth_l1_loss(model(a), b).item() for a, b in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(240, 6)
    train_set, val_set = TensorDataset(x[:200], x[:200].exp()), TensorDataset(x[200:], x[200:].exp())
    sampler = DistributedSampler(train_set, num_replicas=1, rank=0)
    train_loader = DataLoader(train_set, batch_size=20, sampler=sampler)
    val_loader = DataLoader(val_set, batch_size=40)
    model = nn.Sequential(nn.Linear(6, 24), nn.SiLU(), nn.Linear(24, 6))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)

    for epoch in range(4):
        sampler.set_epoch(epoch)
        model.train()
        for inputs, targets in train_loader:
            loss = nn.functional.smooth_l1_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.smooth_l1_loss(model(a), b).item() for a, b in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    For samplers with `shuffle=False`, of data that is only measured, and for runs of one epoch; where a framework (Lightning, Accelerate,
    Fabric, the Hugging Face Trainer) hands the epoch on; and where the sampler or its loader reaches code in the epoch loop that
    trainlint can't follow.

    ## Remedy

    Call `sampler.set_epoch(epoch)` at the start of each epoch, before the loader is iterated.

    ## Fix safety

    Unsafe: the training then sees other orders, and gives other numbers.
    """

    code = "TL516"
    name = "sampler-epoch-not-set"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings if run.complete else ():
                # One finding a training, however many samplers its options choose from.
                for unset in list(epochs_unset(training))[:1]:
                    yield self.finding(
                        training.place,
                        _message(unset),
                        related=[
                            (unset.sampler.place, "the sampler is made here"),
                            (unset.told.place if unset.told is not None else None, "it is told the epoch here"),
                        ],
                        fix=_fix(trace.edit, unset),
                    )


def _message(unset: Unset) -> str:
    name = unset.sampler.name
    called = f"`{name}`" if name else "The sampler of the training data"
    call = f"`{name or 'sampler'}.set_epoch(epoch)`"
    if unset.told is not None:
        condition = next((guard.text for guard in reversed(unset.told.guards) if guard.side), "")
        return (
            f"{called} shuffles in any case, but is told the epoch only if `{condition}`: without it every epoch has the"
            f" same order. Call {call} whenever the sampler is used."
        )
    return (
        f"{called} shuffles by its seed and the epoch, and nothing in this loop tells it the epoch: every epoch has the"
        f" same order. Call {call} at the start of each."
    )


def _fix(edit: Editor, unset: Unset) -> Fix | None:
    """Tell the epoch first thing in the loop, where sampler and epoch have plain names there."""
    loop, sampler = unset.training.loop, unset.sampler
    if unset.told is not None or sampler.place is None or unset.made.guards or not loop.label.isidentifier():
        return None
    name = edit.bound_name(sampler.place)
    if name is None or not edit.same_function(sampler.place, loop.place):
        return None
    return edit.fix("Tell the sampler the epoch", UNSAFE, edit.insert_in(loop.place, f"{name}.set_epoch({loop.label})"))
