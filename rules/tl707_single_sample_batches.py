"""TL707: training by single samples."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_batches import single_sample_loaders
from trainlint.trace.survey import label


class SingleSampleBatches(Rule):
    """The training loader hands out one sample at a time, and each one makes a step.

    ## What it finds

    `batch_size=1`, or a `DataLoader` with no batch size at all (the default is 1), for training data, where every batch is
    followed by a step.

    ## Why it hurts

    The gradient of one sample is a poor estimate of that of the whole: the loss jumps about, and the rate that it bears is small.
    Batch norm takes its statistics of one sample. And the hardware idles: 32 samples at once take about as long as one. "Common
    Practices, Part 1", P16: answer a noisy loss with larger batches; P26: take mini-batches, and fit their size.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    images, masks = torch.rand(60, 1, 8, 8), torch.randint(0, 2, (60, 1, 8, 8)).float()
    train_loader = DataLoader(TensorDataset(images[:48], masks[:48]), batch_size=1, shuffle=True)  # expect: TL707
    val_loader = DataLoader(TensorDataset(images[48:], masks[48:]), batch_size=12)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-4, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)

    for epoch in range(2):
        net.train()
        for image, mask in train_loader:
            loss = criterion(net(image), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            val_loss = sum(criterion(net(image), mask).item() for image, mask in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(net.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    images, masks = torch.rand(60, 1, 8, 8), torch.randint(0, 2, (60, 1, 8, 8)).float()
    train_loader = DataLoader(TensorDataset(images[:48], masks[:48]), batch_size=8, shuffle=True)
    val_loader = DataLoader(TensorDataset(images[48:], masks[48:]), batch_size=12)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-4, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)

    for epoch in range(2):
        net.train()
        for image, mask in train_loader:
            loss = criterion(net(image), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            val_loss = sum(criterion(net(image), mask).item() for image, mask in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(net.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where gradients are accumulated over several batches or processes; where the network normalises each sample by itself (instance,
    group or layer norm) or is a single layer; for inputs whose size differs from sample to sample (sequences, graphs, volumes,
    detection images), networks and data sets that are not known, and a `collate_fn` that may put batches together itself; and
    for adversarial training and reinforcement learning.

    ## Remedy

    Take 8 to 64 samples a batch; where the memory doesn't hold them, accumulate gradients over several batches.
    `trainlint.runtime.gradient_noise_scale` measures which size pays.
    """

    code = "TL707"
    name = "single-sample-batches"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings:
                for loader in single_sample_loaders(training):
                    given = "`batch_size=1`" if "batch_size" in loader.arguments else "no `batch_size`, which means 1"
                    assert loader.place is not None
                    yield self.finding(
                        loader.place,
                        f"{label(loader)} has {given}: each step follows the gradient of a single sample. Take mini-batches, or"
                        " accumulate the gradients of several batches.",
                        related=[(training.batch_loop.place, "each batch is a step here")],
                    )
