"""TL530: a schedule-free optimizer is not told when it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_schedule_free import misplaced
from trainlint.trace.sequence import title


class ScheduleFreeMode(Rule):
    """A schedule-free optimizer's own `train()` and `eval()` are left out.

    ## What it finds

    A training with a schedule-free optimizer in which the network is evaluated, or else saved, without the optimizer's
    `eval()` before: a method of the optimizer, not of the network.

    ## Why it hurts

    A schedule-free optimizer works at one set of weights and learns another one, their average. Its `eval()` puts the average
    into the network, its `train()` takes it out again. Without them the wrong weights are measured and saved, which are much
    worse, as no schedule lowers their learning rate (Defazio et al., 2024, "The Road Less Scheduled", and the README of
    `schedulefree`).

    ## Bad

    ```python
    import torch
    from torch import nn


    class AveragingSGD(torch.optim.SGD):
        def swap(self):
            for parameter in self.param_groups[0]["params"]:
                other = self.state[parameter].setdefault("other", parameter.detach().clone())
                other.lerp_(parameter.detach(), 0.1)

        def train(self):
            self.swap()

        def eval(self):
            self.swap()


    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = AveragingSGD(model.parameters(), lr=0.01, momentum=0.9)
    probe = torch.randn(32, 4)

    for step in range(20):
        model.train()
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(probe), probe.sum(1, keepdim=True))  # expect: TL530
        print(step, loss.item(), val_loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn


    class AveragingSGD(torch.optim.SGD):
        def swap(self):
            for parameter in self.param_groups[0]["params"]:
                other = self.state[parameter].setdefault("other", parameter.detach().clone())
                other.lerp_(parameter.detach(), 0.1)

        def train(self):
            self.swap()

        def eval(self):
            self.swap()


    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = AveragingSGD(model.parameters(), lr=0.01, momentum=0.9)
    probe = torch.randn(32, 4)

    for step in range(20):
        model.train()
        optimizer.train()
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        optimizer.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(probe), probe.sum(1, keepdim=True))
        print(step, loss.item(), val_loss.item())
    ```

    ## When it keeps silent

    For the variants that take a closure and need no modes; when unknown code is given the optimizer; and inside trainings
    that a framework runs.

    ## Remedy

    Call `optimizer.train()` beside `model.train()`, and `optimizer.eval()` beside `model.eval()` and before saving.
    """

    code = "TL530"
    name = "schedule-free-mode"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in misplaced(run):
                optimizer = title(found.optimizer, "the optimizer")
                message = (
                    f"The network is {found.what} with the weights that {optimizer} trains at, not with those that it learns."
                    " Call `eval()` of the optimizer before, and its `train()` before the next update."
                )
                yield self.finding(
                    found.place, message, related=[(found.optimizer.place, "the optimizer is made here")]
                )
