"""TL520: batch norm is trained on batches of one sample."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_batches import batch_norms_alone
from trainlint.trace.survey import label


class BatchNormSingleSample(Rule):
    """A network with batch norm is trained on batches of one sample.

    ## What it finds

    A training loader with `batch_size=1` for a network with batch norm in train mode that gives one prediction a sample,
    also where gradients of several batches are accumulated.

    ## Why it hurts

    Batch norm then subtracts each sample's own mean: over features there is nothing left (`BatchNorm1d` raises "Expected
    more than 1 value per channel when training"), over a feature map what tells one sample from another in brightness or
    strength is gone. In eval mode the running statistics take its place, and the network meets inputs that it was never
    trained on. Accumulated gradients don't help, as each pass normalises by itself ("Common Practices, Part 1", P26: take
    mini-batches; Ioffe and Szegedy, 2015, "Batch Normalization", section 3).

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, y = torch.rand(60, 3, 8, 8), torch.randint(0, 4, (60,))
    train_loader = DataLoader(TensorDataset(x[:48], y[:48]), batch_size=1, shuffle=True)  # expect: TL520
    val_loader = DataLoader(TensorDataset(x[48:], y[48:]), batch_size=12)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)

    for epoch in range(2):
        net.train()
        optimizer.zero_grad()
        for i, (image, label) in enumerate(train_loader, start=1):
            loss = criterion(net(image), label)
            (loss / 8).backward()
            if i % 8 == 0:
                optimizer.step()
                optimizer.zero_grad()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            val_loss = sum(criterion(net(image), label).item() for image, label in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(net.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, y = torch.rand(60, 3, 8, 8), torch.randint(0, 4, (60,))
    train_loader = DataLoader(TensorDataset(x[:48], y[:48]), batch_size=1, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[48:], y[48:]), batch_size=12)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)

    for epoch in range(2):
        net.train()
        optimizer.zero_grad()
        for i, (image, label) in enumerate(train_loader, start=1):
            loss = criterion(net(image), label)
            (loss / 8).backward()
            if i % 8 == 0:
                optimizer.step()
                optimizer.zero_grad()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            val_loss = sum(criterion(net(image), label).item() for image, label in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(net.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    For networks that predict maps (segmentation, image to image), whose samples hold many pixels; when the layers are put
    into eval mode or keep no running statistics; for samples of differing size (graphs, sequences, volumes); when a sampler
    or collate function makes the batches; when several processes share a step; and where parts of the network are unknown.

    ## Remedy

    Take larger batches, or `nn.GroupNorm`, which needs none.
    """

    code = "TL520"
    name = "batch-norm-single-sample"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.partial_trainings:
                for loader, norm in batch_norms_alone(training):
                    if loader.place is None:
                        continue
                    message = (
                        f"{label(loader)} gives one sample at a time, and `{norm.short}` normalises each by its own"
                        " statistics. Take larger batches, or `GroupNorm`."
                    )
                    yield self.finding(loader.place, message, related=[(norm.place, "the batch norm is made here")])
