"""TL908: each process of a distributed run writes the same checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_saving import saved_by_all


class CheckpointOnEveryRank(Rule):
    """All processes of a distributed run write the same checkpoint file at the same time.

    ## What it finds

    A `torch.save` of weights or states after the network was wrapped in `DistributedDataParallel`, or in a loop of
    Accelerate, under no condition that could be about the rank, into a file whose name doesn't hold it.

    ## Why it hurts

    PyTorch's tutorial ("Getting Started with Distributed Data Parallel"): all processes hold the same parameters,
    "therefore, saving it in one process is sufficient". Several that write one file at once can leave it damaged, so
    that the run cannot be resumed, or the model cannot be tested later ("Common Practices, Part 1, P20").

    ## Bad

    ```python
    import tempfile

    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    dist.init_process_group("gloo", init_method=f"file://{tempfile.mkdtemp()}/meet", rank=0, world_size=1)
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(10):
        x = torch.randn(8, 4)
        loss = nn.functional.mse_loss(model(x), x.amax(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    torch.save(model.module.state_dict(), "model.pt")  # expect: TL908
    dist.destroy_process_group()
    ```

    ## Good

    ```python
    import tempfile

    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    dist.init_process_group("gloo", init_method=f"file://{tempfile.mkdtemp()}/meet", rank=0, world_size=1)
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(10):
        x = torch.randn(8, 4)
        loss = nn.functional.mse_loss(model(x), x.amax(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    if dist.get_rank() == 0:
        torch.save(model.module.state_dict(), "model.pt")
    dist.destroy_process_group()
    ```

    ## When it keeps silent

    Under any condition that is not known to be about an option, a metric or the epoch: it may be about the rank; in
    functions that are named for one process (`save_on_master`); where the file is named after a loss or metric, which each
    process may have measured for itself; for sharded models (FSDP, DeepSpeed), which all
    processes must save; for `accelerator.save`, and for frameworks that choose the process themselves.

    ## Remedy

    `if dist.get_rank() == 0:` (with Accelerate, `if accelerator.is_main_process:`) around the save, and a barrier after
    it where other processes read the file. `trainlint.runtime.Checkpointer` writes on one rank.
    """

    code = "TL908"
    name = "checkpoint-on-every-rank"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for saved in saved_by_all(run):
                yield self.finding(
                    saved.place,
                    "Each process of the distributed run writes this file at the same time, and can leave it damaged."
                    " Save on one process only: `if dist.get_rank() == 0`.",
                )
