"""TL523: data-parallel processes that all go over all the data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_sharing import unshared_loaders
from trainlint.trace.survey import label


class UndistributedData(Rule):
    """A network that several processes train is fed by a loader without a distributed sampler.

    ## What it finds

    A network in `DistributedDataParallel` or FSDP whose training loader goes over a map-style data set with no sampler, or with one
    that knows nothing of the other processes (`RandomSampler`, `SequentialSampler`).

    ## Why it hurts

    Each process goes over all the data: an epoch on eight GPUs takes as long as on one, and shows each sample eight times. With
    equal seeds, or without shuffling, all processes compute the same batch, and the gradients that are averaged are copies of one.
    PyTorch's documentation of `DistributedDataParallel` and of `torch.utils.data.distributed.DistributedSampler` pairs the two.

    ## Bad

    ```python
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel
    from torch.utils.data import DataLoader, TensorDataset

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    torch.manual_seed(0)
    flow = torch.randn(150, 11)
    heat = flow.clamp(min=0).sum(1, keepdim=True)
    train_set, val_set = TensorDataset(flow[:120], heat[:120]), TensorDataset(flow[120:], heat[120:])
    train_loader = DataLoader(train_set, batch_size=20, shuffle=True)  # expect: TL523
    val_loader = DataLoader(val_set, batch_size=30)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(11, 22), nn.ReLU(), nn.Linear(22, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        if dist.get_rank() == 0:
            print(epoch, loss.item(), val_loss)
            torch.save(model.module.state_dict(), "last.pt")
    dist.destroy_process_group()
    ```

    ## Good

    ```python
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel
    from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    torch.manual_seed(0)
    flow = torch.randn(150, 11)
    heat = flow.clamp(min=0).sum(1, keepdim=True)
    train_set, val_set = TensorDataset(flow[:120], heat[:120]), TensorDataset(flow[120:], heat[120:])
    sampler = DistributedSampler(train_set)
    train_loader = DataLoader(train_set, batch_size=20, sampler=sampler)
    val_loader = DataLoader(val_set, batch_size=30)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(11, 22), nn.ReLU(), nn.Linear(22, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(3):
        sampler.set_epoch(epoch)
        model.train()
        for x, y in train_loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        if dist.get_rank() == 0:
            print(epoch, loss.item(), val_loss)
            torch.save(model.module.state_dict(), "last.pt")
    dist.destroy_process_group()
    ```

    ## When it keeps silent

    For iterable data sets, data sets that draw their samples or know their process (`rank`, `shard`), subsets, samplers that
    aren't known, loaders that reach code which may put a sampler in (Accelerate, Lightning, Fabric, Ray), and where only an option
    wraps the network.

    ## Remedy

    `DataLoader(train_set, sampler=DistributedSampler(train_set))`, and `sampler.set_epoch(epoch)` in each epoch.
    """

    code = "TL523"
    name = "undistributed-data"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings if run.complete else ():
                for found in unshared_loaders(training):
                    assert found.loader.place is not None
                    yield self.finding(
                        found.loader.place,
                        f"{label(found.loader)} has no `DistributedSampler`, and feeds a network in"
                        f" {found.dotted.rpartition('.')[2]}: each process goes over all the data. Give it"
                        " `sampler=DistributedSampler(...)`.",
                        related=[(found.wrapper.place, "the network is wrapped here")],
                    )
