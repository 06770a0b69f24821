"""TL711: a second-order method on mini-batches."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_second_order import second_order_steps


class SecondOrderOptimizer(Rule):
    """A second-order method takes its steps on mini-batches.

    ## What it finds

    `LBFGS` that steps inside a loop over batches of the training data.

    ## Why it hurts

    L-BFGS estimates the curvature from the differences of successive gradients. On mini-batches these differ because the
    samples do: the estimate is noise, and steps by it diverge. "Common Practices, Part 1", P25 and P31: second-order methods
    scale badly and are uncommon in practice. PyTorch's documentation calls the optimizer memory-intensive, and each step
    evaluates the closure up to 20 times.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    doses, more = torch.rand(96, 2), torch.rand(24, 2)
    train_loader = DataLoader(TensorDataset(doses, doses.prod(1, keepdim=True)), batch_size=12, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, more.prod(1, keepdim=True)), batch_size=24)
    model = nn.Sequential(nn.Linear(2, 12), nn.GELU(), nn.Linear(12, 1))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)  # expect: TL711

    for epoch in range(3):
        model.train()
        for x, y in train_loader:

            def closure():
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(model(x), y)
                loss.backward()
                return loss

            loss = optimizer.step(closure)
            print(epoch, loss.item())
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, val_loss)
        torch.save(model.state_dict(), "doses.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    doses, more = torch.rand(96, 2), torch.rand(24, 2)
    model = nn.Sequential(nn.Linear(2, 12), nn.GELU(), nn.Linear(12, 1))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)


    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(doses), doses.prod(1, keepdim=True))
        loss.backward()
        return loss


    for step in range(10):
        model.train()
        print(step, optimizer.step(closure).item())
        model.eval()
        with torch.no_grad():
            print(step, nn.functional.mse_loss(model(more), more.prod(1, keepdim=True)).item())
        torch.save(model.state_dict(), "doses.pt")
    ```

    ## When it keeps silent

    On a full batch, for which the method is made, where the size of the batches isn't known, and where an option chooses it.

    ## Remedy

    `torch.optim.SGD` with momentum or `torch.optim.AdamW` on mini-batches; L-BFGS for small problems, all samples at once.
    """

    code = "TL711"
    name = "second-order-optimizer"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for optimizer, loop in second_order_steps(run):
                yield self.finding(
                    optimizer,
                    "L-BFGS takes its steps on mini-batches here: the curvature that it estimates is the noise between batches."
                    " Give it all samples at once, or take SGD with momentum or AdamW.",
                    related=[(loop, "the loop over batches")],
                )
