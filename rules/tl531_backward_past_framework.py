"""TL531: gradients are computed past the framework that is to compute them."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_frameworks import past_framework


class BackwardPastFramework(Rule):
    """`loss.backward()` is called where the framework in use must do it.

    ## What it finds

    `loss.backward()` of a loss that comes from a model which Accelerate or Fabric prepared, from a DeepSpeed engine, or in
    the `training_step` of a Lightning module that optimises by hand.

    ## Why it hurts

    The framework's own call divides the loss by the number of accumulated batches, multiplies it for mixed precision, and
    tells a sharded or distributed model what is going on. A bare `backward()` skips all of it: with `fp16` the gradients
    underflow, with gradient accumulation they are too large, and DeepSpeed may not reduce them at all (Hugging Face
    Accelerate's documentation, `Accelerator.backward`: "Should be used in lieu of `loss.backward()`"; Lightning's
    documentation, "Manual optimization").

    ## Bad

    ```python
    import torch
    from accelerate import Accelerator
    from torch import nn

    torch.manual_seed(0)
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model, optimizer = accelerator.prepare(model, optimizer)

    for step in range(20):
        with accelerator.accumulate(model):
            x = torch.randn(16, 4)
            loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
            loss.backward()  # expect: TL531
            optimizer.step()
            optimizer.zero_grad()
        accelerator.print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from accelerate import Accelerator
    from torch import nn

    torch.manual_seed(0)
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model, optimizer = accelerator.prepare(model, optimizer)

    for step in range(20):
        with accelerator.accumulate(model):
            x = torch.randn(16, 4)
            loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
        accelerator.print(step, loss.item())
    ```

    ## When it keeps silent

    For networks that nothing prepared; where the model is prepared under a condition that the backward pass doesn't depend
    on; and where another branch of the program goes back by the framework. Tests are left alone.

    ## Remedy

    `accelerator.backward(loss)`, `fabric.backward(loss)`, `engine.backward(loss)` or `self.manual_backward(loss)`.
    """

    code = "TL531"
    name = "backward-past-framework"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for event, instead, place in past_framework(run):
                name = event.value.name if event.value is not None else None
                message = (
                    f"Gradients are computed past the framework, which scales the loss and minds accumulated and"
                    f" distributed gradients. Call `{instead}({name or 'loss'})`."
                )
                yield self.finding(event.place, message, related=[(place, "the model is handed to the framework here")])
