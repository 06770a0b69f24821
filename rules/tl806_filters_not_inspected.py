"""TL806: nobody looks at the first filters of a convolutional network."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_networks import first_filters, shows_weights
from trainlint.trace.queries_watching import is_watched, looked_into, once_a_run
from trainlint.trace.view import Training


class FiltersNotInspected(Rule):
    """A convolutional network is trained from scratch, and nothing shows its first filters.

    ## What it finds

    A training of a network with a `Conv2d` over the channels of an image, made here and not loaded, in whose run no weight
    of a layer is drawn, logged or saved as a picture.

    ## Why it hurts

    "Common Practices, Part 1", P22: the first filters should become smooth and regular, edges and colours. Filters that
    stay noisy detect noise: the network is not trained to its end, the learning rate or the regularisation doesn't fit, and
    the accuracy alone doesn't say so.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def stripes(count):
        labels = torch.randint(2, (count,))
        rows = torch.sin(torch.arange(12.0)).expand(12, 12)
        images = torch.where(labels.view(-1, 1, 1).bool(), rows, rows.T) + 0.3 * torch.randn(count, 12, 12)
        return TensorDataset(images.unsqueeze(1), labels)


    torch.manual_seed(0)
    train_loader = DataLoader(stripes(96), batch_size=16, shuffle=True)
    val_loader = DataLoader(stripes(32), batch_size=32)
    model = nn.Sequential(nn.Conv2d(1, 8, 5), nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(4):  # expect: TL806
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "stripes.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from trainlint.runtime import FilterMonitor


    def stripes(count):
        labels = torch.randint(2, (count,))
        rows = torch.sin(torch.arange(12.0)).expand(12, 12)
        images = torch.where(labels.view(-1, 1, 1).bool(), rows, rows.T) + 0.3 * torch.randn(count, 12, 12)
        return TensorDataset(images.unsqueeze(1), labels)


    torch.manual_seed(0)
    train_loader = DataLoader(stripes(96), batch_size=16, shuffle=True)
    val_loader = DataLoader(stripes(32), batch_size=32)
    model = nn.Sequential(nn.Conv2d(1, 8, 5), nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2))
    filters = FilterMonitor(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(4):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss, "smoothness of the filters", filters.smoothness())
        torch.save(model.state_dict(), "stripes.pt")
    ```

    ## When it keeps silent

    For networks that are fine-tuned or loaded, ready-made ones and those of which it isn't known; where a layer's weight
    is drawn, logged or given to unknown code, also behind an option; for tests, benchmarks, overfit checks and what trains
    nothing that lasts.

    ## Remedy

    A picture of `model.conv1.weight` (`torchvision.utils.make_grid`, `SummaryWriter.add_image`) every few epochs.
    `trainlint.runtime.FilterMonitor` gives a number and a picture, `trainlint.runtime.TrainingMonitor` both in its report.
    """

    code = "TL806"
    name = "filters-not-inspected"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, _lacks_picture):
            filters = first_filters(training)
            assert filters is not None
            yield self.finding(
                training.place,
                "Nothing shows the first filters of the network that is trained here: smooth ones tell that it learns, noisy"
                " ones that something doesn't fit. Draw the first convolution's weight now and then.",
                related=[(filters.place, "the first filters")],
            )


def _lacks_picture(training: Training) -> bool | None:
    if first_filters(training) is None:
        return None
    return not (is_watched(training.run, "filters") or shows_weights(training) or looked_into(training))
